//! The real binary in a folder of its own.

use insta::assert_snapshot;

use crate::support::Sandbox;

const SOUND: &str = "id = \"a\"\nname = \"A\"\nfrom = \"news@example.com\"\n";

#[test]
fn without_a_command_help_is_shown() {
    let run = Sandbox::new().run("");
    assert_eq!(run.exit, Some(0));
    assert!(run.out.contains("Usage: letterpress [OPTIONS] [COMMAND]"), "{}", run.out);
    assert!(run.out.contains("letterpress demo  "), "{}", run.out);
    assert_eq!(run.err, "");
}

#[test]
fn a_misspelt_command_is_a_usage_error_and_the_nearest_one_is_named() {
    let run = Sandbox::new().run("snd");
    assert_eq!(run.exit, Some(2));
    assert!(run.err.contains("a similar subcommand exists: 'send'"), "{}", run.err);
    assert_eq!(run.out, "");
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let sandbox = Sandbox::new();
    assert!(!sandbox.run("build gone.md").err.contains('\u{1b}'));
    assert!(sandbox.run("build gone.md --color always").err.contains('\u{1b}'));
    assert!(sandbox.run("--color=always snd").err.contains('\u{1b}'));
    assert!(!sandbox.run("snd --color never").err.contains('\u{1b}'));
}

#[test]
fn a_configuration_that_is_not_there_is_told() {
    let run = Sandbox::new().run("build a.md --config gone.toml");
    assert_eq!(run.exit, Some(78));
    assert_snapshot!(run.err);
}

#[test]
fn everything_wrong_in_the_configuration_is_told_at_once() {
    let sandbox = Sandbox::new().with(
        "newsletter.toml",
        "nam = \"x\"\n\tid = \"日本語 a\"\naccent = \"red\"\nfrom = \"foo\"\nreason = \"a\\nb\"\nlang = 3\n\
         url = \"example.com\"\n[relay]\nurl = \"smtp://me:geheim@smtp.example.com\"\npasswrd = \"x\"\n\
         [inbox]\nsmtp = \"0.0.0.0:25\"\n",
    );
    let run = sandbox.run("build a.md");
    assert_eq!(run.exit, Some(78));
    assert!(!run.err.contains("geheim"), "a password was quoted");
    assert_snapshot!(run.err);
}

#[test]
fn a_language_that_is_no_tag_is_refused_with_the_tag_that_is_meant() {
    let newsletter = "id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\nlang = \"German\"\n";
    let sandbox = Sandbox::new().with("newsletter.toml", newsletter).with("a.md", "# T\n\nWords.\n");
    let run = sandbox.run("build a.md");
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("`lang` is not a language tag"), "{}", run.err);
    assert!(run.err.contains("--> newsletter.toml:4:8"), "{}", run.err);
    assert!(run.err.contains("hint: did you mean `de`?"), "{}", run.err);
    for (written, hint) in [
        ("english", "did you mean `en`?"),
        ("de_AT", "did you mean `de-AT`?"),
        ("klingonisch", "use a tag such as `en`, `de` or `de-AT`"),
    ] {
        let article = format!("+++\nlang = \"{written}\"\n+++\n\n# T\n\nWords.\n");
        let run = Sandbox::new().with("a.md", &article).run("build a.md");
        assert_eq!(run.exit, Some(65), "{}", run.err);
        let told = format!("expected a language tag for `lang`, found `{written}`\n --> a.md:2:8");
        assert!(run.err.contains(&told) && run.err.contains(hint), "{}", run.err);
    }
}

#[test]
fn a_mistake_in_a_theme_is_told_in_the_file_of_the_theme() {
    let sandbox = Sandbox::new()
        .with("a.md", "+++\ntheme = \"mine\"\n+++\n\n# T\n\nWords.\n")
        .with("b.md", "+++\ntheme = \"card\"\n+++\n\n# T\n\nWords.\n")
        .with("templates/card/footr.mjml", "<mj-section/>\n")
        .with("templates/mine/theme.toml", "# Ours.\nextends = \"lettr\"\n");
    let run = sandbox.run("check a.md");
    assert!(run.err.contains("unknown theme `lettr`\n --> templates/mine/theme.toml:2:11"), "{}", run.err);
    assert!(run.err.contains("hint: did you mean `letter`?"), "{}", run.err);
    let run = sandbox.run("check b.md");
    let told = "nothing in the theme uses `footr.mjml`\n --> templates/card/footr.mjml:1:1";
    assert!(run.err.contains(told) && run.err.contains("did you mean `footer.mjml`?"), "{}", run.err);
}

#[test]
fn a_configuration_that_does_not_parse_is_told_with_its_place() {
    let sandbox = Sandbox::new().with("newsletter.toml", "id = \"a\"\nname = The Proof Sheet\n");
    let run = sandbox.run("build a.md");
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("--> newsletter.toml:2:"), "{}", run.err);
}

#[test]
fn a_hostile_configuration_is_refused_and_not_followed_down() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(50_000)),
        format!("[{}a]", "a.".repeat(50_000)),
        "password=\"".repeat(20_000),
        "smtp://".repeat(30_000),
        "x".repeat(1_000_000),
    ] {
        let run = Sandbox::new().with("newsletter.toml", &text).run("build a.md");
        assert_eq!(run.exit, Some(78), "{}", &text[..20]);
        assert!(run.err.len() < 20_000, "{} bytes of messages for {}", run.err.len(), &text[..20]);
    }
}

#[test]
fn a_password_is_never_quoted_even_where_it_must_not_stand() {
    let text = format!("{SOUND}[relay]\npassword = \"geheim\"\nurl = \"smtp://me@smtp.example.com\"\n");
    let run = Sandbox::new().with("newsletter.toml", &text).run("build a.md");
    assert_eq!(run.exit, Some(78));
    assert!(!run.err.contains("geheim"), "{}", run.err);
    let sandbox = Sandbox::new().with("newsletter.toml", SOUND);
    let relay = [("LETTERPRESS_RELAY", "smtp://me:geheim@smtp.example.com")];
    let run = sandbox.run_in(sandbox.path(), "build a.md", &relay);
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("LETTERPRESS_RELAY"), "{}", run.err);
    assert!(!run.err.contains("geheim"), "{}", run.err);
}

#[test]
fn a_password_in_an_address_that_is_none_is_not_quoted_either() {
    let sandbox = Sandbox::new().with("newsletter.toml", SOUND);
    for relay in ["me:geheim@smtp.example.com", "smtp://me:a?geheim@h", "smtp://me:a/\"geheim@h"] {
        let run = sandbox.run_in(sandbox.path(), "build a.md", &[("LETTERPRESS_RELAY", relay)]);
        assert_eq!(run.exit, Some(78));
        assert!(!run.err.contains("geheim"), "{}", run.err);
        let text = format!("{SOUND}[relay]\nurl = '{relay}'\n");
        let run = Sandbox::new().with("newsletter.toml", &text).run("build a.md");
        assert_eq!(run.exit, Some(78));
        assert!(!run.err.contains("geheim"), "{}", run.err);
    }
}

#[test]
fn a_theme_that_is_not_there_is_told_where_it_is_named() {
    let text = format!("{SOUND}theme = \"claen\"\n");
    let run = Sandbox::new().with("newsletter.toml", &text).with("a.md", "Hello.\n").run("build a.md");
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("newsletter.toml:4:9"), "{}", run.err);
    assert!(run.err.contains("did you mean `clean`?"), "{}", run.err);
}

#[test]
fn the_configuration_of_a_folder_above_is_found() {
    let sandbox = Sandbox::new().with("newsletter.toml", "nam = 1\n").with("articles/a.md", "Hello.\n");
    let run = sandbox.run_in(&sandbox.path().join("articles"), "build a.md", &[]);
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("unknown key `nam`"), "{}", run.err);
}

#[test]
fn the_environment_may_name_the_configuration() {
    let sandbox = Sandbox::new().with("other.toml", "nam = 1\n");
    let run = sandbox.run_in(sandbox.path(), "build a.md", &[("LETTERPRESS_CONFIG", "other.toml")]);
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("--> other.toml:1:1"), "{}", run.err);
}

#[test]
fn a_send_without_a_relay_sends_nothing_and_says_how_to_rehearse() {
    let sandbox =
        Sandbox::new().with("newsletter.toml", SOUND).with("a.md", "Hello.\n").with("l.csv", "email\n");
    let run = sandbox.run("send a.md --list l.csv --yes");
    assert_eq!(run.exit, Some(78));
    assert_eq!(run.out, "");
    assert_snapshot!(run.err);
}

#[test]
fn a_send_to_a_real_relay_without_a_state_is_refused() {
    let text = format!("{SOUND}[relay]\nurl = \"smtp://smtp.example.com\"\n");
    let sandbox =
        Sandbox::new().with("newsletter.toml", &text).with("a.md", "Hello.\n").with("l.csv", "email\n");
    let run = sandbox.run("send a.md --list l.csv --yes");
    assert_eq!(run.exit, Some(78));
    assert!(run.err.contains("there is no state"), "{}", run.err);
    assert!(run.err.contains("letterpress state new"), "{}", run.err);
}

#[test]
fn files_that_are_not_there_are_all_named_with_their_nearest_neighbours() {
    let sandbox = Sandbox::new().with("newsletter.toml", SOUND).with("spring.md", "Hello.\n");
    let run = sandbox.run("send sprung.md --list gone.csv --rehearse");
    assert_eq!(run.exit, Some(65));
    assert_snapshot!(run.err);
}

#[test]
fn a_test_to_what_is_no_address_is_a_usage_error() {
    let sandbox = Sandbox::new().with("newsletter.toml", SOUND).with("a.md", "Hello.\n");
    let run = sandbox.run("test a.md --to ann@example.com,foo --to bar@");
    assert_eq!(run.exit, Some(2));
    assert!(run.err.contains("`foo` is not an email address: the address has no @"), "{}", run.err);
    assert!(run.err.ends_with("2 problems; nothing was sent\n"), "{}", run.err);
}

#[test]
fn a_folder_without_a_configuration_has_a_newsletter_all_the_same_and_is_told() {
    let run = Sandbox::new().run("build gone.md");
    assert_eq!(run.exit, Some(65));
    let note =
        "note: no newsletter.toml here or above, so this is `My newsletter <newsletter@example.com>`\n";
    assert!(run.err.starts_with(note), "{}", run.err);
}

#[test]
fn problems_are_data_where_json_is_asked_for() {
    let run = Sandbox::new().with("newsletter.toml", SOUND).run("send a.md --list l.csv --json --rehearse");
    assert_eq!(run.exit, Some(65));
    assert_eq!(run.err, "");
    let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(told["problems"][0]["message"], "there is no article `a.md`");
    assert_eq!(told["problems"][1]["severity"], "error");
}

#[test]
fn the_example_newsletter_is_sound() {
    let text = include_str!("../../newsletter.toml");
    let run = Sandbox::new().with("newsletter.toml", text).run("build gone.md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    // What stands behind `# ` as a key or a table is sound too; of the ways to a password
    // there is one, and of the ways to the pictures.
    let is_other = |key: &str| {
        ["token =", "embed_images ="].iter().any(|other| key.starts_with(other))
            || key.starts_with("password =") && !key.contains("{ file =")
    };
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if (key.contains(" = ") || key.starts_with('[')) && !is_other(key) => {
                format!("{key}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let run = Sandbox::new().with("newsletter.toml", &uncommented).run("build gone.md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
}
