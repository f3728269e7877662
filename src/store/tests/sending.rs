use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::audience::SuppressionReason;

#[tokio::test]
async fn a_delivery_goes_from_its_claim_to_the_servers_word() {
    let (_dir, store) = new_store();
    let id = begun(&store, 3);
    let sending = store.sending(at(2)).unwrap();
    assert_eq!(sending.recovered(), &Recovered::default());
    let claimed = sending.claim(id, 2, at(3)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.id.number).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(claimed[1].address, address(1));
    assert_eq!(claimed[1].values, "{\"number\":\"1\"}");

    let permit = sending.commit(None, Some(claimed[0].id), at(4)).await.unwrap();
    let Some(Intent::Permit(permit)) = permit else { panic!("{permit:?}") };
    assert_eq!(permit.delivery(), delivery(id, 0));
    let accepted = Settled { reply: Some(said(250, "queued as 1")), ..settled(claimed[0].id, Step::Accept) };
    let next = sending.commit(Some(accepted), Some(claimed[1].id), at(5)).await.unwrap();
    assert!(matches!(next, Some(Intent::Permit(_))), "{next:?}");
    assert_eq!(
        count(&store, id, [State::Accepted, State::Dot, State::Pending, State::Claimed]),
        [1, 1, 1, 0]
    );

    let history = store.history(&address(0)).unwrap();
    let [(campaign, delivery, events)] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!((campaign.id, delivery.attempts, delivery.changed), (id, 1, at(5)));
    assert_eq!(delivery.reply, Some(said(250, "queued as 1")));
    assert_eq!(events.iter().map(Event::word).collect::<Vec<_>>(), ["accept"]);
}

#[tokio::test]
async fn fifty_connections_share_a_commit() {
    let (_dir, store) = new_store();
    let id = begun(&store, 50);
    let sending = Arc::new(store.sending(at(2)).unwrap());
    let claimed = sending.claim(id, 50, at(3)).await.unwrap();
    let before = sending.transactions();
    // While somebody else writes, all hand in what they have.
    let mut other = store.connect().unwrap();
    let lock = schema::begin(&mut other).unwrap();
    let tasks: Vec<_> = claimed
        .into_iter()
        .map(|claimed| {
            let sending = Arc::clone(&sending);
            tokio::spawn(async move { sending.commit(None, Some(claimed.id), at(4)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(lock);
    for task in tasks {
        let intent = task.await.unwrap().unwrap();
        assert!(matches!(intent, Some(Intent::Permit(_))), "{intent:?}");
    }
    assert_eq!(count(&store, id, [State::Dot]), [50]);
    assert!(sending.transactions() - before <= 2, "{before} → {}", sending.transactions());
}

#[tokio::test]
async fn a_crash_puts_back_what_was_claimed_and_names_what_may_have_gone_out() {
    let (dir, store) = new_store();
    let id = begun(&store, 4);
    let sending = store.sending(at(2)).unwrap();
    let claimed = sending.claim(id, 3, at(3)).await.unwrap();
    let intent = sending.commit(None, Some(claimed[1].id), at(4)).await.unwrap();
    assert!(matches!(intent, Some(Intent::Permit(_))));
    drop((sending, store));

    let store = Store::open(dir.path(), NEWSLETTER, Durability::Process).unwrap();
    let sending = store.sending(at(60)).unwrap();
    let unknown = vec![(delivery(id, 1), "Reader1@example.com".to_owned())];
    assert_eq!(sending.recovered(), &Recovered { released: 2, unknown, ..Recovered::default() });
    assert_eq!(count(&store, id, [State::Pending, State::Unknown]), [3, 1]);
    let words = |reader| {
        let history = store.history(&address(reader)).unwrap();
        history[0].2.iter().map(Event::word).collect::<Vec<_>>()
    };
    assert_eq!((words(0), words(1), words(3)), (vec!["release"], vec!["lose"], vec![]));
    // The unknown one is offered to nobody, until somebody decides.
    assert_eq!(sending.claim(id, 9, at(61)).await.unwrap().len(), 3);
    assert!(store.settle_unknown(delivery(id, 1), Step::Resend, None, at(62)).unwrap());
    assert!(!store.settle_unknown(delivery(id, 1), Step::Accept, None, at(62)).unwrap());
    let again = sending.claim(id, 9, at(63)).await.unwrap();
    // The copy that may have arrived is sent once more, with its date.
    assert_eq!((again[0].id.number, again[0].attempts, again[0].first_tried), (1, 1, at(3)));
}

#[tokio::test]
async fn a_copy_that_is_sent_again_keeps_its_date_through_whatever_comes() {
    let (dir, store) = new_store();
    let id = begun(&store, 1);
    let first = delivery(id, 0);
    let date = |claimed: &[Claimed]| claimed.iter().map(|one| one.first_tried).collect::<Vec<_>>();
    let mut sending = store.sending(at(1)).unwrap();
    assert_eq!(date(&sending.claim(id, 1, at(3)).await.unwrap()), [at(3)]);
    sending.commit(None, Some(first), at(4)).await.unwrap();
    sending.commit(Some(settled(first, Step::Lose)), None, at(5)).await.unwrap();
    assert!(store.settle_unknown(first, Step::Resend, None, at(6)).unwrap());
    // Taken up and put back, and left behind by a crash.
    assert_eq!(date(&sending.claim(id, 1, at(7)).await.unwrap()), [at(3)]);
    sending.release(vec![first]).await.unwrap();
    assert_eq!(date(&sending.claim(id, 1, at(8)).await.unwrap()), [at(3)]);
    drop((sending, store));
    let store = Store::open(dir.path(), NEWSLETTER, Durability::Process).unwrap();
    sending = store.sending(at(9)).unwrap();
    assert_eq!(date(&sending.claim(id, 1, at(10)).await.unwrap()), [at(3)]);
    // Refused for now, refused for good, and tried once more.
    sending.commit(Some(settled(first, Step::Defer)), None, at(11)).await.unwrap();
    assert_eq!(date(&sending.claim(id, 1, at(12)).await.unwrap()), [at(3)]);
    sending.commit(Some(settled(first, Step::Fail)), None, at(13)).await.unwrap();
    assert_eq!(store.retry(id, &[0], at(2_000_000), at(14)).unwrap(), 1);
    assert_eq!(date(&sending.claim(id, 1, at(15)).await.unwrap()), [at(3)]);
    assert_eq!(store.campaign(id).unwrap().unwrap().expires(), Some(at(2_000_000)));
}

#[tokio::test]
async fn only_those_whom_nobody_took_are_tried_once_more() {
    let (_dir, store) = new_store();
    let id = begun(&store, 5);
    let sending = store.sending(at(1)).unwrap();
    let all: Vec<DeliveryId> = (0..4).map(|number| delivery(id, number)).collect();
    assert_eq!(sending.claim(id, 4, at(3)).await.unwrap().len(), 4);
    for (one, step) in all.iter().zip([Step::Fail, Step::Accept, Step::Lose, Step::Fail]) {
        sending.commit(None, Some(*one), at(4)).await.unwrap();
        sending.commit(Some(settled(*one, step)), None, at(5)).await.unwrap();
    }
    // The fourth is dead; the fifth has not been tried.
    store.suppress(&address(3), SuppressionReason::Bounced, None, at(6)).unwrap();
    assert_eq!(store.retry(id, &[0, 1, 2, 3, 4, 99], at(9), at(7)).unwrap(), 1);
    let states = [State::Pending, State::Accepted, State::Unknown, State::Failed];
    assert_eq!(count(&store, id, states), [2, 1, 1, 1]);
    let history = store.history(&address(0)).unwrap();
    assert_eq!(history[0].2.iter().map(Event::word).collect::<Vec<_>>(), ["fail", "retry"]);
    // A campaign that was called off is not begun again by the way.
    store.set_state(id, CampaignState::Cancelled, None, at(8)).unwrap();
    assert_eq!(store.retry(id, &[3], at(9), at(9)).unwrap(), 0);
}

#[tokio::test]
async fn only_holds_by_policy_are_counted_and_whoever_is_tried_once_more_begins_anew() {
    let (_dir, store) = new_store();
    let id = begun(&store, 1);
    let first = delivery(id, 0);
    let sending = store.sending(at(1)).unwrap();
    for (moment, (by_policy, holds)) in (2..).zip([(false, 0), (true, 0), (false, 1), (true, 1)]) {
        assert_eq!(sending.claim(id, 1, at(moment)).await.unwrap()[0].holds, holds);
        let held = Settled { by_policy, ..settled(first, Step::Hold) };
        sending.commit(Some(held), None, at(moment)).await.unwrap();
    }
    assert_eq!(sending.claim(id, 1, at(7)).await.unwrap()[0].holds, 2);
    sending.commit(Some(settled(first, Step::Fail)), None, at(8)).await.unwrap();
    assert_eq!(store.retry(id, &[0], at(9), at(9)).unwrap(), 1);
    assert_eq!(sending.claim(id, 1, at(10)).await.unwrap()[0].holds, 0);
}

#[tokio::test]
async fn what_pauses_a_campaign_counts_over_all_runs_and_anew_when_somebody_has_it_go_on() {
    let (_dir, store) = new_store();
    let id = begun(&store, 20);
    let lately = || store.lately(id, &store.counts(id).unwrap()).unwrap();
    let steps = [Step::Lose, Step::Fail, Step::Lose, Step::Accept, Step::Accept, Step::Lose, Step::Lose];
    for step in steps {
        let sending = store.sending(at(2)).unwrap();
        let claimed = sending.claim(id, 1, at(2)).await.unwrap();
        sending.commit(None, Some(claimed[0].id), at(2)).await.unwrap();
        sending.commit(Some(settled(claimed[0].id, step)), None, at(2)).await.unwrap();
    }
    assert_eq!(lately(), Lately { accepted: 2, failed: 1, unknown: 4, lost_in_a_row: 2 });
    // To be sent goes on by itself from run to run; a pause ends with somebody's word.
    assert!(!store.set_state(id, CampaignState::Sending, None, at(3)).unwrap());
    assert_eq!(lately().unknown, 4);
    store.set_state(id, CampaignState::Paused, None, at(3)).unwrap();
    store.set_state(id, CampaignState::Sending, None, at(4)).unwrap();
    assert_eq!(lately(), Lately::default());
    // What is settled is none of the new ones.
    assert!(store.settle_unknown(delivery(id, 0), Step::Fail, None, at(5)).unwrap());
    assert_eq!(lately(), Lately { failed: 1, ..Lately::default() });
}

#[tokio::test]
async fn whoever_is_passed_over_is_told_by_number_and_looked_for_by_it() {
    let (_dir, store) = new_store();
    let people = (0..9_000_u32).map(|number| NewDelivery {
        address: EmailAddress::parse(&format!(
            "reader{number}@{}.test",
            if number < 8_990 { "slow" } else { "d" }
        ))
        .unwrap(),
        values: "{}".to_owned(),
    });
    let id = store.plan(&issue(), people, &[]).unwrap();
    assert!(store.set_state(id, CampaignState::Sending, None, at(1)).unwrap());
    let sending = store.sending(at(1)).unwrap();
    let over = Arc::new(["slow.test".to_owned()].into());
    let search = Search { over: Arc::clone(&over), ..Search::default() };
    let found = sending.search(id, 200, search, at(2)).await.unwrap();
    let numbers = |claimed: &[Claimed]| claimed.iter().map(|one| one.id.number).collect::<Vec<_>>();
    assert_eq!(numbers(&found.claimed), (8_990..9_000).collect::<Vec<_>>());
    assert_eq!(found.passed["slow.test"], (0..8_990).collect::<Vec<_>>());
    assert_eq!((found.from, found.all), (9_000, true));
    // Nobody is looked at again who is not asked for, and those who are come in order.
    let since = Some(found.event);
    let search = Search { listed: vec![70, 8_995, 7], from: found.from, since, ..Search::default() };
    let listed = sending.search(id, 200, search, at(2)).await.unwrap();
    assert_eq!((numbers(&listed.claimed), listed.put_back), (vec![7, 70], Vec::new()));
    // So it is with those who were deferred and are due.
    let deferred = Settled { next_at: Some(at(3)), ..settled(delivery(id, 7), Step::Defer) };
    sending.commit(Some(deferred), None, at(3)).await.unwrap();
    let search = Search { over: Arc::clone(&over), from: found.from, ..Search::default() };
    let due = sending.search(id, 200, search.clone(), at(3)).await.unwrap();
    assert_eq!((due.claimed, due.passed["slow.test"].as_slice()), (Vec::new(), &[7][..]));
    let after = sending.search(id, 200, Search { after: due.after, ..search }, at(4)).await.unwrap();
    assert_eq!((after.claimed, after.passed.is_empty()), (Vec::new(), true));
    let search = Search { listed: vec![7], from: found.from, after: due.after, ..Search::default() };
    assert_eq!(numbers(&sending.search(id, 200, search, at(4)).await.unwrap().claimed), [7]);
    // Somebody who was refused is put back by another process.
    sending.commit(Some(settled(delivery(id, 70), Step::Fail)), None, at(3)).await.unwrap();
    assert_eq!(store.retry(id, &[70], at(9), at(3)).unwrap(), 1);
    let search = Search { over, from: found.from, since: Some(listed.event), ..Search::default() };
    let again = sending.search(id, 200, search, at(4)).await.unwrap();
    assert_eq!((again.claimed, again.put_back), (Vec::new(), vec![70]));
}

#[tokio::test]
async fn one_sends_at_a_time_and_the_other_is_told_who() {
    let (dir, store) = new_store();
    let sending = store.sending(at(1)).unwrap();
    let other = Store::open(dir.path(), NEWSLETTER, Durability::Process).unwrap();
    assert_eq!(other.sending(at(2)).unwrap_err(), StoreError::Busy { pid: Some(std::process::id()) });
    drop(sending);
    other.sending(at(3)).unwrap();
}

#[tokio::test]
async fn the_right_to_send_is_free_when_it_is_given_up_whoever_has_its_file_open() {
    let (_dir, store) = new_store();
    let sending = store.sending(at(1)).unwrap();
    // As a child has it between its beginning and its own program.
    let inherited = sending.lock.try_clone().unwrap();
    assert!(store.sending(at(2)).is_err());
    drop(sending);
    assert!(store.sending(at(3)).is_ok());
    drop(inherited);
}

#[tokio::test]
async fn a_sender_that_was_believed_dead_writes_nothing_any_more() {
    let (dir, store) = new_store();
    let id = begun(&store, 2);
    let zombie = store.sending(at(1)).unwrap();
    let claimed = zombie.claim(id, 1, at(2)).await.unwrap();
    // The lock is lost, as on a disk that forgets.
    fs::remove_file(dir.path().join("sending.lock")).unwrap();
    let sending = store.sending(at(3)).unwrap();
    assert_eq!(sending.recovered().released, 1);
    assert_eq!(zombie.commit(None, Some(claimed[0].id), at(4)).await, Err(StoreError::Fenced));
    assert_eq!(zombie.claim(id, 1, at(4)).await, Err(StoreError::Fenced));
    assert_eq!(zombie.release(vec![claimed[0].id]).await, Err(StoreError::Fenced));
    assert_eq!(sending.claim(id, 9, at(5)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn whoever_leaves_between_claim_and_dot_gets_no_mail() {
    let (_dir, store) = new_store();
    let id = begun(&store, 2);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 1, at(2)).await.unwrap();
    store.suppress(&address(0), SuppressionReason::Unsubscribed, None, at(3)).unwrap();
    store.suppress(&address(1), SuppressionReason::Unsubscribed, None, at(3)).unwrap();
    let intent = sending.commit(None, Some(claimed[0].id), at(4)).await.unwrap();
    assert_eq!(intent, Some(Intent::Suppressed));
    // And whoever left before is not even claimed.
    assert_eq!(sending.claim(id, 1, at(5)).await.unwrap(), []);
    assert_eq!(count(&store, id, [State::Suppressed]), [2]);
    assert!(store.set_state(id, CampaignState::Finished, None, at(6)).unwrap());
}

#[tokio::test]
async fn those_who_left_do_not_hide_those_who_come_after_them() {
    let (_dir, store) = new_store();
    let id = begun(&store, 7);
    for number in 0..5 {
        store.suppress(&address(number), SuppressionReason::Bounced, None, at(1)).unwrap();
    }
    let sending = store.sending(at(2)).unwrap();
    let claimed = sending.claim(id, 2, at(3)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.id.number).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(sending.claim(id, 2, at(3)).await.unwrap(), []);
}

#[tokio::test]
async fn a_pause_holds_what_was_claimed_and_a_cancelling_ends_it() {
    let (_dir, store) = new_store();
    let id = begun(&store, 4);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 4, at(2)).await.unwrap();
    assert!(matches!(sending.commit(None, Some(claimed[3].id), at(2)).await, Ok(Some(Intent::Permit(_)))));
    store.set_state(id, CampaignState::Paused, None, at(3)).unwrap();
    let held = sending.commit(None, Some(claimed[0].id), at(4)).await.unwrap();
    assert_eq!(held, Some(Intent::Held));
    assert_eq!(sending.claim(id, 9, at(5)).await.unwrap(), []);
    assert_eq!(count(&store, id, [State::Pending, State::Claimed, State::Dot]), [1, 2, 1]);
    assert!(!store.set_state(id, CampaignState::Finished, None, at(5)).unwrap());

    store.set_state(id, CampaignState::Cancelled, None, at(6)).unwrap();
    let held = sending.commit(None, Some(claimed[1].id), at(7)).await.unwrap();
    assert_eq!(held, Some(Intent::Held));
    sending.release(vec![claimed[2].id]).await.unwrap();
    let deferred = Settled { next_at: Some(at(99)), ..settled(claimed[3].id, Step::Defer) };
    sending.commit(Some(deferred), None, at(8)).await.unwrap();
    assert_eq!(count(&store, id, [State::Cancelled]), [4]);
}

#[tokio::test]
async fn a_deferred_delivery_comes_back_when_it_is_due_with_a_new_date() {
    let (_dir, store) = new_store();
    let id = begun(&store, 3);
    let sending = store.sending(at(1)).unwrap();
    assert_eq!(sending.next_due(id).await.unwrap(), Some(Timestamp::UNIX_EPOCH));
    for (claimed, next) in sending.claim(id, 3, at(2)).await.unwrap().into_iter().zip([90, 60, 120]) {
        let deferred = Settled {
            reply: Some(said(451, "greylisted")),
            next_at: Some(at(next)),
            ..settled(claimed.id, Step::Defer)
        };
        assert_eq!(sending.commit(Some(deferred), None, at(3)).await.unwrap(), None);
    }
    assert_eq!(sending.next_due(id).await.unwrap(), Some(at(60)));
    assert_eq!(sending.claim(id, 9, at(59)).await.unwrap(), []);
    let claimed = sending.claim(id, 9, at(90)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.id.number).collect::<Vec<_>>(), [1, 0]);
    assert_eq!((claimed[0].attempts, claimed[0].first_tried), (1, at(90)));
    let waiting = store.deliveries(id, Some(State::Deferred), 9).unwrap();
    assert_eq!((waiting[0].next_at, &waiting[0].reply), (Some(at(120)), &Some(said(451, "greylisted"))));
}

#[tokio::test]
async fn what_waits_expires_when_the_last_moment_has_passed() {
    let (_dir, store) = new_store();
    let id = begun(&store, 4_003);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 3, at(2)).await.unwrap();
    sending.commit(Some(settled(claimed[0].id, Step::Defer)), None, at(3)).await.unwrap();
    // It was refused for now, and there is no later.
    sending.commit(Some(settled(claimed[1].id, Step::Expire)), None, at(3)).await.unwrap();
    assert_eq!(sending.expire(id, at(1_000_000)).await.unwrap(), 0);
    assert_eq!(sending.expire(id, at(1_000_001)).await.unwrap(), 4_001);
    assert_eq!(count(&store, id, [State::Expired, State::Claimed]), [4_002, 1]);
    assert_eq!(sending.next_due(id).await.unwrap(), None);
}

#[tokio::test]
async fn what_must_not_happen_is_refused_whole_and_the_rest_goes_on() {
    let (_dir, store) = new_store();
    let id = begun(&store, 4);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 2, at(2)).await.unwrap();
    let (one, other) = (claimed[0].id, claimed[1].id);
    let illegal = |id, state, step| Err(StoreError::Illegal { id, state, step });
    // Accepted without a dot: and then the other's dot is not given either.
    let early = sending.commit(Some(settled(one, Step::Accept)), Some(other), at(3)).await;
    assert_eq!(early, illegal(one, State::Claimed, Step::Accept));
    // The other way round.
    let never_claimed = delivery(id, 3);
    let asked = sending.commit(Some(settled(one, Step::Defer)), Some(never_claimed), at(3)).await;
    assert_eq!(asked, Err(StoreError::NotClaimed(never_claimed)));
    let both = sending.commit(Some(settled(one, Step::Release)), Some(one), at(3)).await;
    assert_eq!(both, illegal(one, State::Claimed, Step::Intend));
    let ours_only = sending.commit(Some(settled(one, Step::Cancel)), None, at(3)).await;
    assert_eq!(ours_only, illegal(one, State::Claimed, Step::Cancel));
    let unknown = delivery(id, 9);
    assert_eq!(sending.release(vec![one, unknown]).await, Err(StoreError::NoDelivery(unknown)));
    assert_eq!(count(&store, id, [State::Claimed, State::Pending]), [2, 2]);

    let (refused, given) = tokio::join!(
        sending.commit(Some(settled(one, Step::Lose)), None, at(4)),
        sending.commit(None, Some(other), at(4)),
    );
    assert_eq!(refused, illegal(one, State::Claimed, Step::Lose));
    assert!(matches!(given, Ok(Some(Intent::Permit(_)))));
    let twice = sending.commit(None, Some(other), at(5)).await;
    assert_eq!(twice, illegal(other, State::Dot, Step::Intend));
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_put_back() {
    let (_dir, store) = new_store();
    let id = begun(&store, 3);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 1, at(2)).await.unwrap();
    {
        let mut other = store.connect().unwrap();
        let _lock = schema::begin(&mut other).unwrap();
        let mut claim = Box::pin(sending.claim(id, 1, at(3)));
        let mut intend = Box::pin(sending.commit(None, Some(claimed[0].id), at(3)));
        // Both are handed in, and then whoever asked is stopped.
        assert!(timeout(Duration::ZERO, &mut claim).await.is_err());
        assert!(timeout(Duration::ZERO, &mut intend).await.is_err());
    }
    // This one is behind them; what they got is put back in the one after.
    sending.next_due(id).await.unwrap();
    sending.next_due(id).await.unwrap();
    assert_eq!(count(&store, id, [State::Pending]), [3]);
}

#[tokio::test]
async fn whoever_is_dead_is_suppressed_in_the_commit_that_says_so_and_can_be_spared() {
    let (_dir, store) = new_store();
    let id = begun(&store, 3);
    let sending = store.sending(at(1)).unwrap();
    let claimed = sending.claim(id, 3, at(2)).await.unwrap();
    for one in &claimed {
        let dead = one.id.number < 2;
        let failed = Settled { reply: Some(said(550, "5.1.1 nobody")), dead, ..settled(one.id, Step::Fail) };
        sending.commit(Some(failed), None, at(3)).await.unwrap();
    }
    let noted = |number| store.suppression_of(&address(number)).unwrap();
    let first = noted(0).unwrap();
    assert_eq!((first.reason, first.note.as_deref()), (SuppressionReason::Bounced, Some("550 5.1.1 nobody")));
    assert!(noted(1).is_some() && noted(2).is_none());
    // Somebody who was suppressed for another reason stays so.
    store.unsuppress(&address(1)).unwrap();
    store.suppress(&address(1), SuppressionReason::Manual, Some("550 5.1.1 nobody"), at(4)).unwrap();
    sending.spare(claimed.iter().map(|one| one.id).collect()).await.unwrap();
    assert!(noted(0).is_none() && noted(1).is_some());
}

#[tokio::test]
async fn a_dead_address_that_cannot_be_written_down_is_not_failed_either() {
    let (_dir, store) = new_store();
    let id = begun(&store, 1);
    let sending = store.sending(at(1)).unwrap();
    let one = sending.claim(id, 1, at(2)).await.unwrap().remove(0);
    store
        .with(|connection| {
            Ok(connection.execute_batch(
                "CREATE TRIGGER full BEFORE INSERT ON suppression BEGIN SELECT RAISE(ABORT, 'full'); END",
            )?)
        })
        .unwrap();
    let failed = Settled { reply: Some(said(550, "nobody")), dead: true, ..settled(one.id, Step::Fail) };
    assert!(sending.commit(Some(failed), None, at(3)).await.is_err());
    assert_eq!(count(&store, id, [State::Failed, State::Claimed]), [0, 1]);
}

#[tokio::test]
async fn three_who_were_lost_with_the_last_run_pause_their_campaign_and_fewer_do_not() {
    for (lost, left, state) in
        [(2, 1, CampaignState::Sending), (3, 1, CampaignState::Paused), (3, 0, CampaignState::Sending)]
    {
        let (_dir, store) = new_store();
        let id = begun(&store, lost + left);
        let sending = store.sending(at(1)).unwrap();
        for one in sending.claim(id, lost, at(2)).await.unwrap() {
            sending.commit(None, Some(one.id), at(3)).await.unwrap();
        }
        drop(sending);
        let sending = store.sending(at(4)).unwrap();
        assert_eq!(sending.recovered().unknown.len(), lost);
        let campaign = store.campaign(id).unwrap().unwrap();
        assert_eq!(campaign.state, state, "{lost} and {left}");
        let paused: Vec<_> = sending.recovered().paused.iter().map(|(id, _)| *id).collect();
        assert_eq!(paused.contains(&id), state == CampaignState::Paused);
        assert_eq!(campaign.reason, sending.recovered().paused.first().map(|(_, why)| why.clone()));
    }
}
