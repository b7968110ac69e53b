//! The destinations that monitors and groups subscribe, account by account and by id within one. An account's monitors
//! are looked at together, so that why a destination is notified does not depend on where a page ends; what bounds a
//! page is its number of destinations.
use std::collections::{BTreeMap, VecDeque};

use status::{
    component_match::PageNames,
    filter::{Reason, reason_to_notify},
    ids::{AccountId, DestinationId, ProviderId},
    monitor::{Group, Monitor},
};
use store::WatchersFrom;

use crate::{
    accounts::Account,
    follow_up,
    progress::Reached,
    quiet::Quiet,
    reads::{Page, Reads},
    recipient::Recipient,
};

/// Accounts that are read at a time.
const ACCOUNTS_AT_A_TIME: usize = 16;

pub(crate) struct WatchersReader {
    provider: ProviderId,
    segment: Option<u8>,
    /// What of the segment was queued before this invocation, or was read in it.
    reached: Option<Reached>,
    /// Monitors that were read and not looked at, by account.
    monitors: VecDeque<Vec<Monitor>>,
    more: bool,
    /// Recipients of the accounts that were looked at, each with its account.
    waiting: VecDeque<(AccountId, Recipient)>,
}

impl WatchersReader {
    pub(crate) fn new(provider: ProviderId, segment: Option<u8>, reached: Option<Reached>) -> Self {
        let (monitors, waiting) = (VecDeque::new(), VecDeque::new());
        Self { provider, segment, reached, monitors, more: true, waiting }
    }

    /// `None` at the end.
    pub(crate) async fn next(&mut self, reads: &Reads<'_>) -> anyhow::Result<Option<Page>> {
        let mut rows = 0;
        if self.waiting.is_empty() && self.monitors.is_empty() {
            rows = self.read_monitors(reads).await?;
            if rows == 0 {
                return Ok(None);
            }
        }
        while self.waiting.len() < reads.bounds.page && !self.monitors.is_empty() {
            self.read_accounts(reads).await?;
        }
        let count = self.waiting.len().min(reads.bounds.page);
        let taken: Vec<(AccountId, Recipient)> = self.waiting.drain(..count).collect();
        let reached = match (taken.last(), &self.reached) {
            (Some((account, recipient)), _) if !self.waiting.is_empty() => {
                Reached::Within(account.clone(), recipient.destination.clone())
            }
            (_, Some(looked_at)) => looked_at.clone(),
            (_, None) => anyhow::bail!("no account of {} was looked at", self.provider),
        };
        Ok(Some(Page { recipients: taken.into_iter().map(|(_, recipient)| recipient).collect(), reached, rows }))
    }

    /// Reads the monitors of the next accounts. Returns how many there are.
    async fn read_monitors(&mut self, reads: &Reads<'_>) -> anyhow::Result<usize> {
        if !self.more {
            return Ok(0);
        }
        let from = match &self.reached {
            Some(Reached::Account(account)) => WatchersFrom::After(account),
            Some(Reached::Within(account, _)) => WatchersFrom::Account(account),
            _ => WatchersFrom::Start,
        };
        let watchers = reads.store.watchers(&self.provider, self.segment, from, reads.bounds.monitors).await?;
        self.more = watchers.more;
        let by_account = watchers.monitors.chunk_by(|one, next| one.account == next.account);
        self.monitors = by_account.map(<[_]>::to_vec).collect();
        Ok(watchers.monitors.len())
    }

    /// Looks at the next accounts whose monitors were read.
    async fn read_accounts(&mut self, reads: &Reads<'_>) -> anyhow::Result<()> {
        let count = self.monitors.len().min(ACCOUNTS_AT_A_TIME);
        let next: Vec<Vec<Monitor>> = self.monitors.drain(..count).collect();
        let accounts = reads.accounts.load(reads.store, next.iter().map(|monitors| &monitors[0].account)).await?;
        for monitors in next {
            let id = &monitors[0].account;
            let names = reads.page_names(&monitors).await?;
            let mut recipients = subscribed(reads, names.as_deref(), &monitors, &accounts[id]);
            if let Some(Reached::Within(within, done)) = &self.reached
                && within == id
            {
                recipients.retain(|recipient| recipient.destination > *done);
            }
            self.waiting.extend(recipients.into_iter().map(|recipient| (id.clone(), recipient)));
            self.reached = Some(Reached::Account(id.clone()));
        }
        Ok(())
    }
}

/// The recipients in one account, sorted by id, each for the strongest reason. `monitors` are all that the account has
/// of the provider.
fn subscribed(reads: &Reads<'_>, names: Option<&PageNames>, monitors: &[Monitor], account: &Account) -> Vec<Recipient> {
    let mut found: BTreeMap<&DestinationId, Wanted<'_>> = BTreeMap::new();
    for monitor in monitors {
        let reason_of = reason_for(reads, names, monitor);
        for group in &account.groups {
            let Some(reason) = reason_of(group) else { continue };
            for (id, channel) in account.destinations_of(group) {
                let wanted = found.entry(id).or_insert(Wanted { channel, reason, groups: Vec::new() });
                if reason.beats(wanted.reason) {
                    wanted.reason = reason;
                }
                wanted.groups.push(group);
            }
        }
    }
    let may_wait = account.groups.iter().any(Group::may_hold);
    let quiet = |groups: &[&Group]| {
        let id = monitors.first().map(|monitor| &monitor.account).filter(|_| may_wait)?;
        Some(Quiet::of(id, groups, reads.alert, reads.now))
    };
    let recipient = |(id, wanted): (&DestinationId, Wanted<'_>)| Recipient {
        destination: id.clone(),
        channel: wanted.channel.clone(),
        reason: wanted.reason,
        quiet: quiet(&wanted.groups),
        is_by_mark: false,
        follow_ups: follow_up::Wanted::of(reads.alert, &wanted.groups, id),
    };
    found.into_iter().map(recipient).collect()
}

/// Why a destination gets the alert, and for which groups.
struct Wanted<'a> {
    channel: &'a String,
    reason: Reason,
    groups: Vec<&'a Group>,
}

/// Why the destinations of a group get the alert through this monitor. An alert about a whole platform concerns every
/// monitor, whatever it chose of its provider's components.
fn reason_for(reads: &Reads<'_>, names: Option<&PageNames>, monitor: &Monitor) -> impl Fn(&Group) -> Option<Reason> {
    let (alert, filtered, mutes) = (reads.alert, &reads.filtered, reads.mutes_by(&monitor.account));
    let passed = alert.concerned.is_empty().then(|| filtered.unmuted(filtered.passing(monitor, names), mutes));
    move |group| match &passed {
        Some(passed) => reason_to_notify(passed, monitor, group),
        None => (group.covers(&monitor.id) && group.wants(alert.event, alert.severity))
            .then_some(Reason::Subscribed { unknown: false }),
    }
}
