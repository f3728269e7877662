//! What a password or a token is fetched from, and that it stands nowhere else.

use std::path::Path;

use crate::support::unruly::{Fault, Nature, Step, Unruly};
use crate::support::{Run, Sandbox};

/// The secret, and how it is said when it is a password or a token of `news`.
const SECRET: &str = "geheim-4711";
const SAID: [&str; 4] = [
    SECRET,
    "Z2VoZWltLTQ3MTE=",
    "AG5ld3MAZ2VoZWltLTQ3MTE=",
    "dXNlcj1uZXdzAWF1dGg9QmVhcmVyIGdlaGVpbS00NzExAQE=",
];

/// A newsletter that logs in to the relay at `addr` with `proof`, a line under
/// `[relay]`.
fn project(port: u16, proof: &str) -> Sandbox {
    let newsletter = format!(
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n\
         [relay]\nurl = \"smtp://news@127.0.0.1:{port}\"\n{proof}\n"
    );
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", "# October\n\nDear reader, it rains.\n")
        .with("list.csv", "email\nana@example.com\nbo@example.org\n");
    for folder in ["secrets", "credentials"] {
        std::fs::create_dir(project.path().join(folder)).unwrap();
        private(&project.path().join(folder).join("smtp"), 0o600);
    }
    project
}

/// Writes the secret into a file of this mode.
fn private(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("{SECRET}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Every way to refer to a secret.
const REFERENCES: [&str; 4] = [
    "{ env = \"SMTP_SECRET\" }",
    "{ file = \"secrets/smtp\" }",
    "{ command = [\"sh\", \"-c\", \"cat secrets/smtp; echo more >&2; echo and more\"] }",
    "{ credential = \"smtp\" }",
];

async fn run(project: &Sandbox, line: &str) -> Run {
    let credentials = project.path().join("credentials");
    let variables = [("SMTP_SECRET", SECRET), ("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let variables = [variables[0], variables[1], ("PATH", "/usr/bin:/bin")];
    let mut command = project.command(project.path(), line, &variables);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

/// Looks for the secret in all that was said and all that was kept.
fn stands_nowhere(project: &Sandbox, runs: &[Run]) {
    for run in runs {
        for said in SAID {
            assert!(!run.out.contains(said) && !run.err.contains(said), "{}{}", run.out, run.err);
        }
    }
    let mut folders = vec![project.path().to_owned()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let its_own = path.ends_with("secrets") || path.ends_with("credentials");
                folders.extend(Some(path).filter(|_| !its_own));
                continue;
            }
            looked += 1;
            let bytes = std::fs::read(&path).unwrap();
            for said in SAID {
                let found = bytes.windows(said.len()).any(|window| window == said.as_bytes());
                assert!(!found, "{} holds {said}", path.display());
            }
        }
    }
    assert!(looked > 3, "nothing was looked at");
}

/// All that can be told of a campaign and of a test.
async fn everything(project: &Sandbox) -> Vec<Run> {
    let mut runs = Vec::new();
    for line in [
        "state new",
        "test october.md --to ana@example.com",
        "plan october.md --list list.csv",
        "send --plan 1 --yes --allow untested",
        "campaign show october --json",
        "why ana@example.com",
        "test october.md --to ana@example.com --json",
    ] {
        runs.push(run(project, line).await);
    }
    runs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_fetched_from_wherever_it_is_and_stands_nowhere_else() {
    for (key, way, word) in [("password", "AUTH PLAIN", SAID[2]), ("token", "AUTH XOAUTH2", SAID[3])] {
        for reference in REFERENCES {
            let server = Unruly::serve(Nature::new(|_| None).offers("AUTH PLAIN XOAUTH2")).await;
            let project = project(server.addr.port(), &format!("{key} = {reference}"));
            let runs = everything(&project).await;
            assert_eq!(runs[3].exit, Some(0), "{reference}: {}{}", runs[3].out, runs[3].err);
            let logins = server.commands("AUTH");
            assert!(!logins.is_empty() && logins.iter().all(|line| *line == format!("{way} {word}")));
            stands_nowhere(&project, &runs);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_repeats_a_secret_does_not_get_it_told() {
    for (key, word) in [("password", SAID[2]), ("token", SAID[3])] {
        let said = format!("535-5.7.8 no: {SECRET}\r\n535 5.7.8 you said {word}");
        let nature = Nature::new(move |moment| (moment.step == Step::Auth).then(|| Fault::says(&said)));
        let server = Unruly::serve(nature.offers("AUTH PLAIN XOAUTH2")).await;
        let project = project(server.addr.port(), &format!("{key} = {}", REFERENCES[1]));
        let runs = everything(&project).await;
        assert_eq!(runs[3].exit, Some(69), "{}{}", runs[3].out, runs[3].err);
        assert!(runs[3].err.contains("refused the login for `news`"), "{}", runs[3].err);
        assert!(runs[3].err.contains("you said ***"), "{}", runs[3].err);
        stands_nowhere(&project, &runs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_fetched_ends_it_before_anybody_is_asked() {
    for (reference, told) in [
        ("{ env = \"NOT_SET\" }", "the variable `NOT_SET` is not set"),
        ("{ file = \"secrets/gone\" }", "secrets/gone`: No such file or directory"),
        ("{ file = \"secrets/open\" }", "run `chmod 600 "),
        ("{ file = \"secrets/group\" }", "other people on this machine may read"),
        ("{ file = \"secrets/empty\" }", "it is empty"),
        ("{ credential = \"gone\" }", "LoadCredential=gone:PATH"),
        ("{ credential = \"open\" }", "other people on this machine may read"),
        ("{ command = [\"/nowhere/pass\"] }", "`/nowhere/pass` could not be run"),
        ("{ command = [\"sh\", \"-c\", \"cat secrets/smtp; exit 4\"] }", "`sh` failed with exit status: 4"),
        ("{ command = [\"sh\", \"-c\", \"echo; cat secrets/smtp\"] }", "it is empty"),
    ] {
        let server = Unruly::serve(Nature::new(|_| None).offers("AUTH PLAIN")).await;
        let project = project(server.addr.port(), &format!("password = {reference}"));
        private(&project.path().join("secrets/open"), 0o644);
        private(&project.path().join("secrets/group"), 0o640);
        private(&project.path().join("credentials/open"), 0o604);
        private(&project.path().join("secrets/empty"), 0o600);
        std::fs::write(project.path().join("secrets/empty"), "\n").unwrap();
        assert_eq!(run(&project, "state new").await.exit, Some(0));
        let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
        assert_eq!(sent.exit, Some(78), "{reference}: {}", sent.err);
        assert!(sent.err.contains("cannot fetch the password of the relay"), "{}", sent.err);
        assert!(sent.err.contains(told), "{reference}: {}", sent.err);
        assert_eq!(server.connections(), 0);
        stands_nowhere(&project, &[sent]);
    }
}

#[test]
fn without_systemd_there_are_no_credentials_and_that_is_said() {
    let project = project(9, "password = { credential = \"smtp\" }");
    assert_eq!(project.run("state new").exit, Some(0));
    let sent = project.run("send october.md --list list.csv --yes --allow untested");
    assert_eq!(sent.exit, Some(78), "{}", sent.err);
    assert!(sent.err.contains("systemd has given this process no credentials"), "{}", sent.err);
    assert!(sent.err.contains("LoadCredential="), "{}", sent.err);
}
