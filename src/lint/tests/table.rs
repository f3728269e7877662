//! What breaks each rule, and what is near and does not.

use super::*;

/// For each rule: what breaks it, and what is near and does not.
#[expect(clippy::too_many_lines, reason = "a table has as many lines as there are rules")]
pub(super) fn cases() -> Vec<(&'static str, Vec<Case>, Vec<Case>)> {
    let dark = "@media (prefers-color-scheme: dark) { .p { color: #333333 !important } body { background: #111111 !important } }";
    let big = format!("a{{color:#000000;font-family:'{}'}}", "x".repeat(17_000));
    vec![
        ("size-clip", vec![sized(90_000), sized(130_000)], vec![sized(89_999)]),
        (
            "control-char",
            vec![subject("A\u{1} letter"), text(&format!("Hello.\n{WORDS}\u{92}\n"))],
            vec![subject("A letter")],
        ),
        (
            "lang-missing",
            vec![
                page(&format!(
                    "<html><head><title>t</title></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
                )),
                page(&format!(
                    "<html lang=und><head><title>t</title></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
                )),
            ],
            vec![plain("Hello.", "<p>Hello.</p>")],
        ),
        (
            "title-missing",
            vec![page(&format!(
                "<html lang=en><head></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
            ))],
            vec![plain("Hello.", "<p>Hello.</p>")],
        ),
        ("subject-empty", vec![subject(" ")], vec![subject("a")]),
        ("subject-long", vec![subject(&"word ".repeat(15))], vec![subject(&"word ".repeat(14))]),
        (
            "subject-all-caps",
            vec![subject("BUY OUR NEW TYPE")],
            vec![subject("NASA, ESA"), subject("The NEW TYPE"), subject("تحية من المطبعة القديمة")],
        ),
        (
            "subject-emoji-run",
            vec![subject("Hi 🎉🎉🎉"), subject("🚀 🚀 🚀 go")],
            vec![subject("Hi 🎉 and 🎉 and 🎉"), subject("👩‍👩‍👧 day")],
        ),
        (
            "preheader-missing",
            vec![preheader(None), preheader(Some(" "))],
            vec![preheader(Some("A sentence of more than forty characters, really."))],
        ),
        (
            "preheader-dup-subject",
            vec![preheader(Some("A letter from the shop, and nothing else is said here."))],
            vec![preheader(Some("From the shop: what the letter of this week is about."))],
        ),
        (
            "preheader-short",
            vec![preheader(Some("Short."))],
            vec![preheader(Some("A sentence of more than forty characters, really."))],
        ),
        (
            "unresolved-placeholder",
            vec![
                said("Dear [First Name],"),
                said("Hi {name}"),
                said("Hi *|FNAME|*"),
                said("Price TK."),
                said("Lorem ipsum dolor"),
                subject("Hi %FIRST_NAME%"),
                link("x y", "https://example.com/?a=*|EMAIL|*"),
            ],
            vec![
                said("As he wrote [sic] it."),
                plain("Use `{name}`.", "<p>Use <code>{name}</code>.</p>"),
                said("50% of A% of B%"),
            ],
        ),
        (
            "template-tag-left",
            vec![Case {
                format: Format::PlainText,
                article: format!("A letter\n\nDear {{{{ subscriber.name }}}},\n\n{WORDS}\n"),
                ..plain("", "<p>Dear {{ subscriber.name }},</p>")
            }],
            vec![plain("Write `{{ a }}`.", "<p>Write <code>{{ a }}</code>.</p>")],
        ),
        (
            "placeholder-no-fallback",
            vec![Case { has_list: false, ..plain("Dear {{ subscriber.name }},", "<p>Dear #0#,</p>") }],
            vec![
                plain("Dear {{ subscriber.name }},", "<p>Dear #0#,</p>"),
                Case {
                    has_list: false,
                    ..plain("Dear {{ subscriber.name | default(value=\"you\") }},", "<p>Dear #0#,</p>")
                },
            ],
        ),
        (
            "bidi-control",
            vec![said("gpj\u{202e}exe"), subject("A \u{202e}b")],
            vec![said("שלום \u{200f}עולם \u{2067}abc\u{2069}")],
        ),
        (
            "spam-phrases",
            vec![said("Act now: risk-free, order now, while supplies last!")],
            vec![said("A limited time offer is what this is not.")],
        ),
        (
            "heading-skip",
            vec![plain("## A\n\n#### B", "<h2>A</h2><h4>B</h4>"), plain("### B", "<h3>B</h3>")],
            vec![plain("## A\n\n### B\n\n## C", "<h2>A</h2><h3>B</h3><h2>C</h2>")],
        ),
        (
            "heading-empty",
            vec![plain("##\n\nHello.", "<h2></h2><p>Hello.</p>")],
            vec![plain("## Hello.", "<h2>Hello.</h2>")],
        ),
        (
            "link-empty",
            vec![
                plain("[](https://example.com/a)", "<p><a href=\"https://example.com/a\"></a></p>"),
                plain("Hello.", "<p>Hello.</p><a href=\"#\">there</a>"),
                plain("Hello.", "<p>Hello.</p><a href=\"#gone\">there</a>"),
            ],
            vec![
                plain("Hello.", "<p id=\"here\">Hello.</p><a href=\"#here\">there</a>"),
                plain(
                    "[![A frog](https://example.com/f.png)](https://example.com/a)",
                    "<p><a href=\"https://example.com/a\"><img width=1 src=\"https://example.com/f.png\" alt=\"A frog\"></a></p>",
                ),
            ],
        ),
        (
            "link-relative",
            vec![plain("Hello.", "<p>Hello.</p><a href=\"/inside\">x</a>")],
            vec![plain("Hello.", "<p>Hello.</p><a href=\"tel:123\">x</a>")],
        ),
        (
            "link-http",
            vec![link("the site", "http://example.com/")],
            vec![link("the site", "https://example.com/"), link("this machine", "http://127.0.0.1:80/")],
        ),
        (
            "link-text-generic",
            vec![
                link("click here", "https://example.com/"),
                link("Hier", "https://example.com/"),
                link("Lire la suite…", "https://example.com/"),
                link("aquí", "https://example.com/"),
            ],
            vec![link("here they are", "https://example.com/")],
        ),
        (
            "link-shortener",
            vec![link("the site", "https://bit.ly/x")],
            vec![link("the site", "https://orbit.ly/x")],
        ),
        (
            "link-mismatch",
            vec![
                link("https://example.com/a", "https://example.org/a"),
                link("example.com", "https://example.org"),
                link("me@example.com", "mailto:you@example.com"),
            ],
            vec![
                link("example.com", "https://www.example.com/a"),
                link("node.js", "https://example.com/"),
                link("me@example.com", "mailto:me@example.com?subject=x"),
                link("mailto:me@example.com", "mailto:me@example.com"),
            ],
        ),
        (
            "link-homograph",
            vec![
                link("the site", "https://ex\u{430}mple.com/"),
                link("the site", "https://xn--exmple-4nf.com/"),
                link("the site", "https://аррӏе.com/"),
            ],
            vec![link("the site", "https://пример.рф/"), link("the site", "https://müller.example.com/")],
        ),
        (
            "alt-missing",
            vec![picture("", "https://example.com/a.png", "width=\"10\"")],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-upscaled",
            vec![picture("A seal", "https://example.com/seal.png", "width=\"301\"")],
            vec![
                picture("A seal", "https://example.com/seal.png", "width=\"300\""),
                picture("A frog", "https://example.com/a.png", "width=\"301\""),
            ],
        ),
        (
            "img-dark-transparent",
            vec![
                picture("Two hands", "https://example.com/ink.png", "width=\"10\""),
                ink("@media (prefers-color-scheme: dark){body{background-color:#111111}}"),
            ],
            vec![
                picture("A seal", "https://example.com/seal.png", "width=\"10\""),
                ink(
                    "@media (prefers-color-scheme: dark){body{background-color:#111111} img{background-color:#ffffff}}",
                ),
            ],
        ),
        (
            "alt-filename",
            vec![
                picture("IMG_2041", "https://example.com/a.png", "width=\"10\""),
                picture("a_b.png", "https://example.com/a_b.png", "width=\"10\""),
            ],
            vec![picture("A frog of 2024", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-no-width",
            vec![
                picture("A frog", "https://example.com/a.png", ""),
                picture("A frog", "https://example.com/a.png", "width=\"100%\""),
            ],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-http",
            vec![picture("A frog", "http://example.com/a.png", "width=\"10\"")],
            vec![picture("A frog", "cid:a@example.com", "width=\"10\"")],
        ),
        (
            "img-data-uri",
            vec![plain(
                "Hello.",
                "<p>Hello.</p><img width=1 src=\"data:image/png;base64,AA\" alt=\"A frog\">",
            )],
            vec![picture("A frog", "https://example.com/data:a.png", "width=\"10\"")],
        ),
        (
            "img-format",
            vec![
                picture("A frog", "https://example.com/a.svg", "width=\"10\""),
                picture("A frog", "https://example.com/a.webp?x", "width=\"10\""),
            ],
            vec![picture("A frog", "https://example.com/a.svg.png", "width=\"10\"")],
        ),
        (
            "img-ratio",
            vec![
                Case::of("![A frog](https://example.com/a.png)\n")
                    .body("<img width=1 src=\"https://example.com/a.png\" alt=\"A frog\">"),
            ],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "contrast-light",
            vec![
                styled("", "<p style=\"color:#999999\">Hello there.</p>"),
                styled(".p { color: silver }", "<div class=p><p>Hello there.</p></div>"),
                plain(
                    "Hello.",
                    "<table role=presentation><tr><td bgcolor=\"#000000\">Hello.</td></tr></table>",
                ),
            ],
            vec![
                styled("", "<p style=\"color:#767676\">Hello there.</p>"),
                styled("", "<h1 style=\"color:#8c8c8c\">Hello there.</h1>"),
                styled("", "<p style=\"color:#ffffff;background:url(a.png)\">Hello there.</p>"),
                styled(
                    "",
                    "<div style=\"display:none\"><p style=\"color:#ffffff\">Hello there.</p></div><p>Hello there.</p>",
                ),
                styled(
                    "",
                    "<p style=\"background:#000000\"><a style=\"color:rgb(255, 255, 255)\">Hello there.</a></p>",
                ),
            ],
        ),
        (
            "contrast-dark",
            vec![styled(dark, "<p class=p style=\"color:#000000\">Hello there.</p>")],
            vec![
                styled("", "<p style=\"color:#000000\">Hello there.</p>"),
                styled(
                    "@media (prefers-color-scheme: dark) { body { background: #111111 !important; } body, p { color: #eeeeee !important } }",
                    "<p style=\"color:#000000\">Hello there.</p>",
                ),
            ],
        ),
        (
            "font-small",
            vec![
                styled("", "<p style=\"font-size:11px\">Hello there.</p>"),
                styled("", "<p style=\"font:12px/2 serif\">Hello there.</p>"),
            ],
            vec![styled("", "<p style=\"font:600 14px/2 serif\">Hello there.<sup>1</sup></p>")],
        ),
        (
            "table-wide",
            vec![plain(
                "| a | b | c | d | e |\n|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 |",
                "<p>a b c d e 1 2 3 4 5</p>",
            )],
            vec![plain("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |", "<p>a b c d 1 2 3 4</p>")],
        ),
        (
            "style-16k",
            vec![styled(&big, "<p>Hello there.</p>")],
            vec![styled("a{color:#000000}", "<p>Hello there.</p>")],
        ),
        (
            "style-nested-at",
            vec![styled("@media screen { @font-face { font-family: x } }", "<p>Hello there.</p>")],
            vec![styled(
                "@font-face { font-family: x } @media screen { p { margin: 0 } }",
                "<p>Hello there.</p>",
            )],
        ),
        (
            "css-unsupported",
            vec![
                styled("", "<p style=\"display:flex\">Hello there.</p>"),
                styled("p::before { content: 'x' }", "<p>Hello there.</p>"),
                styled("@import url(a.css);", "<p>Hello there.</p>"),
                styled("p { margin-left: calc(1px + 2px) }", "<p>Hello there.</p>"),
                styled("", "<p>Hello there.</p><video src=\"https://example.com/a.mp4\"></video>"),
            ],
            vec![
                styled(
                    "a:hover { color: #000000 }",
                    "<p style=\"border-radius:4px;padding:2px 1em\">Hello there.</p>",
                ),
                styled("", "<p>Hello there.</p><!--[if mso]><p style=\"display:flex\"></p><![endif]-->"),
                styled("", "<!--[if !mso]><!--><p style=\"display:flex\">Hello there.</p><!--<![endif]-->"),
            ],
        ),
        (
            "table-no-role",
            vec![plain("Hello.", "<table><tr><td>Hello.</td></tr></table>")],
            vec![
                plain("Hello.", "<table role=presentation><tr><td>Hello.</td></tr></table>"),
                plain("Hello.", "<table><tr><th>Hello.</th></tr></table>"),
            ],
        ),
        (
            "mso-balance",
            vec![
                plain("Hello.", "<p>Hello.</p><!--[if mso]><table><tr><![endif]-->"),
                plain("Hello.", "<p>Hello.</p><!--[if mso]><b>x</b>-->"),
            ],
            vec![plain(
                "Hello.",
                "<!--[if mso]><table><tr><td><![endif]--><p>Hello.</p><!--[if mso]></td></tr></table><![endif]-->",
            )],
        ),
        (
            "html-unclosed",
            vec![page(&format!(
                "<html lang=en><head><title>t</title></head><body><p>Hello.<div>{WORDS}</body></html>"
            ))],
            vec![plain("Hello.", "<p>Hel<br>lo.</p>")],
        ),
        ("text-part-missing", vec![text(" \n")], vec![text(&format!("Hello.\n{WORDS}\n"))]),
        (
            "text-drift",
            vec![
                text("Nothing of what the other part says stands in this part, but other words."),
                Case {
                    text: Some(format!("See the site.\n{WORDS}")),
                    ..link("the site", "https://example.com/")
                },
            ],
            vec![text(&format!("Hello.\n{WORDS}\n"))],
        ),
        (
            "text-long-line",
            vec![text(&format!("Hello.\n{WORDS}\nhttps://example.com/{}\n", "a".repeat(990)))],
            vec![text(&format!("Hello.\n{WORDS}\nhttps://example.com/{}\n", "a".repeat(900)))],
        ),
        (
            "no-view-online",
            vec![sized(120_000)],
            vec![Case {
                size: 120_000,
                ..plain(
                    "[View it in your browser](https://example.com/a)",
                    "<a href=\"https://example.com/a\">View it in your browser</a>",
                )
            }],
        ),
    ]
}
