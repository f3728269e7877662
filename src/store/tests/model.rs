use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::audience::SuppressionReason;

/// Recipients of the one campaign: few, so that they meet each other.
const READERS: u32 = 6;

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Act {
    Claim(usize),
    Intend(u32),
    Settle(u32, Step),
    /// As a connection does it: the outcome of one with the intent of another.
    Both(u32, Step, u32),
    Release(u32),
    Expire,
    Wait,
    Crash,
    Suppress(u32),
    Unsuppress(u32),
    Move(CampaignState),
    Decide(u32, Step),
    Retry(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let reader = 0..READERS;
    let step = prop::sample::select(vec![
        Step::Accept,
        Step::Defer,
        Step::Hold,
        Step::Fail,
        Step::Lose,
        Step::Release,
        Step::Suppress,
        Step::Expire,
        Step::Claim,
        Step::Resend,
        Step::Retry,
    ]);
    let state = prop::sample::select(CampaignState::ALL.to_vec());
    let decision = prop::sample::select(vec![Step::Accept, Step::Fail, Step::Cancel, Step::Resend]);
    prop_oneof![
        6 => (1_usize..4).prop_map(Act::Claim),
        8 => reader.clone().prop_map(Act::Intend),
        8 => (reader.clone(), step.clone()).prop_map(|(reader, step)| Act::Settle(reader, step)),
        6 => (reader.clone(), step, reader.clone()).prop_map(|(one, step, other)| Act::Both(one, step, other)),
        2 => reader.clone().prop_map(Act::Release),
        1 => Just(Act::Expire),
        3 => Just(Act::Wait),
        2 => Just(Act::Crash),
        1 => reader.clone().prop_map(Act::Suppress),
        1 => reader.clone().prop_map(Act::Unsuppress),
        4 => Just(Act::Move(CampaignState::Sending)),
        3 => Just(Act::Move(CampaignState::Paused)),
        1 => state.prop_map(Act::Move),
        1 => (reader.clone(), decision).prop_map(|(reader, step)| Act::Decide(reader, step)),
        1 => reader.prop_map(Act::Retry),
    ]
}

/// What ought to be, in the plainest words.
struct Model {
    states: Vec<State>,
    due: Vec<Timestamp>,
    /// Claimed since the last crash.
    ours: Vec<bool>,
    /// A dot that may have been written, and was not answered by a no.
    doubtful: Vec<bool>,
    suppressed: HashSet<u32>,
    campaign: CampaignState,
}

impl Model {
    fn new() -> Self {
        let each = READERS as usize;
        Self {
            states: vec![State::Pending; each],
            due: vec![at(0); each],
            ours: vec![false; each],
            doubtful: vec![false; each],
            suppressed: HashSet::new(),
            campaign: CampaignState::Sending,
        }
    }

    fn of(&self, reader: u32) -> State {
        self.states[reader as usize]
    }

    fn put(&mut self, reader: u32, state: State) {
        let waits = matches!(state, State::Pending | State::Deferred);
        let called_off = waits && self.campaign == CampaignState::Cancelled;
        self.states[reader as usize] = if called_off { State::Cancelled } else { state };
    }

    /// Whether a settlement is legal, and where it leads.
    fn settles(&self, reader: u32, step: Step) -> Option<State> {
        let state = self.of(reader);
        if !self.ours[reader as usize] {
            return None;
        }
        match step {
            Step::Claim | Step::Resend | Step::Retry => None,
            Step::Expire => matches!(state, State::Claimed | State::Dot).then_some(State::Expired),
            step => state.after(step),
        }
    }

    fn settle(&mut self, reader: u32, step: Step, due: Timestamp) {
        let next = self.settles(reader, step).unwrap();
        self.due[reader as usize] = due;
        if matches!(step, Step::Defer | Step::Hold | Step::Fail | Step::Release | Step::Expire) {
            self.doubtful[reader as usize] = false;
        }
        self.put(reader, next);
    }

    fn may_intend(&self, reader: u32) -> bool {
        self.of(reader) == State::Claimed && self.ours[reader as usize]
    }

    /// What the answer has to be.
    fn intend(&mut self, reader: u32) -> &'static str {
        if self.suppressed.contains(&reader) {
            self.put(reader, State::Suppressed);
            "suppressed"
        } else if self.campaign == CampaignState::Sending {
            assert!(!self.doubtful[reader as usize], "a second dot without leave");
            self.doubtful[reader as usize] = true;
            self.put(reader, State::Dot);
            "permit"
        } else {
            self.put(reader, State::Pending);
            "held"
        }
    }

    /// Whom a claim gets.
    fn claim(&mut self, limit: usize, now: Timestamp) -> Vec<u32> {
        if self.campaign != CampaignState::Sending {
            return Vec::new();
        }
        let mut claimed = Vec::new();
        for from in [State::Pending, State::Deferred] {
            let mut due: Vec<u32> = (0..READERS)
                .filter(|reader| self.of(*reader) == from)
                .filter(|reader| from == State::Pending || self.due[*reader as usize] <= now)
                .collect();
            if from == State::Deferred {
                due.sort_by_key(|reader| self.due[*reader as usize]);
            }
            for reader in due {
                if claimed.len() == limit {
                    return claimed;
                }
                if self.suppressed.contains(&reader) {
                    self.put(reader, State::Suppressed);
                } else {
                    self.put(reader, State::Claimed);
                    self.ours[reader as usize] = true;
                    claimed.push(reader);
                }
            }
        }
        claimed
    }

    fn crash(&mut self) {
        let lost = self.states.iter().filter(|state| **state == State::Dot).count();
        for reader in 0..READERS {
            match self.of(reader) {
                State::Claimed => self.put(reader, State::Pending),
                State::Dot => self.put(reader, State::Unknown),
                _ => {}
            }
            self.ours[reader as usize] = false;
        }
        if lost >= 3 && self.campaign == CampaignState::Sending && !self.waiting().is_empty() {
            self.campaign = CampaignState::Paused;
        }
    }

    fn waiting(&self) -> Vec<u32> {
        let waits = |reader: &u32| matches!(self.of(*reader), State::Pending | State::Deferred);
        (0..READERS).filter(waits).collect()
    }

    /// Somebody was put back: nothing is over.
    fn go_on(&mut self) {
        if self.campaign == CampaignState::Finished {
            self.campaign = CampaignState::Sending;
        }
    }

    fn go(&mut self, next: CampaignState) -> bool {
        let busy = (0..READERS).any(|reader| matches!(self.of(reader), State::Claimed | State::Dot));
        let unfinished = busy || !self.waiting().is_empty();
        let goes = self.campaign.leads_to(next)
            && !(next == CampaignState::Finished && unfinished)
            && (self.campaign != CampaignState::Finished || unfinished);
        if goes {
            self.campaign = next;
            if next == CampaignState::Cancelled {
                for reader in self.waiting() {
                    self.put(reader, State::Cancelled);
                }
            }
        }
        goes
    }
}

/// The store beside its model.
struct Pair {
    store: Store,
    sending: Option<Sending>,
    id: CampaignId,
    model: Model,
    now: i64,
}

impl Pair {
    fn sending(&self) -> &Sending {
        self.sending.as_ref().unwrap()
    }

    async fn commit(&mut self, settle: Option<(u32, Step)>, asking: Option<u32>) {
        let (now, due) = (at(self.now), at(self.now + 60));
        let legal = settle.is_none_or(|(reader, step)| self.model.settles(reader, step).is_some())
            && asking.is_none_or(|reader| {
                self.model.may_intend(reader) && settle.is_none_or(|(other, _)| other != reader)
            });
        let written = settle.map(|(reader, step)| Settled {
            id: delivery(self.id, reader),
            step,
            reply: None,
            next_at: Some(due),
            dead: false,
            by_policy: false,
        });
        let intent = asking.map(|reader| delivery(self.id, reader));
        let told = self.sending().commit(written, intent, now).await;
        if !legal {
            let refused = matches!(told, Err(StoreError::Illegal { .. } | StoreError::NotClaimed(_)));
            assert!(refused, "{settle:?} {asking:?}: {told:?}");
            return;
        }
        if let Some((reader, step)) = settle {
            self.model.settle(reader, step, due);
        }
        let expected = asking.map(|reader| self.model.intend(reader));
        let told = told.unwrap().map(|intent| match intent {
            Intent::Permit(_) => "permit",
            Intent::Suppressed => "suppressed",
            Intent::Held => "held",
        });
        assert_eq!(told, expected);
    }

    async fn step(&mut self, act: Act) {
        let now = at(self.now);
        match act {
            Act::Claim(limit) => {
                let claimed = self.sending().claim(self.id, limit, now).await.unwrap();
                let numbers: Vec<u32> = claimed.iter().map(|claimed| claimed.id.number).collect();
                assert_eq!(numbers, self.model.claim(limit, now));
            }
            Act::Intend(reader) => self.commit(None, Some(reader)).await,
            Act::Settle(reader, step) => self.commit(Some((reader, step)), None).await,
            Act::Both(one, step, other) => self.commit(Some((one, step)), Some(other)).await,
            Act::Release(reader) => {
                let told = self.sending().release(vec![delivery(self.id, reader)]).await;
                let legal = self.model.settles(reader, Step::Release).is_some();
                assert_eq!(told.is_ok(), legal, "{told:?}");
                if legal {
                    self.model.settle(reader, Step::Release, now);
                }
            }
            Act::Expire => {
                // Whoever was put back has as long again.
                let last = at(self.now + 1) + issue().lasts;
                let waiting = self.model.waiting();
                assert_eq!(self.sending().expire(self.id, last).await.unwrap(), waiting.len() as u64);
                for reader in waiting {
                    self.model.put(reader, State::Expired);
                }
            }
            Act::Wait => self.now += 40,
            Act::Crash => {
                self.sending = None;
                self.sending = Some(self.store.sending(now).unwrap());
                let lost = (0..READERS).filter(|reader| self.model.of(*reader) == State::Dot);
                let lost: Vec<u32> = lost.collect();
                let told = self.sending().recovered().unknown.iter().map(|(id, _)| id.number);
                assert_eq!(told.collect::<Vec<_>>(), lost);
                self.model.crash();
            }
            Act::Suppress(reader) => {
                let address = address(reader as usize);
                let added = self.store.suppress(&address, SuppressionReason::Manual, None, now).unwrap();
                assert_eq!(added, self.model.suppressed.insert(reader));
            }
            Act::Unsuppress(reader) => {
                let removed = self.store.unsuppress(&address(reader as usize)).unwrap();
                assert_eq!(removed, self.model.suppressed.remove(&reader));
            }
            Act::Move(next) => {
                let goes = self.store.set_state(self.id, next, None, now).unwrap();
                assert_eq!(goes, self.model.go(next), "{next:?}");
            }
            Act::Retry(reader) => {
                let put_back = self.store.retry(self.id, &[reader], now, now).unwrap();
                let nobody_has_it = matches!(self.model.of(reader), State::Failed | State::Expired);
                let goes = nobody_has_it
                    && !self.model.suppressed.contains(&reader)
                    && self.model.campaign != CampaignState::Cancelled;
                assert_eq!(put_back, u64::from(goes));
                if goes {
                    assert!(!self.model.doubtful[reader as usize], "a retry of what may have arrived");
                    self.model.ours[reader as usize] = false;
                    self.model.put(reader, State::Pending);
                    self.model.go_on();
                }
            }
            Act::Decide(reader, step) => {
                let decided = self.store.settle_unknown(delivery(self.id, reader), step, None, now).unwrap();
                assert_eq!(decided, self.model.of(reader) == State::Unknown);
                if decided {
                    // The publisher's word, or evidence.
                    self.model.doubtful[reader as usize] = false;
                    self.model.ours[reader as usize] = false;
                    self.model.put(reader, State::Unknown.after(step).unwrap());
                    if step == Step::Resend {
                        self.model.go_on();
                    }
                }
            }
        }
    }

    /// Nobody was lost, nobody is there twice, and everybody is where they ought to be.
    fn check(&self) {
        let found = self.store.deliveries(self.id, None, usize::MAX).unwrap();
        let expected: Vec<_> = (0..READERS)
            .map(|reader| (delivery(self.id, reader), address(reader as usize), self.model.of(reader)))
            .collect();
        let states: Vec<_> = found.into_iter().map(|one| (one.id, one.address, one.state)).collect();
        assert_eq!(states, expected);
        let counts = self.store.counts(self.id).unwrap();
        assert_eq!(counts.total(), u64::from(READERS));
        for state in State::ALL {
            let there = self.model.states.iter().filter(|one| **one == state).count();
            assert_eq!(counts.of(state), there as u64, "{state:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_nobody_is_lost_and_nobody_is_mailed_twice(
        acts in prop::collection::vec(act(), 1..120),
    ) {
        let (_dir, store) = new_store();
        let id = begun(&store, READERS as usize);
        let sending = Some(store.sending(at(0)).unwrap());
        let mut pair = Pair { store, sending, id, model: Model::new(), now: 1 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for act in acts {
                pair.step(act).await;
                pair.check();
            }
        });
    }
}
