//! What must not be sent is told with its place, and nothing of it leaves the machine
//! and nothing is lost.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::campaign::{count, people, project, run, shown};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

const SEND: &str = "send october.md --list list.csv --yes --allow untested";

/// Sends with `files` in the place of those of a sound newsletter, and expects a refusal
/// of this exit code before anything was sent.
async fn refused(files: &[(&str, &str)], exit: i32) -> String {
    let witness = Witness::serve(Manners::default()).await;
    let mut project = project(witness.addr, 2);
    for (name, text) in files {
        let text = text.replace("{relay}", &witness.addr.to_string());
        project = project.with(name, &text);
    }
    let refused = run(&project, SEND).await;
    assert_eq!(refused.exit, Some(exit), "{files:?}: {}{}", refused.out, refused.err);
    assert_eq!(witness.connections(), 0, "{files:?}");
    refused.err
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_character_in_any_field_is_refused_with_its_place() {
    for field in
        ["title", "subject", "preheader", "author", "from", "image", "image_alt", "id", "list", "tags"]
    {
        let article = format!("+++\n{field} = \"a\\u0007b\"\n+++\n# October\n\nIt rains.\n");
        let told = refused(&[("october.md", &article)], 65).await;
        assert!(told.contains(&format!("`{field}` holds a control character, U+0007")), "{told}");
        assert!(told.contains("october.md:2:"), "{told}");
    }
    for (article, place) in
        [("# Oct\u{7}ober\n\nIt rains.\n", "1:6"), ("# October\n\nIt\u{1b}[2J rains.\n", "3:3")]
    {
        let told = refused(&[("october.md", article)], 65).await;
        assert!(told.contains("control character") && told.contains(place), "{told}");
    }
    let told = refused(&[("list.csv", "email,name\nann@example.com,A\u{8}nn\n")], 65).await;
    assert!(told.contains("control character, U+0008") && told.contains("list.csv:2:17"), "{told}");
    for field in ["name", "from", "reply_to", "return_path", "reason", "postal_address", "theme", "id"] {
        let newsletter = "id = \"letters\"\nname = \"Letters\"\nfrom = \"news@example.com\"\n\
                          [relay]\nurl = \"smtp://{relay}\"\n";
        let kept: String = newsletter
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(&format!("{field} =")))
            .collect();
        let text = format!("{field} = \"a\\u0000b\"\n{kept}");
        let told = refused(&[("newsletter.toml", &text)], 78).await;
        assert!(told.contains("newsletter.toml:1:"), "{field}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_would_add_a_header_is_refused() {
    for field in ["title", "subject", "author", "from"] {
        let article =
            format!("+++\n{field} = \"News\\r\\nBcc: everybody@example.org\"\n+++\n# October\n\nIt rains.\n");
        let told = refused(&[("october.md", &article)], 65).await;
        assert!(told.contains("more than one line"), "{field}: {told}");
    }
    let article = "+++\nsubject = \"Dear {{ subscriber.name }}\"\n+++\n# October\n\nIt rains.\n";
    let list = "email,name\nann@example.com,\"Ann\r\nBcc: everybody@example.org\"\n";
    let told = refused(&[("october.md", article), ("list.csv", list)], 65).await;
    assert!(told.contains("has a line end, which a header must not have"), "{told}");
    let list = "email,name\n\"ann@example.com\r\nRCPT TO:<everybody@example.org>\",Ann\n";
    let told = refused(&[("list.csv", list)], 65).await;
    assert!(told.contains("cannot get mail") && told.contains("a line break"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_a_number_or_in_disguise_is_refused_and_all_are_told() {
    let list =
        "email,name\nann@exаmple.com,A\nbo@[127.0.0.1],B\ncy@10.0.0.1,C\ndi@аррӏе.com,D\nеva@example.com,E\n";
    let told = refused(&[("list.csv", list)], 65).await;
    for place in ["list.csv:2:1", "list.csv:3:1", "list.csv:4:1", "list.csv:5:1", "list.csv:6:1"] {
        assert!(told.contains(place), "{place}: {told}");
    }
    assert!(told.contains("Latin and Cyrillic are mixed") && told.contains("is an IP address"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_and_a_secret_in_the_open_are_refused_and_the_secret_is_not_quoted() {
    let newsletter = "id = \"letters\"\nname = \"Letters\"\nfrom = \"news@example.com\"\nfroom = \"x\"\n\
                      [relay]\nurl = \"smtp://ann:hunter2@{relay}\"\npassword = \"hunter2\"\n";
    let told = refused(&[("newsletter.toml", newsletter)], 78).await;
    assert!(told.contains("unknown key `froom`") && told.contains("did you mean `from`?"), "{told}");
    assert!(told.contains("newsletter.toml:6:") && told.contains("newsletter.toml:7:"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_a_newer_program_is_left_alone() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 2);
    let path = project.path().join("state/state.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = std::fs::read(&path).unwrap();
    for line in [SEND, "campaign list", "suppress add ann@example.com"] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(78), "{line}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("the state is of version 99"), "{}", refused.err);
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(witness.connections(), 0);
}

/// The program started by a shell that does `first`.
async fn run_after(project: &Sandbox, first: &str, line: &str) -> Run {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{first}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_letterpress")])
        .args(line.split_whitespace())
        .current_dir(project.path())
        .env_clear()
        .env("HOME", project.path())
        .env("PATH", "/usr/bin:/bin");
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

/// Sends with files that grow no further, until one is so small that the send ends in
/// the middle; then room is made.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_ends_a_send_and_loses_nobody() {
    const PEOPLE: usize = 400;
    let witness = Witness::serve(Manners { delay: Duration::from_millis(1), ..Manners::default() }).await;
    let project = project(witness.addr, PEOPLE);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    // As with a disk that is full, the log of the database takes no more after 128 KiB;
    // the signal for that is one nobody listens to.
    let full = "trap '' XFSZ; ulimit -f 256";
    let stopped = run_after(&project, full, "send --plan 1 --yes --allow untested").await;
    assert_eq!(stopped.exit, Some(75), "{}{}", stopped.out, stopped.err);
    assert!(stopped.err.contains("state.db"), "{}", stopped.err);
    assert!(stopped.err.contains("nobody is lost"), "{}", stopped.err);
    let before = witness.taken().len();
    assert!((1..PEOPLE).contains(&before), "{before} were sent before the disk was full");
    let resumed = run(&project, "campaign resume 1").await;
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "finished", "{}{}", resumed.out, resumed.err);
    let unknown = people(&campaign, "unknown");
    assert!(unknown.len() <= 10, "{unknown:?}");
    assert_eq!(count(&campaign, "accepted") + unknown.len() as u64, PEOPLE as u64);
    let times = witness.times();
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    let all: BTreeSet<String> = (0..PEOPLE).map(|number| format!("reader{number}@example.com")).collect();
    assert!(all.iter().all(|address| times.contains_key(address) || unknown.contains(address)));
}

/// The disk is full until the first connection has ended because of it, and whoever was
/// answered meanwhile is not forgotten. What could not be written down is handed in again
/// for ten seconds: on a busy machine, the goodbyes of all connections take longer.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_for_a_moment_makes_nobody_unknown() {
    const PEOPLE: usize = 400;
    let witness = Witness::serve(Manners { delay: Duration::from_millis(1), ..Manners::default() }).await;
    let project = project(witness.addr, PEOPLE);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    // The log of the database cannot be made longer; the limit may be lifted.
    let full = "trap '' XFSZ; ulimit -S -f 256";
    let sending = run_after(&project, full, "send --plan 1 --yes --allow untested");
    let room = async {
        witness.has_taken(1).await;
        witness.is_left().await;
        let process = std::fs::read_to_string(project.path().join("state/sending.lock")).unwrap();
        let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", process.trim()]).status();
        assert!(lifted.unwrap().success());
    };
    let (stopped, ()) = tokio::join!(sending, room);
    assert_eq!(stopped.exit, Some(75), "{}{}", stopped.out, stopped.err);
    let campaign = shown(&project).await;
    let accepted = witness.taken().len();
    assert!((1..PEOPLE).contains(&accepted), "{accepted} were sent before the disk was full");
    assert_eq!(count(&campaign, "accepted"), accepted as u64, "{campaign}");
    let resumed = run(&project, "campaign resume 1").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    let times = witness.times();
    assert_eq!(times.len(), PEOPLE);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_written_is_told_and_nothing_is_sent() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 2);
    let state = project.path().join("state");
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // Whoever runs the tests as root is held back by no mode, and runs this as somebody
    // else, who has to get at the program too.
    let program = project.path().join("letterpress");
    std::fs::copy(env!("CARGO_BIN_EXE_letterpress"), &program).unwrap();
    mode(project.path(), 0o755);
    mode(&program, 0o755);
    mode(&state, 0o555);
    for file in std::fs::read_dir(&state).unwrap() {
        mode(&file.unwrap().path(), 0o444);
    }
    let mut command = Command::new(&program);
    command.args(SEND.split_whitespace()).current_dir(project.path()).env_clear().env("HOME", project.path());
    if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        command.uid(65_534).gid(65_534);
    }
    let refused = Run::from(command.output().unwrap());
    mode(&state, 0o755);
    assert_eq!(refused.exit, Some(78), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("state.db` cannot be written"), "{}", refused.err);
    assert_eq!(witness.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_strands_nobody_and_is_told() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 5);
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    // The clock was a year ahead when that was written.
    let database = rusqlite::Connection::open(project.path().join("state/state.db")).unwrap();
    let year = 365 * 24 * 3_600 * 1_000_000_i64;
    database.execute("UPDATE delivery SET due = due + ?1, changed = changed + ?1", [year]).unwrap();
    database.execute("UPDATE campaign SET begun = begun + ?1, changed = changed + ?1", [year]).unwrap();
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(75), "{}{}", resumed.out, resumed.err);
    assert!(resumed.err.contains("the clock of this machine was turned back"), "{}", resumed.err);
    // They wait as long as they did, from now on, and not a year.
    let wait: i64 = database
        .query_row("SELECT max(due - changed) FROM delivery WHERE state = 4", [], |row| row.get(0))
        .unwrap();
    let campaign = shown(&project).await;
    assert_eq!(count(&campaign, "deferred"), 5);
    let now: jiff::Timestamp = campaign["begun"].as_str().unwrap().parse().unwrap();
    for one in campaign["people"].as_array().unwrap() {
        let next: jiff::Timestamp = one["next_at"].as_str().unwrap().parse().unwrap();
        assert!(next.duration_since(now).as_micros() <= i128::from(wait) + 60_000_000, "{one}");
    }
    assert!(wait < 3_600_000_000, "{wait}");
    assert_eq!(witness.taken(), []);
}
