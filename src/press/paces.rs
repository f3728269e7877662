//! Who may be taken up now: the limits of a run, and who gets less for a while.
//!
//! Pure but for the lock: the connections of a run share it, and the store keeps what
//! has to outlive the run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::outbox::{Backoff, CampaignId, Grain, Limits, Pace, Room, Slow};
use crate::store::{Counted, Paced, Scope};

/// How fast a run goes, and what ends it early.
#[derive(Debug, Clone)]
pub struct Pacing {
    /// How fast everything together may go through the relay.
    pub limits: Limits,
    /// By provider: how many connections carry its mail at once at most, and how fast
    /// it may go.
    pub groups: BTreeMap<String, (Option<usize>, Limits)>,
    /// The share of those who were answered, from 0 to 1, above which failures pause a
    /// campaign.
    pub max_failure_rate: f64,
    /// So many recipients refused in a row with the same words pause a campaign.
    pub identical_refusals: u32,
    /// How long a run waits for its limits, rather than to end.
    pub patience: Duration,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            groups: BTreeMap::new(),
            max_failure_rate: 0.05,
            identical_refusals: 20,
            patience: Duration::from_mins(5),
        }
    }
}

/// Why nobody is taken up now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    /// Until when; none when it ends with something that is on its way.
    pub(super) until: Option<Timestamp>,
    pub(super) why: Why,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The relay, after this.
    Relay(Box<Backoff>),
    /// A provider, and after what.
    Provider(String, Box<Backoff>),
    /// A limit of ours.
    Limit,
    /// A delivery that was refused for now is due then.
    Due,
}

impl Wait {
    /// The one that ends sooner; what has no end known ends with what is on its way.
    pub(super) fn sooner(one: Option<Self>, other: Self) -> Self {
        match one {
            Some(one) if one.until.is_none() || one.until <= other.until && other.until.is_some() => one,
            _ => other,
        }
    }
}

/// The relay or a provider.
#[derive(Debug)]
struct Member {
    scope: Arc<Scope>,
    /// Connections that may carry its mail at once.
    connections: usize,
    limits: Limits,
    pace: Pace,
    backoff: Option<Backoff>,
    /// The connections that carry its mail, once for each message.
    held_by: Vec<usize>,
    /// Refused by policy since the last that was accepted.
    policy: u32,
    /// Whether the store has yet to know of its back-off.
    changed: bool,
}

impl Member {
    fn new(scope: Scope, connections: usize, limits: Limits) -> Self {
        let pace = Pace::new(&limits);
        Self {
            scope: Arc::new(scope),
            connections,
            limits,
            pace,
            backoff: None,
            held_by: Vec::new(),
            policy: 0,
            changed: false,
        }
    }

    /// Until when it gets nothing, and why.
    fn closed(&self, now: Timestamp) -> Option<Wait> {
        let backoff = self.backoff.as_ref()?;
        let until = Some(backoff.closed_until(now)?);
        let provider = self.scope.provider.clone();
        let backoff = Box::new(backoff.clone());
        let why = if provider.is_empty() { Why::Relay(backoff) } else { Why::Provider(provider, backoff) };
        Some(Wait { until, why })
    }

    /// Whether this connection may carry another of its messages now.
    fn room(&mut self, lane: usize, now: Timestamp) -> Result<(), Wait> {
        if let Some(wait) = self.closed(now) {
            return Err(wait);
        }
        let most = self.backoff.as_ref().map_or(self.connections, |backoff| backoff.share(self.connections));
        if !self.held_by.contains(&lane) {
            let lanes: BTreeSet<usize> = self.held_by.iter().copied().collect();
            if lanes.len() >= most {
                return Err(Wait { until: None, why: Why::Limit });
            }
        }
        match self.pace.room(now) {
            Room::Now => Ok(()),
            Room::At(until) => Err(Wait { until: Some(until), why: Why::Limit }),
            Room::Later => Err(Wait { until: None, why: Why::Limit }),
        }
    }

    fn take(&mut self, lane: usize) {
        self.pace.reserve();
        self.held_by.push(lane);
    }

    fn leave(&mut self, lane: usize, spent: bool) {
        if !spent {
            self.pace.give_back();
        }
        if let Some(at) = self.held_by.iter().position(|holder| *holder == lane) {
            self.held_by.swap_remove(at);
        }
    }

    fn slow(&mut self, slow: Slow, said: &str, campaign: CampaignId, now: Timestamp) -> Option<u32> {
        let backoff = Backoff::after(self.backoff.as_ref(), slow, said, now)?;
        let step = backoff.step;
        self.backoff = Some(Backoff { campaign: Some(campaign), ..backoff });
        self.changed = true;
        Some(step)
    }

    fn ease(&mut self) {
        self.policy = 0;
        if let Some(backoff) = &mut self.backoff
            && backoff.ease()
        {
            if backoff.step == 0 {
                self.backoff = None;
            }
            self.changed = true;
        }
    }

    /// Whether anything of it has to be remembered.
    fn is_plain(&self, connections: usize) -> bool {
        self.connections == connections
            && self.limits == Limits::default()
            && self.backoff.is_none()
            && self.held_by.is_empty()
            && self.policy == 0
            && !self.changed
    }
}

#[derive(Debug)]
struct Members {
    relay: Member,
    groups: HashMap<String, Member>,
}

/// What the connections of a run keep to.
#[derive(Debug)]
pub(super) struct Paces {
    relay: String,
    campaign: CampaignId,
    connections: usize,
    members: Mutex<Members>,
    /// Told when something that was taken up is done, or somebody is slowed.
    pub(super) changed: Notify,
}

impl Paces {
    /// Those of a run of `campaign` to `relay`, after what that and its providers have
    /// had lately.
    pub(super) fn new(
        (relay, campaign): (&str, CampaignId),
        connections: usize,
        pacing: &Pacing,
        paced: Paced,
    ) -> Self {
        let scope = |provider: &str| Scope { relay: relay.to_owned(), provider: provider.to_owned() };
        let mut members =
            Members { relay: Member::new(scope(""), connections, pacing.limits), groups: HashMap::new() };
        for (name, (most, limits)) in &pacing.groups {
            let most = most.unwrap_or(connections).min(connections);
            members.groups.insert(name.clone(), Member::new(scope(name), most, *limits));
        }
        for (provider, grain, slot, count) in paced.dots {
            if provider.is_empty() {
                members.relay.pace.remember(grain, slot, count);
            } else if let Some(member) = members.groups.get_mut(&provider) {
                member.pace.remember(grain, slot, count);
            }
        }
        for (provider, backoff) in paced.backoffs {
            let member = if provider.is_empty() {
                &mut members.relay
            } else {
                let new = || Member::new(scope(&provider), connections, Limits::default());
                members.groups.entry(provider.clone()).or_insert_with(new)
            };
            member.backoff = Some(backoff);
        }
        let (relay, members) = (relay.to_owned(), Mutex::new(members));
        Self { relay, campaign, connections, members, changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection take up a message for a provider, or says for what to wait.
    pub(super) fn take(self: &Arc<Self>, group: &str, lane: usize, now: Timestamp) -> Result<Ticket, Wait> {
        let mut members = self.lock();
        let Members { relay, groups } = &mut *members;
        relay.room(lane, now)?;
        if !groups.contains_key(group) {
            let scope = Scope { relay: self.relay.clone(), provider: group.to_owned() };
            groups.insert(group.to_owned(), Member::new(scope, self.connections, Limits::default()));
        }
        if let Some(member) = groups.get_mut(group) {
            member.room(lane, now)?;
            member.take(lane);
        }
        relay.take(lane);
        Ok(Ticket { paces: Arc::clone(self), group: group.to_owned(), lane, spent: false })
    }

    /// For what everybody waits, if they do.
    pub(super) fn closed(&self, lane: usize, now: Timestamp) -> Option<Wait> {
        self.lock().relay.room(lane, now).err()
    }

    /// For what somebody waits who was let through before.
    pub(super) fn closed_for(&self, ticket: &Ticket, now: Timestamp) -> Option<Wait> {
        let members = self.lock();
        let closed = members.relay.closed(now);
        drop(members);
        closed.or_else(|| self.opens(&ticket.group, now))
    }

    /// Until when this provider gets nothing, and why.
    pub(super) fn opens(&self, group: &str, now: Timestamp) -> Option<Wait> {
        self.lock().groups.get(group)?.closed(now)
    }

    /// The providers that get nothing now.
    pub(super) fn closed_groups(&self, now: Timestamp) -> BTreeSet<String> {
        let members = self.lock();
        let closed = members.groups.iter().filter(|(_, member)| member.closed(now).is_some());
        closed.map(|(name, _)| name.clone()).collect()
    }

    /// The relay gets less for a while; until when.
    pub(super) fn slow_relay(&self, slow: Slow, said: &str, now: Timestamp) -> Option<Timestamp> {
        let mut members = self.lock();
        members.relay.slow(slow, said, self.campaign, now);
        self.changed.notify_waiters();
        members.relay.closed(now)?.until
    }

    /// A provider gets less for a while; the step of its back-off, if that is a new one.
    pub(super) fn slow_group(&self, group: &str, slow: Slow, said: &str, now: Timestamp) -> Option<u32> {
        let step =
            self.lock().groups.get_mut(group).and_then(|member| member.slow(slow, said, self.campaign, now));
        self.changed.notify_waiters();
        step
    }

    /// A provider refused one by its policy; how often since it accepted one.
    pub(super) fn policy(&self, group: &str) -> u32 {
        let mut members = self.lock();
        let Some(member) = members.groups.get_mut(group) else { return 1 };
        member.policy += 1;
        member.policy
    }

    /// A message for this provider was accepted.
    pub(super) fn ease(&self, group: &str) {
        let mut members = self.lock();
        members.relay.ease();
        if let Some(member) = members.groups.get_mut(group) {
            member.ease();
        }
    }

    /// The back-offs the store does not know of.
    pub(super) fn changes(&self) -> Vec<(Scope, Option<Backoff>)> {
        let mut members = self.lock();
        let Members { relay, groups } = &mut *members;
        let changed = std::iter::once(relay).chain(groups.values_mut()).filter(|member| member.changed);
        changed
            .map(|member| {
                member.changed = false;
                ((*member.scope).clone(), member.backoff.clone())
            })
            .collect()
    }
}

/// The right to carry one message, until it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    paces: Arc<Paces>,
    group: String,
    lane: usize,
    spent: bool,
}

impl Ticket {
    /// The provider of its recipient.
    pub(super) fn group(&self) -> &str {
        &self.group
    }

    /// What its dot is counted for.
    pub(super) fn counted(&self) -> Counted {
        let members = self.paces.lock();
        let relay = &members.relay;
        let mut counted = vec![(Arc::clone(&relay.scope), Grain::Minute)];
        if relay.limits.per_second.is_some() {
            counted.push((Arc::clone(&relay.scope), Grain::Tenth));
        }
        if let Some(member) = members.groups.get(&self.group) {
            let Limits { per_second, per_hour, per_day } = member.limits;
            if per_hour.or(per_day).is_some() {
                counted.push((Arc::clone(&member.scope), Grain::Minute));
            }
            if per_second.is_some() {
                counted.push((Arc::clone(&member.scope), Grain::Tenth));
            }
        }
        counted.into()
    }

    /// The dot is written.
    pub(super) fn spend(&mut self, now: Timestamp) {
        if std::mem::replace(&mut self.spent, true) {
            return;
        }
        let mut members = self.paces.lock();
        members.relay.pace.spend(now);
        if let Some(member) = members.groups.get_mut(&self.group) {
            member.pace.spend(now);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut members = self.paces.lock();
        let Members { relay, groups } = &mut *members;
        relay.leave(self.lane, self.spent);
        if let Some(member) = groups.get_mut(&self.group) {
            member.leave(self.lane, self.spent);
            // There may be as many as there are domains on a list.
            if member.is_plain(self.paces.connections) {
                groups.remove(&self.group);
            }
        }
        drop(members);
        self.paces.changed.notify_waiters();
    }
}
