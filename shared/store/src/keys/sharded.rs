//! Keys of the lists that a fan-out reads and writes as fast as it can. A partition takes about 1,000 writes a second,
//! so each list is spread over several.
use jiff::Timestamp;
use status::ids::{AccountId, AlertId, DestinationId, MonitorId, ProviderId};

use super::parts::{DESTINATIONS, Key, by_time, escape, key, shard};
use crate::records::Episode;

pub(crate) const WATCHER_SEGMENTS: u8 = 16;

const DELIVERY_SHARDS: u8 = 8;
pub(crate) const NOTIFIED_SHARDS: u8 = 8;
const HANDLE_SHARDS: u8 = 8;
/// Each is one query of a poller, every few minutes.
const HELD_SHARDS: u8 = 4;

/// A partition of the index: the monitors of a provider, of the accounts of one segment; `None`: those that were
/// written before there were segments.
pub(crate) fn watch(provider: &ProviderId, segment: Option<u8>) -> String {
    match segment {
        Some(segment) => format!("WATCH#{}#{segment}", escape(provider)),
        None => format!("WATCH#{}", escape(provider)),
    }
}

/// Index key of a monitor under the provider it watches.
pub(crate) fn watcher(provider: &ProviderId, account: &AccountId, monitor: &MonitorId) -> Key {
    let segment = shard(account.as_str(), WATCHER_SEGMENTS);
    key(watch(provider, Some(segment)), format!("{}{}", watchers_of(account), escape(monitor)))
}

/// All sort keys of the account's monitors begin with this.
pub(crate) fn watchers_of(account: &AccountId) -> String {
    format!("{}#", escape(account))
}

/// Sorts after all monitors of the account and before those of the next one: `$` follows `#`.
pub(crate) fn after_watchers_of(account: &AccountId) -> String {
    format!("{}$", escape(account))
}

/// A partition of the notified destinations; `None`: of those from before there were shards.
pub(crate) fn notified_in(episode: &Episode, shard: Option<u8>) -> String {
    match shard {
        Some(shard) => format!("TOLD#{}#{shard}", episode_parts(episode)),
        None => format!("TOLD#{}", episode_parts(episode)),
    }
}

/// Sort key in that partition.
pub(crate) fn notified_of(destination: &DestinationId) -> String {
    format!("{DESTINATIONS}{}", escape(destination))
}

pub(crate) fn notified(episode: &Episode, destination: &DestinationId) -> Key {
    let shard = shard(destination.as_str(), NOTIFIED_SHARDS);
    key(notified_in(episode, Some(shard)), notified_of(destination))
}

pub(crate) fn notified_without_shard(episode: &Episode, destination: &DestinationId) -> Key {
    key(notified_in(episode, None), notified_of(destination))
}

pub(crate) fn delivery(alert: &AlertId, destination: &DestinationId) -> Key {
    let shard = shard(destination.as_str(), DELIVERY_SHARDS);
    key(delivery_shard(alert, shard), format!("{DESTINATIONS}{}", escape(destination)))
}

pub(crate) fn deliveries_of(alert: &AlertId) -> impl Iterator<Item = String> {
    (0..DELIVERY_SHARDS).map(move |shard| delivery_shard(alert, shard))
}

fn delivery_shard(alert: &AlertId, shard: u8) -> String {
    format!("DELIVERY#{}#{shard}", escape(alert))
}

pub(crate) fn handle(episode: &Episode, destination: &DestinationId) -> Key {
    let Key { partition, sort } = handle_without_shard(episode, destination);
    key(format!("{partition}#{}", shard(destination.as_str(), HANDLE_SHARDS)), sort)
}

pub(crate) fn handle_without_shard(episode: &Episode, destination: &DestinationId) -> Key {
    key(format!("HANDLE#{}", episode_parts(episode)), format!("{DESTINATIONS}{}", escape(destination)))
}

/// A partition: what waits for a destination.
pub(crate) fn held_for(destination: &DestinationId) -> String {
    format!("HELD#{}", escape(destination))
}

pub(crate) fn held(destination: &DestinationId, episode: &Episode) -> Key {
    key(held_for(destination), episode_parts(episode))
}

pub(crate) fn follow_up(destination: &DestinationId, episode: &Episode) -> Key {
    key(format!("FOLLOWUP#{}", episode_parts(episode)), format!("DESTINATION#{}", escape(destination)))
}

/// Index key by the time when it is due.
pub(crate) fn held_by_time(destination: &DestinationId, due_at: Timestamp, episode: &Episode) -> Key {
    let order = format!("{}#{}#{}", by_time(due_at), escape(destination), episode_parts(episode));
    key(held_shard(shard(destination.as_str(), HELD_SHARDS)), order)
}

/// In the index, after all that is due by then.
pub(crate) fn after_held_at(now: Timestamp) -> String {
    format!("{}$", by_time(now))
}

/// The partitions of the index.
pub(crate) fn held_shards() -> impl Iterator<Item = String> {
    (0..HELD_SHARDS).map(held_shard)
}

fn held_shard(shard: u8) -> String {
    format!("HELD-DUE#{shard}")
}

fn episode_parts(episode: &Episode) -> String {
    format!("{}#{}#{}", escape(&episode.provider), escape(&episode.incident), episode.number)
}

#[cfg(test)]
mod tests {
    use status::ids::{IncidentId, ProviderId};

    use super::*;

    #[test]
    fn ids_with_separators_make_different_keys() {
        let told = |incident: &str, number| {
            let (provider, incident) = (ProviderId::new("p"), IncidentId::new(incident));
            notified_in(&Episode { provider, incident, number }, None)
        };
        assert_ne!(told("a#1", 2), told("a", 1));
        assert_ne!(told("a#b", 1), told("a%23b", 1));
        assert_eq!(told("a#b", 1), "TOLD#p#a%23b#1");
    }

    #[test]
    fn monitors_of_an_account_are_apart_from_those_of_others() {
        for (account, other) in [("a", "a-b"), ("a", "a!"), ("a", "a$"), ("a#b", "a")] {
            let (account, other) = (AccountId::new(account), AccountId::new(other));
            let key = |account| watcher(&ProviderId::new("p"), account, &MonitorId::new("m")).sort;
            let range = watchers_of(&account)..after_watchers_of(&account);
            assert!(range.contains(&key(&account)) && !range.contains(&key(&other)), "{account} {other}");
        }
    }

    /// Rows of existing tables are found by these.
    #[test]
    fn rows_for_one_destination_keep_their_keys() {
        let (provider, incident, hook) = (ProviderId::new("p"), IncidentId::new("i"), DestinationId::new("hook"));
        let episode = Episode { provider, incident, number: 2 };
        let keys = [notified(&episode, &hook), handle(&episode, &hook), delivery(&AlertId::new("a"), &hook)];
        assert_eq!(keys.map(|key| key.partition), ["TOLD#p#i#2#5", "HANDLE#p#i#2#5", "DELIVERY#a#5"]);
        let old = [notified_without_shard(&episode, &hook), handle_without_shard(&episode, &hook)];
        assert_eq!(old.map(|key| key.partition), ["TOLD#p#i#2", "HANDLE#p#i#2"]);
    }
}
