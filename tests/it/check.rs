//! What a check finds in a finished mail, and how it tells it.

use insta::assert_snapshot;
use letterpress::compose::Theme;
use serde_json::Value;

use crate::support::Sandbox;

const NEWSLETTER: &str = "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
                          postal_address = \"1 Type Street, Exampletown\"\nbase_url = \"https://news.example.com/\"\n\
                          unsubscribe_address = \"leave@example.com\"\nstate_dir = \"state\"\n";

/// Its mail is signed by nobody here, and that is known.
const UNSIGNED: &str = "[check]\noff = [\"one-click-unsigned\"]\n";

/// Ten things a careful publisher would want to know.
const FAULTS: &str = "+++
title = \"OUR NEW TYPE HAS ARRIVED\"
preheader = \"Our new type has arrived!\"
+++

Dear [First Name],

the new type is here. For all of it [click here](https://example.com/type), or see
[example.com](https://shop.example.org/) and [our old page](http://example.com/old).

#### Why we cast again

![](https://example.com/IMG_2041.jpg)

![DSC_0042](https://example.com/type.webp)

The price is TK, and [the form](https://bit.ly/form) will tell you more when it is there.
";

fn project() -> Sandbox {
    Sandbox::new().with("newsletter.toml", NEWSLETTER).with("spring.md", FAULTS)
}

#[test]
fn ten_faults_are_told_with_their_lines_and_what_to_do() {
    let run = project().run("check spring.md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    assert_eq!(run.out, "");
    assert_snapshot!(run.err);
}

#[test]
fn the_same_faults_stand_in_json_with_the_names_of_their_rules() {
    let run = project().run("check spring.md --json");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&report["sound"], &report["errors"]), (&Value::from(false), &Value::from(1)));
    let told: Vec<String> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(one["hint"].is_string() && one["notes"].is_array(), "{one}");
            let [rule, severity, message] =
                ["rule", "severity", "message"].map(|key| one[key].as_str().unwrap_or("-"));
            format!("{severity} {rule} {}:{} {message}", one["line"], one["column"])
        })
        .collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn rules_are_switched_off_one_by_one_and_not_those_that_others_insist_on() {
    let off = "[check]\noff = [\"link-http\", \"alt-missing\", \"unresolved-placeholder\"]\n";
    let quiet = project().with("newsletter.toml", &format!("{NEWSLETTER}{off}")).run("check spring.md");
    assert_eq!(quiet.exit, Some(0), "{}", quiet.err);
    for rule in ["link-http", "alt-missing", "unresolved-placeholder"] {
        assert!(!quiet.err.contains(rule), "{}", quiet.err);
    }
    assert!(quiet.err.contains("warning[alt-filename]"), "{}", quiet.err);
    let off = "[check]\noff = [\"link-htpp\", \"no-unsubscribe\", \"nonsense\"]\nclients = [\"outlok\", \"gmail-ios\"]\n";
    let refused = project().with("newsletter.toml", &format!("{NEWSLETTER}{off}")).run("check spring.md");
    assert_eq!(refused.exit, Some(78), "{}", refused.err);
    assert_snapshot!(refused.err);
}

#[test]
fn what_one_stage_finds_does_not_hide_what_the_others_find() {
    let article = "+++\ntitle = \"Spring\"\nstatus = \"draft\"\nlist = \"list.csv\"\n+++\n\n\
                   Dear {{ subscriber.nmae }}, see [the page](http://example.com/), which is the page that is worth \
                   seeing of all the pages there are.\n";
    let newsletter = NEWSLETTER.replace("postal_address = \"1 Type Street, Exampletown\"\n", "");
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("spring.md", article)
        .with("list.csv", "email,name\na@example.com,A\nno address,B\n");
    let run = project.run("check spring.md");
    assert_eq!(run.exit, Some(78), "{}", run.err);
    for told in [
        "is a draft",
        "list.csv:3:",
        "warning[link-http]",
        "error[no-postal-address]",
        "by one click is not signed here",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let project = project.with("list.csv", "email,name\na@example.com,A\n");
    let run = project.run("check spring.md");
    for told in
        ["is a draft", "the list has no column `nmae`", "warning[link-http]", "error[no-postal-address]"]
    {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    // A theme that is not there hides neither the draft nor the missing address.
    let project = project.with("spring.md", &article.replace("list =", "theme = \"claen\"\nlist ="));
    let run = project.run("check spring.md");
    for told in ["is a draft", "did you mean `clean`?", "error[no-postal-address]"] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
}

#[test]
fn warnings_fail_when_they_are_asked_to() {
    let article = "# Spring\n\nSee [the page](http://example.com/), which is the page that is worth seeing of all \
                   the pages there are.\n";
    let project = project().with("spring.md", article);
    let run = project.run("check spring.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    assert!(run.out.contains("warnings; there is no error in `spring.md` itself"), "{}", run.out);
    assert_eq!(project.run("check spring.md --strict").exit, Some(65));
}

#[test]
fn a_picture_that_is_drawn_larger_than_it_is_is_told_where_it_stands() {
    let letter = "# Seals\n\nThey lie on the sand and look at whoever comes, and one of them came near us that day.\n\n\
                  ![A seal](seal.png){width=400}\n\n![The seal once more](seal.png){width=200}\n";
    let project = project().with("seals.md", letter);
    std::fs::copy(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("articles/images/tree.png"),
        project.path().join("seal.png"),
    )
    .unwrap();
    let run = project.run("check seals.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let told = "warning[img-upscaled]: this picture is 240 pixels wide and shown 400 wide, so it is blurred";
    assert_eq!(run.err.matches(told).count(), 1, "{}", run.err);
    assert!(run.err.contains("seals.md:5:11"), "{}", run.err);
}

#[test]
fn the_example_articles_are_sound_in_every_theme() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let articles: Vec<_> = std::fs::read_dir(root.join("articles"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md" || end == "txt"))
        .collect();
    assert!(articles.len() >= 2);
    for theme in Theme::built_in() {
        let newsletter = NEWSLETTER.replace("id =", &format!("theme = \"{theme}\"\nid =")) + UNSIGNED;
        for path in &articles {
            let text = std::fs::read_to_string(path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let project = Sandbox::new().with("newsletter.toml", &newsletter).with(&name, &text);
            let images = project.path().join("images");
            std::fs::create_dir(&images).unwrap();
            for image in std::fs::read_dir(root.join("articles/images")).unwrap() {
                let image = image.unwrap();
                std::fs::copy(image.path(), images.join(image.file_name())).unwrap();
            }
            let run = project.run(&format!("check {name} --json"));
            let report: Value = serde_json::from_str(&run.out).unwrap();
            let is_told = |one: &&Value| one["rule"].is_string();
            let told: Vec<&Value> = report["problems"].as_array().unwrap().iter().filter(is_told).collect();
            assert!(told.is_empty(), "{name} in {theme}: {told:#?}");
            assert_eq!((run.exit, &report["sound"]), (Some(0), &Value::from(true)), "{name} in {theme}");
        }
    }
}

#[test]
fn a_mail_that_gmail_cuts_is_an_error_here_and_a_warning_to_whoever_plans_it() {
    let words = "A paragraph of words that are there to be many, and nothing more than that.\n\n".repeat(900);
    let project = project()
        .with("spring.md", &format!("# Spring\n\n{words}"))
        .with("list.csv", "email,name\na@example.com,A\n");
    assert_eq!(project.run("state new").exit, Some(0));
    let checked = project.run("check spring.md --list list.csv");
    assert_eq!(checked.exit, Some(65), "{}", checked.err);
    for told in ["error[size-clip]: the HTML part has", "is cut by Gmail, at 102 KB", "info[no-view-online]"]
    {
        assert!(checked.err.contains(told), "{told}: {}", checked.err);
    }
    let planned = project.run("plan spring.md --list list.csv --dry-run");
    assert_eq!(planned.exit, Some(0), "{}", planned.err);
    assert!(planned.err.contains("warning[size-clip]: the HTML part has"), "{}", planned.err);
}
