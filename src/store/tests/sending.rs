use super::*;

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
    assert_eq!(sending.transactions() - before, 1);
}
