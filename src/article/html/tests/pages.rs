//! Whole pages of several systems, and what is made of them.

use super::*;

/// A page among the fixtures, and what was told and guessed.
fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/web").join(name);
    let (article, told) =
        crate::article::load(&path, &ReadOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
    let mut out = shape(&article);
    let meta = &article.meta;
    for (name, value) in [
        ("kicker", &meta.kicker),
        ("standfirst", &meta.standfirst),
        ("author", &meta.author),
        ("lang", &meta.lang),
        ("image", &meta.image),
        ("preheader", &meta.preheader),
    ] {
        if let Some(value) = value {
            put!(out, "\n{name}: {}", value.value);
        }
    }
    if let Some(date) = &meta.date {
        put!(out, "\ndate: {}", date.value);
    }
    for message in messages(&told) {
        put!(out, "\nwarning {message}");
    }
    for guess in &article.guesses {
        put!(out, "\n{}: {} ({})", article.source.place(guess.span).line, guess.what, guess.text);
    }
    out
}

#[test]
fn a_post_of_wordpress_is_read() {
    insta::assert_snapshot!(page("wordpress.html"));
}

#[test]
fn a_post_of_ghost_is_read() {
    insta::assert_snapshot!(page("ghost.html"));
}

#[test]
fn a_letter_of_a_newsletter_platform_is_read() {
    insta::assert_snapshot!(page("letters-platform.html"));
}

#[test]
fn a_post_of_a_static_blog_is_read() {
    insta::assert_snapshot!(page("static-blog.html"));
}

#[test]
fn a_page_of_reference_documentation_is_read() {
    insta::assert_snapshot!(page("reference-docs.html"));
}

#[test]
fn a_page_of_a_newspaper_is_read() {
    insta::assert_snapshot!(page("news.html"));
}

#[test]
fn a_filtered_page_of_word_is_read() {
    insta::assert_snapshot!(page("word.html"));
}

#[test]
fn an_export_of_google_docs_is_read() {
    insta::assert_snapshot!(page("docs-export.html"));
}
