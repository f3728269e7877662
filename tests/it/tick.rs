//! Campaigns that go out by themselves: `send --at` and `tick`.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::campaign::{self, count, run};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

/// A newsletter with `people` on its list, a relay at `addr` and a state of its own.
fn project(addr: SocketAddr, people: usize) -> Sandbox {
    campaign::project(addr, people).with("november.md", "# The November letter\n\nIt is foggy.\n")
}

/// A run on a machine whose clock goes so many minutes ahead.
pub(crate) async fn ahead(project: &Sandbox, minutes: i64, line: &str) -> Run {
    let seconds = (60 * minutes).to_string();
    let mut command = project.command(project.path(), line, &[("LETTERPRESS_AHEAD", &seconds)]);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

/// A tick at which there was nothing to do.
async fn idle(project: &Sandbox, minutes: i64) {
    let tick = ahead(project, minutes, "tick").await;
    assert_eq!((tick.exit, tick.out.as_str(), tick.err.as_str()), (Some(0), "", ""));
}

/// Has an article go out at `at`, and looks that this was taken.
async fn appoint(project: &Sandbox, article: &str, at: &str) -> Run {
    let line = format!("send {article}.md --list list.csv --at {at} --yes --allow untested");
    let run = run(project, &line).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.out, run.err);
    run
}

async fn shown(project: &Sandbox, campaign: &str) -> Value {
    let run = run(project, &format!("campaign show {campaign} --json")).await;
    assert_eq!(run.exit, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// So many minutes from now, as it is written.
fn from_now(minutes: i64) -> String {
    let clock = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let now = Timestamp::from_second(i64::try_from(clock).unwrap()).unwrap();
    let at = (now + SignedDuration::from_mins(minutes)).to_zoned(TimeZone::UTC);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_waits_for_its_time_which_is_told_as_it_was_written() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let year = from_now(0)[..4].parse::<i32>().unwrap() + 1;
    // Less than a year ahead whenever this runs, and in winter.
    let at =
        format!("{}-01-05T09:00[Europe/Berlin]", if from_now(0)[5..] > *"01-04" { year } else { year - 1 });
    let told = format!("{} 09:00 Europe/Berlin (08:00 UTC)", &at[..10]);
    let sent = appoint(&project, "october", &at).await;
    assert!(sent.out.contains(&told) && sent.out.contains("not after 15:00"), "{}", sent.out);
    assert!(sent.err.contains("goes out   ") && sent.err.contains("3 people"), "{}", sent.err);
    let crontab = sent.err.lines().find(|line| line.trim_start().starts_with("* * * * * /")).unwrap();
    assert!(crontab.ends_with("/newsletter.toml tick"), "{crontab}");
    for line in ["campaign list", "campaign show october"] {
        let run = run(&project, line).await;
        assert!(run.out.contains("planned") && run.out.contains(&told), "{line}: {}", run.out);
    }
    let campaign = shown(&project, "october").await;
    assert_eq!(campaign["state"], "planned");
    assert_eq!(campaign["appointment"]["due_local"], format!("{}T09:00:00+01:00[Europe/Berlin]", &at[..10]));
    assert_eq!(campaign["appointment"]["due"], format!("{}T08:00:00Z", &at[..10]));
    assert_eq!(witness.connections(), 0);
}

/// The next times at which the clocks of a place go forward or back.
fn jumps(zone: &str) -> Vec<Timestamp> {
    let now: Timestamp = from_now(0).parse().unwrap();
    let zone = TimeZone::get(zone).unwrap();
    zone.following(now + SignedDuration::from_hours(24 * 4)).take(2).map(|jump| jump.timestamp()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_on_the_wall_holds_when_the_clocks_change_before_it_comes() {
    // In the zone that is written, or in that of the machine.
    for (written, machine) in [("[Europe/Berlin]", "UTC"), ("", "Europe/Berlin")] {
        for jump in jumps("Europe/Berlin") {
            let witness = Witness::serve(Manners::default()).await;
            let project = project(witness.addr, 3);
            let now: Timestamp = from_now(0).parse().unwrap();
            let at = |moment: Timestamp, line: &str| {
                let ahead = moment.duration_since(now).as_secs().to_string();
                let mut command =
                    project.command(project.path(), line, &[("LETTERPRESS_AHEAD", &ahead), ("TZ", machine)]);
                Run::from(command.output().unwrap())
            };
            // Two days before the change, for nine in the morning after it.
            let day =
                (jump + SignedDuration::from_hours(24)).to_zoned(TimeZone::get("Europe/Berlin").unwrap());
            let due = day.with().hour(9).minute(0).second(0).subsec_nanosecond(0).build().unwrap();
            let wall = due.strftime("%Y-%m-%dT%H:%M");
            let planned = at(
                jump - SignedDuration::from_hours(48),
                &format!("send october.md --list list.csv --at {wall}{written} --yes --allow untested"),
            );
            assert_eq!(planned.exit, Some(0), "{wall}: {}", planned.err);
            assert!(planned.out.contains(&due.strftime("%Y-%m-%d 09:00").to_string()), "{}", planned.out);
            // The clocks have changed, and an hour that came or went moves nothing.
            for minutes in [-61, -2] {
                let early = at(due.timestamp() + SignedDuration::from_mins(minutes), "tick");
                assert_eq!((early.exit, early.out.as_str(), early.err.as_str()), (Some(0), "", ""), "{wall}");
            }
            assert_eq!(witness.connections(), 0);
            let tick = at(due.timestamp() + SignedDuration::from_mins(1), "tick");
            assert_eq!(tick.exit, Some(0), "{wall}: {}{}", tick.out, tick.err);
            assert_eq!(witness.times().len(), 3, "{wall}: {}", tick.out);
            assert!(tick.out.contains("09:01:") || machine == "UTC", "{}", tick.out);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_cannot_be_meant_is_refused_before_anything_is_planned() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    for (at, said) in [
        ("2020-01-01T09:00Z", "is over"),
        ("soon", "`soon` is not a moment"),
        ("2026-12-01T09:00[Europe/Berln]", "did you mean `Europe/Berlin`?"),
        ("2020-03-29T02:30[Europe/Berlin]", "does not exist in Europe/Berlin"),
        ("2020-10-25T02:30[Europe/Berlin]", "write `2020-10-25T02:30+02:00[Europe/Berlin]` or"),
    ] {
        let refused = run(&project, &format!("send october.md --list list.csv --at {at} --yes")).await;
        assert_eq!(refused.exit, Some(2), "{at}: {}", refused.err);
        assert!(refused.err.contains(said), "{at}: {}", refused.err);
    }
    let late = format!("send october.md --list list.csv --at {} --not-after 1m --yes", from_now(60));
    let refused = run(&project, &late).await;
    assert!(refused.err.contains("leaves no time to begin"), "{}", refused.err);
    let listed = run(&project, "campaign list").await;
    assert!(listed.err.contains("no campaign was planned yet"), "{}{}", listed.out, listed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_campaign_is_paused_resumed_moved_and_called_off() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    appoint(&project, "october", &from_now(60)).await;
    // The same mail does not go to the same people now and then again.
    let again = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(again.exit, Some(4), "{}", again.err);
    assert!(again.err.contains("campaign 1 waits to send the same mail"), "{}", again.err);
    assert_eq!(run(&project, "campaign pause october").await.exit, Some(0));
    assert_eq!(shown(&project, "october").await["state"], "paused");
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert!(resumed.out.contains("goes out"), "{}", resumed.out);
    assert_eq!(shown(&project, "october").await["state"], "planned");
    let later = from_now(120);
    let moved = run(&project, &format!("send --plan 1 --at {later} --yes --allow untested")).await;
    assert_eq!(moved.exit, Some(0), "{}{}", moved.out, moved.err);
    assert_eq!(shown(&project, "october").await["appointment"]["due"], later);
    assert_eq!(run(&project, "campaign cancel october --yes").await.exit, Some(0));
    let refused = run(&project, &format!("send --plan 1 --at {later} --yes --allow untested")).await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert_eq!(witness.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_have_the_same_mail_wait_at_the_same_moment_one_is_refused() {
    for round in 0..5 {
        let witness = Witness::serve(Manners::default()).await;
        let project = project(witness.addr, 20);
        let line =
            format!("send october.md --list list.csv --at {} --yes --allow untested,repeat", from_now(60));
        let both: Vec<_> = (0..2)
            .map(|_| {
                let mut command = project.command(project.path(), &line, &[]);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut ends = Vec::new();
        for child in both {
            let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
            ends.push(Run::from(ended.await.unwrap()));
        }
        ends.sort_by_key(|run| run.exit);
        assert_eq!(
            (ends[0].exit, ends[1].exit),
            (Some(0), Some(4)),
            "{round}: {}{}",
            ends[0].err,
            ends[1].err
        );
        assert!(ends[1].err.contains("waits to send the same mail to the same list"), "{}", ends[1].err);
        let tick = ahead(&project, 61, "tick").await;
        assert_eq!(tick.exit, Some(0), "{round}: {}{}", tick.out, tick.err);
        idle(&project, 62).await;
        assert_eq!(witness.times().len(), 20, "{round}");
        assert!(witness.times().values().all(|times| *times == 1), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_starts_what_is_due_and_says_nothing_before_and_after() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 30);
    // What is only planned is nobody's promise.
    let planned = run(&project, "plan november.md --list list.csv").await;
    assert_eq!(planned.exit, Some(0), "{}", planned.err);
    appoint(&project, "october", &from_now(60)).await;
    idle(&project, 0).await;
    idle(&project, 59).await;
    assert_eq!(witness.connections(), 0);
    let tick = ahead(&project, 61, "tick").await;
    assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
    let lines: Vec<&str> = tick.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", tick.out);
    assert!(lines[0].contains(" Letters: october (campaign 2) starts: it was due "), "{}", lines[0]);
    assert!(lines[0].ends_with(", and goes to 30 people"), "{}", lines[0]);
    assert!(
        lines[1].ends_with(" Letters: october (campaign 2) is finished: 30 accepted of 30"),
        "{}",
        lines[1]
    );
    assert!(witness.times().values().all(|times| *times == 1));
    assert_eq!(witness.times().len(), 30);
    idle(&project, 62).await;
    idle(&project, 3000).await;
    assert_eq!(witness.taken().len(), 30);
    let watched = ahead(
        &project,
        3001,
        &format!("send november.md --list list.csv --at {} --yes --allow untested", from_now(3060)),
    )
    .await;
    assert!(watched.err.contains("has looked within the last minutes"), "{}", watched.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ticks_there_are_at_once_a_campaign_starts_once() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(5), ..Manners::default() }).await;
    let project = project(witness.addr, 60);
    appoint(&project, "october", &from_now(0)).await;
    appoint(&project, "november", &from_now(0)).await;
    let mut ticks = Vec::new();
    for _ in 0..16 {
        let mut command = project.command(project.path(), "tick", &[]);
        ticks.push(tokio::task::spawn_blocking(move || Run::from(command.output().unwrap())));
    }
    let (mut started, mut finished) = (0, 0);
    for tick in ticks {
        let tick = tick.await.unwrap();
        assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
        started += tick.out.matches(" starts: ").count();
        finished += tick.out.matches(" is finished: 60 accepted of 60").count();
    }
    assert_eq!((started, finished), (2, 2));
    let taken = witness.taken();
    let ids: BTreeSet<&str> = taken.iter().map(|taken| taken.message_id.as_str()).collect();
    assert_eq!((taken.len(), ids.len()), (120, 120));
    assert!(witness.times().values().all(|times| *times == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_leaves_at_once_while_a_send_is_at_work() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = project(witness.addr, 200);
    appoint(&project, "november", &from_now(0)).await;
    let line = "send october.md --list list.csv --yes --allow untested";
    let mut command = project.command(project.path(), line, &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(20).await;
    idle(&project, 0).await;
    assert_eq!(shown(&project, "november").await["state"], "planned");
    let sent = running.await.unwrap();
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let tick = run(&project, "tick").await;
    assert!(
        tick.out.contains("november (campaign 1) is finished: 200 accepted of 200"),
        "{}{}",
        tick.out,
        tick.err
    );
    assert!(witness.times().values().all(|times| *times == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_slept_sends_late_and_what_is_too_late_is_held_and_told_once() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    appoint(&project, "october", &from_now(60)).await;
    let line = format!(
        "send november.md --list list.csv --at {} --not-after 90m --yes --allow untested",
        from_now(60)
    );
    assert_eq!(run(&project, &line).await.exit, Some(0));
    let tick = ahead(&project, 60 + 125, "tick").await;
    assert_eq!(tick.exit, Some(3), "{}{}", tick.out, tick.err);
    assert!(
        tick.out.contains("october (campaign 1) starts") && tick.out.contains(", 2 h 5 min ago"),
        "{}",
        tick.out
    );
    let told: Vec<&str> = tick.err.lines().collect();
    assert_eq!(told.len(), 1, "{}", tick.err);
    assert!(told[0].contains("november (campaign 2) is held: it was due "), "{}", told[0]);
    assert!(
        told[0].contains("was not begun by ") && told[0].contains("`letterpress campaign resume 2`"),
        "{}",
        told[0]
    );
    assert_eq!(witness.taken().len(), 3);
    idle(&project, 60 + 126).await;
    idle(&project, 0).await;
    let campaign = shown(&project, "november").await;
    assert_eq!(campaign["state"], "paused");
    assert!(campaign["reason"].as_str().unwrap().contains("was not begun by"), "{campaign}");
    // The time is over, and whoever resumes it wants it now.
    let resumed = ahead(&project, 60 + 127, "campaign resume november").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert!(witness.times().values().all(|times| *times == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_starts_nothing_again_and_stops_nothing() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 5);
    appoint(&project, "october", &from_now(0)).await;
    // By a clock that is two hours ahead.
    let tick = ahead(&project, 120, "tick").await;
    assert_eq!(tick.exit, Some(0), "{}{}", tick.out, tick.err);
    assert!(tick.out.contains("5 deferred of 5"), "{}", tick.out);
    // Two hours back: nothing starts anew, and who was deferred waits as long as was
    // meant, from now on and not until that clock is reached again.
    let tick = ahead(&project, 0, "tick").await;
    assert_eq!((tick.exit, tick.out.as_str()), (Some(0), ""), "{}", tick.err);
    assert!(tick.err.contains("the clock of this machine was turned back"), "{}", tick.err);
    idle(&project, 1).await;
    assert_eq!(witness.taken(), []);
    let tick = ahead(&project, 8, "tick").await;
    assert!(
        tick.out.ends_with("october (campaign 1) is finished: 5 accepted of 5\n"),
        "{}{}",
        tick.out,
        tick.err
    );
    assert_eq!(tick.out.lines().count(), 1, "{}", tick.out);
    assert!(witness.times().values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_was_killed_is_carried_on_by_the_next_one() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = over_two(project(witness.addr, 150));
    appoint(&project, "october", &from_now(0)).await;
    kill_a_tick_after(&project, &witness, 30).await;
    let tick = ahead(&project, 1, "tick").await;
    let campaign = shown(&project, "october").await;
    assert_eq!(campaign["state"], "finished");
    let unknown = count(&campaign, "unknown");
    assert!(unknown <= 2, "{campaign}");
    assert_eq!(count(&campaign, "accepted") + unknown, 150);
    assert_eq!(tick.exit, Some(if unknown > 0 { 3 } else { 0 }), "{}{}", tick.out, tick.err);
    assert_eq!(tick.err.matches("unknown: reader").count() as u64, unknown, "{}", tick.err);
    assert!(witness.times().values().all(|times| *times == 1));
    idle(&project, 2).await;
}

/// Starts a tick, and kills it when the relay has taken `messages`.
async fn kill_a_tick_after(project: &Sandbox, witness: &Witness, messages: usize) {
    let mut command = project.command(project.path(), "tick", &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    witness.has_taken(messages).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

/// So few connections that who is lost with a killed program does not pause a campaign.
fn over_two(project: Sandbox) -> Sandbox {
    let written = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    project.with("newsletter.toml", &format!("{written}[sending]\nconnections = 2\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_tick_that_leaves_many_in_doubt_is_followed_by_a_pause_and_not_by_more_of_them() {
    let witness = Witness::serve(Manners { delay: Duration::from_secs(2), ..Manners::default() }).await;
    let project = project(witness.addr, 40);
    appoint(&project, "october", &from_now(0)).await;
    kill_a_tick_after(&project, &witness, 5).await;
    witness.calm();
    let tick = ahead(&project, 1, "tick").await;
    assert_eq!(tick.exit, Some(3), "{}{}", tick.out, tick.err);
    assert!(tick.err.contains("is paused: the last run ended before the relay had answered"), "{}", tick.err);
    witness.is_alone().await;
    let campaign = shown(&project, "october").await;
    let unknown = count(&campaign, "unknown");
    assert_eq!(campaign["state"], "paused");
    assert!((5..=10).contains(&unknown), "{campaign}");
    assert!(witness.taken().len() as u64 <= unknown);
    idle(&project, 2).await;
    // Whoever resumes it has decided.
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(3), "{}{}", resumed.out, resumed.err);
    let campaign = shown(&project, "october").await;
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "unknown"), 40);
    assert!(witness.times().values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_stays_so_and_an_interrupted_send_is_carried_on() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = over_two(project(witness.addr, 150));
    let line = "send october.md --list list.csv --yes --allow untested";
    let mut child = project
        .command(project.path(), line, &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    witness.has_taken(20).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(run(&project, "campaign pause october").await.exit, Some(0));
    let before = witness.taken().len();
    idle(&project, 5).await;
    assert_eq!(witness.taken().len(), before);
    let store = letterpress::store::Store::open(
        &project.path().join("state"),
        "letters",
        letterpress::store::Durability::Power,
    );
    let now = from_now(0).parse().unwrap();
    let id = letterpress::outbox::CampaignId(1);
    store.unwrap().set_state(id, letterpress::store::CampaignState::Sending, None, now).unwrap();
    let tick = ahead(&project, 6, "tick").await;
    assert!(tick.out.contains("is finished") || tick.err.contains("is finished"), "{}{}", tick.out, tick.err);
    let campaign = shown(&project, "october").await;
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "unknown"), 150, "{campaign}");
    let times = witness.times();
    assert!(times.values().all(|times| *times == 1));
    // Whoever was at the dot when it was killed may not have got it, and is in doubt.
    for number in 0..150 {
        let address = format!("reader{number}@example.com");
        let is_unknown = |one: &Value| one["address"] == address.as_str() && one["state"] == "unknown";
        let unknown = campaign["people"].as_array().unwrap().iter().any(is_unknown);
        assert!(times.contains_key(&address) || unknown, "{address}: {campaign}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_works_no_longer_than_it_may_and_the_next_one_goes_on() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(100), ..Manners::default() }).await;
    let project = project(witness.addr, 300);
    appoint(&project, "october", &from_now(0)).await;
    let tick = run(&project, "tick --max-runtime 1s").await;
    assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
    let campaign = shown(&project, "october").await;
    let accepted = count(&campaign, "accepted");
    assert!(accepted > 0 && accepted < 300, "{campaign}");
    assert_eq!(count(&campaign, "pending") + accepted, 300);
    let tick = run(&project, "tick").await;
    assert_eq!(tick.exit, Some(0), "{}{}", tick.out, tick.err);
    assert!(
        tick.out.ends_with("is finished: 300 accepted of 300\n") && tick.out.lines().count() == 1,
        "{}",
        tick.out
    );
    assert!(witness.times().values().all(|times| *times == 1));
    let refused = run(&project, "tick --max-runtime soon").await;
    assert_eq!(refused.exit, Some(2), "{}", refused.err);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_tick_with_nothing_left_half_done() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = project(witness.addr, 150);
    appoint(&project, "october", &from_now(0)).await;
    appoint(&project, "november", &from_now(0)).await;
    let child = project
        .command(project.path(), "tick", &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    witness.has_taken(20).await;
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let tick = Run::from(tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap());
    assert_eq!(tick.exit, Some(143), "{}{}", tick.out, tick.err);
    assert!(tick.err.contains("was interrupted: "), "{}", tick.err);
    let campaign = shown(&project, "october").await;
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "pending"), 150, "{campaign}");
    assert_eq!(shown(&project, "november").await["state"], "planned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_down_is_told_and_not_asked_every_minute() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = project(nobody, 3);
    appoint(&project, "october", &from_now(0)).await;
    appoint(&project, "november", &from_now(0)).await;
    let mut told = Vec::new();
    for minute in 0..200 {
        let tick = ahead(&project, minute, "tick").await;
        if tick.err.is_empty() {
            assert_eq!((tick.exit, tick.out.as_str()), (Some(0), ""), "{}", tick.err);
        } else {
            assert_eq!((tick.exit, tick.err.lines().count()), (Some(69), 1), "{}", tick.err);
            assert!(tick.err.contains("did not go on: 127.0.0.1:"), "{}", tick.err);
            told.push(minute);
        }
    }
    assert_eq!(told, [0, 1, 3, 8, 23, 53, 113, 173]);
    // What could not be begun in time is not news any more.
    let tick = ahead(&project, 6 * 60 + 30, "tick").await;
    assert_eq!(tick.exit, Some(3), "{}{}", tick.out, tick.err);
    assert_eq!(tick.err.matches("is held: it was due ").count(), 2, "{}", tick.err);
    idle(&project, 6 * 60 + 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_cannot_be_sent_keeps_no_other_from_going() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 4);
    appoint(&project, "october", &from_now(0)).await;
    appoint(&project, "november", &from_now(0)).await;
    let database = rusqlite::Connection::open(project.path().join("state/state.db")).unwrap();
    database.execute("UPDATE campaign SET content = '{}' WHERE id = 1", []).unwrap();
    drop(database);
    let tick = run(&project, "tick").await;
    assert!(
        tick.out.contains("november (campaign 2) is finished: 4 accepted of 4"),
        "{}{}",
        tick.out,
        tick.err
    );
    assert!(tick.err.contains("october (campaign 1) did not go on: "), "{}", tick.err);
    assert_eq!(tick.err.lines().count(), 1, "{}", tick.err);
    assert!(tick.exit.unwrap() > 4, "{:?}", tick.exit);
    idle(&project, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_or_a_state_a_tick_says_so() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    std::fs::remove_dir_all(project.path().join("state")).unwrap();
    let tick = run(&project, "tick").await;
    assert_eq!(tick.exit, Some(78), "{}", tick.err);
    assert!(tick.err.contains("there is no state in"), "{}", tick.err);
    let project = project.with(
        "newsletter.toml",
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"news@example.com\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n",
    );
    assert_eq!(project.run("state new").exit, Some(0));
    let tick = run(&project, "tick").await;
    assert_eq!(tick.exit, Some(78), "{}", tick.err);
    assert!(tick.err.contains("no relay is configured"), "{}", tick.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_kept_from_tick_to_tick_and_told_when_it_is_reached() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 30);
    let newsletter = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let project = project.with("newsletter.toml", &format!("{newsletter}[sending]\nper_hour = 12\n"));
    appoint(&project, "october", &from_now(0)).await;
    let tick = run(&project, "tick").await;
    assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
    assert!(tick.out.contains("october (campaign 1) waits: the limits under `[sending]`"), "{}", tick.out);
    assert_eq!(witness.taken().len(), 12);
    idle(&project, 1).await;
    idle(&project, 50).await;
    assert_eq!(witness.taken().len(), 12);
    let tick = ahead(&project, 63, "tick").await;
    assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
    assert!(tick.out.contains(" waits: ") && tick.out.lines().count() == 1, "{}", tick.out);
    assert_eq!(witness.taken().len(), 24);
    let tick = ahead(&project, 126, "tick").await;
    assert!(
        tick.out.ends_with(" is finished: 30 accepted of 30\n") && tick.out.lines().count() == 1,
        "{}",
        tick.out
    );
    assert!(witness.times().values().all(|times| *times == 1));
}

/// Begins a campaign as another program would that asks nobody, a minute from now.
fn begin(project: &Sandbox, id: i64) {
    let store = letterpress::store::Store::open(
        &project.path().join("state"),
        "letters",
        letterpress::store::Durability::Power,
    );
    let (id, sending) = (letterpress::outbox::CampaignId(id), letterpress::store::CampaignState::Sending);
    let begun = store.unwrap().set_state(id, sending, None, from_now(1).parse().unwrap());
    assert!(begun.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_its_list_got_since_somebody_agreed_is_held_and_told_once() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    appoint(&project, "october", &from_now(0)).await;
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    begin(&project, 2);
    let tick = ahead(&project, 2, "tick").await;
    assert_eq!(tick.exit, Some(3), "{}{}", tick.out, tick.err);
    assert!(tick.out.contains("october (campaign 2) is finished: 3 accepted of 3"), "{}", tick.out);
    assert_eq!(tick.err.lines().count(), 1, "{}", tick.err);
    assert!(
        tick.err.contains("october (campaign 1) is held: all 3 of these people are to get this very mail"),
        "{}",
        tick.err
    );
    idle(&project, 3).await;
    assert_eq!(shown(&project, "1").await["state"], "paused");
    assert!(witness.times().values().all(|times| *times == 1), "{:?}", witness.times());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_never_tried_is_not_given_up_because_time_went_by() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let days = 4 * 24 * 60;
    for (id, paused) in [(1, true), (2, false)] {
        assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
        begin(&project, id);
        if paused {
            assert_eq!(run(&project, &format!("campaign pause {id}")).await.exit, Some(0));
        } else {
            let tick = ahead(&project, days, "tick").await;
            assert_eq!((tick.exit, tick.out.as_str()), (Some(3), ""), "{}", tick.err);
            assert!(tick.err.contains("and 3 people were never tried"), "{}", tick.err);
            idle(&project, days + 1).await;
        }
        let line = format!("campaign resume {id}");
        let refused = ahead(&project, days + 2, &line).await;
        assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(&format!("{line} --allow late")), "{}", refused.err);
        let campaign = shown(&project, &id.to_string()).await;
        assert_eq!((campaign["state"].as_str(), count(&campaign, "pending")), (Some("paused"), 3));
        let sent = ahead(&project, days + 2, &format!("{line} --allow late")).await;
        assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
        assert_eq!(witness.taken().len(), 3 * usize::try_from(id).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_answers_have_paused_is_told_as_paused_and_not_tried_again() {
    let witness = Witness::serve(Manners { silent_every: 1, ..Manners::default() }).await;
    let project = project(witness.addr, 12);
    let newsletter = project.path().join("newsletter.toml");
    let before = std::fs::read_to_string(&newsletter).unwrap();
    std::fs::write(&newsletter, format!("{before}\n[sending]\nconnections = 1\n")).unwrap();
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert!(sent.out.contains("october (campaign 1) is paused"), "{}", sent.out);
    assert!(sent.err.contains("`letterpress campaign resume 1` carries it on"), "{}", sent.err);
    assert!(!sent.err.contains("error:"), "{}", sent.err);
    let at = from_now(60);
    appoint(&project, "november", &at).await;
    let tick = ahead(&project, 61, "tick").await;
    assert_eq!(tick.exit, Some(75), "{}{}", tick.out, tick.err);
    assert!(tick.err.contains("is paused") && tick.err.contains("campaign resume 2"), "{}", tick.err);
    assert!(!tick.err.contains("tried again"), "{}", tick.err);
    let shown = run(&project, "campaign show november").await;
    assert!(shown.err.contains("`letterpress campaign resume 2` carries it on"), "{}", shown.err);
    let taken = witness.taken().len();
    idle(&project, 120).await;
    assert_eq!(witness.taken().len(), taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_send_is_shown_as_interrupted_with_who_goes_on_with_it() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(300), ..Manners::default() }).await;
    let project = project(witness.addr, 200);
    let mut send =
        project.command(project.path(), "send october.md --list list.csv --yes --allow untested", &[]);
    let mut sending = send.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    witness.has_taken(1).await;
    let live = run(&project, "campaign show october").await;
    assert!(live.out.contains("october (campaign 1) is sending"), "{}", live.out);
    sending.kill().unwrap();
    sending.wait().unwrap();
    let dead = run(&project, "campaign show october").await;
    assert!(dead.out.contains("october (campaign 1) is interrupted"), "{}", dead.out);
    assert!(dead.err.contains("`letterpress campaign resume 1` carries it on"), "{}", dead.err);
    let listed = run(&project, "campaign list").await;
    assert!(listed.out.contains("october  interrupted: "), "{}", listed.out);
    assert_eq!(shown(&project, "october").await["state"], "sending");
}
