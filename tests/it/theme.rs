//! Where a theme's files come from, and what is said of a theme that is wrong.

use std::fs;
use std::path::Path;

use letterpress::article::{self as reading, BlockKind, CalloutKind, Column};
use letterpress::compose::{Colour, ComposeError, MarkupError, Newsletter, Theme, compose, page};
use letterpress::problem::{Problems, Source, Span};

use crate::specimen::{article, block, brief, button, everything, newsletter, quote};

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
    assert_eq!(
        found.iter().next().unwrap().hint().unwrap(),
        "there are: card, clean, digest, letter, winter"
    );
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
fn colours_that_are_wrong_are_all_told() {
    let theme = "accent = \"teal\"\n[light]\npage = \"#FFF\"\ntext = \"black\"\n[dark]\ntext = \"#12345\"\n";
    let root = project(&[("clean/theme.toml", theme)]);
    let found = Theme::load(Some(root.path()), "clean").unwrap_err();
    assert_eq!(found.iter().count(), 3);
    assert!(found.to_string().contains("1:10: expected a colour such as `#0F5F63`, found `teal`"), "{found}");
}

#[test]
fn a_partial_of_the_project_replaces_that_partial_alone() {
    let footer = "<mj-text mj-class=\"foot\" css-class=\"foot\"><p>Mine, [[ newsletter.postal_address ]]</p></mj-text>";
    for name in Theme::built_in() {
        let root = project(&[(&format!("{name}/footer.mjml"), footer)]);
        let theme = Theme::load(Some(root.path()), name).unwrap();
        let html = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap().html;
        assert!(html.contains(">Mine, Northlight Skin Clinic"), "{name}");
        assert!(html.contains("Which scars answer") && html.contains("<h1"), "{name}");
    }
}

#[test]
fn a_file_of_the_project_that_nothing_uses_is_told_with_the_one_meant() {
    let root = project(&[
        ("digest/mastheda.mjml", ""),
        ("digest/title.mjml", "<mj-text>[[ slot.title ]][% include \"stamp.html\" %]</mj-text>"),
        ("digest/stamp.html", "<p>A stamp</p>"),
        ("digest/winter.css", ""),
        ("digest/base.css", ""),
    ]);
    let theme = Theme::load(Some(root.path()), "digest").unwrap();
    let found: Vec<String> = theme
        .warnings()
        .iter()
        .map(|problem| format!("{}; {}", problem.message(), problem.hint().unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [
            "nothing in the theme uses `base.css`; a file of the theme has to include it: \
             `[% include \"base.css\" %]`",
            "nothing in the theme uses `mastheda.mjml`; did you mean `masthead.mjml`?",
            "nothing in the theme uses `winter.css`; a file of the theme has to include it: \
             `[% include \"winter.css\" %]`",
        ]
    );
    assert!(theme.warnings()[0].place.as_ref().unwrap().file.ends_with("digest/base.css"));
    let page = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap();
    assert!(page.html.contains("A stamp"));
    assert_eq!(page.warnings.len(), 3, "{:?}", page.warnings);
}

#[test]
fn every_part_of_every_theme_can_be_replaced_by_itself() {
    for theme in Theme::built_in() {
        for part in ["masthead", "hero", "title", "byline", "article", "footer"] {
            let mine = format!(
                "<mj-text>Mine alone[[ slot.{} ]]</mj-text>",
                if part == "article" { "body" } else { "title" }
            );
            let root = project(&[(&format!("{theme}/{part}.mjml"), &mine)]);
            let loaded = Theme::load(Some(root.path()), theme).unwrap();
            let page = page::set(&everything(), &loaded, &brief(&newsletter(), "A title of words")).unwrap();
            assert_eq!(page.html.matches("Mine alone").count(), 1, "{theme}: {part}");
            assert!(page.warnings.is_empty(), "{theme}: {part}: {:?}", page.warnings);
        }
    }
}

#[test]
fn a_logo_keeps_its_form_in_every_theme() {
    let forms = [
        (None, "width=\"SIDE\" alt"),
        (Some((240, 240)), "width=\"SIDE\" height=\"SIDE\" alt"),
        (Some((240, 80)), "width=\"TRIPLE\" height=\"SIDE\" alt"),
        (Some((600, 100)), "width=\"TRIPLE\" height=\"HALF\" alt"),
        (Some((100, 200)), "width=\"HALF\" height=\"SIDE\" alt"),
    ];
    for theme in Theme::built_in() {
        let side = if theme == "card" { 36 } else { 40 };
        let loaded = Theme::load(None, theme).unwrap();
        for (pixels, drawn) in forms {
            let newsletter = Newsletter {
                logo: Some("https://example.com/mark.png".into()),
                logo_pixels: pixels,
                ..newsletter()
            };
            let page = page::set(&everything(), &loaded, &brief(&newsletter, "A title of words")).unwrap();
            let drawn = drawn
                .replace("TRIPLE", &(3 * side).to_string())
                .replace("HALF", &(side / 2).to_string())
                .replace("SIDE", &side.to_string());
            assert!(page.html.contains(&format!("mark.png\" {drawn}")), "{theme}: {drawn}: {}", page.html);
            let logo = page.html.split("mark.png").nth(1).unwrap().split('>').next().unwrap();
            assert!(logo.contains("height: auto"), "{theme}: {logo}");
        }
    }
}

#[test]
fn a_component_of_the_project_sets_every_block_of_its_kind() {
    let mine = "<p class=\"mine\"><a href=\"[[ href ]]\">[[ label ]] for [[ newsletter.name ]]</a></p>";
    let root = project(&[("letter/button.html", mine)]);
    let theme = Theme::load(Some(root.path()), "letter").unwrap();
    let article =
        article(vec![button("Book & pay", "https://example.com/?a=1&b=2"), button("Call", "tel:123")]);
    let newsletter = Newsletter { name: "A <b> Letter".into(), ..newsletter() };
    let html = page::set(&article, &theme, &brief(&newsletter, "A title of words")).unwrap().html;
    assert_eq!(html.matches("class=\"mine\"").count(), 2);
    assert!(html.contains("https://example.com/?a=1&amp;b=2"), "{html}");
    assert!(html.contains("Book &amp; pay for A &lt;b&gt; Letter"), "{html}");
}

/// What is wrong with a component that sets two quotations, as `line:column message`.
fn wrong_component(mine: &str) -> Vec<String> {
    let root = project(&[("clean/quote.html", mine)]);
    let article = article(vec![quote("one", None), quote("two", None)]);
    let found = Theme::load(Some(root.path()), "clean")
        .and_then(|theme| page::set(&article, &theme, &brief(&newsletter(), "A title of words")))
        .unwrap_err();
    found
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().unwrap();
            assert!(place.file.ends_with("templates/clean/quote.html"), "{place}");
            let hint = problem.hint().unwrap_or_default();
            format!("{}:{} {} ({hint})", place.line, place.column, problem.message())
        })
        .collect()
}

#[test]
fn a_component_that_breaks_is_told_once_with_its_place() {
    assert_eq!(
        wrong_component("<div>\n[[ contnt ]]</div>"),
        ["2:4 unknown variable `contnt` (did you mean `content`?)"]
    );
    assert_eq!(
        wrong_component("<div>\n[[ contnt | safe ]]</div>"),
        ["2:4 unknown variable `contnt` (did you mean `content`?)"]
    );
    assert_eq!(
        wrong_component("<div>\n <p>[[ content ]]\n</div>"),
        ["2:2 `<p>` is never closed (add `</p>`, or write `<p />`)"]
    );
    let told = wrong_component("<div>\n[% if short %][[ content ]]</div>");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("2:"), "{told:?}");
}

#[test]
fn merge_tags_work_in_components_and_partials() {
    let root = project(&[
        ("card/button.html", "<p>{{ subscriber.first_name }}: <a href=\"[[ href ]]\">[[ label ]]</a></p>"),
        (
            "card/masthead.mjml",
            "<mj-text>{% if subscriber.city %}<p>{{ subscriber.city }}</p>{% endif %}</mj-text>",
        ),
    ]);
    let theme = Theme::load(Some(root.path()), "card").unwrap();
    let source = Source::new("a.md", "# A title\n\n[Go](https://example.com/){.button}\n");
    let (article, _) =
        reading::parse(&source, reading::Format::Markdown, &reading::ReadOptions::default()).unwrap();
    let (composed, _) = compose(&article, &theme, &newsletter()).unwrap();
    let mut fields: Vec<&str> = composed.fields().map(|field| field.name.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["city", "city", "first_name"]);
}

#[test]
fn a_theme_of_the_project_says_only_what_it_sees_differently() {
    let root = project(&[
        ("clean/theme.toml", "accent = \"#8F2D20\"\n[type]\ntitle = \"800 44/50\"\n"),
        ("mine/theme.toml", "extends = \"letter\"\n[light]\npage = \"#FFFFFF\"\n"),
    ]);
    let html = |name: &str| {
        let theme = Theme::load(Some(root.path()), name).unwrap();
        page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap().html
    };
    let clean = html("clean");
    assert!(clean.contains("font-weight: 800;font-size: 44px;line-height: 50px"));
    assert!(clean.contains("color: #8F2D20") && clean.contains("font-size: 26px"));
    let mine = html("mine");
    assert!(mine.contains("background-color:#FFFFFF") && mine.contains("max-width:560px"), "{mine}");
}

#[test]
fn tokens_that_are_wrong_are_all_told_with_their_places() {
    let theme = "extends = \"clean\"\nroles = [\"Band\"]\ncontrast = [\"text over page\", \"txt on page\"]\n\
                 [type]\ntitle = \"big\"\nbdy = \"17/28\"\n[width]\ntext = -1\nmail = \"600\"\n\
                 [font]\nsans = \"Arial; } body {\"\n[look]\nopning = true\n[light]\nmutde = \"#000000\"\n";
    let root = project(&[("mine/theme.toml", theme)]);
    let found = Theme::load(Some(root.path()), "mine").unwrap_err();
    let mut told: Vec<String> = found
        .iter()
        .map(|problem| format!("{} {}", problem.place.as_ref().unwrap().line, problem.message()))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "11 expected names of fonts with commas between them, found `Arial; } body {`",
            "13 unknown key `look.opning`",
            "15 unknown key `light.mutde`",
            "2 expected a name of small letters, found `Band`",
            "3 expected two roles such as `text on page`, found `text over page`",
            "3 expected two roles such as `text on page`, found `txt on page`",
            "5 expected size and line such as `700 40/46 -0.9, 32/38`, found `big`",
            "6 unknown key `type.bdy`",
            "8 expected a number of pixels from 0 to 1200, found `-1`",
            "9 expected a number for `width.mail`, found text",
        ]
    );
    let root = project(&[("mine/theme.toml", "extends = \"claen\"\n")]);
    let found = Theme::load(Some(root.path()), "mine").unwrap_err();
    assert_eq!(
        found.to_string(),
        format!("{}: unknown theme `claen`", found.iter().next().unwrap().place.as_ref().unwrap())
    );
}

#[test]
fn text_too_faint_for_its_ground_is_told_and_stops_nothing() {
    let root = project(&[("clean/theme.toml", "[light]\nmuted = \"#999999\"\n")]);
    let theme = Theme::load(Some(root.path()), "clean").unwrap();
    let page = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap();
    let told: Vec<String> = page
        .warnings
        .iter()
        .map(|problem| format!("{} {}", problem.place.as_ref().unwrap().line, problem.message()))
        .collect();
    assert_eq!(told, ["2 `muted` on `page` has a contrast of 2.84 in light, less than 4.5"]);
    for name in Theme::built_in() {
        assert!(Theme::load(None, name).unwrap().warnings().is_empty());
    }
}

const README: &str = include_str!("../../templates/README.md");

/// The rows of the table of `README` under a heading: the names in their first cell, and
/// the rest.
fn rows(heading: &str) -> Vec<(Vec<&'static str>, &'static str)> {
    let section = README.split_once(heading).unwrap().1;
    let section = section.split_once("\n#").map_or(section, |(section, _)| section);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| {
        let (names, rest) = line.split_once("` |").unwrap();
        (names.split("` `").collect(), rest)
    });
    rows.collect()
}

#[test]
fn every_variable_the_guide_names_exists_and_it_names_every_one() {
    let names: Vec<&str> = rows("\n## Variables").into_iter().flat_map(|(names, _)| names).collect();
    assert!(names.len() > 40, "{names:?}");
    let print: String = names
        .iter()
        .map(|name| format!("<p>[% if {name} %][[ {name} ]][% endif %]</p>"))
        .collect::<Vec<_>>()
        .concat();
    let slots = "[[ slot.title ]][[ slot.preheader ]][[ slot.image ]][[ slot.intro ]][[ slot.body ]][[ slot.footnotes ]]";
    let layout = |more: &str| {
        format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{print}{slots}{more}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
    };
    let set = |more: &str| {
        let root = project(&[("mine/layout.mjml", &layout(more))]);
        let theme = Theme::load(Some(root.path()), "mine").unwrap();
        page::set(&everything(), &theme, &brief(&newsletter(), "A title of words"))
    };
    set("[[ type.title.css ]][[ type.title.phone ]][[ type.body.phone_line ]][[ space.gutter ]][[ light.onfill ]]").unwrap();
    let unknown = set("[[ nothing_of_ours ]]").unwrap_err();
    let Some(ComposeError::UnknownVariable { known, .. }) = unknown.iter().next().unwrap().condition() else {
        panic!("{unknown}")
    };
    for name in known {
        let group = name.split('.').next().unwrap();
        let is_told = names.contains(&name.as_str()) || names.contains(&group) || group == "slot";
        assert!(is_told, "the guide does not name `{name}`");
    }
}

#[test]
fn every_variable_of_a_component_that_the_guide_names_exists() {
    let rows = rows("\n### Components");
    assert_eq!(rows.len(), 6);
    for (file, own) in rows {
        let mut names = String::new();
        // What stands in brackets are values, or names within a list.
        for part in own.split('(').filter_map(|part| part.rsplit(')').next()) {
            for item in part.split(", ") {
                if let Some(name) = item.trim().strip_prefix('`').and_then(|item| item.split_once('`')) {
                    let name = name.0;
                    std::fmt::Write::write_fmt(
                        &mut names,
                        format_args!("[% if {name} %][[ {name} ]][% endif %]"),
                    )
                    .unwrap();
                }
            }
        }
        assert!(file[0] == "divider.html" || !names.is_empty(), "{file:?}");
        let root = project(&[(&format!("clean/{}", file[0]), &names)]);
        let theme = Theme::load(Some(root.path()), "clean").unwrap();
        let words = |text: &str| vec![crate::specimen::words(text)];
        let column = |text: &str| Column { span: Span::default(), blocks: words(text) };
        let mut article = everything();
        article.blocks.extend([
            block(BlockKind::Callout { kind: CalloutKind::Tip, title: None, blocks: words("a") }),
            block(BlockKind::Columns(vec![column("a"), column("b")])),
            block(BlockKind::Divider),
        ]);
        page::set(&article, &theme, &brief(&newsletter(), "A title of words")).unwrap();
    }
}

/// The contrast of texts on their grounds as the colours of the built-in themes were
/// drawn, in light and in dark.
const DRAWN: [(&str, &str, &str, f64, f64); 40] = [
    ("clean", "title", "page", 17.71, 16.6),
    ("clean", "text", "page", 14.67, 13.68),
    ("clean", "text", "tint", 13.46, 11.78),
    ("clean", "title", "tint", 16.26, 14.3),
    ("clean", "muted", "page", 6.04, 7.81),
    ("clean", "link", "page", 7.4, 7.11),
    ("clean", "onfill", "fill", 7.4, 5.83),
    ("clean", "fill", "page", 7.4, 3.08),
    ("card", "title", "surface", 17.13, 15.11),
    ("card", "title", "page", 15.48, 17.08),
    ("card", "text", "surface", 9.91, 10.93),
    ("card", "text", "soft", 8.43, 8.51),
    ("card", "muted", "surface", 5.8, 7.08),
    ("card", "muted", "tint", 5.35, 6.14),
    ("card", "muted", "page", 5.24, 8.0),
    ("card", "link", "surface", 6.29, 8.0),
    ("card", "link", "soft", 5.35, 6.23),
    ("card", "onfill", "fill", 6.29, 5.46),
    ("card", "fill", "surface", 6.29, 3.03),
    ("digest", "title", "surface", 18.11, 14.99),
    ("digest", "text", "surface", 13.06, 11.68),
    ("digest", "text", "tint", 11.98, 10.19),
    ("digest", "muted", "surface", 6.31, 7.1),
    ("digest", "muted", "tint", 5.79, 6.19),
    ("digest", "muted", "page", 5.54, 8.0),
    ("digest", "link", "surface", 8.05, 7.13),
    ("digest", "k1", "surface", 8.05, 7.88),
    ("digest", "k2", "surface", 6.2, 8.48),
    ("digest", "k3", "surface", 6.57, 8.03),
    ("digest", "k4", "surface", 6.61, 8.99),
    ("digest", "k5", "surface", 7.68, 8.15),
    ("digest", "onband", "band", 8.05, 8.05),
    ("digest", "bandsoft", "band", 5.8, 5.8),
    ("digest", "onfill", "fill", 8.05, 5.44),
    ("digest", "title", "tint", 16.61, 13.08),
    ("digest", "fill", "surface", 8.05, 3.04),
    ("letter", "title", "page", 16.4, 15.89),
    ("letter", "text", "page", 14.36, 13.0),
    ("letter", "muted", "page", 5.98, 7.62),
    ("letter", "link", "page", 7.85, 6.62),
];

#[test]
fn what_is_read_in_a_built_in_theme_has_the_contrast_it_was_drawn_with() {
    for (name, text, ground, light, dark) in DRAWN {
        let styles = format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text><p title=\"[[ light.{text} ]] [[ light.{ground} ]] \
             [[ dark.{text} ]] [[ dark.{ground} ]]\"></p>[[ slot.intro ]][[ slot.body ]]</mj-text></mj-column></mj-section></mj-body></mjml>"
        );
        let root = project(&[(&format!("{name}/layout.mjml"), &styles)]);
        let theme = Theme::load(Some(root.path()), name).unwrap();
        let html = page::set(&everything(), &theme, &brief(&newsletter(), "A title of words")).unwrap().html;
        let colours = html.split_once("<p title=\"").unwrap().1.split_once('"').unwrap().0;
        let colours: Vec<Colour> = colours.split(' ').map(|colour| Colour::parse(colour).unwrap()).collect();
        for (found, drawn) in
            [(colours[0].contrast(colours[1]), light), (colours[2].contrast(colours[3]), dark)]
        {
            assert!((found - drawn).abs() < 0.006, "{name}: {text} on {ground} is {found:.2}, not {drawn}");
            assert!(
                found >= if text == "fill" { 3.0 } else { 4.5 },
                "{name}: {text} on {ground}: {found:.2}"
            );
        }
    }
}
