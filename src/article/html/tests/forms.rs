//! Forms and their buttons.

use super::*;

#[test]
fn buttons_that_lead_somewhere_are_links_and_the_rest_of_a_form_is_told() {
    for (form, expected, warnings) in [
        (
            "<form action='https://example.com/give'><button>Give</button></form>",
            "button Give https://example.com/give\n",
            0,
        ),
        (
            "<form action='https://example.com/give?x=y'><input type=hidden name=by value='a b'><input type=submit value=Give></form>",
            "button Give https://example.com/give?by=a+b\n",
            0,
        ),
        (
            "<form method=post action='/x'><p><button formmethod=get formaction='https://example.com/'>Go</button> now.</p></form>",
            "p [Go](https://example.com/) now.\n",
            0,
        ),
        (
            "<p><a href='https://example.com/'><button>Read on</button></a></p>",
            "button Read on https://example.com/\n",
            0,
        ),
        (
            "<p>Join us.</p><form method=post action='https://example.com/'><label>Address <input type=email placeholder=Mail></label><button>Join</button></form>",
            "p Join us.\np Address\n",
            1,
        ),
        ("<p>Press <button onclick='x()'>Play</button>.</p>", "p Press .\n", 1),
        ("<p>Choose <select><option>Red<option>Blue</select></p>", "p Choose\n", 1),
        (
            "<form action='https://example.com/rsvp'><input type=hidden name=id value=7><button name=pick value=yes>Yes</button> <input type=submit name=pick value=No></form>",
            "button Yes https://example.com/rsvp?id=7&pick=yes\nbutton No https://example.com/rsvp?id=7&pick=No\n",
            0,
        ),
        (
            "<h2 class=accordion-header><button type=button>How long?</button></h2><p>Four hours.</p><h3>Bread <button>Copy link</button></h3><p><button aria-expanded=false>And then?</button></p><p>It rests.</p>",
            "h2 How long?\np Four hours.\nh3 Bread\np And then?\np It rests.\n",
            1,
        ),
    ] {
        let (article, told) = read(&format!("<h1>A</h1>{form}"));
        assert_eq!(shape(&article), format!("# A\n{expected}"), "{form}");
        assert_eq!(told.len(), warnings, "{form}: {:?}", messages(&told));
    }
    let (article, _) = read(
        "<h1>A</h1><form action='https://example.com/'><input type=hidden name=a value=b disabled>\
         <input type=hidden name=c value=d><button>Go</button></form><p>b</p>",
    );
    assert_eq!(shape(&article), "# A\nbutton Go https://example.com/?c=d\np b\n");
    let (_, told) =
        read("<h1>A</h1><form method=post>\n<input name=mail><button>Join</button></form><p>b</p>");
    assert_eq!(
        messages(&told),
        ["2: 2 buttons and fields of forms are left out, which do nothing in a mail: `mail`, `Join`"]
    );
    let (article, told) = read(
        "+++\nmerge = true\n+++\n<h1>A</h1><form action='https://example.com/'>\
         <button name=a value='{{ subscriber.email }}'>Go</button></form><p>b</p>",
    );
    assert_eq!(shape(&article), "# A\np b\n");
    assert_eq!(messages(&told).len(), 1, "{:?}", messages(&told));
    let many = "<input type=hidden name=a value=b>".repeat(21);
    let (article, told) = read(&format!(
        "<h1>A</h1><form action='https://example.com/'>{many}<button>Go</button></form><p>b</p>"
    ));
    assert_eq!(shape(&article), "# A\np b\n");
    assert_eq!(messages(&told).len(), 1, "a field is never dropped in silence");
    let form = "<form action='https://example.com/'><input type=radio name=r value=1> One <button>Yes</button>\
                <button>No</button></form></article>";
    let (_, told) = read(&blog().replacen("</article>", form, 1));
    let controls = "3 buttons and fields of forms are left out, which do nothing in a mail: `r`, `Yes`, `No`";
    assert!(messages(&told).iter().any(|message| message.ends_with(controls)), "{:?}", messages(&told));
    let form = "<form action='/give'><button>Give</button></form></article>";
    let shape = read_shape(&blog().replacen("</article>", form, 1));
    assert!(shape.contains("button Give https://example.com/give"), "{shape}");
}

#[test]
fn what_is_ticked_in_a_form_is_sent_by_its_link_as_a_browser_sends_it() {
    for (fields, query) in [
        ("<input type=checkbox checked name=news value=yes>", "?news=yes&go=1"),
        ("<input type=checkbox name=news value=yes>", "?go=1"),
        ("<input type=CheckBox checked name=all>", "?all=on&go=1"),
        ("<input type=checkbox checked value=nameless>", "?go=1"),
        ("<input type=checkbox checked disabled name=a value=b>", "?go=1"),
        ("<fieldset disabled><input type=hidden name=a value=b></fieldset>", "?go=1"),
        (
            "<input type=checkbox checked name=a value=1><input type=hidden name=b value=2>\
             <input type=checkbox checked name=a value=3>",
            "?a=1&b=2&a=3&go=1",
        ),
    ] {
        let page = format!(
            "<h1>A</h1><form action='https://example.com/give'>{fields}<button name=go value=1>Give</button></form>"
        );
        let (article, told) = read(&page);
        let shown = shape(&article);
        assert!(
            shown.contains(&format!("button Give https://example.com/give{query}\n")),
            "{fields}: {shown}"
        );
        assert!(told.is_empty(), "{fields}: {:?}", messages(&told));
    }
    // Who reads the mail cannot choose another: that is told.
    let (article, told) = read(
        "<h1>A</h1><form action='https://example.com/give'><p><input type=radio name=sum value=5 checked> Five \
         <input type=radio name=sum value=10> Ten <input type=radio name=sum value=20 checked> Twenty</p>\
         <input type=radio name=how value=once checked><button>Give</button></form>",
    );
    let shown = shape(&article);
    assert!(shown.contains("button Give https://example.com/give?sum=20&how=once\n"), "{shown}");
    assert_eq!(told.len(), 1, "{:?}", messages(&told));
}

#[test]
fn buttons_that_are_headings_stay_and_tools_go() {
    let expands = "aria-expanded=false aria-controls=x";
    for (button, stays) in [
        (
            format!("<h2><button {expands}>How long? <span class=icon>+</span></button></h2>"),
            "h2 How long?\n",
        ),
        (format!("<h3><button {expands}><i>▸ </i>Shipping</button></h3>"), "h2 Shipping\n"),
        ("<h2><button>Shipping in C++</button></h2>".to_owned(), "h2 Shipping in C++\n"),
        (format!("<div role=heading><button {expands}>Shipping ⌄</button></div>"), "p Shipping\n"),
        (format!("<div class=accordion-header><button {expands}>Shipping</button></div>"), "p Shipping\n"),
        (format!("<div><button {expands}>Why so?</button></div>"), "p Why so?\n"),
        (format!("<p>Some words. <button {expands}>Show definition</button></p>"), "p Some words.\n"),
        (format!("<p>Some words. <button {expands}>What?</button></p>"), "p Some words.\n"),
        (format!("<div><button {expands}>Listen</button><button {expands}>Share</button></div>"), ""),
        (format!("<div><button {expands}>Listen?</button><button {expands}>Share?</button></div>"), ""),
        (format!("<div><button {expands}>Next slide</button></div>"), ""),
        (format!("<h2>Install <button {expands}>Copy link</button></h2>"), "h2 Install\n"),
        (
            format!("<h2><svg></svg><button {expands}>Copy link</button> Where to buy</h2>"),
            "h2 Where to buy\n",
        ),
        ("<h2><button aria-haspopup=menu>Share</button></h2>".to_owned(), ""),
        (format!("<h3>1. <button {expands}>Second</button></h3>"), "h2 1. Second\n"),
        (format!("<h3><a id=y></a><button {expands}>Third</button> <svg></svg></h3>"), "h2 Third\n"),
        (format!("<h3>2024 <button {expands}>Tools</button></h3>"), "h2 2024\n"),
        ("<h3>1. <button>Tools</button></h3>".to_owned(), "h2 1.\n"),
    ] {
        let shape = read_shape(&format!("<h1>A</h1>{button}<p>It takes two days.</p>"));
        assert_eq!(shape, format!("# A\n{stays}p It takes two days.\n"), "{button}");
    }
}

#[test]
fn a_button_is_the_title_of_the_words_that_it_unfolds() {
    let named = "aria-expanded=false aria-controls=p1";
    let words = "<div id=p1 hidden>Free within ten days.</div>";
    let unfolded = "p Shipping\np Free within ten days.\n";
    for (folded, expected) in [
        (format!("<div class=item><button {named}>Shipping +</button>{words}</div>"), unfolded),
        (format!("<button aria-controls=p1>Shipping</button>{words}"), unfolded),
        (format!("<div><span><button {named}>Shipping</button></span></div>{words}"), unfolded),
        (format!("<button {named}>Shipping</button><div class=wrap>{words}</div>"), unfolded),
        (
            "<div><button aria-expanded=false>Shipping</button><div>Free within ten days.</div></div>"
                .to_owned(),
            unfolded,
        ),
        (
            format!(
                "<div><button {named}>Shipping</button>{words}<button aria-controls=p2>Warranty</button>\
                 <p id=p2>Two years.</p></div>"
            ),
            "p Shipping\np Free within ten days.\np Warranty\np Two years.\n",
        ),
        (
            format!("<div><button {named}>Copy link</button><div id=p1>It is copied.</div></div>"),
            "p It is copied.\n",
        ),
        (
            format!(
                "<div><button {named}>Elsewhere</button><ul id=p1><li><a href='https://example.com/'>x</a></ul></div>"
            ),
            "ul\n-\n  p [x](https://example.com/)\n",
        ),
        (
            format!("<p>Some words. <button {named}>Gear</button></p><div id=p1>A wheel with teeth.</div>"),
            "p Some words.\np A wheel with teeth.\n",
        ),
        (
            format!(
                "<button {named}>One</button><button aria-controls=p1>Two</button><div id=p1>Three.</div>"
            ),
            "p Three.\n",
        ),
        (
            "<section><button aria-expanded=false>Gear</button><p>One.</p><p>Two.</p></section>".to_owned(),
            "p One.\np Two.\n",
        ),
    ] {
        let shape = read_shape(&format!("<h1>A</h1><p>Before.</p>{folded}<p>It takes two days.</p>"));
        assert_eq!(shape, format!("# A\np Before.\n{expected}p It takes two days.\n"), "{folded}");
    }
    let page = blog().replacen(
        "</article>",
        &format!("<nav><div><button {named}>Shipping</button>{words}</div></nav></article>"),
        1,
    );
    assert!(!read_shape(&page).contains("Shipping"));
}

#[test]
fn words_of_a_form_of_the_article_are_told_and_those_of_a_site_are_not() {
    let mail = "<input type=email name=m><button>Send</button>";
    for (form, told) in [
        (format!("<form method=post><p>Our office is open on Mondays.</p>{mail}</form>"), true),
        (
            format!("<form method=post><label>Address {mail}</label><div>Ask us for a sample.</div></form>"),
            true,
        ),
        (format!("<form method=post><p>Subscribe, and never miss a letter.</p>{mail}</form>"), false),
        (format!("<form method=post class=signup-box><p>A letter every Friday.</p>{mail}</form>"), false),
        (format!("<form method=post action='/search'><p>Look for it.</p>{mail}</form>"), false),
        (format!("<form method=post><label>Address {mail}</label></form>"), false),
    ] {
        for (before, after) in [("", "</article>"), ("</article>", "")] {
            let page = blog().replacen("</article>", &format!("{before}{form}{after}"), 1);
            let (article, warnings) = read(&page);
            assert!(!shape(&article).contains("Mondays"), "{form}");
            let is_told = messages(&warnings).iter().any(|one| one.contains("left out"));
            assert_eq!(is_told, told && before.is_empty(), "{before}{form}: {:?}", messages(&warnings));
        }
    }
}
