//! The last moment of a campaign passes at any time: also between the look of whoever
//! begins a run and the run itself.

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
    let later = |moment: &Moment| {
        (moment.step == Step::Rcpt)
            .then(|| Fault::says("450 4.2.1 busy"))
    };
    let server = Unruly::serve(Nature::new(later)).await;
    let campaign = Campaign::to(people());
    assert_eq!(campaign.run(&patient(&server), first).await, End::Waits);
    assert_eq!(campaign.run(&patient(&server), || hours(73)).await, End::Finished);
    assert_eq!(campaign.in_state(State::Expired).len(), PEOPLE);
}
