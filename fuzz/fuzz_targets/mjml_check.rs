//! No MJML ends the program, and what the check of themes lets pass is rendered.
//!
//! The first byte of an input says how the rest is read: as it stands, as the content of a
//! column, of a text or of a head, or as a row of pieces, one a byte.

#![no_main]

use letterpress::compose::check_mjml;
use letterpress::problem::Source;
use libfuzzer_sys::fuzz_target;
use mrml::prelude::render::RenderOptions;

/// What layouts are made of, right and wrong.
const PIECES: &[&str] = &[
    "<mjml>", "</mjml>", "<mj-head>", "</mj-head>", "<mj-body>", "</mj-body>", "<mj-body width=\"600px\">",
    "<mj-section>", "</mj-section>", "<mj-section padding=\"0 24px\">", "<mj-column>", "</mj-column>",
    "<mj-column width=\"50%\">", "<mj-text>", "</mj-text>", "<mj-text color=\"red\">", "<mj-raw>", "</mj-raw>",
    "<mj-table>", "</mj-table>", "<mj-button href='x'>", "</mj-button>", "<mj-image src=\"a\" />",
    "<mj-image></mj-image>", "<mj-divider />", "<mj-spacer height=\"1px\"/>", "<mj-wrapper>", "</mj-wrapper>",
    "<mj-group>", "</mj-group>", "<mj-hero>", "</mj-hero>", "<mj-navbar>", "</mj-navbar>",
    "<mj-navbar-link href=\"a\">", "</mj-navbar-link>", "<mj-social>", "</mj-social>",
    "<mj-social-element name=\"x\">", "</mj-social-element>", "<mj-accordion>", "</mj-accordion>",
    "<mj-accordion-element>", "</mj-accordion-element>", "<mj-accordion-title>", "</mj-accordion-title>",
    "<mj-accordion-text>", "</mj-accordion-text>", "<mj-carousel>", "</mj-carousel>",
    "<mj-carousel-image src=\"a\" />", "<mj-attributes>", "</mj-attributes>", "<mj-all padding=\"0\" />",
    "<mj-class name=\"a\" color=\"red\" />", "<mj-title>", "</mj-title>", "<mj-preview>", "</mj-preview>",
    "<mj-style>", "</mj-style>", "<mj-font name=\"a\" href=\"b\" />", "<mj-breakpoint width=\"480px\" />",
    "<mj-include path=\"a\" />", "<p>", "</p>", "<br>", "<br/>", "<a href=\"x\">", "</a>", "<img src='a' alt=''>",
    "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<v:rect>", "</v:rect>", "<v:img>", "<!-- a -->",
    "<!-- a -- b --->", "<!--[if mso]>", "<!--[if !mso]><!-->", "<!--<![endif]-->", "<![endif]-->", "<![endif",
    "<![CDATA[a]]>", "<?xml version='1.0'?>", "<!doctype html>", " ", "\n", "\r\n", "\u{a0}", "words", "&amp;", "<",
    ">", "]]>", "\u{0}", "ä", " mj-class=\"a\"", "<P>", "<BR>", "<b x=1>", "<b x=\"1\"y='2'>", "\u{feff}", "--",
];

fn layout(way: u8, rest: &[u8]) -> String {
    let text = String::from_utf8_lossy(rest);
    let pieces = || rest.iter().map(|byte| PIECES[usize::from(*byte) % PIECES.len()]).collect::<String>();
    let within = |inner: &str| {
        format!("<mjml><mj-body><mj-section><mj-column>{inner}</mj-column></mj-section></mj-body></mjml>")
    };
    match way % 6 {
        0 => text.into_owned(),
        1 => within(&text),
        2 => within(&format!("<mj-text>{text}</mj-text>")),
        3 => format!("<mjml><mj-head>{}</mj-head><mj-body></mj-body></mjml>", pieces()),
        4 => within(&pieces()),
        _ => pieces(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((way, rest)) = data.split_first() else { return };
    let mjml = layout(*way, rest);
    let Ok((settled, _)) = check_mjml(&Source::new("layout.mjml", mjml.as_str())) else { return };
    let parsed = mrml::parse(&settled).unwrap_or_else(|error| panic!("{error}: {mjml:?}"));
    let rendered = parsed.element.render(&RenderOptions::default());
    rendered.unwrap_or_else(|error| panic!("{error}: {mjml:?}"));
});
