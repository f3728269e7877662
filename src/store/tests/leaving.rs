use super::*;
use crate::audience::{Claim, LeftBy, Motive, SuppressionReason, Tokens};

fn grant(store: &Store, wish: Wish, now: Timestamp) -> Granted {
    store.grant(&[wish], now).unwrap()[0]
}

fn leave(store: &Store, now: Timestamp) -> Granted {
    grant(store, Wish::Leave { address: address(1), by: LeftBy::OneClick }, now)
}

fn come_back(store: &Store, left: Timestamp, now: Timestamp) -> Granted {
    grant(store, Wish::Return { address: address(1), left }, now)
}

fn reason(store: &Store) -> Option<SuppressionReason> {
    store.suppression_of(&address(1)).unwrap().map(|found| found.reason)
}

#[test]
fn whoever_leaves_twice_left_once_and_since_the_first_time() {
    let (_dir, store) = new_store();
    assert_eq!(leave(&store, at(1)), Granted::Left { since: at(1), new: true });
    assert_eq!(leave(&store, at(2)), Granted::Left { since: at(1), new: false });
    assert_eq!(reason(&store), Some(SuppressionReason::Unsubscribed));
    assert_eq!(store.leavings_of(&address(1)).unwrap().len(), 1);
}

#[test]
fn one_comes_back_from_the_very_leaving_that_was_undone_and_from_no_later_one() {
    let (_dir, store) = new_store();
    leave(&store, at(1));
    assert_eq!(come_back(&store, at(0), at(2)), Granted::Returned(false));
    assert_eq!(come_back(&store, at(1), at(2)), Granted::Returned(true));
    assert_eq!(reason(&store), None);
    assert_eq!(come_back(&store, at(1), at(3)), Granted::Returned(false));
    leave(&store, at(4));
    assert_eq!(come_back(&store, at(1), at(5)), Granted::Returned(false));
    assert_eq!(reason(&store), Some(SuppressionReason::Unsubscribed));
    let told: Vec<bool> =
        store.leavings_of(&address(1)).unwrap().iter().map(|leaving| leaving.by.is_some()).collect();
    assert_eq!(told, [true, false, true]);
}

#[test]
fn whoever_was_suppressed_for_another_reason_leaves_and_does_not_come_back_by_a_link() {
    for was in [SuppressionReason::Bounced, SuppressionReason::Manual, SuppressionReason::Complained] {
        let (_dir, store) = new_store();
        store.suppress(&address(1), was, Some("said the publisher"), at(0)).unwrap();
        let Granted::Left { since, new: false } = leave(&store, at(1)) else { panic!("{was:?}") };
        assert_eq!(come_back(&store, since, at(2)), Granted::Returned(false), "{was:?}");
        let stays = if was == SuppressionReason::Complained { was } else { SuppressionReason::Unsubscribed };
        assert_eq!(reason(&store), Some(stays));
    }
}

#[test]
fn whom_the_publisher_noted_as_unsubscribed_does_not_come_back_by_a_link() {
    let (_dir, store) = new_store();
    store.suppress(&address(1), SuppressionReason::Unsubscribed, Some("wrote to us"), at(0)).unwrap();
    assert_eq!(leave(&store, at(1)), Granted::Left { since: at(0), new: false });
    assert_eq!(come_back(&store, at(0), at(2)), Granted::Returned(false));
}

#[test]
fn an_old_mail_in_other_hands_puts_nobody_back() {
    let (_dir, store) = new_store();
    leave(&store, at(0));
    // The page that whoever holds the mail meets later offers the same.
    assert_eq!(leave(&store, at(4_000)), Granted::Left { since: at(0), new: false });
    assert_eq!(come_back(&store, at(0), at(4_001)), Granted::Returned(false));
    assert_eq!(reason(&store), Some(SuppressionReason::Unsubscribed));
}

#[test]
fn whom_the_publisher_brings_back_is_told_from_who_came_back_themselves() {
    let (_dir, store) = new_store();
    leave(&store, at(1));
    assert!(!store.unsuppress(&address(1)).unwrap());
    assert!(!store.welcome_back(&address(1), SuppressionReason::Complained, at(2)).unwrap());
    assert_eq!(reason(&store), Some(SuppressionReason::Unsubscribed));
    assert!(store.welcome_back(&address(1), SuppressionReason::Unsubscribed, at(2)).unwrap());
    assert_eq!(reason(&store), None);
    assert!(!store.welcome_back(&address(1), SuppressionReason::Unsubscribed, at(3)).unwrap());
    // Also who left by none of our ways was brought back by somebody.
    store.suppress(&address(1), SuppressionReason::Complained, None, at(4)).unwrap();
    assert!(!store.unsuppress(&address(1)).unwrap());
    assert!(store.welcome_back(&address(1), SuppressionReason::Complained, at(5)).unwrap());
    leave(&store, at(6));
    assert_eq!(come_back(&store, at(6), at(7)), Granted::Returned(true));
    let told = store.leavings_of(&address(1)).unwrap();
    assert_eq!(
        told.iter().map(|one| (one.at, one.by, one.by_publisher)).collect::<Vec<_>>(),
        [
            (at(1), Some(LeftBy::OneClick), false),
            (at(2), None, true),
            (at(5), None, true),
            (at(6), Some(LeftBy::OneClick), false),
            (at(7), None, false),
        ]
    );
}

#[test]
fn what_becomes_known_after_somebody_left_keeps_them_from_coming_back_by_a_link() {
    for later in [SuppressionReason::Manual, SuppressionReason::Complained, SuppressionReason::Bounced] {
        let (_dir, store) = new_store();
        leave(&store, at(0));
        assert!(!store.suppress(&address(1), later, None, at(1)).unwrap());
        assert_eq!(come_back(&store, at(0), at(2)), Granted::Returned(false), "{later:?}");
        assert_eq!(reason(&store), Some(SuppressionReason::Unsubscribed));
    }
}

#[test]
fn what_somebody_says_belongs_to_their_leaving_and_the_last_word_counts() {
    let (_dir, store) = new_store();
    let say = |left, words: &str| Wish::Say {
        address: address(1),
        left,
        motive: Some(Motive::TooOften),
        words: Some(words.to_owned()),
    };
    assert_eq!(grant(&store, say(at(1), "too soon"), at(1)), Granted::Said(false));
    leave(&store, at(1));
    assert_eq!(grant(&store, say(at(1), "every day"), at(2)), Granted::Said(true));
    assert_eq!(grant(&store, say(at(1), "every hour"), at(3)), Granted::Said(true));
    assert_eq!(grant(&store, say(at(9), "somebody else"), at(4)), Granted::Said(false));
    let nothing = Wish::Say { address: address(1), left: at(1), motive: None, words: Some(" ".to_owned()) };
    assert_eq!(grant(&store, nothing, at(5)), Granted::Said(true));
    let told = store.leavings().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].motive, told[0].words.as_deref()), (Some(Motive::TooOften), Some("every hour")));
}

#[test]
fn a_mail_is_heard_once_and_not_again_after_its_writer_came_back() {
    let (_dir, store) = new_store();
    let mail = || Wish::LeaveByMail { fingerprint: [1; 32], address: Some(address(1)) };
    assert!(!store.is_mail_heard(&[1; 32]).unwrap());
    assert_eq!(grant(&store, mail(), at(1)), Granted::Left { since: at(1), new: true });
    assert_eq!(come_back(&store, at(1), at(2)), Granted::Returned(true));
    assert_eq!(grant(&store, mail(), at(3)), Granted::Known);
    assert_eq!(reason(&store), None);
    let other = Wish::LeaveByMail { fingerprint: [2; 32], address: None };
    assert_eq!(grant(&store, other.clone(), at(4)), Granted::Noted);
    assert_eq!(grant(&store, other, at(5)), Granted::Known);
    assert!([1, 2].iter().all(|mail| store.is_mail_heard(&[*mail; 32]).unwrap()));
}

#[test]
fn going_and_coming_for_ever_fills_no_disk() {
    let (_dir, store) = new_store();
    for second in 1..100 {
        leave(&store, at(2 * second));
        come_back(&store, at(2 * second), at(2 * second + 1));
    }
    assert_eq!(store.leavings_of(&address(1)).unwrap().len(), 20);
}

#[test]
fn a_new_key_writes_and_the_old_ones_still_read() {
    let (_dir, store) = new_store();
    let claim = Claim::Leave(address(1));
    let first = store.tokens(NEWSLETTER).unwrap().write(&claim);
    assert_eq!(Tokens::new(NEWSLETTER, &[7; 32], &[]).read(&first), Some(claim.clone()));
    store.renew_link_key([8; 32], at(1)).unwrap();
    store.renew_link_key([9; 32], at(2)).unwrap();
    let tokens = store.tokens(NEWSLETTER).unwrap();
    let last = tokens.write(&claim);
    assert_eq!(Tokens::new(NEWSLETTER, &[9; 32], &[]).read(&last), Some(claim.clone()));
    let between = Tokens::new(NEWSLETTER, &[8; 32], &[]).write(&claim);
    for token in [first, between, last] {
        assert_eq!(tokens.read(&token), Some(claim.clone()));
    }
}

#[test]
fn a_test_is_heard_where_it_is_expected_and_nowhere_else() {
    let (_dir, store) = new_store();
    let nonce = [5; 16];
    assert_eq!(grant(&store, Wish::Knock(nonce), at(1)), Granted::Heard(false));
    store.expect_knock(&nonce, at(1)).unwrap();
    assert!(!store.is_heard(&nonce).unwrap());
    assert_eq!(grant(&store, Wish::Knock(nonce), at(2)), Granted::Heard(true));
    assert!(store.is_heard(&nonce).unwrap());
    store.forget_knock(&nonce).unwrap();
    assert!(!store.is_heard(&nonce).unwrap());
}

#[test]
fn a_state_of_the_first_version_is_brought_up_to_date_and_reads_its_links() {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path(), NEWSLETTER, [7; 32], Durability::Process, at(0)).unwrap();
    let raw = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
    for table in ["leaving", "link_key", "leave_mail", "knock"] {
        raw.execute(&format!("DROP TABLE {table}"), []).unwrap();
    }
    raw.pragma_update(None, "user_version", 1).unwrap();
    drop(raw);
    let store = Store::open(dir.path(), NEWSLETTER, Durability::Process).unwrap();
    let token = Tokens::new(NEWSLETTER, &[7; 32], &[]).write(&Claim::Leave(address(1)));
    assert_eq!(store.tokens(NEWSLETTER).unwrap().read(&token), Some(Claim::Leave(address(1))));
    assert_eq!(leave(&store, at(1)), Granted::Left { since: at(1), new: true });
}
