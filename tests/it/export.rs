//! Articles written down as Markdown and read again: nothing is lost, nothing is added.

use std::path::Path;

use letterpress::article::{Article, Format, ReadOptions, load, parse, to_markdown};
use letterpress::problem::Source;

use crate::markdown::shape;
use crate::support::Sandbox;

fn read(text: &str, format: Format) -> Article {
    parse(&Source::new("a.md", text), format, &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
        .0
}

fn whole(article: &Article) -> String {
    let notes: Vec<_> = article.footnotes.iter().map(|note| shape(article, &note.blocks)).collect();
    format!("{}\nnotes: {}", shape(article, &article.blocks), notes.join(" | "))
}

fn meta(article: &Article) -> String {
    let meta = &article.meta;
    let fields = [
        &meta.title,
        &meta.subject,
        &meta.preheader,
        &meta.slug,
        &meta.id,
        &meta.author,
        &meta.lang,
        &meta.theme,
        &meta.list,
        &meta.from,
        &meta.image,
        &meta.image_alt,
        &meta.image_caption,
        &meta.kicker,
        &meta.standfirst,
        &meta.issue,
    ];
    let values: Vec<_> =
        fields.iter().map(|field| field.as_ref().map(|placed| article.mask.restore(&placed.value))).collect();
    let tags: Vec<_> = meta.tags.iter().map(|tag| &tag.value).collect();
    format!("{values:?} {:?} {:?} {tags:?}", meta.date.as_ref().map(|date| date.value), meta.status)
}

/// Writes `article`, reads that, and writes it once more.
fn again(article: &Article, format: Format) -> (String, Article) {
    let text = to_markdown(article, format);
    let read = read(&text, Format::Markdown);
    assert_eq!(to_markdown(&read, Format::Markdown), text, "written again it is another");
    (text, read)
}

fn is_kept(text: &str) -> String {
    let article = read(text, Format::Markdown);
    let (written, other) = again(&article, Format::Markdown);
    assert_eq!(whole(&other), whole(&article), "{written}");
    assert_eq!(meta(&other), meta(&article), "{written}");
    written
}

/// Without the links that Markdown makes of bare addresses.
fn bare(drawn: &str) -> String {
    let mut out = String::new();
    let mut rest = drawn;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let link = after.split_once("](").and_then(|(label, tail)| Some((label, tail.split_once(')')?)));
        rest = match link {
            Some((label, (href, tail)))
                if [label, &format!("mailto:{label}"), &format!("http://{label}")].contains(&href) =>
            {
                out.push_str(label);
                tail
            }
            _ => {
                out.push('[');
                after
            }
        };
    }
    out + rest
}

#[test]
fn every_example_article_says_the_same_when_it_is_read_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for folder in ["articles", "tests/fixtures/plain", "tests/corpus"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let Ok(format) = Format::of(&path) else { continue };
            let Ok((article, _)) = load(&path, &ReadOptions::default()) else { continue };
            let (written, other) = again(&article, format);
            let (one, two) = (whole(&article), whole(&other));
            let (one, two) = if format == Format::Markdown { (one, two) } else { (bare(&one), bare(&two)) };
            assert_eq!(two, one, "{}\n{written}", path.display());
            assert_eq!(meta(&other), meta(&article), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 60, "{seen} articles");
}

#[test]
fn what_is_clean_already_stays_as_it_is() {
    let text = "+++\ntitle = \"A \\\"title\\\"\"\nsubject = \"For {{ subscriber.name | default(value=\\\"you\\\") }}\"\n\
        date = 2026-10-29\nstatus = \"draft\"\ntags = [\"a\", \"b\"]\n+++\n\n\
        Dear {{ subscriber.name | default(value=\"you\") }}, *this* is **it**.\n\n\
        ## What is new\n\n\
        - [x] done, with a [link](https://example.com/?a=1&b={{ subscriber.id }})\n- [ ] open\n  1. one\n  2. two\n\n\
        {% if subscriber.x %}\n\n\
        > [!TIP] Do it\n> Words.\n>\n> - a\n\n\
        {% endif %}\n\n\
        :::columns\nLeft\n\n+++\n\nRight\n:::\n\n\
        ![A cat](https://example.com/cat.jpg){width=300}\n*The cat.*\n\n\
        [Go](https://example.com/){.button}\n\n\
        | A | B |\n| --- | --: |\n| {% if subscriber.x %} |  |\n| x | `1\\|2` |\n| {% endif %} |  |\n\n\
        Term\n: meaning[^1]\n\n\
        > Slowly.\n>\n> — Edith Marl\n\n\
        ```sh\necho {{ subscriber.name }}\n```\n\n---\n\n\
        H~2~O, m^2^, ==new==, ++under++, ~~old~~, <kbd>Esc</kbd>, a\\\nline and <https://example.com>.\n\n\
        [^1]: A note.\n";
    assert_eq!(is_kept(text), text);
}

#[test]
fn braces_that_are_no_tags_stay_braces() {
    let article =
        read("A title\n\nWrite {{ name }} and {% if %} here.\n\nAnd more of it.\n", Format::PlainText);
    let (written, other) = again(&article, Format::PlainText);
    assert!(written.contains("Write {\\{ name }} and {\\% if %} here."), "{written}");
    assert!(other.mask.tags().is_empty());
    assert!(whole(&other).contains("p(Write {{ name }} and {% if %} here.)"), "{}", whole(&other));
    let text = "# T\n\n`{{ a }}` and `{% if %}` and \\{\\{ b }} [x](https://example.com/\\{\\{y}})\n\n`\\{`{ and }}\n";
    is_kept(text);
}

#[test]
fn what_markdown_would_take_for_something_else_is_escaped() {
    for line in [
        "\\# no heading",
        "1\\. no item",
        "12\\) no item",
        "\\- no item",
        "\\+ no item",
        "\\* no item",
        "\\> no quotation",
        "a\n\\===",
        "a\n\\---",
        "\\:::note",
        "a\n\\: no meaning",
        "\\[x\\]: no reference",
        "\\[!NOTE\\]",
        "snake_case and \\_no\\_ 2 * 3 \\*no\\*",
        "\\`no\\` \\<b> \\&amp; \\~no\\~ \\^no\\^",
        "a \\==b== \\++c++",
        "\\\"straight\\\" it\\'s \\-\\- \\.\\.\\. \\<\\< \\>\\>",
        "a\n\\| b |\n\\| - |",
        "https<!-- -->://example.com www<!-- -->.example.com me<!-- -->@example.com",
        "\\![a](https://example.com/)",
        "[a](https://example.com/)\\{.button\\} b",
        "C# #\\#",
        "*a*<b>b</b>*c* <i>\"a\"</i>b",
        "`` ` `` ` a ` ```a``b```",
        "***a** b* **_c_** *d **e*** f",
        "<https://example.com/?a=1&b=2> [x](<https://example.com/a b(c>)",
        "[www.example.com](http://www.example.com) www.example.com me@example.com",
        "![a \\[b\\]](a.png) in text",
        "x<sub>a b</sub> <mark>*a*</mark>b <small>c</small>",
        "a  \nb\\\nc",
    ] {
        is_kept(&format!("# T\n\n{line}\n"));
        is_kept(&format!("# T\n\n- {}\n\n> {}\n", line.replace('\n', "\n  "), line.replace('\n', "\n> ")));
    }
    is_kept(
        "# T\n\n## C# \\#\n\n## a \\{#b\\}\n\n## *a* [b](https://example.com/)\n\n### a<br>b\n\nc\nd\n---\n",
    );
    is_kept("# T\n\n````\n```\n:::note\n````\n\n~~~a`b\n```\n~~~\n\n```\n```\n\n```\n\n  a\n\n```\n");
    is_kept(
        "# T\n\n- a\n\n\n* b\n\n1. c\n\n1) d\n\nT\n: d\n\n<!-- -->\n\nU\n: e\n: <!-- -->\n: - f\n\n> a\n\n> b\n",
    );
    is_kept(
        "# T\n\n- a\n  ```\n  x\n  ```\n  b\n- - c\n- ***\n- > d\n-\n- ## e\n- [ ] f\n\n:::callout plain Tip: x\ny\n:::\n",
    );
    is_kept(
        "# T\n\n:::columns\na\n\n***\n\nb\n+++\nc\n:::\n\n:::quote Edith, who was born here and knows it all\na\n:::\n",
    );
    is_kept("\n---\n\na\n");
}

#[test]
fn the_command_writes_a_file_beside_others_or_prints_it() {
    let sandbox = Sandbox::new()
        .with("paste.txt", "A title here\n\nIt's a first paragraph of words.\n\n- one\n- two\n");
    let run = sandbox.run("build paste.txt --to md");
    assert_eq!((run.exit, run.out.as_str()), (Some(0), "out/paste.md (92 bytes)\n"), "{}", run.err);
    let text = std::fs::read_to_string(sandbox.path().join("out/paste.md")).unwrap();
    assert_eq!(
        text,
        "+++\ntitle = \"A title here\"\nsmart = false\n+++\n\nIt's a first paragraph of words.\n\n- one\n- two\n"
    );
    assert_eq!(sandbox.run("build paste.txt --to md --out -").out, text);
    assert_eq!(sandbox.run("build paste.txt --to md").exit, Some(0));
    std::fs::write(sandbox.path().join("out/paste.md"), "# Mine\n").unwrap();
    let run = sandbox.run("build paste.txt --to md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    assert!(run.err.contains("`out/paste.md` is there already and says something else"), "{}", run.err);
    assert_eq!(std::fs::read_to_string(sandbox.path().join("out/paste.md")).unwrap(), "# Mine\n");
}

#[test]
fn straight_marks_stay_straight_whatever_they_were_read_from() {
    let text = "A title here\n\nIt's \"one\" -- or two... and <b>.\n\nSee www.example.com for more of it.\n";
    let article = read(text, Format::PlainText);
    let (written, other) = again(&article, Format::PlainText);
    assert!(written.contains("smart = false"), "{written}");
    assert!(written.contains("It's \"one\" -- or two... and \\<b>."), "{written}");
    assert!(whole(&other).contains("p(It's \"one\" -- or two... and <b>.)"), "{}", whole(&other));
    assert!(whole(&other).contains("[www.example.com](https://www.example.com)"), "{}", whole(&other));
    let curly = read("A title here\n\nIt’s “one” – or two… of them.\n", Format::PlainText);
    assert!(!to_markdown(&curly, Format::PlainText).contains("smart"));
    is_kept(
        "+++\ntitle = \"T\"\nsmart = false\n+++\n\n:::callout \"It\"'s--so\nIt's \"one\" -- or...\n:::\n",
    );
}

#[test]
fn notes_in_titles_are_kept_in_their_order() {
    is_kept(
        "# T\n\n:::callout A title[^1]\nand words[^2]\n:::\n\n> [!TIP] So[^3]\n> x\n\n[^1]: a\n\n[^2]: b\n\n[^3]: c\n",
    );
}

#[test]
fn flags_that_do_nothing_with_markdown_are_refused() {
    let sandbox = Sandbox::new()
        .with("a.md", "# A title here\n\nWords.\n")
        .with("list.csv", "email\nada@example.com\n");
    let run = sandbox.run("build a.md --to md --list list.csv --as ada@example.com");
    assert_eq!(run.exit, Some(2), "{}", run.err);
    assert!(run.err.contains("error: `--list` does nothing with `--to md`"), "{}", run.err);
    assert!(run.err.contains("error: `--as` does nothing with `--to md`"), "{}", run.err);
    assert!(!sandbox.path().join("out").exists());
}

#[test]
fn what_is_written_into_another_folder_finds_its_pictures_and_its_list() {
    let picture =
        "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='8'/></svg>";
    let sandbox = Sandbox::new()
        .with("newsletter.toml", "id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\nembed_images = \"cid\"\n")
        .with("list.csv", "email\nada@example.com\n")
        .with("articles/lists/b.csv", "email\nada@example.com\n")
        .with("pictures/one.svg", picture)
        .with("articles/two words.svg", picture)
        .with("articles/deep/three.svg", picture)
        .with(
            "articles/pp.md",
            "+++\nlist = \"../list.csv\"\nimage = \"./deep/three.svg\"\nimage_alt = \"Three\"\n+++\n\n# T\n\n\
             ![One](../pictures/one.svg)\n\nWords ![Two](<two words.svg>) and ![Four](https://example.com/four.png).\n",
        )
        .with("articles/root.md", "+++\nlist = \"list.csv\"\n+++\n\n# T\n\n[Words](root.html).\n")
        .with(
            "articles/page.html",
            "<h1>T</h1><p>Words.</p><p><img src='two%20words.svg' alt='Two'></p><p>More words.</p>",
        );
    assert_eq!(sandbox.run("build articles/pp.md --to md").exit, Some(0));
    let written = std::fs::read_to_string(sandbox.path().join("out/pp.md")).unwrap();
    for line in [
        "list = \"../list.csv\"",
        "image = \"../articles/deep/three.svg\"",
        "![One](../pictures/one.svg)",
        "Words ![Two](<../articles/two words.svg>) and ![Four](https://example.com/four.png).",
    ] {
        assert!(written.lines().any(|one| one == line), "{line}\n{written}");
    }
    for (article, file) in [("pp.md", "pp"), ("root.md", "root"), ("page.html", "page")] {
        // Into a folder that is there, and into some that are not.
        for folder in ["out", "new/er", "articles/deep", "."] {
            let written = sandbox.run(&format!("build articles/{article} --to md --out {folder}"));
            assert_eq!(written.exit, Some(0), "{article} {folder}: {}", written.err);
            let check = sandbox.run(&format!("check {folder}/{file}.md"));
            for wrong in ["three", "one.svg", "two", "list", "picture"] {
                let told = check.err.lines().filter(|line| line.starts_with("error"));
                assert!(!told.clone().any(|line| line.contains(wrong)), "{folder}: {}", check.err);
            }
        }
    }
    let page = std::fs::read_to_string(sandbox.path().join("new/er/page.md")).unwrap();
    assert!(page.contains("![Two](../../articles/two%20words.svg)"), "{page}");
    let root = std::fs::read_to_string(sandbox.path().join("out/root.md")).unwrap();
    assert!(root.contains("list = \"list.csv\"") && root.contains("[Words](root.html)"), "{root}");
    // Beside the article, and on the terminal, nothing has to change.
    for line in ["--out articles --json", "--out -"] {
        let run = sandbox.run(&format!("build articles/page.html --to md {line}"));
        assert_eq!(run.exit, Some(0), "{}", run.err);
    }
    let beside = std::fs::read_to_string(sandbox.path().join("articles/page.md")).unwrap();
    assert!(beside.contains("![Two](two%20words.svg)"), "{beside}");
}
