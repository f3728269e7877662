//! A send is asked to stop: once, and it finishes what is on its way; twice, and it
//! names whoever is in doubt.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::campaign::{count, people, project, run, shown};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

fn send(project: &Sandbox) -> Child {
    let line = "send october.md --list list.csv --yes --allow untested";
    let mut command = project.command(project.path(), line, &[]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends `signal` so many times, each when the one before was heard; how it ends.
async fn stopped(mut child: Child, signal: &'static str, times: usize) -> Run {
    tokio::task::spawn_blocking(move || {
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        for _ in 0..times {
            let kill = format!("kill {signal} {}", child.id());
            assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
            while !told.contains("stopping when") {
                assert!(err.read_line(&mut told).unwrap() > 0, "it ended at once: {told}");
            }
        }
        err.read_to_string(&mut told).unwrap();
        let output = child.wait_with_output().unwrap();
        Run { exit: output.status.code(), out: String::from_utf8(output.stdout).unwrap(), err: told }
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_asked_to_stop_finishes_what_is_on_its_way_and_puts_the_rest_back() {
    // A terminal that closes says so more than once, and hurries nobody.
    let hang_up = cfg!(target_os = "linux").then_some(("-HUP", 3, 129));
    for (signal, times, exit) in [("-INT", 1, 130), ("-TERM", 1, 143)].into_iter().chain(hang_up) {
        let manners = Manners { delay: Duration::from_millis(30), ..Manners::default() };
        let witness = Witness::serve(manners).await;
        let project = project(witness.addr, 250);
        let child = send(&project);
        witness.has_taken(20).await;
        let sent = stopped(child, signal, times).await;
        assert_eq!(sent.exit, Some(exit), "{}{}", sent.out, sent.err);
        let campaign = shown(&project).await;
        let taken = witness.taken().len() as u64;
        assert_eq!(count(&campaign, "accepted"), taken, "{campaign:#}");
        assert_eq!(count(&campaign, "pending"), 250 - taken, "{campaign:#}");
        assert!(taken < 250, "it was over before it was stopped");
        let resumed = run(&project, "campaign resume october").await;
        assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
        let times = witness.times();
        assert_eq!(times.len(), 250);
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_was_begun_to_outlive_its_terminal_does() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(30), ..Manners::default() }).await;
    let project = project(witness.addr, 250);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_letterpress")])
        .args("send october.md --list list.csv --yes --allow untested".split(' '))
        .current_dir(project.path())
        .env_clear()
        .env("HOME", project.path());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    witness.has_taken(20).await;
    let kill = format!("kill -HUP {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert!(witness.taken().len() < 250, "it was over before its terminal was closed");
    let sent =
        Run::from(tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap());
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.times().len(), 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_asked_twice_stops_at_once_and_names_who_is_in_doubt() {
    for (signal, exit) in [("-INT", 130), ("-TERM", 143)] {
        let manners = Manners { delay: Duration::from_mins(1), ..Manners::default() };
        let witness = Witness::serve(manners).await;
        let project = project(witness.addr, 40);
        let child = send(&project);
        witness.has_taken(10).await;
        let sent = stopped(child, signal, 2).await;
        assert_eq!(sent.exit, Some(exit), "{}{}", sent.out, sent.err);
        let doubtful: BTreeSet<String> = witness.times().into_keys().collect();
        assert_eq!(doubtful.len(), 10);
        for address in &doubtful {
            let told = format!("unknown: {address}: the run was stopped before the relay had answered");
            assert!(sent.out.contains(&told), "{}", sent.out);
        }
        let campaign = shown(&project).await;
        assert_eq!(people(&campaign, "unknown"), doubtful);
        assert_eq!(count(&campaign, "pending"), 30);
        // Whom a tick would leave to a person is not promised to it.
        assert!(sent.err.contains("so many in doubt `letterpress tick` leaves to you"), "{}", sent.err);
        witness.calm();
        run(&project, "campaign resume october").await;
        let times = witness.times();
        assert_eq!(times.len(), 40);
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    }
}
