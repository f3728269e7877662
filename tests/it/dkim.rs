//! Keys made by the real program, and mails it signed with them.

use letterpress::message::dkim::{Algorithm, Signer};
use serde_json::Value;

use crate::support::Sandbox;

const SOUND: &str = "id = \"a\"\nname = \"A\"\nfrom = \"news@mail.example.com\"\n";
const LETTER: &str = "# Ink\n\nHello, this is a letter.\n";

fn newsletter(more: &str) -> Sandbox {
    Sandbox::new().with("newsletter.toml", &format!("{SOUND}{more}")).with("a.md", LETTER)
}

fn signer(project: &Sandbox, file: &str, domain: &str, selector: &str) -> Signer {
    let pem = std::fs::read_to_string(project.path().join(file)).unwrap();
    Signer::new(&pem, domain, selector).unwrap()
}

#[test]
fn the_keys_that_are_made_sign_when_the_shown_lines_are_written_down() {
    let project = newsletter("");
    let rsa = project.run("dkim keygen --selector news");
    assert_eq!(rsa.exit, Some(0), "{}", rsa.err);
    assert!(rsa.out.contains("name   news._domainkey.mail.example.com\n  type   TXT\n"), "{}", rsa.out);
    let lines = rsa.out.split("newsletter.toml:\n\n").nth(1).unwrap();
    let ed = project.run("dkim keygen --ed25519 --json");
    assert_eq!(ed.exit, Some(0), "{}", ed.err);
    let told: Value = serde_json::from_str(&ed.out).unwrap();
    let more = told["newsletter_toml"].as_str().unwrap().strip_prefix("[dkim]\n").unwrap();
    let project = project.with("newsletter.toml", &format!("{SOUND}{lines}{more}\n"));
    let built = project.run("build a.md");
    assert_eq!((built.exit, built.err.contains("warning")), (Some(0), false), "{}", built.err);
    let mail = std::fs::read(project.path().join("out/email.eml")).unwrap();
    let first = signer(&project, "dkim-news.pem", "mail.example.com", "news");
    let second = signer(&project, "dkim-letterpress-ed25519.pem", "mail.example.com", "letterpress-ed25519");
    assert_eq!((first.algorithm(), second.algorithm()), (Algorithm::Rsa, Algorithm::Ed25519));
    assert_eq!((first.flaw(&mail), second.flaw(&mail)), (None, None));
    let shown: String = rsa.out.split('"').skip(1).step_by(2).take(2).collect();
    assert_eq!(shown, first.record());
    assert_eq!(told["record"]["value"], second.record());
    assert_eq!(told["record"]["name"], second.record_name());
}

#[test]
fn tests_and_rehearsals_are_signed() {
    let project = newsletter(
        "[dkim]\nselector = \"letterpress\"\nkey = { file = \"k.pem\" }\n\
         domain = \"example.com\"\n[inbox]\ndir = \"caught\"\n",
    )
    .with("list.csv", "email\nana@example.org\nbo@example.org\n");
    assert_eq!(project.run("dkim keygen --out k.pem").exit, Some(0));
    let signer = signer(&project, "k.pem", "example.com", "letterpress");
    for line in ["test a.md --to ana@example.org", "send a.md --list list.csv --rehearse"] {
        let run = project.run(line);
        assert_eq!(run.exit, Some(0), "{}", run.err);
    }
    let mails = std::fs::read_dir(project.path().join("caught/new")).unwrap();
    let mut count = 0;
    for mail in mails {
        let bytes = std::fs::read(mail.unwrap().path()).unwrap();
        let begin = bytes.windows(15).position(|window| window == b"DKIM-Signature:").unwrap();
        assert_eq!(signer.flaw(&bytes[begin..]), None);
        count += 1;
    }
    assert_eq!(count, 3);
    assert_eq!(project.run("demo --no-serve").exit, Some(0));
}

#[cfg(unix)]
#[test]
fn a_private_key_is_for_its_owner_alone_and_never_written_over_anything() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = newsletter("");
    assert_eq!(project.run("dkim keygen --ed25519 --out k.pem").exit, Some(0));
    let path = project.path().join("k.pem");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    std::os::unix::fs::symlink("gone.pem", project.path().join("link.pem")).unwrap();
    for file in ["k.pem", "link.pem"] {
        let run = project.run(&format!("dkim keygen --ed25519 --out {file}"));
        assert_eq!(run.exit, Some(4), "{}", run.err);
        assert!(
            run.err.contains("is there already") && run.err.ends_with("nothing was written\n"),
            "{}",
            run.err
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!project.path().join("gone.pem").exists());
    let run = project.run("dkim keygen --selector a;b");
    assert_eq!(run.exit, Some(2), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_key_that_cannot_sign_is_told_before_anything_is_written_or_sent() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = |name: &str| {
        std::fs::read_to_string(format!("{}/tests/fixtures/keys/{name}.pem", env!("CARGO_MANIFEST_DIR")))
            .unwrap()
    };
    let dkim = "[dkim]\nselector = \"news\"\nkey = { file = \"k.pem\" }\n";
    let told = |pem: &str, mode: u32| {
        let project = newsletter(dkim).with("k.pem", pem);
        let key = project.path().join("k.pem");
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = project.run("build a.md");
        assert_eq!(run.exit, Some(78), "{}", run.err);
        assert!(run.err.ends_with("nothing was written\n"), "{}", run.err);
        assert!(!run.err.contains("MII"), "{}", run.err);
        run.err
    };
    let text = told(&fixture("encrypted-pkcs8"), 0o600);
    assert!(text.contains("cannot use the private key of `dkim.key`: it is encrypted"), "{text}");
    assert!(text.contains("openssl pkey -in"), "{text}");
    let text = told(&fixture("rsa-1024"), 0o600);
    assert!(text.contains("1024 bits") && text.contains("letterpress dkim keygen"), "{text}");
    let text = told(&fixture("rsa-pkcs8"), 0o644);
    assert!(text.contains("other people on this machine may read") && text.contains("chmod 600"), "{text}");
    let run = newsletter(dkim).run("test a.md --to ana@example.org");
    assert_eq!(run.exit, Some(78), "{}", run.err);
    assert!(run.err.contains("k.pem") && run.err.ends_with("nothing was sent\n"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn an_ed25519_key_alone_signs_and_is_warned_of_and_an_rsa_key_is_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = newsletter("[dkim]\ned25519_selector = \"news\"\ned25519_key = { file = \"k.pem\" }\n");
    assert_eq!(project.run("dkim keygen --ed25519 --out k.pem").exit, Some(0));
    let run = project.run("build a.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
    assert!(run.err.contains("warning: mail is signed with Ed25519 alone"), "{}", run.err);
    let rsa = include_str!("../fixtures/keys/rsa-pkcs8.pem");
    let project = project.with("k.pem", rsa);
    let key = project.path().join("k.pem");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = project.run("build a.md");
    assert_eq!(run.exit, Some(78), "{}", run.err);
    assert!(run.err.contains("it is an RSA key, expected Ed25519"), "{}", run.err);
}

#[test]
fn a_key_may_come_from_the_environment_or_a_command() {
    let pem = include_str!("../fixtures/keys/ed25519.pem");
    let env = newsletter("[dkim]\nselector = \"news\"\nkey = { env = \"DKIM\" }\n");
    let run = env.run_in(env.path(), "build a.md", &[("DKIM", pem)]);
    assert_eq!(run.exit, Some(0), "{}", run.err);
    let mail = std::fs::read(env.path().join("out/email.eml")).unwrap();
    assert_eq!(Signer::new(pem, "mail.example.com", "news").unwrap().flaw(&mail), None);
    let run = env.run("build a.md");
    assert!(run.err.contains("the variable `DKIM` is not set"), "{}", run.err);
    let command = newsletter("[dkim]\nselector = \"news\"\nkey = { command = [\"cat\", \"k.pem\"] }\n");
    let run = command.with("k.pem", pem).run("build a.md");
    assert_eq!(run.exit, Some(0), "{}", run.err);
}

#[test]
fn an_article_from_another_domain_is_not_signed_for_this_one() {
    let project = newsletter("[dkim]\nselector = \"letterpress\"\nkey = { file = \"k.pem\" }\n")
        .with("a.md", "+++\nfrom = \"Guest <guest@example.org>\"\n+++\n\n# Ink\n\nHello.\n");
    assert_eq!(project.run("dkim keygen --ed25519 --out k.pem").exit, Some(0));
    let run = project.run("build a.md");
    assert_eq!(run.exit, Some(65), "{}", run.err);
    assert!(
        run.err.contains("would be signed for `mail.example.com`") && run.err.contains("a.md:2:8"),
        "{}",
        run.err
    );
}
