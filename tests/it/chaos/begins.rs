//! What a run finds when it begins: that the last moment has passed since somebody looked,
//! and what the runs before it have left.

use letterpress::outbox::DeliveryId;

use super::*;
use crate::support::unruly::{Fault, Moment, Step};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_begins_when_the_time_is_over_holds_whoever_was_never_tried() {
    let server = Unruly::serve(Nature::new(|_| None)).await;
    let campaign = Campaign::to(people());
    let end = campaign.run(&patient(&server), || hours(73)).await;
    assert!(end.why().contains("before everybody was tried"), "{end:?}");
    assert!(end.why().contains("campaign resume 1 --allow late"), "{end:?}");
    assert_eq!(campaign.in_state(State::Pending).len(), PEOPLE);
    let paused = campaign.store.campaign(campaign.id).unwrap().unwrap();
    assert_eq!((paused.state, paused.reason.as_deref()), (CampaignState::Paused, Some(end.why())));
    assert_eq!(server.connections(), 0);
    // With more time, everybody gets it.
    campaign.store.prolong(campaign.id, hours(96)).unwrap();
    campaign.store.set_state(campaign.id, CampaignState::Sending, None, hours(74)).unwrap();
    assert_eq!(campaign.run(&patient(&server), || hours(74)).await, End::Finished);
    assert_eq!(campaign.in_state(State::Accepted).len(), PEOPLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_begins_when_the_time_is_over_expires_whoever_was_tried() {
    let later = |moment: &Moment| (moment.step == Step::Rcpt).then(|| Fault::says("450 4.2.1 busy"));
    let server = Unruly::serve(Nature::new(later)).await;
    let campaign = Campaign::to(people());
    assert_eq!(campaign.run(&patient(&server), first).await, End::Waits);
    assert_eq!(campaign.run(&patient(&server), || hours(73)).await, End::Finished);
    assert_eq!(campaign.in_state(State::Expired).len(), PEOPLE);
}

/// A run that ends, as by `kill -9`, when so many have the permit for their dot.
async fn killed_at_the_dot(campaign: &Campaign, count: usize) {
    let sending = campaign.store.sending(first()).unwrap();
    let claimed = sending.claim(campaign.id, count, first()).await.unwrap();
    let ids: Vec<DeliveryId> = claimed.iter().map(|one| one.id).collect();
    for id in ids {
        assert!(sending.commit(None, Some(id), first()).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_leave_a_few_unknown_each_time_pause_the_campaign_until_somebody_has_looked() {
    let server = Unruly::serve(Nature::new(|_| None)).await;
    let campaign = Campaign::to(people());
    for _ in 0..2 {
        killed_at_the_dot(&campaign, 2).await;
    }
    let end = campaign.run(&patient(&server), first).await;
    assert!(matches!(end, End::Paused(_)) && end.why().contains("4 answers in a row were lost"), "{end:?}");
    assert_eq!(server.connections(), 0);
    assert_eq!(campaign.store.campaign(campaign.id).unwrap().unwrap().state, CampaignState::Paused);
    assert_eq!(campaign.in_state(State::Unknown).len(), 4);
    // Whoever carries it on has seen them, and they count no more.
    campaign.store.set_state(campaign.id, CampaignState::Sending, None, first()).unwrap();
    assert_eq!(campaign.run(&patient(&server), first).await, End::Finished);
    assert_eq!(campaign.in_state(State::Accepted).len(), PEOPLE - 4);
}
