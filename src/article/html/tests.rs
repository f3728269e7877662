mod forms;
mod left_out;
mod styles;

use std::fmt::Write as _;

use crate::article::{
    Article, Block, BlockKind, Chrome, Format, Inline, Item, ReadOptions, Row, Style, Task, parse, words,
};
use crate::problem::{Problem, Source};

macro_rules! put {
    ($out:expr, $($words:tt)*) => {
        $out.write_fmt(format_args!($($words)*)).unwrap()
    };
}

// Below the macro, which they use.
mod pages;
mod soup;

fn read(html: &str) -> (Article, Vec<Problem>) {
    let source = Source::new("a.html", html);
    parse(&source, Format::Html, &ReadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// An article as one text: blocks by their kind, marks around words.
fn shape(article: &Article) -> String {
    let mut out = String::new();
    if let Some(title) = &article.meta.title {
        put!(out, "# {}\n", title.value);
    }
    blocks(&article.blocks, "", &mut out);
    for note in &article.footnotes {
        out.push_str("note\n");
        blocks(&note.blocks, "  ", &mut out);
    }
    article.mask.restore(&out)
}

fn read_shape(html: &str) -> String {
    shape(&read(html).0)
}

fn blocks(list: &[Block], indent: &str, out: &mut String) {
    let deeper = format!("{indent}  ");
    for block in list {
        out.push_str(indent);
        match &block.kind {
            BlockKind::Heading { level, content } => {
                put!(out, "h{level} {}\n", line(content));
            }
            BlockKind::Paragraph(content) => put!(out, "p {}\n", line(content)),
            BlockKind::List(list) => {
                let kind = list.start.map_or_else(|| "ul".to_owned(), |start| format!("ol {start}"));
                put!(out, "{kind}{}\n", if list.tight { "" } else { " loose" });
                for item in &list.items {
                    match item {
                        Item::Blocks { task, blocks: inner, .. } => {
                            let task = match task {
                                Some(Task::Done) => " [x]",
                                Some(Task::Open) => " [ ]",
                                None => "",
                            };
                            put!(out, "{indent}-{task}\n");
                            blocks(inner, &deeper, out);
                        }
                        Item::Control(_) => put!(out, "{indent}- control\n"),
                    }
                }
            }
            BlockKind::Quote { blocks: inner, cite } => {
                let cite = cite.as_ref().map(|cite| format!(" by {}", line(cite))).unwrap_or_default();
                put!(out, "quote{cite}\n");
                blocks(inner, &deeper, out);
            }
            BlockKind::Code { language, text } => {
                put!(out, "code {} {text:?}\n", language.as_deref().unwrap_or("-"));
            }
            BlockKind::Table(table) => {
                let cells =
                    |cells: &[Vec<Inline>]| cells.iter().map(|c| line(c)).collect::<Vec<_>>().join(" | ");
                put!(out, "table {}\n", cells(&table.head));
                for row in &table.rows {
                    match row {
                        Row::Cells(row) => put!(out, "{indent}  row {}\n", cells(row)),
                        Row::Control(_) => put!(out, "{indent}  row control\n"),
                    }
                }
            }
            BlockKind::Figure { image, caption } => {
                let href = image.href.as_ref().map(|href| format!(" to {href}")).unwrap_or_default();
                let width = image.width.map(|width| format!(" {width}px")).unwrap_or_default();
                let caption = caption.as_ref().map(|c| format!(" // {}", line(c))).unwrap_or_default();
                put!(out, "figure {} [{}]{width}{href}{caption}\n", image.src, image.alt);
            }
            BlockKind::Button { label, href } => put!(out, "button {} {href}\n", line(label)),
            BlockKind::Callout { kind, title, blocks: inner } => {
                let title = title.as_ref().map(|title| format!(" {}", line(title))).unwrap_or_default();
                put!(out, "callout {kind:?}{title}\n");
                blocks(inner, &deeper, out);
            }
            BlockKind::Columns(columns) => {
                out.push_str("columns\n");
                for column in columns {
                    put!(out, "{indent}|\n");
                    blocks(&column.blocks, &deeper, out);
                }
            }
            BlockKind::Definitions(definitions) => {
                out.push_str("definitions\n");
                for definition in definitions {
                    let terms: Vec<String> = definition.terms.iter().map(|term| line(term)).collect();
                    put!(out, "{indent}: {}\n", terms.join(", "));
                    definition.details.iter().for_each(|detail| blocks(detail, &deeper, out));
                }
            }
            BlockKind::Divider => out.push_str("---\n"),
            BlockKind::Control(_) => out.push_str("control\n"),
        }
    }
}

fn line(content: &[Inline]) -> String {
    let each = |inline: &Inline| match inline {
        Inline::Text(text) => text.clone(),
        Inline::SoftBreak => " ".to_owned(),
        Inline::HardBreak => "/".to_owned(),
        Inline::Emphasis(inner) => format!("_{}_", line(inner)),
        Inline::Strong(inner) => format!("*{}*", line(inner)),
        Inline::Strikethrough(inner) => format!("~{}~", line(inner)),
        Inline::Styled { style, content } => {
            let mark = match style {
                Style::Subscript => "sub",
                Style::Superscript => "sup",
                Style::Highlight => "mark",
                Style::Small => "small",
                Style::Underline => "u",
                Style::Keyboard => "kbd",
            };
            format!("<{mark} {}>", line(content))
        }
        Inline::Code(text) => format!("`{text}`"),
        Inline::Link { href, content, .. } => format!("[{}]({href})", line(content)),
        Inline::Image(image) => format!("![{}]({})", image.alt, image.src),
        Inline::Footnote(index) => format!("[^{index}]"),
    };
    content.iter().map(each).collect()
}

fn messages(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let at = problem.place.as_ref().map_or(0, |place| place.line);
            format!("{at}: {}", problem.message())
        })
        .collect()
}

#[test]
fn a_fragment_is_taken_whole_and_its_title_is_its_first_heading() {
    let shape = read_shape(
        "<h1>Ink</h1>\nWords on their own,\n <b>bold </b>and <span><i>slanted</i></span>.\n\
         <h3>One</h3><p>Two<br>lines</p><h5>Deeper</h5><div>a<div>b</div>c</div>",
    );
    assert_eq!(
        shape,
        "# Ink\np Words on their own, *bold* and _slanted_.\nh2 One\np Two/lines\nh3 Deeper\np a\np b\np c\n"
    );
}

#[test]
fn a_fragment_that_begins_with_its_highest_heading_has_it_as_its_title() {
    let begins = "<div><h2>Ink</h2><p>Wet.</p><h3>Lead</h3><p>Dry.</p></div>";
    assert_eq!(read_shape(begins), "# Ink\np Wet.\nh2 Lead\np Dry.\n");
    let chapters = "<h2>Ink</h2><p>Wet.</p><h2>Lead</h2><p>Dry.</p>";
    assert_eq!(read_shape(chapters), "h2 Ink\np Wet.\nh2 Lead\np Dry.\n");
    let later = "<p>First words.</p><h2>Ink</h2><p>Wet.</p>";
    assert_eq!(read_shape(later), "p First words.\nh2 Ink\np Wet.\n");
}

#[test]
fn a_page_that_is_only_its_article_loses_nothing() {
    let page = "<!doctype html><html lang=de><head><title>Tinte | Presse</title></head><body><article>\
                <h1>Tinte</h1><p>Kurz.</p><p><a href='https://example.com/a'>Nur ein Link</a></p>\
                <ul><li><a href='https://example.com/b'>b</a></li></ul></article></body></html>";
    let (article, _) = read(page);
    assert_eq!(
        shape(&article),
        "# Tinte\np Kurz.\np [Nur ein Link](https://example.com/a)\nul\n-\n  p [b](https://example.com/b)\n"
    );
    assert_eq!(article.meta.lang.unwrap().value, "de");
    assert_eq!(article.guesses, []);
}

#[test]
fn lists_keep_their_nesting_numbers_and_tasks() {
    let shape = read_shape(
        "<ol start=3><li>three<ul><li>a</li><li>b</li></ul></li><li>four</li></ol>\
         <ul><li><input type=checkbox checked> done</li><li><label><input type=checkbox>open</label></li>\
         <ul><li>inner</li></ul></ul><ul><li><p>one</p><p>two</p></li></ul>",
    );
    assert_eq!(
        shape,
        "ol 3\n-\n  p three\n  ul\n  -\n    p a\n  -\n    p b\n-\n  p four\n\
         ul\n- [x]\n  p done\n- [ ]\n  p open\n  ul\n  -\n    p inner\nul loose\n-\n  p one\n  p two\n"
    );
}

#[test]
fn quotations_name_their_source() {
    let shape = read_shape(
        "<blockquote><p>One.</p><footer>— <cite>Ada</cite></footer></blockquote>\
         <figure><blockquote><p>Two.</p></blockquote><figcaption>Bob</figcaption></figure>\
         <blockquote>Three.<br>Four.<p>– Cy Twombly</p></blockquote><blockquote>Five <cite>in a book</cite></blockquote>",
    );
    assert_eq!(
        shape,
        "quote by _Ada_\n  p One.\nquote by Bob\n  p Two.\nquote by Cy Twombly\n  p Three./Four.\nquote by in a book\n  p Five\n"
    );
}

#[test]
fn code_keeps_its_lines_and_its_language() {
    for (html, expected) in [
        (
            "<pre><code class='language-rust'>fn a() {\n    b();\n}\n</code></pre>",
            "code rust \"fn a() {\\n    b();\\n}\"\n",
        ),
        (
            "<div class='highlight highlight-source-shell'><pre>ls <span class=k>-l</span>\ncd</pre></div>",
            "code shell \"ls -l\\ncd\"\n",
        ),
        ("<pre class='brush: js notranslate'><code>a &lt; b</code></pre>", "code js \"a < b\"\n"),
        (
            "<div class=highlight><pre class=chroma><code data-lang=go><span class=line><span class=ln>1</span><span>a\n</span></span></code></pre></div>",
            "code go \"a\"\n",
        ),
        (
            "<table class=rouge-table><tr><td class=gutter><pre>1\n2</pre></td><td><pre>a\nb</pre></td></tr></table>",
            "code - \"a\\nb\"\n",
        ),
        ("<pre class='language-none'>a<br>b<div>c</div><div>d</div></pre>", "code - \"a\\nb\\nc\\nd\"\n"),
    ] {
        assert_eq!(read_shape(html), expected, "{html}");
    }
}

#[test]
fn tables_are_filled_up_and_layouts_unwrapped() {
    let (article, told) = read(
        "<h1>A</h1><table>\n<caption>Prices</caption><thead><tr><th>Item<th align=right>Price</thead>\
         <tr><td rowspan=2>Ink<td>3<tr><td>4<tr><td colspan=2>none</table>",
    );
    assert_eq!(
        shape(&article),
        "# A\np *Prices*\ntable Item | Price\n  row Ink | 3\n  row  | 4\n  row none | \n"
    );
    assert_eq!(
        messages(&told)[0],
        "2: cells that reach over several rows or columns are shown in the first of them"
    );
    let layout = read_shape("<table><tr><td><p>a</p><table role=presentation><tr><td>b<td>c</table></table>");
    assert_eq!(layout, "p a\np b\np c\n");
}

#[test]
fn pictures_are_found_wherever_their_addresses_are() {
    for (html, expected) in [
        (
            "<figure><a href='https://example.com/x'><img src='https://example.com/a.jpg' alt='A  b' width=300></a><figcaption>Under <em>it</em></figcaption></figure>",
            "figure https://example.com/a.jpg [A b] 300px to https://example.com/x // Under _it_\n",
        ),
        ("<p><img src='data:image/gif;base64,R0lG' data-src='a.jpg' alt=''></p>", "figure a.jpg []\n"),
        (
            "<img class='lazyload' src='grey.gif' srcset='a.jpg 300w, b.jpg 1500w, c.jpg 3000w'>",
            "figure b.jpg []\n",
        ),
        ("<picture><source srcset='a.avif 1x'><img data-src=''></picture>", "figure a.avif []\n"),
        ("<img src='data:,' ><noscript><img src='a.jpg'></noscript>", "figure a.jpg []\n"),
        ("<img src='a.jpg'><noscript><img src='a.jpg'></noscript>", "figure a.jpg []\n"),
        (
            "<p>See <img src='a.png' alt='a'> here <img class=emoji alt='🎉' src=e.png><img src=t.gif width=1 height=1></p>",
            "p See ![a](a.png) here 🎉\n",
        ),
        (
            "<div class='wp-caption'><img src=a.jpg><p class='wp-caption-text'>Under</p></div>",
            "figure a.jpg [] // Under\n",
        ),
    ] {
        assert_eq!(read_shape(html), expected, "{html}");
    }
}

#[test]
fn boxes_of_content_systems_become_boxes() {
    for (html, expected) in [
        (
            "<p><a class='wp-block-button__link' href='https://example.com/'>Go</a></p>",
            "button Go https://example.com/\n",
        ),
        (
            "<p>Press <a class='btn' href='https://example.com/'>Go</a></p>",
            "p Press [Go](https://example.com/)\n",
        ),
        (
            "<div class='wp-block-columns'><div class='wp-block-column'><p>a</p></div><div class='wp-block-column'><p>b</p></div></div>",
            "columns\n|\n  p a\n|\n  p b\n",
        ),
        (
            "<div class='admonition warning'><p class='admonition-title'>Warning</p><p>Hot.</p></div>",
            "callout Warning\n  p Hot.\n",
        ),
        (
            "<div class='markdown-alert markdown-alert-tip'><p class='markdown-alert-title'>Try it</p><p>Yes.</p></div>",
            "callout Tip Try it\n  p Yes.\n",
        ),
        (
            "<div class='kg-card kg-callout-card'><div class='kg-callout-emoji'>💡</div><div class='kg-callout-text'>Light.</div></div>",
            "callout Plain\n  p 💡 Light.\n",
        ),
        ("<aside>By the way.</aside>", "callout Plain\n  p By the way.\n"),
        ("<dl><dt>Ink<dt>Tinte<dd>wet</dl>", "definitions\n: Ink, Tinte\n  p wet\n"),
        ("<details><summary>More</summary>Hidden.<p>Too.</p></details>", "p *More*\np Hidden.\np Too.\n"),
        ("<p>a</p><hr><p>b</p><p>* * *</p>", "p a\n---\np b\n---\n"),
        (
            "<a href='https://example.com/'><h2>Card</h2><p>Words</p></a>",
            "h2 [Card](https://example.com/)\np [Words](https://example.com/)\n",
        ),
    ] {
        assert_eq!(read_shape(html), expected, "{html}");
    }
}

#[test]
fn words_keep_what_sets_them_apart() {
    assert_eq!(
        read_shape(
            "<p>H<sub>2</sub>O m<sup>2</sup> <mark>m</mark> <u>u</u> <kbd>Esc</kbd> <small>s</small> <del>d</del> \
             <span style='font-weight:700;font-style:italic'>bi</span> <b style='font-weight:normal'>n</b> <q>q</q> \
             <code>a  b <a href='https://example.com/'>c</a></code> <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby><script>x</script></p>"
        ),
        "p H<sub 2>O m<sup 2> <mark m> <u u> <kbd Esc> <small s> ~d~ *_bi_* n “q” `a b `[`c`](https://example.com/) 漢(kan)\n"
    );
}

#[test]
fn notes_that_are_marked_and_lead_back_become_footnotes() {
    for html in [
        "<p>A<sup id=r1><a href='#fn1'>1</a></sup> b.</p><section class=footnotes><hr><ol><li id=fn1><p>Note <a href='https://example.com/'>x</a> <a href='#r1'>↩︎</a></p></li></ol></section>",
        "<p>A<a href='#_ftn1' name='_ftnref1'><sup>[1]</sup></a> b.</p><div><br><hr><div id=ftn1><p class=MsoFootnoteText><a href='#_ftnref1' name='_ftn1'>[1]</a> Note <a href='https://example.com/'>x</a></p></div></div>",
        "<p>A<a class='footnote-anchor' href='#footnote-1'>1</a> b.</p><div class='footnote'><a id='footnote-1' href='#footnote-anchor-1' class='footnote-number'>1</a><div class='footnote-content'><p>Note <a href='https://example.com/'>x</a></p></div></div>",
    ] {
        assert_eq!(read_shape(html), "p A[^0] b.\nnote\n  p Note [x](https://example.com/)\n", "{html}");
    }
    let plain = "<p>See <a href='#b'>below</a>.</p><p id=b>Here.</p>";
    assert_eq!(read_shape(plain), "p See below.\np Here.\n");
}

#[test]
fn paragraphs_that_word_processors_mark_are_lists() {
    let word = "<p class=MsoNormal>Before</p>\
        <p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt'><span style='font-family:Symbol'>·<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span></span>One <b>two</b></p>\
        <p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;text-indent:-18.0pt'><span>o<span>&nbsp;&nbsp; </span></span>Inner</p>\n\
        <p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt'>·&nbsp;&nbsp; Three</p>\
        <p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>After</p>";
    assert_eq!(
        read_shape(word),
        "p Before\nul\n-\n  p One *two*\n  ul\n  -\n    p Inner\n-\n  p Three\np After\n"
    );
    let docs = "<ul class='c1 lst-kix_a-0 start'><li>One</li></ul><ul class='c1 lst-kix_a-1 start'><li>Inner</li></ul>\
                <ul class='c1 lst-kix_a-0'><li>Two</li></ul>";
    assert_eq!(read_shape(docs), "ul\n-\n  p One\n  ul\n  -\n    p Inner\n-\n  p Two\n");
}

#[test]
fn what_plays_becomes_a_link_and_relative_links_are_told() {
    let (article, told) = read(
        "<h1>A</h1><p>See <a href='/a'>this</a> and <a href='javascript:x()'>that</a>.</p>\n\
         <iframe src='https://www.youtube.com/embed/abc' title='A film'></iframe>",
    );
    assert_eq!(
        shape(&article),
        "# A\np See this and that.\np [A film](https://www.youtube.com/watch?v=abc)\n"
    );
    assert_eq!(
        messages(&told)[..2],
        [
            "1: the link `/a` leads nowhere outside its page, so only its words are shown",
            "2: `<iframe>` plays in no mail, so a link to it is shown"
        ]
    );
    let based =
        "<head><base href='https://example.com/blog/'></head><p><a href='a'>x</a><img src='i.png'></p>";
    assert_eq!(read_shape(based), "p [x](https://example.com/blog/a)![](https://example.com/blog/i.png)\n");
}

#[test]
fn merge_tags_work_where_the_front_matter_says_so() {
    let html = "+++\nmerge = true\n+++\n<h1>For {{ subscriber.name | default(value=\"you\") }}</h1>\n\
        {% if subscriber.pro %}\n<p><a href=\"{{ subscriber.link }}\">Yours</a> <img src=\"https://example.com/{{ subscriber.pic }}\" alt=\"{{ subscriber.pic }}\"></p>\n{% endif %}\n\
        <ul><li>a</li>{% if subscriber.b %}<li>b</li>{% endif %}</ul>\
        <table><tr><th>a</th><th>b</th></tr>{% if subscriber.c %}<tr><td>c</td><td>d</td></tr>{% endif %}</table>\
        <pre>{{ as typed }}</pre>";
    let (article, _) = read(html);
    assert_eq!(
        shape(&article),
        "# For {{ subscriber.name | default(value=\"you\") }}\ncontrol\n\
         p [Yours]({{ subscriber.link }}) ![{{ subscriber.pic }}](https://example.com/{{ subscriber.pic }})\ncontrol\n\
         ul\n-\n  p a\n- control\n-\n  p b\n- control\ntable a | b\n  row control\n  row c | d\n  row control\n\
         code - \"{{ as typed }}\"\n"
    );
    let (article, told) = read("<h1>A</h1><p>Dear {{ subscriber.name }}</p>");
    assert_eq!(shape(&article), "# A\np Dear {{ subscriber.name }}\n");
    assert_eq!(messages(&told), ["1: merge tags are shown as typed here"]);
}

const SENTENCE: &str = "Letters are set, one by one, in a stick that is held in the left hand, and then they are moved into a \
                        frame of iron, in which they are locked before they are printed, many hundred times in an hour.";

fn blog() -> String {
    let text = format!("<p>{SENTENCE}</p>").repeat(4);
    format!(
        "<!doctype html><html lang=en-GB><head><title>Ink and lead | The Press</title>\
         <meta property='og:site_name' content='The Press'><meta name=author content='Ann Lee'>\
         <meta property='article:published_time' content='2026-03-12T08:00:00Z'>\
         <meta property='og:image' content='/hero.jpg'><link rel=canonical href='https://example.com/ink/'></head>\n\
         <body class='has-sidebar tag-comments'><header class='site-header'><a href='/'>The Press</a><nav><ul><li><a href='/about'>About</a></li></ul></nav></header>\n\
         <div id='cookie-banner'>We use cookies. <button>Accept</button></div>\n\
         <main><article class='post tag-news category-comments'><header><h1>Ink and lead</h1><p class='byline'>By Ann Lee</p></header>\n\
         {text}<h2>Tools</h2>{text}\n<ul><li><a href='/links/one'>One link</a></li><li><a href='/links/two'>Another</a></li></ul>\n\
         <div class='sharedaddy'><a href='https://social.example.com/'>Share on Social</a></div></article>\n\
         <aside class='related-posts'><h2>You may also like</h2><a href='/x'>X</a></aside></main>\n\
         <section id='comments'><h2>3 comments</h2><p>First! I really like this text, it is good, and long.</p></section>\n\
         <footer>© 2026 The Press</footer></body></html>"
    )
}

#[test]
fn the_article_is_found_on_a_page_and_nothing_else() {
    let (article, told) = read(&blog());
    let text = format!("p {SENTENCE}\n").repeat(4);
    assert_eq!(
        shape(&article),
        format!(
            "# Ink and lead\n{text}h2 Tools\n{text}ul\n-\n  p [One link](https://example.com/links/one)\n-\n  p [Another](https://example.com/links/two)\n"
        )
    );
    let meta = &article.meta;
    assert_eq!(meta.author.as_ref().unwrap().value, "Ann Lee");
    assert_eq!(meta.date.as_ref().unwrap().value.to_string(), "2026-03-12");
    assert_eq!(meta.lang.as_ref().unwrap().value, "en-GB");
    assert_eq!(meta.image.as_ref().unwrap().value, "https://example.com/hero.jpg");
    assert_eq!(messages(&told), Vec::<String>::new());
    let guesses: Vec<&str> = article.guesses.iter().map(|guess| guess.text.as_str()).collect();
    for cut in [
        "The PressAbout",
        "We use cookies. Accept",
        "Share on Social",
        "You may also like X",
        "© 2026 The Press",
    ] {
        assert!(guesses.iter().any(|guess| guess.starts_with(&cut[..8])), "{cut}: {guesses:?}");
    }
    let place = article.source.place(article.blocks[4].span);
    assert!(place.excerpt.contains("<h2>Tools"), "{}", place.excerpt);
}

#[test]
fn with_chrome_kept_nothing_is_cut() {
    let options = ReadOptions { chrome: Chrome::Keep };
    let (article, _) = parse(&Source::new("a.html", blog()), Format::Html, &options).unwrap();
    let shape = shape(&article);
    for kept in
        ["About", "We use cookies. Accept", "Share on Social", "You may also like", "© 2026", "3 comments"]
    {
        assert!(shape.contains(kept), "{kept}");
    }
}

#[test]
fn warnings_stand_at_their_elements_in_the_order_of_the_source() {
    let page = "<h1>A</h1>\n<p>See <a href='b.html'>this</a> and this\n  <a href='/a'>that</a>,\n\
                <b title='<a href=x>'><a href='b.html'>this</a></b>.</p>\n\
                <table><tr><td>a<td>b<tr><td rowspan=2>c<td>d</table><p>e <a href=c.html>f</a></p>\n\
                <iframe src='https://example.com/film'></iframe>\n<p>Word.</p><script>lost words";
    let (_, told) = read(page);
    let found: Vec<String> = told
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().unwrap();
            let message = problem.message();
            let name = message.split('`').nth(1).unwrap_or(&message);
            format!("{}:{} {name}", place.line, place.column)
        })
        .collect();
    assert_eq!(
        found,
        [
            "2:8 b.html",
            "3:3 /a",
            "4:23 b.html",
            "5:26 cells that reach over several rows or columns are shown in the first of them",
            "5:59 c.html",
            "6:1 <iframe>",
            "7:13 <script>"
        ]
    );
    assert!(told[6].message().contains("is not closed, so all that follows it"), "{}", told[6].message());
}

#[test]
fn loose_words_beside_a_control_are_paragraphs_and_the_alt_of_a_picture_stays_as_typed() {
    let page = "+++\nmerge = true\n+++\n<h1>A</h1><div>Dear friend, {% if subscriber.x %}<p>Paid.</p>{% else %}Not \
                <b>yet</b>.<p>Pay.</p>{% endif %} And all.</div>\n{% if subscriber.y %}Loose<p>in</p>{% endif %}\n\
                <p>One {% if subscriber.x %}two{% endif %} <img src='https://example.com/a.png' alt='A <b>bold</b> dune'></p>";
    let (article, told) = read(page);
    assert_eq!(messages(&told), Vec::<String>::new());
    assert_eq!(
        shape(&article),
        "# A\np Dear friend,\ncontrol\np Paid.\ncontrol\np Not *yet*.\np Pay.\ncontrol\np And all.\ncontrol\np Loose\n\
         p in\ncontrol\np One {% if subscriber.x %}two{% endif %} ![A <b>bold</b> dune](https://example.com/a.png)\n"
    );
}

#[test]
fn what_ends_a_drawing_ends_it_and_no_mark_of_ours_is_read() {
    for drawing in ["<svg><font color=red>", "<svg></p>", "<math></br>", "<svg><![CDATA[>]]>", "<svg><mi>"] {
        let (article, _) = read(&format!(
            "<html><body><h1>A</h1><p>{SENTENCE}</p>{drawing}<xmp><b>hi</b></xmp></body></html>"
        ));
        assert!(!format!("{article:?}").contains("_lp"), "{drawing}: {article:?}");
    }
}

#[test]
fn pages_from_hell_are_refused_or_read_and_end_nothing() {
    let deep = "<div>".repeat(5_000);
    let problems = parse(&Source::new("a.html", deep), Format::Html, &ReadOptions::default()).unwrap_err();
    assert!(problems.to_string().contains("nested"), "{problems}");
    let numbered = |count: usize, before: &str, after: &str| {
        (0..count).fold(String::new(), |all, number| all + before + &number.to_string() + after)
    };
    let many = numbered(100_000, " a", "");
    for (page, words) in [
        ("<b><i>".repeat(100_000), "nested more than"),
        (format!("<p{many}>x</p>"), "more than 512 attributes"),
        (numbered(300, "<table><td><u id=", ">"), "nested more than"),
    ] {
        let source = Source::new("a.html", page.as_str());
        let problems = parse(&source, Format::Html, &ReadOptions::default()).unwrap_err();
        assert!(problems.to_string().contains(words), "{problems}");
        let place = problems.iter().next().unwrap().place.clone().unwrap();
        assert!(place.column < 5_000, "{}", place.column);
        let inside = format!("# A\n\n{page}\n");
        let source = Source::new("a.md", inside.as_str());
        let problems = parse(&source, Format::Markdown, &ReadOptions::default());
        assert!(problems.is_err_and(|problems| problems.to_string().contains(words)), "{words}");
    }
    for html in [
        "",
        "<",
        "<!--",
        "<table><td><table><tr><li>x",
        "<p>\u{0}a\u{200b}\u{ad}b",
        "<svg><p>x</svg>y",
        "<a><a><a>z",
    ] {
        let _ = parse(&Source::new("a.html", html), Format::Html, &ReadOptions::default());
    }
    assert_eq!(words(&[Inline::Text("a".to_owned())]), "a");
}

#[test]
fn a_fragment_within_another_article_keeps_its_addresses_and_its_place() {
    let source = Source::new("a.md", "");
    let mut findings = crate::article::findings::Findings::new(&source);
    let span = crate::problem::Span::new(3, 9);
    let html = "<h1>A</h1><p><a href='b.html'>b</a> <img src='c.png'></p>";
    let read = super::fragment(html, span, &crate::tags::Mask::default(), &mut findings);
    let mut out = String::new();
    blocks(&read, "", &mut out);
    assert_eq!(out, "h2 A\np [b](b.html) ![](c.png)\n");
    assert!(read.iter().all(|block| block.span == span));
}
