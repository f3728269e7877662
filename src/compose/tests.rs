//! Whatever a subscriber's value is, it stays inert wherever it stands.

use proptest::prelude::*;

use super::composed::Parts;
use super::*;
use crate::audience::Values;
use crate::problem::Source;
use crate::tags::Mask;

const HTML: &str = "<!doctype html><html><head><title>{{ subscriber.a }}</title></head><body>\
    <p title=\"{{ subscriber.a }}\">Hi {{ subscriber.a }}!</p>\
    <a href=\"https://example.com/?n={{ subscriber.a }}&amp;x=1\">x</a>\
    <!--[if mso]><v:rect alt=\"{{ subscriber.a }}\"></v:rect><![endif]--></body></html>\n";
const TEXT: &str = "Hi {{ subscriber.a }}!\n\nEnd.\n@ADDRESS@\n";
const SUBJECT: &str = "For {{ subscriber.a }}";

/// Composes parts as typed; `@ADDRESS@` in the text becomes an address with a hole.
fn press(subject: &str, text: &str, html: &str) -> Result<Composed, Vec<Problem>> {
    let all = format!("{subject}\n{text}\n{html}");
    let mut mask = Mask::avoiding(&all);
    let subject = mask.mask(&Source::new("subject", subject), subject, 0).text;
    let text = mask.mask(&Source::new("text", text), text, 0).text;
    let html = mask.mask(&Source::new("html", html), html, 0).text;
    let address = mask.mask(&Source::new("url", ADDRESS), ADDRESS, 0).text;
    let text = text.replace("@ADDRESS@", &mask.in_address(&address));
    Composed::press(mask, &Parts { subject: &subject, preheader: None, text: &text, html: &html, mjml: "" })
}

const ADDRESS: &str = "https://example.com/?n={{ subscriber.a }}";

fn values(value: &str) -> Values {
    Values::from([("a".to_owned(), value.to_owned())])
}

fn told(result: Result<Composed, Vec<Problem>>) -> Vec<String> {
    result.err().unwrap_or_default().iter().map(Problem::message).collect()
}

#[test]
fn each_copy_has_its_own_values_and_nothing_else_differs() {
    let composed = press(SUBJECT, TEXT, HTML).unwrap();
    let ana = values("Ana & \"Bo\"");
    let copy = composed.copy(&ana, &"ana@example.com");
    assert_eq!(copy.subject().unwrap(), "For Ana & \"Bo\"");
    assert_eq!(
        copy.text().unwrap(),
        "Hi Ana & \"Bo\"!\n\nEnd.\nhttps://example.com/?n=Ana%20%26%20%22Bo%22\n"
    );
    let html = copy.html().unwrap();
    assert!(html.contains("Hi Ana &amp; &quot;Bo&quot;!"), "{html}");
    assert!(html.contains("?n=Ana%20%26%20%22Bo%22&amp;x=1\""), "{html}");
}

#[test]
fn a_missing_value_without_default_names_the_tag_its_place_and_the_recipient() {
    let composed = press(SUBJECT, TEXT, HTML).unwrap();
    let problem = composed.copy(&Values::new(), &"ana@example.com").text().unwrap_err();
    assert_eq!(problem.message(), "ana@example.com has no value for `subscriber.a`");
    assert_eq!(problem.place.as_ref().unwrap().to_string(), "subject:1:5");
    assert!(problem.hint().unwrap().contains("default"));
}

#[test]
fn a_thawed_mail_makes_the_same_copies() {
    let text = "{% if subscriber.a == \"x\" %}X{% endif %} {{ subscriber.b | default(value=\"there }}\") }}\n@ADDRESS@\n";
    let composed = press(SUBJECT, text, HTML).unwrap();
    let data = serde_json::to_string(composed.freeze()).unwrap();
    let thawed = serde_json::from_str::<Frozen>(&data).unwrap().thaw().unwrap();
    assert_eq!(thawed.freeze(), composed.freeze());
    assert_eq!(thawed.mjml(), composed.mjml());
    for value in ["x", "é & <b>", "\u{1}"] {
        let values = values(value);
        let (before, after) = (composed.copy(&values, &"x"), thawed.copy(&values, &"x"));
        assert_eq!(before.subject().unwrap(), after.subject().unwrap());
        assert_eq!(before.html().unwrap(), after.html().unwrap());
        assert_eq!(before.text().unwrap(), after.text().unwrap());
    }
}

#[test]
fn parts_with_and_without_the_engine_stand_in_one_copy() {
    let text = "{{ subscriber.a | upper }} and {{ subscriber.a }}";
    let composed = press(SUBJECT, text, "<p>{{ subscriber.a }}</p>").unwrap();
    let values = values("x");
    let copy = composed.copy(&values, &"ana@example.com");
    let all = [copy.subject(), copy.text(), copy.html()].map(Result::unwrap);
    assert_eq!(all, ["For x", "X and x", "<p>x</p>"]);
}

#[test]
fn a_default_stands_in_and_conditions_choose() {
    let text = "Hi {{ subscriber.a | default(value=\"there }}\") }}.{% if subscriber.a == \"x\" %} X{% else %} O{% endif %}";
    let composed = press("s", text, "<p></p>").unwrap();
    let print = |values: &Values| composed.copy(values, &"x").text().unwrap();
    assert!(print(&Values::new()).starts_with("Hi there }}. O"));
    assert!(print(&values("x")).starts_with("Hi x. X"));
}

#[test]
fn a_line_end_in_the_subject_refuses_the_copy() {
    let composed = press(SUBJECT, TEXT, HTML).unwrap();
    let hostile = values("x\r\nBcc: eve@example.com");
    let problem = composed.copy(&hostile, &"ana@example.com").subject().unwrap_err();
    assert!(problem.message().contains("line end"), "{}", problem.message());
}

#[test]
fn a_whole_address_must_be_one() {
    let composed = press("s", "t", "<a href=\"{{ subscriber.a }}\">x</a>").unwrap();
    let html = |value: &str| composed.copy(&values(value), &"x").html();
    assert!(
        html("https://example.com/?a=1&b=2").unwrap().contains("href=\"https://example.com/?a=1&amp;b=2\"")
    );
    for hostile in
        ["javascript:alert(1)", "JaVaScRiPt:x", " data:text/html,x", "https://a\" onclick=x", "//x", ""]
    {
        assert!(html(hostile).is_err(), "{hostile}");
    }
}

#[test]
fn a_misspelt_field_is_found_by_name_even_with_a_default() {
    let composed = press("s", "{{ subscriber.frist_name | default(value='x') }}", "<p></p>").unwrap();
    let columns = ["email".to_owned(), "first_name".to_owned(), "a".to_owned()];
    let found = composed.check_fields(&columns);
    assert_eq!(found[0].message(), "the list has no column `frist_name`");
    assert_eq!(found[0].hint().unwrap(), "did you mean `subscriber.first_name`?");
}

#[test]
fn a_tag_the_engine_does_not_understand_is_shown_at_its_place() {
    let told = told(press("s", "ok {{ subscriber.a == }}\n", "<p></p>"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("this merge tag does not parse"), "{told:?}");
}

#[test]
fn braces_in_the_article_that_are_no_tags_stay_text() {
    let composed = press("s", "a { b } =7B {# c #}", "<p>{# c #} { }</p>").unwrap();
    let values = values("x");
    let copy = composed.copy(&values, &"x");
    assert!(copy.text().unwrap().starts_with("a { b } =7B {# c #}"));
    assert_eq!(copy.html().unwrap(), "<p>{# c #} { }</p>");
}

proptest! {
    #[test]
    fn any_value_stays_inert_in_every_place(value in hostile()) {
        let composed = press("same for all", TEXT, HTML).unwrap();
        let harmless = values("Ana");
        let plain = composed.copy(&harmless, &"x").html().unwrap();
        let values = values(&value);
        let copy = composed.copy(&values, &"x");

        // Text and attribute: the markup is the same as with a harmless value.
        let html = copy.html().unwrap();
        for mark in ["<", ">", "\"", "<!--", "]>", "'"] {
            prop_assert_eq!(html.matches(mark).count(), plain.matches(mark).count(), "{} in {}", mark, html);
        }
        // The address ends where it ended, and holds nothing that needs decoding twice.
        let address = html.split("<a href=\"https://example.com/?n=").nth(1).unwrap().split("&amp;x=1").next().unwrap();
        prop_assert!(address.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{}", address);

        // Text part: no line more, nothing invisible.
        let text = copy.text().unwrap();
        prop_assert_eq!(text.lines().count(), 4, "{:?}", text);
        let unseen = text.chars().find(|c| c.is_control() && *c != '\n' || ('\u{202a}'..='\u{202e}').contains(c));
        prop_assert_eq!(unseen, None);

        // Header: no line end, whatever comes.
        let addressed = press(SUBJECT, "t", "<p></p>").unwrap();
        if let Ok(subject) = addressed.copy(&values, &"x").subject() {
            prop_assert!(!subject.contains(['\r', '\n']));
        } else {
            prop_assert!(value.contains(['\r', '\n']));
        }

        // On the wire: ASCII, CRLF alone, short lines, no dot in front, no tag left.
        let mut bytes = Vec::new();
        copy.print_html(&mut bytes).unwrap();
        copy.print_text(&mut bytes).unwrap();
        let wire = String::from_utf8(bytes).unwrap();
        for line in wire.split("\r\n") {
            prop_assert!(line.len() <= 76 && line.is_ascii() && !line.starts_with('.'), "{}", line);
            prop_assert!(!line.contains(['\r', '\n', '{']), "{}", line);
        }
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "<b>",
        "</p>",
        "-->",
        "<!--",
        "]]>",
        "\"",
        "'",
        "&amp;",
        "{{ x }}",
        "{% raw %}",
        "=7B",
        "=\r\n",
        "\r\n.\r\n",
        "\u{202e}",
        "\u{200f}",
        "\0",
        "\u{85}",
        "\u{2028}",
        "javascript:",
        "https://example.com/",
        " ",
        "é",
        "😀",
        "Zoë",
        "<script>",
        "${",
        "#}",
        "\t",
        "%00",
        "\\",
        "`",
    ]);
    prop::collection::vec(prop_oneof![parts.prop_map(str::to_owned), any::<String>()], 1..6)
        .prop_map(|parts| parts.concat())
        .prop_filter("empty is missing, which is another test", |value| !value.is_empty())
}
