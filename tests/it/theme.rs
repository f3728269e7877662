//! Where a theme's files come from, and what is said of a theme that is wrong.

use std::fs;
use std::path::Path;

use letterpress::compose::{ComposeError, MarkupError, Theme, page};
use letterpress::problem::Problems;

use crate::specimen::{brief, everything, newsletter};

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join("templates").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn an_unknown_theme_is_told_with_those_there_are() {
    let root = project(&[("winter/head.css", "")]);
    let found = Theme::load(Some(root.path()), "claen").unwrap_err();
    assert_eq!(found.to_string(), "unknown theme `claen`");
    assert_eq!(found.iter().next().unwrap().hint().unwrap(), "did you mean `clean`?");
    let found = Theme::load(Some(root.path()), "somebody-else").unwrap_err();
    assert_eq!(found.iter().next().unwrap().hint().unwrap(), "there are: clean, digest, winter");
    assert!(Theme::load(Some(root.path()), "../templates/clean").is_err());
}

#[test]
fn a_file_of_the_project_wins_over_the_built_in_one_alone() {
    let root = project(&[("clean/head.css", ".mine { color: #123456; }")]);
    let theme = Theme::load(Some(root.path()), "clean").unwrap();
    assert_eq!(theme.files(), [root.path().join("templates/clean/head.css")]);
    let page = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap();
    assert!(page.html.contains(".mine { color: #123456; }"));
    assert!(page.html.contains("prefers-color-scheme: dark"));
    assert!(Theme::load(Some(Path::new("/nowhere")), "clean").unwrap().files().is_empty());
}

#[test]
fn a_theme_may_include_files_of_its_own() {
    let root = project(&[
        ("mine/layout.mjml", "<mjml><mj-body>[% include \"part.mjml\" %]</mj-body></mjml>"),
        (
            "mine/part.mjml",
            "<mj-section><mj-column><mj-text>[[ slot.body ]]</mj-text></mj-column></mj-section>",
        ),
    ]);
    let theme = Theme::load(Some(root.path()), "mine").unwrap();
    let page = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap();
    assert!(page.html.contains("Which scars answer"));
}

/// What is wrong with a layout, as `line:column message`, and the hint.
fn wrong(layout: &str) -> Vec<(String, String)> {
    let root = project(&[("clean/layout.mjml", layout)]);
    let result = Theme::load(Some(root.path()), "clean")
        .and_then(|theme| page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")));
    let found: Problems = result.unwrap_err();
    found
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().unwrap();
            assert!(place.file.ends_with("layout.mjml"), "{place}");
            assert!(
                problem.condition::<ComposeError>().is_some() || problem.condition::<MarkupError>().is_some()
            );
            let said = format!("{}:{} {}", place.line, place.column, problem.message());
            (said, problem.hint().unwrap_or_default())
        })
        .collect()
}

#[test]
fn a_misspelt_variable_is_told_with_its_place_and_the_one_meant() {
    let found = wrong("<mjml>\n  <mj-text>[[ artcle.title ]]</mj-text>\n</mjml>");
    assert_eq!(
        found,
        [("2:15 unknown variable `artcle.title`".into(), "did you mean `article.title`?".into())]
    );
    let found = wrong("<mjml>\n[[ newsletter.nmae ]]</mjml>");
    assert_eq!(
        found,
        [("2:4 unknown variable `newsletter.nmae`".into(), "did you mean `newsletter.name`?".into())]
    );
}

#[test]
fn a_template_tag_that_is_not_closed_is_told_with_its_place() {
    for layout in [
        "<mjml>\n[% if article.title %]</mjml>",
        "<mjml>\n[[ article.title </mjml>",
        "<mjml>\n[% endif %]</mjml>",
    ] {
        let found = wrong(layout);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.starts_with("2:"), "{found:?}");
    }
}

#[test]
fn everything_wrong_with_the_elements_is_told_at_its_place_in_the_theme() {
    let layout = "<mjml>\n <mj-body>\n  <mj-txt>[[ slot.body ]]</mj-txt>\n  <mj-section>[[ article.title ]]\n </mj-body>\n</p>\n</mjml>";
    let said: Vec<String> = wrong(layout).into_iter().map(|(said, _)| said).collect();
    assert_eq!(
        said,
        [
            "3:3 unknown element `<mj-txt>`",
            "4:3 `<mj-section>` is never closed",
            "4:15 words cannot stand in `<mj-section>`",
            "6:1 `</p>` closes an open `<mjml>`"
        ]
    );
}

#[test]
fn a_place_is_that_of_the_file_it_was_typed_in() {
    let root = project(&[
        (
            "mine/layout.mjml",
            "<mjml><mj-body>\n[% include \"part.mjml\" %]\n  [% if article.title %]<mj-wrapper gap=\"[[ start ]]\">\
             [% endif %]</mj-wrapper></mj-body></mjml>\n",
        ),
        (
            "mine/part.mjml",
            "<mj-section>\n[% for n in [1, 2] %]\n  <mj-column>[[ article.title ]]<mj-text colour=\"red\">a</mj-text>\
             </mj-column>\n[% endfor %]\n<mj-column><mj-text>{% if subscriber.x %}{{ subscriber.y }}{% endif %}<p>\
             [[ slot.body ]]</mj-text></mj-column></mj-section>",
        ),
    ]);
    let theme = Theme::load(Some(root.path()), "mine").unwrap();
    let mut article = everything();
    article.mask = letterpress::tags::Mask::avoiding("");
    article.meta.title = Some(letterpress::article::Placed {
        value: "A title <of> words".to_owned(),
        span: letterpress::problem::Span::default(),
    });
    let found = letterpress::compose::compose(&article, &theme, &newsletter()).unwrap_err();
    let said: Vec<String> = found
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().unwrap();
            let file = place.file.rsplit('/').next().unwrap();
            let marked = &place.excerpt[place.mark.clone()];
            format!("{file}:{}:{} {marked} {}", place.line, place.column, problem.message())
        })
        .collect();
    assert_eq!(
        said,
        [
            "part.mjml:3:14 [[ article.title ]] words cannot stand in `<mj-column>`",
            "part.mjml:3:42 colour `<mj-text>` has no attribute `colour`",
            "part.mjml:5:71 <p `<p>` is never closed",
            "layout.mjml:3:37 gap `gap` of `<mj-wrapper>` does nothing here",
            "layout.mjml:3:37 gap=\"[[ start ]]\" expected a length such as `10px` for `gap`, found `left`",
        ]
    );
}

#[test]
fn a_layout_without_a_place_for_the_article_is_refused() {
    let said = wrong("<mjml><mj-body></mj-body></mjml>");
    assert_eq!(said[0].0, "1:1 the theme never places `slot.body`");
}

#[test]
fn colours_that_are_wrong_or_missing_are_all_told() {
    let root = project(&[("clean/theme.toml", "accent = \"teal\"\n[light]\npage = \"#FFF\"\n")]);
    let found = Theme::load(Some(root.path()), "clean").unwrap_err();
    assert!(found.iter().count() >= 12);
    assert!(found.to_string().contains("1:10: expected a colour such as `#0F5F63`, found `teal`"), "{found}");
}
