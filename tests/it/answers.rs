//! What became of everybody: who is unknown is settled, who was refused is tried once
//! more, and whoever asks is told, also while it is being sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::limits::run_ahead;
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

/// A newsletter with `people` on its list, a relay at `addr`, a state of its own, and
/// `more` lines at the top of its configuration.
fn project_with(addr: SocketAddr, people: usize, more: &str) -> Sandbox {
    let rows = (0..people).map(|number| format!("reader{number}@example.com,Reader {number}\n"));
    let list = format!("email,name\n{}", rows.collect::<Vec<_>>().concat());
    let newsletter = format!(
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n\
         {more}\n[relay]\nurl = \"smtp://{addr}\"\n"
    );
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", "# The October letter\n\nIt rains.\n")
        .with("list.csv", &list);
    let made = project.run("state new");
    assert_eq!(made.exit, Some(0), "{}", made.err);
    project
}

fn project(addr: SocketAddr, people: usize) -> Sandbox {
    project_with(addr, people, "")
}

async fn run(project: &Sandbox, line: &str) -> Run {
    let mut command = project.command(project.path(), line, &[]);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

/// Runs a command that has to end with `exit`.
async fn ends(project: &Sandbox, line: &str, exit: i32) -> Run {
    let run = run(project, line).await;
    assert_eq!(run.exit, Some(exit), "{line}: {}{}", run.out, run.err);
    run
}

/// What a command says as data.
async fn data(project: &Sandbox, line: &str, exit: i32) -> Value {
    serde_json::from_str(&ends(project, line, exit).await.out).unwrap()
}

fn reader(number: usize) -> String {
    format!("reader{number}@example.com")
}

const SEND: &str = "send october.md --list list.csv --yes --allow untested";

/// A campaign to `people` that is over, and in which the answers to some dots were
/// lost; whose, with their Message-IDs.
async fn lossy(people: usize, every: usize) -> (Witness, Sandbox, BTreeMap<String, String>) {
    let witness = Witness::serve(Manners { silent_every: every, ..Manners::default() }).await;
    let project = project(witness.addr, people);
    let mut sent = run(&project, SEND).await;
    // So many losses pause it; a person carries it on.
    for _ in 0..people {
        if sent.exit == Some(75) {
            sent = run(&project, "campaign resume october").await;
        }
    }
    assert_eq!(sent.exit, Some(3), "{}{}", sent.out, sent.err);
    let lost = witness.taken().into_iter().filter(|taken| !taken.answered);
    let lost: BTreeMap<String, String> = lost.map(|one| (one.recipient, bare(&one.message_id))).collect();
    assert_eq!(lost.len(), people / every);
    (witness, project, lost)
}

fn bare(message_id: &str) -> String {
    message_id.trim_matches(['<', '>']).to_owned()
}

/// The cases of a reconciling, as `becomes` by address.
fn becomes(report: &Value) -> BTreeMap<String, String> {
    let cases = report["cases"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    cases.map(|case| (text(&case["address"]), text(&case["becomes"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unknown_are_listed_and_held_unless_somebody_decides() {
    let (witness, project, lost) = lossy(30, 10).await;
    let listed = ends(&project, "campaign reconcile october", 3).await;
    for address in lost.keys() {
        assert!(listed.out.contains(&format!("unknown: {address}")), "{}", listed.out);
    }
    assert!(listed.err.contains("--policy resend") && listed.err.contains("--log"), "{}", listed.err);
    let held = data(&project, "campaign reconcile october --policy hold --yes --json", 3).await;
    assert_eq!(held["settled"], 0);
    assert_eq!(held["outcomes"]["unknown"], lost.len());
    // Nobody agreed, so nothing is done.
    let refused = ends(&project, "campaign reconcile october --policy skip", 4).await;
    assert!(refused.err.contains("nobody agreed to settle"), "{}", refused.err);
    let dry = ends(&project, "campaign reconcile october --policy resend --dry-run", 3).await;
    assert!(dry.out.contains("to be sent again"), "{}", dry.out);
    assert_eq!(data(&project, "campaign show october --json", 0).await["outcomes"]["unknown"], lost.len());
    assert_eq!(witness.taken().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_resent_gets_one_second_copy_with_the_same_message_id_and_date() {
    let (witness, project, lost) = lossy(30, 10).await;
    let first = witness.taken();
    let settled = ends(&project, "campaign reconcile october --policy resend --yes", 0).await;
    assert!(settled.err.contains("campaign resume 1"), "{}", settled.err);
    // A date has seconds: the second copy is made in another minute.
    let resumed = run_ahead(&project, "campaign resume october", 1).await;
    let second = witness.taken().split_off(first.len());
    let again: BTreeSet<String> = second.iter().map(|copy| copy.recipient.clone()).collect();
    assert_eq!(again, lost.keys().cloned().collect(), "{}{}", resumed.out, resumed.err);
    assert_eq!(second.len(), lost.len());
    for copy in &second {
        let before = first.iter().find(|one| one.recipient == copy.recipient).unwrap();
        assert_eq!((&copy.message_id, &copy.date), (&before.message_id, &before.date));
    }
    assert!(witness.times().iter().all(|(who, times)| *times == 1 + usize::from(lost.contains_key(who))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_skipped_is_not_mailed_again_by_anything() {
    let (witness, project, lost) = lossy(20, 10).await;
    ends(&project, "campaign reconcile october --policy skip --yes", 0).await;
    let resumed = ends(&project, "campaign resume october", 0).await;
    assert!(resumed.out.contains("2 cancelled"), "{}", resumed.out);
    let retried = ends(&project, "campaign retry october --yes", 0).await;
    assert!(retried.err.contains("nobody to try once more"), "{}", retried.err);
    let somebody = lost.keys().next().unwrap();
    ends(&project, &format!("campaign retry october --who {somebody} --yes"), 4).await;
    assert!(witness.times().values().all(|times| *times == 1));
}

/// The lines of a Postfix about one message: all of them for `status`, the first only
/// for one that was cut off.
fn log_of(queue_id: &str, message_id: &str, address: &str, status: Option<&str>) -> String {
    let mut log = format!(
        "Nov 22 23:00:18 relay postfix/smtpd[274]: {queue_id}: client=localhost[127.0.0.1]\n\
         Nov 22 23:00:18 relay postfix/cleanup[276]: {queue_id}: message-id=<{message_id}>\n"
    );
    if let Some(status) = status {
        let _ = write!(
            log,
            "Nov 22 23:00:18 relay postfix/qmgr[270]: {queue_id}: from=<news@example.com>, size=314, nrcpt=1 \
             (queue active)\n\
             Nov 22 23:00:19 relay postfix/smtp[277]: {queue_id}: to=<{address}>, \
             relay=mx.example.com[192.0.2.1]:25, delay=0.1, delays=0.1/0/0/0, {status}\n"
        );
    }
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_log_settles_whom_it_tells_about_and_nobody_else() {
    let (witness, project, lost) = lossy(50, 10).await;
    let lost: Vec<(String, String)> = lost.into_iter().collect();
    let mut log = String::from("Nov 22 23:00:17 relay postfix/master[9]: daemon started\n");
    for (index, (address, message_id)) in lost.iter().enumerate() {
        let status = match index {
            0 => Some("dsn=2.0.0, status=sent (250 2.0.0 OK)"),
            1 => Some("dsn=5.1.1, status=bounced (host mx.example.com said: 550 5.1.1 nobody here)"),
            2 => Some("dsn=4.2.0, status=deferred (host mx.example.com said: 450 4.2.0 later)"),
            3 => None,
            _ => break,
        };
        log += &log_of(&format!("4F00{index}A12"), message_id, address, status);
    }
    let project = project.with("mail.log", &log);
    let dry = data(&project, "campaign reconcile october --log mail.log --dry-run --json", 3).await;
    assert_eq!(dry["settled"], 0);
    let told = becomes(&dry);
    let states = ["accepted", "failed", "accepted", "unknown", "unknown"];
    for ((address, _), state) in lost.iter().zip(states) {
        assert_eq!(told[address], state, "{address}");
    }
    let settled = ends(&project, "campaign reconcile october --log mail.log --yes", 3).await;
    assert!(settled.err.contains("3 settled, 2 unknown"), "{}", settled.err);
    let campaign = data(&project, "campaign show october --json", 0).await;
    assert_eq!(campaign["outcomes"]["accepted"], 47);
    assert_eq!(campaign["outcomes"]["failed"], 1);
    let why = ends(&project, &format!("why {}", lost[1].0), 0).await;
    assert!(why.out.contains("550 5.1.1 nobody here"), "{}", why.out);
    // It bounced because nobody is there: that is not tried once more, by no campaign.
    let suppressed = ends(&project, "suppress list", 0).await;
    assert!(suppressed.out.contains(&lost[1].0), "{}", suppressed.out);
    let retried = ends(&project, "campaign retry october --yes", 0).await;
    assert!(retried.err.contains("1 stay as they are"), "{}", retried.err);
    // The rest by the publisher's word, each by name.
    let rest = format!("campaign reconcile october --policy skip --who {},{} --yes", lost[3].0, lost[4].0);
    ends(&project, &rest, 0).await;
    assert_eq!(witness.taken().len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_table_settles_too_and_what_is_wrong_in_it_is_told_at_once() {
    let (_witness, project, lost) = lossy(20, 10).await;
    let mut rows = lost.values();
    let (one, other) = (rows.next().unwrap(), rows.next().unwrap());
    let project =
        project.with("bad.csv", &format!("Message-ID;Status\n<{one}>;perhaps\n<{other}>;who knows\n")).with(
            "events.csv",
            &format!("Message-ID;Status;Reason\n<{one}>;delivered;250 OK\n<{other}>;bounced;no\n"),
        );
    let refused =
        ends(&project, "campaign reconcile october --csv bad.csv --log nowhere.log --yes", 65).await;
    for said in ["line 2 of `bad.csv`: `perhaps`", "line 3 of `bad.csv`", "cannot read `nowhere.log`"] {
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    let settled = data(&project, "campaign reconcile october --csv events.csv --yes --json", 0).await;
    assert_eq!(settled["settled"], 2);
    assert_eq!((&settled["outcomes"]["accepted"], &settled["outcomes"]["failed"]), (&19.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_reaches_those_who_were_refused_softly_and_nobody_else() {
    let full = BTreeSet::from([reader(2), reader(5)]);
    let dead = BTreeSet::from([reader(7)]);
    let manners = Manners { full: full.clone(), dead, ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, 60);
    ends(&project, SEND, 0).await;
    assert_eq!(witness.taken().len(), 57);
    let refused = ends(&project, "campaign retry october", 4).await;
    assert!(refused.err.contains("failed: reader2@example.com: 552 5.2.2 mailbox full"), "{}", refused.err);
    assert!(!refused.err.contains("reader7@example.com"), "{}", refused.err);
    assert_eq!(witness.taken().len(), 57);
    // Everything that is wrong with those who were named is told at once.
    let named = format!("campaign retry october --who {},{},x@example.org --yes", reader(1), reader(7));
    let refused = ends(&project, &named, 4).await;
    for said in ["reader1@example.com is not tried once more: the relay took", "reader7@", "x@example.org"] {
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    // One who has left since is not mailed.
    ends(&project, &format!("suppress add {}", reader(5)), 0).await;
    let retried = ends(&project, "campaign retry october --yes", 0).await;
    assert!(retried.out.contains("58 accepted, 2 failed of 60"), "{}{}", retried.out, retried.err);
    let times = witness.times();
    assert_eq!((times.len(), times[&reader(2)]), (58, 1));
    assert!(times.values().all(|times| *times == 1));
    let why = ends(&project, &format!("why {}", reader(2)), 0).await;
    assert!(why.out.contains("to be tried once more"), "{}", why.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_suppressed_no_longer_is_tried_once_more_when_that_is_asked_for() {
    let said = "550 5.1.1 nobody here\r\n";
    let answers = [3, 4].map(|number| (reader(number), said)).into();
    let witness = Witness::serve(Manners { answers, ..Manners::default() }).await;
    let project = project(witness.addr, 60);
    ends(&project, SEND, 0).await;
    let retry = format!("campaign retry october --who {} --yes", reader(3));
    let refused = ends(&project, &retry, 4).await;
    assert!(refused.err.contains("they are suppressed"), "{}", refused.err);
    // They were dead by mistake, and somebody knows better.
    ends(&project, &format!("suppress remove {}", reader(3)), 0).await;
    witness.calm();
    let retried = ends(&project, &retry, 0).await;
    assert!(retried.out.contains("59 accepted, 1 failed of 60"), "{}{}", retried.out, retried.err);
    ends(&project, &format!("suppress remove {}", reader(4)), 0).await;
    let retried = ends(&project, "campaign retry october --yes", 0).await;
    assert!(retried.out.contains("60 accepted of 60"), "{}{}", retried.out, retried.err);
    assert!(witness.times().values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_accounts_for_everybody_with_the_servers_words() {
    let dead = BTreeSet::from([reader(3), reader(17)]);
    let full = BTreeSet::from([reader(4)]);
    let witness = Witness::serve(Manners { dead, full, silent_every: 90, ..Manners::default() }).await;
    let project = project(witness.addr, 100);
    ends(&project, &format!("suppress add {} --note by-phone", reader(50)), 0).await;
    ends(&project, "plan october.md --list list.csv", 0).await;
    ends(&project, &format!("suppress add {}", reader(60)), 0).await;
    ends(&project, "send --plan 1 --yes --allow untested", 3).await;
    let lost = witness.taken().into_iter().find(|taken| !taken.answered).unwrap().recipient;
    let report = ends(&project, "report october", 0).await;
    for said in [
        "october (campaign 1) is finished",
        "list, 99 planned",
        "accepted    94",
        "failed      3\n  2         550 5.1.1 nobody here\n  1         552 5.2.2 mailbox full",
        "unknown     1",
        &format!("  {lost}: "),
        "suppressed  1\n  1         manual",
        "excluded    1\n  1         manual",
    ] {
        assert!(report.out.contains(said), "{said}: {}", report.out);
    }
    assert!(report.err.contains("campaign reconcile 1"), "{}", report.err);
    let data = data(&project, "report october --json", 0).await;
    assert_eq!(data["reasons"]["failed"][0]["count"], 2);
    assert_eq!(data["reasons"]["failed"][0]["code"], 550);
    assert_eq!(data["people"].as_array().unwrap().len(), 5);
    assert_eq!(data["providers"][0]["provider"], "example.com");
    let table = ends(&project, "report october --csv", 0).await.out;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!((rows.len(), rows[0]), (100, "address,state,attempts,code,reply,next_at,changed"));
    assert!(rows[4].starts_with("reader3@example.com,failed,1,550,5.1.1 nobody here,,"), "{}", rows[4]);
    // Everything about one person, also where they were left out.
    let why = ends(&project, &format!("why {}", reader(50)), 0).await;
    assert!(why.out.contains("manual (by-phone)"), "{}", why.out);
    assert!(why.out.contains("october (campaign 1): left out of the plan of"), "{}", why.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_beside_a_send_is_told_and_a_calling_off_takes_effect_at_the_next_dot() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = project(witness.addr, 300);
    let mut command = project.command(project.path(), SEND, &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(20).await;
    let report = data(&project, "report october --json", 0).await;
    assert_eq!(report["state"], "sending");
    assert!(report["outcomes"]["pending"].as_u64().unwrap() > 0, "it was over too soon: {report}");
    assert_eq!(report["outcomes"].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>(), 300);
    let first = witness.taken()[0].recipient.clone();
    let why = ends(&project, &format!("why {first}"), 0).await;
    assert!(why.out.contains("accepted by the relay"), "{}", why.out);
    let cancelled = ends(&project, "campaign cancel october --yes", 0).await;
    assert!(cancelled.out.contains("is called off"), "{}", cancelled.out);
    // What had its permit by then may still be taken, one a connection.
    let then = witness.taken().len();
    let sent = running.await.unwrap();
    let taken = witness.taken().len();
    assert!(taken <= then + 10, "{then} → {taken}: {}{}", sent.out, sent.err);
    let after = data(&project, "report october --json", 0).await;
    assert_eq!(after["outcomes"]["accepted"], taken);
    assert_eq!(after["outcomes"]["cancelled"], 300 - taken);
    assert_eq!(after["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_failures_than_may_be_end_with_3_and_a_single_one_does_not() {
    let one = BTreeSet::from([reader(1)]);
    let witness = Witness::serve(Manners { dead: one, ..Manners::default() }).await;
    let project_of_one = project(witness.addr, 5);
    ends(&project_of_one, SEND, 0).await;
    let two = BTreeSet::from([reader(1), reader(2)]);
    let witness = Witness::serve(Manners { dead: two, ..Manners::default() }).await;
    let project_of_two = project(witness.addr, 20);
    let sent = ends(&project_of_two, SEND, 3).await;
    assert!(sent.err.contains("2 failed, and that is more than 5 %"), "{}", sent.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unknown_are_told_also_when_the_relay_is_gone() {
    let witness = Witness::serve(Manners { silent_every: 1, ..Manners::default() }).await;
    let project = project(witness.addr, 40);
    // Losses pause it with many left.
    let paused = ends(&project, SEND, 75).await;
    assert!(
        paused.err.contains("unknown: `letterpress campaign reconcile 1` settles them"),
        "{}",
        paused.err
    );
    let before = data(&project, "campaign show october --json", 0).await["outcomes"]["unknown"].clone();
    assert!(before.as_u64().unwrap() > 0);
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut command = project.command(
        project.path(),
        "campaign resume october",
        &[("LETTERPRESS_RELAY", &format!("smtp://{nobody}"))],
    );
    let gone = Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap());
    assert_eq!(gone.exit, Some(69), "{}{}", gone.out, gone.err);
    assert!(gone.err.contains(&format!("{before} unknown: ")), "{}", gone.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_has_a_return_path_that_names_them_and_stays_as_it_was_planned() {
    let witness = Witness::serve(Manners::default()).await;
    let line = "return_path = \"bounces+{token}@example.com\"";
    let project = project_with(witness.addr, 25, line);
    ends(&project, "plan october.md --list list.csv", 0).await;
    let written = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let project = project.with("newsletter.toml", &written.replace(line, ""));
    ends(&project, "send --plan 1 --yes --allow untested", 0).await;
    let taken = witness.taken();
    let paths: BTreeSet<&str> = taken.iter().map(|taken| taken.from.as_str()).collect();
    assert_eq!(paths.len(), 25);
    for path in paths {
        let (local, domain) = path.split_once('@').unwrap();
        assert!(local.starts_with("bounces+") && local.len() <= 64 && domain == "example.com", "{path}");
    }
    for one in taken.iter().take(3) {
        let why = data(&project, &format!("why {} --json", one.from), 0).await;
        assert_eq!(why["address"], one.recipient);
    }
    // Somebody who makes one up learns nothing.
    let made_up = ends(&project, "why bounces+aaaaaaaaaaaaaaaaaaaaaaaa@example.com", 0).await;
    assert!(made_up.out.contains("no campaign was planned for"), "{}", made_up.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_path_without_a_token_is_everybodys() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project_with(witness.addr, 5, "return_path = \"bounces@example.com\"");
    ends(&project, SEND, 0).await;
    assert!(witness.taken().iter().all(|taken| taken.from == "bounces@example.com"));
}
