//! A newsletter is begun, and everything works in its folder as it is.

use std::io::BufReader;
use std::path::Path;

use letterpress::cli::{self, Edge, Exit};
use letterpress::config::Environment;

use crate::support::Sandbox;

fn text(project: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(project.path().join(name)).unwrap()
}

/// The files below a folder, in order, without those of git.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_newsletter_is_begun_and_everything_works_in_its_folder_without_an_edit() {
    let project = Sandbox::new();
    let begun = project.run("init print-shop");
    assert_eq!(begun.exit, Some(0), "{}", begun.err);
    let folder = project.path().join("print-shop");
    let made = [".gitignore", "articles/hello.md", "newsletter.toml", "subscribers.example.csv"];
    assert_eq!(files(&folder), made);
    assert!(begun.out.contains("print-shop/articles/hello.md\n"), "{}", begun.out);
    // What it tells to type is typed here.
    let told: Vec<&str> = begun.err.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(told[0], "cd print-shop");
    assert!(told[1].starts_with("letterpress preview "), "{told:?}");
    for line in ["check articles/hello.md --list subscribers.example.csv", "build articles/hello.md"] {
        let run = project.run_in(&folder, line, &[]);
        assert_eq!(run.exit, Some(0), "{line}: {}", run.err);
        assert!(!run.err.contains("error"), "{}", run.err);
    }
    let demo = told.iter().find_map(|line| line.strip_prefix("letterpress demo")).unwrap();
    let shown = project.run_in(&folder, &format!("demo --no-serve{demo}"), &[]);
    assert_eq!(shown.exit, Some(0), "{}", shown.err);
    assert!(shown.out.contains("12 accepted"), "{}", shown.out);
    assert!(text(&project, "print-shop/out/email.html").contains("Print Shop"));
    assert!(text(&project, "print-shop/.gitignore").lines().any(|line| line == "/out/"));
}

#[test]
fn the_flags_say_who_it_is() {
    let project = Sandbox::new();
    let run = project.run("init --name Proof --id the-proof --from Ed<ed@example.org> --theme digest");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let config = text(&project, "newsletter.toml");
    for line in
        ["id = \"the-proof\"", "name = \"Proof\"", "from = \"Ed <ed@example.org>\"", "theme = \"digest\""]
    {
        assert!(config.lines().any(|one| one == line), "{line}");
    }
    assert!(!run.err.contains("cd "), "it is here: {}", run.err);
}

#[test]
fn a_person_is_asked_and_asked_again() {
    let project = Sandbox::new();
    let typed = "The Proof Sheet\nnobody\ned@example.org\ndigst\ndigest\n";
    let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), BufReader::new(typed.as_bytes()));
    let mut edge = Edge {
        environment: Environment::default(),
        folder: project.path().to_owned(),
        now: || jiff::Timestamp::UNIX_EPOCH,
        out: &mut out,
        err: &mut err,
        input: &mut input,
        in_is_terminal: true,
        out_is_terminal: false,
        err_is_terminal: false,
    };
    let exit = cli::run(["letterpress", "init"].map(Into::into), &mut edge);
    let err = String::from_utf8(err).unwrap();
    assert_eq!(exit, Exit::Done, "{err}");
    assert!(
        err.contains("`nobody` is not an email address") && err.contains("did you mean `digest`?"),
        "{err}"
    );
    let config = text(&project, "newsletter.toml");
    for line in [
        "id = \"the-proof-sheet\"",
        "name = \"The Proof Sheet\"",
        "from = \"The Proof Sheet <ed@example.org>\"",
        "theme = \"digest\"",
    ] {
        assert!(config.lines().any(|one| one == line), "{line}");
    }
    assert!(text(&project, "articles/hello.md").contains("date = 1970-01-01"), "the day is the clock's");
}

#[test]
fn nothing_is_written_over_and_everything_in_the_way_is_told() {
    let project = Sandbox::new().with("newsletter.toml", "mine").with("articles/hello.md", "mine");
    let run = project.run("init");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    for name in ["newsletter.toml", "articles/hello.md"] {
        assert!(run.err.contains(&format!("`{name}` is there already")), "{}", run.err);
        assert_eq!(text(&project, name), "mine");
    }
    assert!(run.err.contains("nothing was written"), "{}", run.err);
    assert_eq!(files(project.path()), ["articles/hello.md", "newsletter.toml"]);
}

#[test]
fn a_gitignore_stays_and_what_belongs_into_it_is_told() {
    let project = Sandbox::new().with(".gitignore", "mine\n");
    let run = project.run("init");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    assert_eq!(text(&project, ".gitignore"), "mine\n");
    assert!(run.err.contains("/out/"), "{}", run.err);
}

#[test]
fn everything_wrong_with_the_flags_is_told_and_nothing_is_begun() {
    let project = Sandbox::new();
    let run = project.run("init x --id A_B --from nobody --theme digst");
    assert_eq!(run.exit, Some(2), "{}", run.err);
    for told in
        ["`A_B` cannot be an id", "such as `a-b`", "`nobody` is not an email", "did you mean `digest`?"]
    {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    assert!(!project.path().join("x").exists());
}

#[test]
fn a_folder_within_a_newsletter_that_is_half_edited_can_be_begun() {
    let project = Sandbox::new().with("newsletter.toml", "id = ");
    assert_eq!(project.run("init second").exit, Some(0));
}

#[test]
fn an_article_with_a_title_in_any_script_has_a_file_of_its_own() {
    let project = Sandbox::new();
    assert_eq!(project.run("init").exit, Some(0));
    let mut slugs = Vec::new();
    for (title, file) in [
        ("Ünïcode & Straße: 日本", "unicode-strasse-日本"),
        ("日本語", "日本語"),
        ("日本誌", "日本誌"),
        ("Смъртен грях", "смъртен-грях"),
    ] {
        let new = |title: &str| project.command(project.path(), "new", &[]).arg(title).output().unwrap();
        let begun = new(title);
        assert_eq!(String::from_utf8_lossy(&begun.stdout), format!("articles/{file}.md\n"), "{begun:?}");
        let article = text(&project, &format!("articles/{file}.md"));
        slugs.extend(article.lines().find(|line| line.starts_with("slug")).map(str::to_owned));
        assert_eq!(project.run(&format!("build articles/{file}.md")).exit, Some(0));
        let again = new(&title.to_uppercase());
        assert_eq!(again.status.code(), Some(65), "{again:?}");
        assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"), "{again:?}");
    }
    assert_eq!(slugs[0], "slug = \"unicode-strasse-65e5-672c\"");
    slugs.dedup();
    assert_eq!(slugs.len(), 4, "{slugs:?}");
    assert_eq!(project.run("init läden").exit, Some(0));
    assert!(text(&project, "läden/newsletter.toml").contains("id = \"laden\""));
}

#[test]
fn an_article_is_begun_from_anywhere_in_the_newsletter_and_never_over_another() {
    let project = Sandbox::new();
    assert_eq!(project.run("init").exit, Some(0));
    let begun = project.run("new Spring");
    assert_eq!((begun.exit, begun.out.as_str()), (Some(0), "articles/spring.md\n"), "{}", begun.err);
    let article = text(&project, "articles/spring.md");
    for line in ["title = \"Spring\"", "slug = \"spring\"", "status = \"draft\""] {
        assert!(article.lines().any(|one| one == line), "{line}: {article}");
    }
    assert_eq!(project.run("build articles/spring.md").exit, Some(0));
    let again = project.run_in(&project.path().join("articles"), "new SPRING!", &[]);
    assert_eq!(again.exit, Some(65), "{}", again.err);
    assert!(again.err.contains("spring.md` is there already"), "{}", again.err);
    assert_eq!(text(&project, "articles/spring.md"), article);
}

#[test]
fn files_of_a_theme_are_copied_one_by_one_and_take_the_place_of_the_built_in_ones() {
    let project = Sandbox::new();
    assert_eq!(project.run("init --theme digest").exit, Some(0));
    let listed = project.run("theme list digest").out;
    for file in ["footer.mjml", "hero.mjml", "inline.css", "masthead.mjml", "theme.toml", "title.mjml"] {
        assert!(listed.lines().any(|one| one == file), "{file}: {listed}");
    }
    assert!(!listed.contains("base.css"), "no file that digest is not made of: {listed}");
    let copied = project.run("theme copy digest footer dark.css footer.mjml");
    assert_eq!(copied.exit, Some(0), "{}", copied.err);
    assert_eq!(copied.out, "templates/digest/footer.mjml\ntemplates/digest/dark.css\n");
    let before = project.run("build articles/hello.md --out before");
    assert_eq!(before.exit, Some(0), "{}", before.err);
    let built_in = text(&project, "templates/digest/footer.mjml");
    let footer = built_in.replacen("dir=\"auto\">", "dir=\"auto\">Mine: ", 1);
    std::fs::write(project.path().join("templates/digest/footer.mjml"), &footer).unwrap();
    assert_eq!(project.run("build articles/hello.md --out after").exit, Some(0));
    assert!(!text(&project, "before/email.html").contains("Mine: "));
    assert!(text(&project, "after/email.html").contains("Mine: "));
    let again = project.run("theme copy digest footer foter drak head masthead");
    assert_eq!(again.exit, Some(2), "{}", again.err);
    for told in [
        "footer.mjml` is there already",
        "no file `foter`",
        "did you mean `footer`?",
        "did you mean `dark`?",
        "2 files called `head`",
        "write one with its ending: `head.css` or `head.mjml`",
    ] {
        assert!(again.err.contains(told), "{told}: {}", again.err);
    }
    assert!(!project.path().join("templates/digest/masthead.mjml").exists(), "all or nothing");
    assert_eq!(project.run("theme copy digest footer").exit, Some(65));
    assert!(project.run("theme copy digst footer").err.contains("did you mean `digest`?"));
    assert_eq!(text(&project, "templates/digest/footer.mjml"), footer, "nothing is written over");
}

#[test]
fn a_whole_theme_is_copied_around_what_is_there_and_gives_the_same_mail() {
    let project = Sandbox::new();
    assert_eq!(project.run("init --theme card").exit, Some(0));
    assert_eq!(project.run("build articles/hello.md --out before").exit, Some(0));
    assert_eq!(project.run("theme copy card theme").exit, Some(0));
    let copied = project.run("theme copy card");
    assert_eq!(copied.exit, Some(0), "{}", copied.err);
    let files = copied.out.lines().count();
    assert!(files > 15 && !copied.out.contains("theme.toml"), "{}", copied.out);
    let after = project.run("build articles/hello.md --out after");
    assert_eq!(after.exit, Some(0), "{}", after.err);
    assert!(!after.err.contains("warning"), "{}", after.err);
    // The token of the link to leave by is another each time.
    let html = |folder: &str| {
        let html = text(&project, &format!("{folder}/email.html"));
        let (before, after) = html.split_once("?subject=unsubscribe%20").unwrap();
        format!("{before}{}", after.split_once('"').unwrap().1)
    };
    assert!(html("before") == html("after"), "the copy gives another mail");
    let again = project.run("theme copy card");
    assert_eq!((again.exit, again.out.as_str()), (Some(0), ""));
    assert!(again.err.contains("all files of `card` are yours already"), "{}", again.err);
}

#[test]
fn themes_are_listed_with_what_is_the_projects() {
    let project = Sandbox::new();
    assert_eq!(project.run("init --theme letter").exit, Some(0));
    for (file, content) in [("letter/foter.mjml", ""), ("winter/theme.toml", "extends = \"card\"\n")] {
        let path = project.path().join("templates").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    std::fs::create_dir_all(project.path().join("templates/notes")).unwrap();
    let listed = project.run("theme list");
    assert_eq!(listed.exit, Some(0), "{}", listed.err);
    assert_eq!(
        listed.out,
        "card    built in\nclean   built in\ndigest  built in\n\
         letter  built in, this newsletter's, but yours: foter.mjml\nwinter  yours: theme.toml\n"
    );
    let files = project.run("theme list letter").out;
    assert!(
        files.contains("\nfoter.mjml        yours: templates/letter/foter.mjml, and nothing uses it\n"),
        "{files}"
    );
    assert_eq!(project.run("theme copy winter hero").out, "templates/winter/hero.mjml\n");
    let card = project.run("theme copy card hero");
    assert_eq!(card.exit, Some(0), "{}", card.err);
    assert_eq!(text(&project, "templates/winter/hero.mjml"), text(&project, "templates/card/hero.mjml"));
}
