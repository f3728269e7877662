use super::*;
use crate::audience::SuppressionReason;

#[test]
fn a_plan_is_kept_as_it_was_made() {
    let (_dir, store) = new_store();
    let mut new = issue();
    new.due = Some(at(3_600));
    new.rehearsal = true;
    let left_out = [("gone@example.com".to_owned(), "bounced".to_owned())];
    let id = store.plan(&new, readers(3), &left_out).unwrap();
    let campaign = store.campaign(id).unwrap().unwrap();
    assert_eq!(store.campaigns().unwrap(), std::slice::from_ref(&campaign));
    let NewCampaign { slug, subject, list, content, content_hash, rehearsal, due, lasts, planned } = new;
    assert_eq!(store.content(id).unwrap(), content);
    let (state, reason, changed) = (CampaignState::Planned, None, planned);
    let expected = Campaign {
        id,
        slug,
        subject,
        list,
        content_hash,
        rehearsal,
        due,
        lasts,
        planned,
        begun: None,
        held: None,
        state,
        reason,
        changed,
    };
    assert_eq!(campaign, expected);
    assert_eq!(store.excluded(id).unwrap(), left_out);
    let deliveries = store.deliveries(id, Some(State::Pending), 2).unwrap();
    assert_eq!(
        deliveries.iter().map(|one| one.address.clone()).collect::<Vec<_>>(),
        [address(0), address(1)]
    );
    assert!(store.deliveries(id, Some(State::Failed), 9).unwrap().is_empty());
    assert_eq!(store.counts(id).unwrap().total(), 3);
    assert_eq!(store.content(CampaignId(99)), Err(StoreError::NoCampaign(CampaignId(99))));
    assert_eq!(store.campaign(CampaignId(99)).unwrap(), None);
}

#[test]
fn a_person_who_would_get_two_copies_ends_the_plan_and_nothing_of_it_is_left() {
    let (_dir, store) = new_store();
    let twice = EmailAddress::parse("READER1@example.com").unwrap();
    let people = readers(3_000).chain([NewDelivery { address: twice, values: String::new() }]);
    let planned = store.plan(&issue(), people, &[]);
    assert_eq!(planned, Err(StoreError::Twice { address: "READER1@example.com".to_owned() }));
    assert_eq!(store.campaigns().unwrap(), []);
    for table in ["delivery", "recipient"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 =
            store.with(|connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[test]
fn what_a_crash_left_of_a_plan_goes_and_what_is_being_planned_stays() {
    let (_dir, store) = new_store();
    let half = || {
        let id = store.plan(&issue(), readers(2_500), &[("a@example.com".to_owned(), "manual".to_owned())]);
        let id = id.unwrap();
        store
            .with(|connection| Ok(connection.execute("UPDATE campaign SET state = 0 WHERE id = ?1", [id.0])?))
            .unwrap();
        id
    };
    let left = half();
    drop(store.sending(at(1)).unwrap());
    assert_eq!(store.campaign(left).unwrap(), None);
    assert_eq!(store.counts(left).unwrap().total(), 0);
    assert_eq!(store.excluded(left).unwrap(), []);
    // A sending begins while this one is asked for its first reader.
    let (other, mut begun) = (store.clone(), false);
    let readers = readers(10).inspect(|_| {
        if !begun {
            begun = true;
            drop(other.sending(at(2)).unwrap());
        }
    });
    let id = store.plan(&issue(), readers, &[]).unwrap();
    assert!(id > left, "a number is given once");
    assert_eq!(count(&store, id, [State::Pending]), [10]);
}

#[test]
fn a_campaign_goes_only_where_it_may() {
    use CampaignState::{Cancelled, Finished, Paused, Planned, Sending};
    let (_dir, store) = new_store();
    let id = store.plan(&issue(), readers(2), &[]).unwrap();
    for (next, goes) in [
        (Paused, false),
        (Finished, false),
        (Sending, true),
        (Sending, false),
        (Planned, false),
        // Two wait.
        (Finished, false),
        (Paused, true),
        (Sending, true),
        (Cancelled, true),
        (Sending, false),
    ] {
        assert_eq!(store.set_state(id, next, None, at(5)).unwrap(), goes, "{next:?}");
    }
    let gone = store.set_state(CampaignId(99), Sending, None, at(5));
    assert_eq!(gone, Err(StoreError::NoCampaign(CampaignId(99))));
}

#[test]
fn a_state_is_kept_with_its_reason_and_its_moment() {
    let (_dir, store) = new_store();
    let id = begun(&store, 1);
    store.set_state(id, CampaignState::Paused, Some("daily quota"), at(9)).unwrap();
    let campaign = store.campaign(id).unwrap().unwrap();
    assert_eq!((campaign.reason.as_deref(), campaign.changed), (Some("daily quota"), at(9)));
}

#[test]
fn cancelling_calls_off_whoever_waits_in_one_campaign() {
    let (_dir, store) = new_store();
    let (id, other) = (begun(&store, 4_100), begun(&store, 5));
    assert!(store.set_state(id, CampaignState::Cancelled, Some("typo"), at(2)).unwrap());
    assert_eq!(count(&store, id, [State::Cancelled, State::Pending]), [4_100, 0]);
    assert_eq!(count(&store, other, [State::Pending]), [5]);
    let history = store.history(&address(4_099)).unwrap();
    assert_eq!(history[0].2.iter().map(Event::word).collect::<Vec<_>>(), ["cancel"]);
}

#[test]
fn a_cancelling_that_was_interrupted_is_completed() {
    let (_dir, store) = new_store();
    let id = begun(&store, 3);
    store.with(|connection| Ok(connection.execute("UPDATE campaign SET state = 5", [])?)).unwrap();
    drop(store.sending(at(2)).unwrap());
    assert_eq!(count(&store, id, [State::Cancelled]), [3]);
}

#[test]
fn a_hundred_thousand_are_planned_while_others_write() {
    let (_dir, store) = new_store();
    let other = store.clone();
    let mut written = 0;
    let readers = readers(100_000).enumerate().map(|(number, reader)| {
        if number % 10_000 == 0 {
            // This would wait for ever if the plan were one transaction.
            written += usize::from(
                other.suppress(&address(number), SuppressionReason::Manual, None, at(1)).unwrap(),
            );
        }
        reader
    });
    let id = store.plan(&issue(), readers, &[]).unwrap();
    assert_eq!(written, 10);
    assert_eq!(count(&store, id, [State::Pending]), [100_000]);
    assert_eq!(store.history(&address(54_321)).unwrap()[0].1.id, delivery(id, 54_321));
}

#[test]
fn many_strangers_are_told_from_many_who_were_left_out_in_one_look() {
    let (_dir, store) = new_store();
    let people: Vec<EmailAddress> = (0..20_000).map(address).collect();
    let left_out: Vec<(String, String)> =
        people[1..].iter().map(|one| (one.as_str().to_uppercase(), "manual".to_owned())).collect();
    store.plan(&issue(), readers(1), &left_out).unwrap();
    let others: Vec<EmailAddress> = (20_000..40_000).map(address).collect();
    let asked: Vec<&EmailAddress> = people.iter().chain(&others).collect();
    let begun = std::time::Instant::now();
    let strangers = store.strangers(&asked).unwrap();
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(strangers, others.iter().collect::<Vec<_>>());
}
