//! Pieces of pages in any order.

use super::*;

/// Pieces of pages, whole and broken.
const PIECES: [&str; 44] = [
    "<p>",
    "</p>",
    "<div class='share nav'>",
    "</div>",
    "<ul>",
    "<li>",
    "</li>",
    "</ul>",
    "<ol start=9>",
    "</ol>",
    "<table>",
    "<tr>",
    "<td colspan=3>",
    "<th rowspan=2>",
    "</table>",
    "<b>",
    "</b>",
    "<i style='font-weight:700'>",
    "</i>",
    "<h1>",
    "</h1>",
    "<h3>",
    "</h3>",
    "<blockquote>",
    "</blockquote>",
    "<pre class='hljs rust'>",
    "</pre>",
    "<code>",
    "</code>",
    "<br>",
    "<img src='a.png' width=9e9>",
    "<sup><a href='#n'>1</a></sup>",
    "<li id=n>",
    "<figure>",
    "<figcaption>",
    "</figure>",
    "<dl><dt>",
    "<dd>",
    "</dl>",
    "<details><summary>",
    "</details>",
    "<p class=MsoListParagraph>· ",
    "<html><body><nav>",
    "<article>",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn no_soup_of_tags_ends_the_reader_and_no_word_of_a_fragment_is_lost(
        pieces in proptest::collection::vec(0..PIECES.len() + 8, 0..60),
    ) {
        let mut html = String::new();
        let mut said = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match PIECES.get(*piece) {
                Some(piece) => html.push_str(piece),
                None if piece % 2 == 0 => {
                    put!(html, " word{at} ");
                    said.push(format!("word{at}"));
                }
                None => {
                    put!(html, " <a href='https://example.com/{at}/'>link{at}</a> ");
                    said.push(format!("](https://example.com/{at}/)"));
                }
            }
        }
        let page = parse(&Source::new("a.html", html.as_str()), Format::Html, &ReadOptions::default());
        // A whole page may have parts that are no article.
        if let Ok((article, _)) = page.as_ref()
            && !html.contains("<body>")
        {
            let shape = shape(article);
            for said in said {
                // In code, a link is what it says.
                let bare = said.trim_start_matches("](https://example.com/").trim_end_matches("/)");
                let shown = shape.contains(&said) || shape.contains(&format!("https://example.com/{bare}/"))
                    || (html.contains("<pre") && shape.contains(&format!("link{bare}")))
                    || (html.contains("<h1") && shape.contains(&format!("link{bare}")));
                proptest::prop_assert!(shown, "{said} of {html}\n{shape}");
            }
        }
    }
}
