use proptest::prelude::*;

use super::*;
use crate::audience::EmailAddress;

/// Looks for `ada@example.com` under `one@example.com` and `bob@example.com` under
/// `two@example.com`.
fn sought() -> Sought {
    let mut sought = Sought::default();
    for (message_id, address) in
        [("one@example.com", "ada@example.com"), ("two@example.com", "bob@example.com")]
    {
        sought.add(message_id, &EmailAddress::parse(address).unwrap(), None);
    }
    sought
}

fn read(log: &str) -> Vec<Option<Finding>> {
    let sought = sought();
    let mut reading = MailLog::new(&sought);
    reading.read(log.as_bytes()).unwrap();
    reading.findings()
}

/// What became of the first of the two.
fn fate(log: &str) -> Option<Fate> {
    read(log)[0].as_ref().map(|found| found.fate)
}

const BEGUN: &str = "\
Nov 22 23:00:18 relay postfix/smtpd[27402]: 624FFA520C9: client=localhost[127.0.0.1]
Nov 22 23:00:18 relay postfix/cleanup[27406]: 624FFA520C9: message-id=<one@example.com>
";

const TAKEN: &str = "\
Nov 22 23:00:18 relay postfix/qmgr[27400]: 624FFA520C9: from=<news@example.com>, size=314, nrcpt=1 (queue active)
";

fn said(status: &str) -> String {
    format!(
        "Nov 22 23:00:19 relay postfix/smtp[27407]: 624FFA520C9: to=<ada@example.com>, \
         relay=mx.example.com[192.0.2.1]:25, delay=0.01, delays=0.01/0/0/0, {status}\n"
    )
}

#[test]
fn a_message_in_the_queue_was_taken() {
    let log = format!("{BEGUN}{TAKEN}");
    assert_eq!(fate(&log), Some(Fate::Taken));
    assert_eq!(read(&log)[0].as_ref().unwrap().words, "in the relay's queue as 624FFA520C9");
    assert_eq!(read(&log)[1], None);
}

#[test]
fn a_message_that_was_cut_off_was_not_taken_although_its_id_was_read() {
    let log = format!(
        "{BEGUN}Nov 22 23:00:19 relay postfix/smtpd[27402]: lost connection after DATA (260058 bytes) from \
         localhost[127.0.0.1]\n"
    );
    assert_eq!(fate(&log), Some(Fate::Begun));
}

#[test]
fn what_the_next_server_said_is_told() {
    let passed = said("dsn=2.0.0, status=sent (250 2.0.0 OK queued)");
    let removed = "Nov 22 23:00:19 relay postfix/qmgr[27400]: 624FFA520C9: removed\n";
    let found = read(&format!("{BEGUN}{TAKEN}{passed}{removed}"));
    let expected = Finding { fate: Fate::PassedOn, words: "250 2.0.0 OK queued".to_owned() };
    assert_eq!(found[0], Some(expected));
    let bounced = said("dsn=5.1.1, status=bounced (host mx.example.com said: 550 5.1.1 nobody here)");
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{bounced}{removed}")), Some(Fate::Bounced));
    let deferred = said("dsn=4.2.0, status=deferred (come back)");
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{deferred}")), Some(Fate::Taken));
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{deferred}{passed}")), Some(Fate::PassedOn));
}

#[test]
fn a_message_that_grew_old_in_the_queue_bounced() {
    let expired = "2026-11-27T23:00:19.123456+00:00 relay postfix/qmgr[27400]: 624FFA520C9: \
                   from=<news@example.com>, status=expired, returned to sender\n";
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{expired}")), Some(Fate::Bounced));
}

#[test]
fn a_queue_id_that_is_used_again_is_another_message() {
    let removed = "Nov 22 23:00:19 relay postfix/qmgr[27400]: 624FFA520C9: removed\n";
    let other = "Nov 22 23:05:18 relay postfix/cleanup[9]: 624FFA520C9: message-id=<stranger@example.org>\n";
    let bounced = said("dsn=5.0.0, status=bounced (no)");
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{removed}{bounced}")), Some(Fate::Taken));
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{other}{bounced}")), Some(Fate::Taken));
}

#[test]
fn a_filter_that_hands_the_message_back_is_followed() {
    let to_filter = said("dsn=2.0.0, status=sent (250 2.0.0 from MTA: 250 queued as AAAAAA)");
    let back = "Nov 22 23:00:20 relay postfix/cleanup[9]: AAAAAA: message-id=<one@example.com>\n\
                Nov 22 23:00:20 relay postfix/qmgr[9]: AAAAAA: from=<news@example.com>, size=9, nrcpt=1 (queue active)\n\
                Nov 22 23:00:21 relay postfix/smtp[9]: AAAAAA: to=<ada@example.com>, relay=none, dsn=5.4.4, status=bounced (no such host)\n";
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{to_filter}{back}")), Some(Fate::Bounced));
    // A second copy that was cut off takes nothing away from the first.
    let cut = "Nov 22 23:00:20 relay postfix/cleanup[9]: AAAAAA: message-id=<one@example.com>\n";
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{to_filter}{cut}")), Some(Fate::PassedOn));
}

#[test]
fn what_is_said_of_others_says_nothing_of_the_recipient() {
    let elsewhere =
        said("dsn=5.0.0, status=bounced (no)").replace("<ada@example.com>", "<forwarded@example.org>");
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{elsewhere}")), Some(Fate::Taken));
    let alias = said("dsn=5.0.0, status=bounced (no)")
        .replace("to=<ada@example.com>", "to=<ada@inside.test>, orig_to=<Ada@Example.com>");
    assert_eq!(fate(&format!("{BEGUN}{TAKEN}{alias}")), Some(Fate::Bounced));
}

#[test]
fn the_words_of_strangers_steer_nothing() {
    for words in [
        "250 ok, status=bounced (550 no)",
        "250 624FFA520C9: to=<ada@example.com>, status=bounced (no)",
        "250 \u{1b}[2Jpostfix/qmgr[1]: 624FFA520C9: removed",
    ] {
        let log = format!("{BEGUN}{TAKEN}{}", said(&format!("dsn=2.0.0, status=sent ({words})")));
        let found = read(&log)[0].clone().unwrap();
        assert_eq!(found.fate, Fate::PassedOn, "{words}");
        assert!(!found.words.contains('\u{1b}'), "{found:?}");
    }
    // Only the cleanup of the relay ties a Message-ID to a queue id.
    let told = BEGUN.replace("postfix/cleanup", "postfix/smtpd");
    assert_eq!(fate(&format!("{told}{TAKEN}")), None);
}

#[test]
fn a_file_that_is_no_log_is_refused_and_all_of_them_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, "email\nada@example.com\n").unwrap();
    let found = load(&[path, folder.path().join("none")], &sought()).unwrap_err();
    let messages: Vec<String> = found.iter().map(Problem::message).collect();
    assert!(messages[0].contains("no line of a Postfix"), "{messages:?}");
    assert!(messages[1].contains("cannot read"), "{messages:?}");
}

proptest! {
    #[test]
    fn no_log_makes_it_fall_over_and_nothing_is_found_without_its_id(
        lines in prop::collection::vec(
            prop_oneof![
                "\\PC{0,60}",
                Just(TAKEN.trim().to_owned()),
                Just("x postfix/cleanup[1]: 624FFA520C9: message-id=<other@example.com>".to_owned()),
                "x postfix/(qmgr|smtp|cleanup)\\[[0-9]{0,3}\\]: 624FFA520C9: (to=<|from=<|removed|, status=|>, |\\(){0,6}",
            ],
            0..20,
        ),
    ) {
        prop_assert_eq!(read(&lines.join("\n")), [None, None]);
    }

    #[test]
    fn what_stands_between_changes_nothing(noise in "[^\n]{0,80}") {
        let passed = said("dsn=2.0.0, status=sent (250 ok)");
        prop_assume!(!noise.contains("624FFA520C9"));
        let log = format!("{noise}\n{BEGUN}{noise}\n{TAKEN}{noise}\n{passed}{noise}");
        prop_assert_eq!(fate(&log), Some(Fate::PassedOn));
    }
}
