//! What goes out by itself, and what does not.

use super::*;

fn appointment(due: i64) -> Appointment {
    Appointment { due: at(due), text: at(due).to_string(), not_after: at(due + 3600), agreed: at(0) }
}

/// The campaigns on the agenda, with when there is something to do for them.
fn agenda(store: &Store) -> Vec<(CampaignId, Timestamp)> {
    store.agenda().unwrap().into_iter().map(|entry| (entry.campaign.id, entry.next)).collect()
}

#[test]
fn what_was_only_planned_is_not_on_the_agenda_and_cannot_be_paused_into_being_sent() {
    let (_dir, store) = new_store();
    let id = store.plan(&issue(), readers(2), &[]).unwrap();
    assert_eq!(agenda(&store), []);
    assert!(!store.set_state(id, CampaignState::Paused, None, at(1)).unwrap());
    assert!(store.appoint(id, &appointment(60), at(1)).unwrap());
    assert_eq!(agenda(&store).len(), 1);
    assert_eq!(store.appointment(id).unwrap(), Some(appointment(60)));
    assert_eq!(store.campaign(id).unwrap().unwrap().due, Some(at(60)));
    assert!(store.set_state(id, CampaignState::Paused, None, at(2)).unwrap());
    assert_eq!(agenda(&store), []);
    // Before it began it may be given its time again, or another.
    assert!(store.appoint(id, &appointment(90), at(3)).unwrap());
    assert_eq!(store.campaign(id).unwrap().unwrap().state, CampaignState::Planned);
}

#[test]
fn of_two_campaigns_with_the_same_mail_for_the_same_list_one_has_an_appointment() {
    let (_dir, store) = new_store();
    let [one, other] = [(); 2].map(|()| store.plan(&issue(), readers(2), &[]).unwrap());
    let elsewhere =
        store.plan(&NewCampaign { list: "others".to_owned(), ..issue() }, readers(2), &[]).unwrap();
    assert!(store.appoint(one, &appointment(60), at(1)).unwrap());
    assert_eq!(store.appoint(other, &appointment(60), at(2)), Err(StoreError::Alike(one)));
    assert!(store.appoint(elsewhere, &appointment(60), at(2)).unwrap());
    // It may be given another time itself, and is in nobody's way when it is called off.
    assert!(store.appoint(one, &appointment(90), at(3)).unwrap());
    store.set_state(one, CampaignState::Cancelled, None, at(4)).unwrap();
    assert!(store.appoint(other, &appointment(60), at(5)).unwrap());
    assert!(store.start_appointed(other, &appointment(60), at(60)).unwrap());
    let third = store.plan(&issue(), readers(2), &[]).unwrap();
    assert_eq!(store.appoint(third, &appointment(200), at(61)), Err(StoreError::Alike(other)));
    store.set_state(other, CampaignState::Paused, None, at(62)).unwrap();
    assert_eq!(store.appoint(third, &appointment(200), at(63)), Err(StoreError::Alike(other)));
}

#[test]
fn a_rehearsal_is_never_on_the_agenda() {
    let (_dir, store) = new_store();
    let id = store.plan(&NewCampaign { rehearsal: true, ..issue() }, readers(2), &[]).unwrap();
    assert!(store.set_state(id, CampaignState::Sending, None, at(1)).unwrap());
    assert_eq!(agenda(&store), []);
}

#[test]
fn only_one_starts_a_campaign_and_only_for_the_appointment_it_has() {
    let (_dir, store) = new_store();
    let id = store.plan(&issue(), readers(2), &[]).unwrap();
    store.appoint(id, &appointment(60), at(1)).unwrap();
    store.appoint(id, &appointment(90), at(2)).unwrap();
    assert!(!store.start_appointed(id, &appointment(60), at(61)).unwrap());
    assert!(!store.miss_appointed(id, &appointment(60), "late", at(9000)).unwrap());
    assert!(store.start_appointed(id, &appointment(90), at(91)).unwrap());
    assert!(!store.start_appointed(id, &appointment(90), at(91)).unwrap());
    // It was begun, so nobody holds it for being late or moves it.
    assert!(!store.miss_appointed(id, &appointment(90), "late", at(9000)).unwrap());
    assert!(!store.appoint(id, &appointment(200), at(92)).unwrap());
    assert_eq!(store.campaign(id).unwrap().unwrap().begun, Some(at(91)));
    store.set_state(id, CampaignState::Paused, None, at(93)).unwrap();
    assert!(!store.appoint(id, &appointment(200), at(94)).unwrap());
    assert_eq!(agenda(&store), []);
}

#[test]
fn what_was_missed_is_held_with_its_reason() {
    let (_dir, store) = new_store();
    let id = store.plan(&issue(), readers(2), &[]).unwrap();
    store.appoint(id, &appointment(60), at(1)).unwrap();
    assert!(store.miss_appointed(id, &appointment(60), "it was late", at(9000)).unwrap());
    assert!(!store.miss_appointed(id, &appointment(60), "it was late", at(9000)).unwrap());
    let campaign = store.campaign(id).unwrap().unwrap();
    assert_eq!((campaign.state, campaign.reason.as_deref()), (CampaignState::Paused, Some("it was late")));
}

#[tokio::test]
async fn the_agenda_knows_when_there_is_something_to_do() {
    let (_dir, store) = new_store();
    let id = begun(&store, 2);
    assert_eq!(agenda(&store), [(id, Timestamp::UNIX_EPOCH)]);
    let sending = store.sending(at(2)).unwrap();
    for claimed in sending.claim(id, 2, at(2)).await.unwrap() {
        sending.commit(None, Some(claimed.id), at(3)).await.unwrap();
        let next_at = Some(at(600 + i64::from(claimed.id.number)));
        let deferred = Settled { next_at, ..settled(claimed.id, Step::Defer) };
        assert_eq!(agenda(&store), [(id, Timestamp::UNIX_EPOCH)]);
        sending.commit(Some(deferred), None, at(4)).await.unwrap();
    }
    assert_eq!(agenda(&store), [(id, at(600))]);
    let turn = Turn { began: at(5), ended: at(6), not_before: at(7), failures: 3 };
    store.note_turn(id, &turn).unwrap();
    assert_eq!(store.agenda().unwrap()[0].turn, Some(turn));
    // When the last moment has passed, they are to be expired.
    let short = NewCampaign { lasts: SignedDuration::from_secs(100), ..issue() };
    let other = store.plan(&short, readers(1), &[]).unwrap();
    store.set_state(other, CampaignState::Sending, None, at(10)).unwrap();
    let claimed = sending.claim(other, 1, at(11)).await.unwrap();
    sending.commit(None, Some(claimed[0].id), at(11)).await.unwrap();
    let deferred = Settled { next_at: Some(at(5000)), ..settled(claimed[0].id, Step::Defer) };
    sending.commit(Some(deferred), None, at(12)).await.unwrap();
    assert_eq!(agenda(&store)[1], (other, at(110)));
}

#[test]
fn a_look_is_remembered() {
    let (_dir, store) = new_store();
    assert_eq!(store.last_look(), None);
    store.note_look(at(5)).unwrap();
    assert_eq!(store.last_look(), Some(at(5)));
}
