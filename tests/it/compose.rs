//! Composing as a whole: article, theme and newsletter in, copies out.

use std::path::Path;

use letterpress::article::{self, Format, ReadOptions};
use letterpress::audience::Values;
use letterpress::compose::{Composed, Newsletter, Social, Theme, compose};
use letterpress::problem::{Problems, Source};

fn composed(root: Option<&Path>, markdown: &str) -> Result<Composed, Problems> {
    let source = Source::new("article.md", markdown);
    let (article, _) = article::parse(&source, Format::Markdown, &ReadOptions::default())?;
    let newsletter = Newsletter {
        name: "Slow Sunday".into(),
        lang: "en".into(),
        reason: Some("Sent to {{ subscriber.email }}.".into()),
        ..Newsletter::default()
    };
    let theme = Theme::load(root, "clean")?;
    compose(&article, &theme, &newsletter).map(|(composed, _)| composed)
}

/// A project whose theme has `layout` around what the built-in one has.
fn themed(change: impl Fn(String) -> String) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("templates/clean");
    std::fs::create_dir_all(&folder).unwrap();
    let layout = include_str!("../../templates/base/layout.mjml");
    let layout =
        layout.replace("[% include \"footer.mjml\" %]", include_str!("../../templates/base/footer.mjml"));
    std::fs::write(folder.join("layout.mjml"), change(layout)).unwrap();
    dir
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn told(problems: &Problems) -> String {
    problems
        .iter()
        .map(|problem| {
            let place = problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{place} {} | {}", problem.message(), problem.hint().unwrap_or_default())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

const ARTICLE: &str = "# Ink\n\nA first paragraph that is long enough to say something.\n";

#[test]
fn a_theme_may_say_something_to_each_recipient() {
    let dir = themed(|layout| {
        layout.replace(
            "<mj-text mj-class=\"foot\" css-class=\"foot\">",
            "<mj-text mj-class=\"foot\" css-class=\"foot\"><p>For {{ subscriber.first_name | default(value=\"you\") }}</p>\
             <table><tr><td>a</td></tr>{% if subscriber.plan == \"pro\" %}<tr><td>ROW</td></tr>{% endif %}</table>",
        )
    });
    let composed = composed(Some(dir.path()), ARTICLE).unwrap();
    let html = |pairs: &[(&str, &str)]| composed.copy(&values(pairs), &"x").html().unwrap();
    let pro = html(&[("email", "a@example.com"), ("plan", "pro"), ("first_name", "<Zoë>")]);
    assert!(pro.contains("For &lt;Zoë&gt;"), "{pro}");
    assert!(pro.contains("<tr") && pro.contains("ROW</td>"));
    let free = html(&[("email", "a@example.com")]);
    assert!(free.contains("For you") && !free.contains("ROW"));
    assert!(!pro.contains("{{") && !free.contains("{%") && !free.contains("<!--lp"));
}

#[test]
fn a_theme_may_show_whole_sections_and_buttons_to_some() {
    let section = "<mj-section><mj-column>{% if subscriber.plan == \"free\" %}\
        <mj-button href=\"https://example.com/pro?e={{ subscriber.email }}\">UPGRADE</mj-button>{% endif %}\
        </mj-column></mj-section>";
    let dir = themed(|layout| {
        layout.replace(
            "</mj-body>",
            &format!("{{% if subscriber.plan %}}<mj-section><mj-column><mj-text>SECTION</mj-text></mj-column></mj-section>{{% endif %}}{section}</mj-body>"),
        )
    });
    let composed = composed(Some(dir.path()), ARTICLE).unwrap();
    let html = |pairs: &[(&str, &str)]| composed.copy(&values(pairs), &"x").html().unwrap();
    let nobody = html(&[("email", "a@example.com")]);
    assert!(!nobody.contains("SECTION") && !nobody.contains("UPGRADE"));
    let free = html(&[("email", "a+b@example.com"), ("plan", "free")]);
    assert!(free.contains("SECTION") && free.contains("UPGRADE"), "{free}");
    assert!(free.contains("pro?e=a%2Bb%40example.com\""), "{free}");
    for copy in [&nobody, &free] {
        assert_eq!(copy.matches("<table").count(), copy.matches("</table>").count(), "{copy}");
        assert_eq!(copy.matches("<!--[if").count(), copy.matches("<![endif]-->").count());
    }
}

#[test]
fn a_picture_in_a_column_is_as_wide_as_a_phone_only_when_nobody_asked_for_less() {
    let full = |attributes: &str| {
        let column = format!("![A dune](https://example.com/dune.png){attributes}");
        let html = composed(None, &format!("{ARTICLE}\n:::columns\n{column}\n+++\nWords.\n:::\n"))
            .unwrap()
            .copy(&values(&[("email", "ana@example.com")]), &"ana@example.com")
            .html()
            .unwrap();
        assert!(html.contains(".col .figure .full { width: 100% !important; }"), "{html}");
        let mut tags = html.split('<').filter_map(|tag| tag.strip_prefix("img "));
        tags.find(|tag| tag.contains("dune.png")).unwrap().contains("class=\"full\"")
    };
    assert!(full(""));
    assert!(!full("{width=240}"));
    // Wider than its column, and narrower than some phones.
    assert!(!full("{width=300}"));
    assert!(full("{width=500}"));
}

#[test]
fn the_reason_at_the_foot_may_name_the_recipient_in_both_parts() {
    let composed = composed(None, ARTICLE).unwrap();
    let values = values(&[("email", "ana@example.com")]);
    let copy = composed.copy(&values, &"x");
    let html = copy.html().unwrap().replace("&nbsp;", " ");
    assert!(html.contains("Sent to ana@example.com."), "{html}");
    assert!(copy.text().unwrap().contains("Sent to ana@example.com."));
}

#[test]
fn a_mistake_in_a_theme_with_merge_tags_shows_the_tags_as_typed() {
    let dir = themed(|layout| {
        layout.replace(
            "<mj-text mj-class=\"foot\" css-class=\"foot\">",
            "<mj-text mj-class=\"foot\" css-class=\"foot\">{{ subscriber.email }} [[ isue.title ]]",
        )
    });
    let problems = composed(Some(dir.path()), ARTICLE).unwrap_err();
    let problem = problems.iter().next().unwrap();
    let place = problem.place.as_ref().unwrap();
    assert!(place.excerpt.contains("{{ subscriber.email }} [[ isue.title ]]"), "{}", place.excerpt);
    assert_eq!(&place.excerpt[place.mark.clone()], "isue.title", "{problem:?}");
    let line = std::fs::read_to_string(dir.path().join("templates/clean/layout.mjml")).unwrap();
    let line = line.lines().nth(place.line - 1).unwrap().to_owned();
    assert_eq!(line.chars().skip(place.column - 1).take(10).collect::<String>(), "isue.title");
}

#[test]
fn everything_wrong_with_merge_tags_is_told_at_once_with_its_place() {
    let text = "# Ink\n\nHello {{ subscriber.first_name | uper }} and {{ name }}.\n\n\
        {% set x = 1 %}\n\nSee [this](https://example.com/{% if subscriber.a %}x{% endif %}).\n";
    let told = told(&composed(None, text).unwrap_err());
    for expected in [
        "article.md:3:34 unknown filter `uper` | did you mean `upper`?",
        "article.md:3:49 unknown name `name` | values of the recipient are written `subscriber.name`",
        "article.md:5:1 `set` is not allowed in a merge tag",
    ] {
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn without_a_line_for_the_inbox_the_first_paragraph_speaks() {
    let composed = composed(None, "# Ink\n\nDear {{ subscriber.email }},\n\nIt has rained for nine days, and the whole shop has gone soft, and nothing can be done about it but to slow down and write letters.\n").unwrap();
    let values = values(&[("email", "ana@example.com")]);
    let line = composed.copy(&values, &"x").preheader().unwrap().unwrap();
    assert!(line.starts_with("It has rained for nine days") && line.ends_with('…'), "{line}");
    assert!(line.chars().count() <= 112);
}

#[test]
fn what_is_for_some_is_not_told_to_all_by_the_way() {
    let text = "# Ink\n\n{% if subscriber.plan %}\n\nYour private download is at the back door, dear reader of the pro plan.\n\n{% endif %}\n\n\
        A paragraph for everybody{% if subscriber.plan %}, and [a link](https://example.com/hidden) for some{% endif %}, which is long enough.\n";
    let composed = composed(None, text).unwrap();
    let nobody = values(&[("email", "bo@example.com")]);
    let copy = composed.copy(&nobody, &"x");
    for part in [copy.html().unwrap(), copy.text().unwrap(), copy.preheader().unwrap().unwrap_or_default()] {
        assert!(!part.contains("private") && !part.contains("hidden"), "{part}");
    }
    let pro = values(&[("email", "ana@example.com"), ("plan", "pro")]);
    let text = composed.copy(&pro, &"x").text().unwrap();
    assert!(text.contains("a link (https://example.com/hidden)"), "{text}");
}

#[test]
fn a_note_for_some_at_the_end_of_a_mail_for_all_is_refused() {
    let text = "# Ink\n\n{% if subscriber.plan %}\n\nA secret.[^1]\n\n{% endif %}\n\nMore words.\n\n[^1]: The secret note.\n";
    let told = self::told(&composed(None, text).unwrap_err());
    assert!(told.contains("article.md:11:") && told.contains("shown to everybody"), "{told}");
    let text = "# Ink\n\nWords.[^1]\n\n[^1]: A note.{% if subscriber.plan %} More.[^2]{% endif %}\n\n[^2]: The secret note.\n";
    let told = self::told(&composed(None, text).unwrap_err());
    assert!(told.contains("article.md:7:") && told.contains("shown to everybody"), "{told}");
}

#[test]
fn a_theme_that_cuts_or_respells_a_merge_tag_is_refused() {
    for filter in ["truncate(length=4)", "upper", "truncate(length=9)"] {
        let dir = themed(|layout| {
            layout.replace(
                "<mj-text mj-class=\"foot\" css-class=\"foot\">",
                &format!("<mj-text mj-class=\"foot\" css-class=\"foot\">[[ article.author | {filter} ]]"),
            )
        });
        let text = "+++\nauthor = \"{{ subscriber.email }}\"\n+++\n\n# Ink\n\nSome words for everybody.\n";
        let told = told(&composed(Some(dir.path()), text).unwrap_err());
        assert!(told.contains("cut in two"), "{filter}: {told}");
    }
}

#[test]
fn a_merge_tag_cannot_step_around_the_filter_that_makes_it_harmless() {
    for tag in [
        "{{ subscriber.a) ~ (subscriber.b }}",
        "{{ subscriber.a ~ \"\\\") ~ (subscriber.b ~ \"\" }}",
        "{{ [subscriber.a }}",
        "{{ subscriber.a ~ \"x }}",
    ] {
        let told = told(&composed(None, &format!("# Ink\n\nSome words {tag} here.\n")).unwrap_err());
        assert!(told.contains("does not parse") || told.contains("not closed"), "{tag}: {told}");
    }
}

#[test]
fn an_address_that_leads_nowhere_from_a_mail_is_told() {
    let source = Source::new(
        "article.md",
        "# Ink\n\n![A picture](pictures/press.jpg)\n\nSee [this](page.html) and [that](https://example.com).\n",
    );
    let (article, _) = article::parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
    let newsletter = Newsletter { name: "A".into(), lang: "en".into(), ..Newsletter::default() };
    let (_, warnings) = compose(&article, &Theme::load(None, "clean").unwrap(), &newsletter).unwrap();
    let told: Vec<_> = warnings.iter().map(letterpress::problem::Problem::message).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("`pictures/press.jpg`") && told[1].contains("`page.html`"), "{told:?}");
}

#[test]
fn a_merge_tag_in_a_style_sheet_of_a_theme_is_refused() {
    let dir = themed(|layout| layout);
    std::fs::write(dir.path().join("templates/clean/head.css"), "p { color: {{ subscriber.colour }} }\n")
        .unwrap();
    let told = told(&composed(Some(dir.path()), ARTICLE).unwrap_err());
    assert!(told.contains("head.css:1:12 a merge tag stands in a style sheet"), "{told}");
}

#[test]
fn an_article_without_a_title_is_refused_with_a_hint() {
    let told = told(&composed(None, "Just words, and no heading at all.\n").unwrap_err());
    assert!(told.contains("title"), "{told}");
}

#[test]
fn the_line_under_the_picture_on_top_is_read_as_that_under_any_other() {
    let front = "image = \"https://example.com/a.png\"\nimage_alt = \"A press\"\n\
        image_caption = \"The press **at** rest, for {{ subscriber.name | default(value='you') }}: [more](https://example.com/press)\"\n";
    for (name, format, body) in [
        ("a.md", Format::Markdown, "# Ink\n\nText of words.\n"),
        ("a.html", Format::Html, "<h1>Ink</h1><p>Text of words.</p>"),
    ] {
        let text = format!("+++\nmerge = true\n{front}+++\n\n{body}");
        let (read, warnings) =
            article::parse(&Source::new(name, text), format, &ReadOptions::default()).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let newsletter = Newsletter { name: "Inkwell".into(), lang: "en".into(), ..Newsletter::default() };
        for theme in Theme::built_in() {
            let theme = Theme::load(None, theme).unwrap();
            let (composed, _) = compose(&read, &theme, &newsletter).unwrap();
            let none = values(&[]);
            let copy = composed.copy(&none, &"x");
            let (html, text) = (copy.html().unwrap(), copy.text().unwrap());
            assert!(html.contains(">at</strong>") && !html.contains("**"), "{}: {html}", theme.name());
            let link = html.split("href=\"https://example.com/press\"").nth(1).unwrap_or_default();
            let link = link.split('>').next().unwrap_or_default();
            assert!(link.contains("color: #"), "{}: {link}", theme.name());
            assert!(text.contains("The press at rest, for you: more [1]"), "{}: {text}", theme.name());
            assert!(text.contains("[1] https://example.com/press"), "{}: {text}", theme.name());
        }
        let written = article::to_markdown(&read, format);
        assert!(
            written.contains("image_caption = \"The press **at** rest, for {{ subscriber.name"),
            "{written}"
        );
    }
}

#[test]
fn a_line_that_only_looks_like_a_list_stays_the_line_under_the_picture() {
    for (line, words) in
        [("1. Platz", "1. Platz"), ("# Five", "# Five"), ("> Six", "> Six"), ("\\\"Seven\\\"", "“Seven”")]
    {
        let text = format!(
            "+++\nimage = \"https://example.com/a.png\"\nimage_caption = \"{line}\"\n+++\n\n# T\n\nText.\n"
        );
        let (read, _) =
            article::parse(&Source::new("a.md", text), Format::Markdown, &ReadOptions::default()).unwrap();
        assert_eq!(article::words(&read.caption), words);
    }
}

#[test]
fn what_the_theme_shows_around_an_article_stands_in_both_parts() {
    let text = "+++\ntitle = \"Ink\"\nstandfirst = \"Of slow things.\"\nissue = \"No. 7\"\n\
        image = \"https://example.com/a.png\"\nimage_alt = \"A press\"\nimage_caption = \"The press at rest.\"\n+++\n\nText.\n";
    let source = Source::new("article.md", text);
    let (read, _) = article::parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
    let place = Social { name: "Mastodon".into(), url: "https://social.example.com/@ink".into() };
    let newsletter = Newsletter {
        name: "Inkwell".into(),
        social: vec![place],
        reason: Some("You signed up at example.com.".into()),
        url: Some("https://example.com/".into()),
        lang: "en".into(),
        ..Newsletter::default()
    };
    for theme in Theme::built_in() {
        let theme = Theme::load(None, theme).unwrap();
        let (composed, _) = compose(&read, &theme, &newsletter).unwrap();
        let none = values(&[]);
        let copy = composed.copy(&none, &"x");
        let html = copy.html().unwrap().replace("&nbsp;", " ").replace('\u{a0}', " ");
        let text = copy.text().unwrap();
        for words in ["Of slow things.", "No. 7", "The press at rest.", "https://social.example.com/@ink"] {
            assert!(html.contains(words) && text.contains(words), "{}: {words}\n{text}", theme.name());
        }
        assert!(html.contains(">Mastodon</a>") && html.contains(">example.com</a>."), "{html}");
    }
}
