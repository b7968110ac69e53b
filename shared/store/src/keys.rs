//! Every access pattern, and every key. A pattern that is not in this table does not exist: no scan but those
//! of an export and of a change of keys, and no filter in place of a key. Keys are built only here and never parsed:
//! what an item is about is in its attributes.
//!
//! Key prefixes are part of every existing table and keep the words they were created with: `GLANCES` are page
//! summaries, `SPANS` incident timelines, `PLANNED` maintenances, `TOLD` notified destinations. Rows of `TOLD`,
//! `HANDLE` and `WATCH` from before these had shards are read under the same key without its last part.
//!
//! | who asks | for | key condition | index | page |
//! |---|---|---|---|---|
//! | poller, web, console | one page | `pk = PAGE#provider`, `sk = PAGE` | | 1 |
//! | poller, cold | heads of many pages | the same, batch get without the page state | | 100 |
//! | poller, web, console | health of many pages | `pk = PAGE#provider`, `sk = HEALTH`, batch get | | 100 |
//! | web | summaries of all pages | `gsi1pk = GLANCES` | `gsi1` | all |
//! | console | summaries of many pages | `pk = PAGE#provider`, `sk = GLANCE`, batch get | | 100 |
//! | web | pages that cannot be read | `gsi1pk = UNREADABLE` | `gsi1` | all |
//! | web, console | timelines of a page, newest first | `gsi1pk = SPANS#provider`, by time | `gsi1` | caller's |
//! | web | the same after a cursor, before or between times | the same, `gsi1sk` before the cursor or between | `gsi1` | caller's |
//! | web | maintenances that are to start in a month | `gsi1pk = PLANNED#month` | `gsi1` | all |
//! | web | the same between two times, after a cursor, month by month | the same, `gsi1sk` between | `gsi1` | caller's |
//! | web, console | the newest round of each poller | `pk = ROUNDS` | | all |
//! | poller, web | the newest fault of each platform | `pk = PLATFORMS` | | all |
//! | poller, web, command line | the overlay of the catalogue | `pk = CATALOGUE` | | all |
//! | web, dispatcher | one incident | `pk = HISTORY#provider`, `sk = kind#incident`, then (web) in archives, then of the other kind | | 1 |
//! | poller, web, console | archives of a page: those of its incidents that ended before its first read | `pk = HISTORY#provider`, `sk` begins with `archive#` | | all |
//! | command line, web | archives of all pages with incidents of a month | `gsi1pk = ARCHIVES#month`, descending | `gsi1` | 50 |
//! | web | newest incidents of all pages, after a cursor | `gsi1pk = INCIDENTS#month`, `gsi1sk` before the cursor, descending, month by month | `gsi1` | caller's |
//! | router, dispatcher | one alert | `pk = ALERT#alert`, `sk = ALERT` | | 1 |
//! | router | how far its fan-out is | `pk = FANOUT#alert`, `sk = FANOUT`, with the alert in one batch get | | 2 |
//! | command line | these alerts | `pk = ALERT#alert`, `sk = ALERT`, batch get | | 100 |
//! | command line, web | alerts of an incident | `gsi1pk = ALERTS#provider#incident`, by time | `gsi1` | all |
//! | poller | alerts committed but not queued | `pk = OUTBOX#shard`, each shard | | all |
//! | poller | the same of one provider, before a new alert of it is queued | `pk = OUTBOX#shard`, `sk` begins with the provider | | all |
//! | poller, web | custom pages, and watched providers in rows of earlier versions | `gsi1pk = DIRECTORY` | `gsi1` | all |
//! | poller | watched providers | `pk = WATCHED` | | all |
//! | `apply`, console | by how many accounts these are watched | `pk = WATCHED`, `sk = provider`, batch get | | 100 |
//! | `apply` | whether settings were applied before | `pk = APPLIED#account`, `sk = APPLIED` | | 1 |
//! | `apply`, console | all settings of an account | `pk = ACCOUNT#account` | | all |
//! | router | groups and destinations of an account | `pk = ACCOUNT#account`, `sk` between the kinds | | all |
//! | poller | groups, destinations and monitors of an account | the same | | all |
//! | console | one setting of an account | `pk = ACCOUNT#account`, `sk` of its kind and id | | 1 |
//! | web | which of these destinations are the file's | `pk = ACCOUNT#local`, `sk = DESTINATION#destination`, batch get | | 100 |
//! | web | the first destinations of the file | `pk = ACCOUNT#local`, `sk` begins with `DESTINATION#` | | caller's |
//! | web | deliveries of an alert to these destinations | `pk = DELIVERY#alert#shard`, `sk = DESTINATION#destination`, batch get | | 100 |
//! | web | the providers that the file's account watches | `pk = ACCOUNT#local`, `sk` begins with `WATCHED#` | | all |
//! | web | groups and monitors of the file's account | `pk = ACCOUNT#local`, `sk` between the kinds | | all |
//! | dispatcher | which of these providers an account watches | `pk = ACCOUNT#account`, `sk = WATCHED#provider`, batch get | | 100 |
//! | router, poller | who watches a provider | `gsi1pk = WATCH#provider#segment`, each segment, from an account on | `gsi1` | caller's |
//! | dispatcher | one destination, with the handle of a message | `pk = DESTINATION#destination`, `sk = DESTINATION`; `pk = HANDLE#provider#incident#episode#shard`, `sk = DESTINATION#destination`; batch get | | 3 |
//! | router | many destinations | the same, batch get | | 100 |
//! | console | one destination | `pk = DESTINATION#destination`, `sk = DESTINATION` | | 1 |
//! | web | destinations that are disabled or fail | `gsi1pk = TROUBLED` | `gsi1` | all |
//! | dispatcher | whether an address may get mail | `pk = RECIPIENT#account#address`, `sk = RECIPIENT`; `pk = SUPPRESSED#address`, `sk = SUPPRESSED`; batch get | | 2 |
//! | web, console | why an address gets no mail | `pk = SUPPRESSED#address`, `sk = SUPPRESSED` | | 1 |
//! | `apply` | which of these addresses were asked for consent | `pk = RECIPIENT#account#address`, `sk = RECIPIENT`, batch get | | 100 |
//! | web | the recipient of a link | `gsi1pk = LINK#token` | `gsi1` | 1 |
//! | poller, `apply`, console | what a provider's monitors were told of their filters | `pk = UNMATCHED#provider` | | all |
//! | `apply`, web | the same of all providers | `gsi1pk = UNMATCHED` | `gsi1` | all |
//! | router | all notified destinations of an episode | `pk = TOLD#provider#incident#episode#shard`, each shard, after a destination | | caller's |
//! | router | which of these were notified | the same partitions, `sk = DESTINATION#destination`, batch get | | 100 |
//! | poller | of which of these one was notified | the same, batch get | | 100 |
//! | router | one alert that waits for a destination | `pk = HELD#destination`, `sk = provider#incident#episode` | | 1 |
//! | router | for which of these an alert waits | the same, batch get | | 100 |
//! | poller | all that waits for a destination | `pk = HELD#destination` | | all |
//! | router, poller | one follow-up | `pk = FOLLOWUP#provider#incident#episode`, `sk = DESTINATION#destination` | | 1 |
//! | poller | what waits, or is to be followed up, and is due | `gsi1pk = HELD-DUE#shard`, `gsi1sk` up to a time, each shard | `gsi1` | caller's |
//! | dispatcher | deliveries of these alerts to a destination | `pk = DELIVERY#alert#shard`, `sk = DESTINATION#destination`, batch get | | 100 |
//! | dispatcher | one delivery | `pk = DELIVERY#alert#shard`, `sk = DESTINATION#destination` | | 1 |
//! | command line, web | deliveries of an alert | `pk = DELIVERY#alert#shard`, each shard | | all |
//! | `export`, `keys reseal` | everything | scan | | 1 MB |
//! | `import`, `serve` | the import that made the table | `pk = IMPORT`, `sk = IMPORT` | | 1 |
//! | dispatcher, command line, web | deliveries to a destination since a time | `gsi1pk = DELIVERIES#destination`, by time | `gsi1` | caller's |
//! | console | the newest deliveries to a destination, before a time | the same, descending, `gsi1sk` before it | `gsi1` | caller's |
//! | console | one delivery | `pk = DELIVERY#alert#shard`, `sk = DESTINATION#destination` | | 1 |
//! | console | what kinds of news these alerts are | `pk = ALERT#alert`, `sk = ALERT`, batch get without the document | | 100 |
//! | console | one destination with its health | `pk = DESTINATION#destination`, `sk = DESTINATION` | | 1 |
//! | console | whether an address may get mail | `pk = RECIPIENT#account#address`, `sk = RECIPIENT`; `pk = SUPPRESSED#address`, `sk = SUPPRESSED`; batch get | | 2 |
//! | console | whether somebody may get another mail, or be asked again | `pk = LIMIT#name#key`, `sk = LIMIT` | | 1 |
//! | console | a link to sign in, by the digest of its secret | `pk = SIGNIN#digest`, `sk = SIGNIN` | | 1 |
//! | console | the accounts of a user | `pk = USER#address`, `sk = USER` | | 1 |
//! | console | one session | `pk = SESSIONS#user`, `sk = SESSION#id` | | 1 |
//! | console | the sessions of a user | `pk = SESSIONS#user` | | all |
//! | console | one member, invitation or API token of an account, or its name | `pk = TEAM#account`, `sk` of that kind | | 1 |
//! | console | an account with its members, invitations and tokens | `pk = TEAM#account` | | all |
//! | console | what a request with an idempotency key made | `pk = MADE#account#key`, `sk = MADE` | | 1 |
//! | poller, console | what an account muted | `pk = MUTES#account` | | all |
//! | router | who muted an incident | `gsi1pk = MUTED#provider#incident`, by account | `gsi1` | all |
//! | (checked and written by poller and console, never read) | one mute | `pk = MUTES#account`, `sk` of its episode and kind | | 1 |
//! | console | the boards of an account | `pk = BOARDS#account` | | all |
//! | web, console | one board | `pk = BOARDS#account`, `sk = BOARD#board` | | 1 |
//! | web | which board is at a public address, or at a secret one by its digest | `pk = SHARED#address`, `sk = PUBLIC` or `SECRET` | | 1 |
//! | console | the feeds of an account | `pk = FEEDS#account` | | all |
//! | web, console | one feed | `pk = FEEDS#account`, `sk` of the account or of a group | | 1 |
//! | web | which feed is at an address, by its digest | `pk = SHARED#address`, `sk = FEED` | | 1 |
//! | web | the providers of a feed of an account | `pk = ACCOUNT#account`, `sk` begins with `WATCHED#` | | all |
//! | web | group and monitors of a feed of a group | `pk = ACCOUNT#account`, `sk` between the kinds | | all |
//! | console | what an account's settings are while nobody changes them | `pk = REVISION#account`, `sk = REVISION` | | 1 |
//! | console | the audit log of an account, newest first, before an entry | `pk = AUDIT#account`, `sk` before it | | caller's |
mod parts;
mod past;
mod people;
mod sharded;

use jiff::{Timestamp, civil::Date};
use parts::{escape, key, kind_word, shard};
use status::{
    ids::{AccountId, AlertId, DestinationId, GroupId, Id, IncidentId, MonitorId, ProviderId},
    snapshot::Kind,
};

use crate::records::WrittenBy;

pub(crate) use parts::{DESTINATIONS, Key, by_time, sort_suffix};
pub(crate) use past::{
    ARCHIVE, archive, archive_by_time, archives_in, history, incident, incident_by_time, incidents_in,
};
pub(crate) use people::{
    account_row, api_token, audit_entry, audit_log, board, board_address, boards, feed, feed_address, feeds,
    idempotency, invitation, limit, member, mute, mute_by_incident, mutes, mutes_of, session, sessions_of,
    settings_revision, sign_in_link, team, user,
};
pub(crate) use sharded::{
    NOTIFIED_SHARDS, WATCHER_SEGMENTS, after_held_at, after_watchers_of, deliveries_of, delivery, follow_up, handle,
    handle_without_shard, held, held_by_time, held_for, held_shards, notified, notified_in, notified_of,
    notified_without_shard, watch, watcher, watchers_of,
};

/// Reading the outbox costs one request per shard in every round; a shard takes about 1,000 commits a second.
const OUTBOX_SHARDS: u8 = 4;

pub(crate) const DIRECTORY: &str = "DIRECTORY";
pub(crate) const GROUPS: &str = "GROUP#";
/// Between `DESTINATIONS` and this an account has its destinations and groups, and nothing else.
pub(crate) const AFTER_GROUPS: &str = "GROUP$";
/// Between `GROUPS` and this an account has its groups and monitors, and nothing else; between `DESTINATIONS` and this
/// its destinations too.
pub(crate) const AFTER_MONITORS: &str = "MONITOR$";

pub(crate) fn page(provider: &ProviderId) -> Key {
    key(format!("PAGE#{}", escape(provider)), "PAGE")
}

pub(crate) fn health(provider: &ProviderId) -> Key {
    key(format!("PAGE#{}", escape(provider)), "HEALTH")
}

pub(crate) const PAGE_SUMMARIES: &str = "GLANCES";
pub(crate) const UNREADABLE: &str = "UNREADABLE";
pub(crate) const ROUNDS: &str = "ROUNDS";
pub(crate) const PLATFORMS: &str = "PLATFORMS";
pub(crate) const CATALOGUE: &str = "CATALOGUE";

pub(crate) fn page_summary(provider: &ProviderId) -> Key {
    key(format!("PAGE#{}", escape(provider)), "GLANCE")
}

/// Index key of a page's row in a list of all pages: [`PAGE_SUMMARIES`] or [`UNREADABLE`].
pub(crate) fn list_key(list: &str, provider: &ProviderId) -> Key {
    key(list.into(), escape(provider))
}

pub(crate) fn round(shard: u64, of: u64) -> Key {
    key(ROUNDS.into(), format!("{shard}#{of}"))
}

/// `platform`: the format's name.
pub(crate) fn platform_fault(platform: &str) -> Key {
    key(PLATFORMS.into(), escape(&Id::<()>::new(platform)))
}

/// What was found of a row of the catalogue.
pub(crate) fn overlay(provider: &ProviderId) -> Key {
    key(CATALOGUE.into(), escape(provider))
}

/// A partition of the table, and of the index, where the same items are sorted by time.
pub(crate) fn timelines(provider: &ProviderId) -> String {
    format!("SPANS#{}", escape(provider))
}

pub(crate) fn timeline(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> Key {
    key(timelines(provider), format!("{}#{}", kind_word(kind), escape(incident)))
}

pub(crate) fn timeline_by_time(provider: &ProviderId, began_at: Timestamp, kind: Kind, incident: &IncidentId) -> Key {
    key(timelines(provider), format!("{}#{}", by_time(began_at), timeline_suffix(kind, incident)))
}

/// What follows the time in the sort keys of the timelines of a page.
pub(crate) fn timeline_suffix(kind: Kind, incident: &IncidentId) -> String {
    format!("{}#{}", kind_word(kind), escape(incident))
}

pub(crate) fn planned(provider: &ProviderId, incident: &IncidentId) -> Key {
    key(format!("PLANNED#{}", escape(provider)), escape(incident))
}

/// Index key: by month of the planned start, and by time within it.
pub(crate) fn planned_by_time(starts_at: Timestamp, provider: &ProviderId, incident: &IncidentId) -> Key {
    let month = planned_in_month(starts_at.strftime("%Y-%m"));
    key(month, format!("{}#{}#{}", by_time(starts_at), escape(provider), escape(incident)))
}

pub(crate) fn planned_in(month_start: Date) -> String {
    planned_in_month(month_start.strftime("%Y-%m"))
}

fn planned_in_month(month: impl std::fmt::Display) -> String {
    format!("PLANNED#{month}")
}

pub(crate) fn alert(alert: &AlertId) -> Key {
    key(format!("ALERT#{}", escape(alert)), "ALERT")
}

pub(crate) fn fanout(alert: &AlertId) -> Key {
    key(format!("FANOUT#{}", escape(alert)), "FANOUT")
}

/// Within a shard rows sort by provider, then by commit.
pub(crate) fn outbox(provider: &ProviderId, by: WrittenBy) -> Key {
    let (shard, prefix) = outbox_of(provider);
    let order = match by {
        WrittenBy::Page { version } => format!("PAGE#{version:020}"),
        WrittenBy::Health { at } => format!("HEALTH#{:020}", at.as_microsecond()),
        WrittenBy::Notice { at } => format!("NOTICE#{:020}", at.as_nanosecond()),
    };
    key(shard, format!("{prefix}{order}"))
}

/// The partition of a provider's rows and the prefix of their sort keys.
pub(crate) fn outbox_of(provider: &ProviderId) -> (String, String) {
    (outbox_shard(shard(provider.as_str(), OUTBOX_SHARDS)), format!("{}#", escape(provider)))
}

pub(crate) fn outbox_shards() -> impl Iterator<Item = String> {
    (0..OUTBOX_SHARDS).map(outbox_shard)
}

fn outbox_shard(shard: u8) -> String {
    format!("OUTBOX#{shard}")
}

/// Outside the account's partition, which holds its settings and nothing else.
pub(crate) fn applied(account: &AccountId) -> Key {
    key(format!("APPLIED#{}", escape(account)), "APPLIED")
}

pub(crate) fn account(account: &AccountId) -> String {
    format!("ACCOUNT#{}", escape(account))
}

pub(crate) fn account_page(of: &AccountId, page: &ProviderId) -> Key {
    key(account(of), format!("PAGE#{}", escape(page)))
}

pub(crate) fn account_destination(of: &AccountId, destination: &DestinationId) -> Key {
    key(account(of), format!("{DESTINATIONS}{}", escape(destination)))
}

pub(crate) fn account_group(of: &AccountId, group: &GroupId) -> Key {
    key(account(of), format!("{GROUPS}{}", escape(group)))
}

pub(crate) fn account_monitor(of: &AccountId, monitor: &MonitorId) -> Key {
    key(account(of), format!("MONITOR#{}", escape(monitor)))
}

pub(crate) fn account_watched(of: &AccountId, provider: &ProviderId) -> Key {
    key(account(of), format!("{WATCHED_OF_ACCOUNT}{}", escape(provider)))
}

/// All sort keys of an account's watched providers begin with this.
pub(crate) const WATCHED_OF_ACCOUNT: &str = "WATCHED#";

/// Index key of a custom page in the directory.
pub(crate) fn directory_page(account: &AccountId, page: &ProviderId) -> Key {
    key(DIRECTORY.into(), format!("PAGE#{}#{}", escape(account), escape(page)))
}

/// One partition, although it takes only about 500 transactions a second: accounts seldom change what they watch.
pub(crate) const WATCHED: &str = "WATCHED";

pub(crate) fn watched(provider: &ProviderId) -> Key {
    key(WATCHED.into(), escape(provider))
}

pub(crate) const UNMATCHED: &str = "UNMATCHED";

pub(crate) fn unmatched_of(provider: &ProviderId) -> String {
    format!("UNMATCHED#{}", escape(provider))
}

pub(crate) fn unmatched(provider: &ProviderId, account: &AccountId, monitor: &MonitorId) -> Key {
    key(unmatched_of(provider), format!("{}#{}", escape(account), escape(monitor)))
}

/// Index key in the list of all providers.
pub(crate) fn unmatched_in_list(provider: &ProviderId, account: &AccountId, monitor: &MonitorId) -> Key {
    key(UNMATCHED.into(), format!("{}#{}#{}", escape(provider), escape(account), escape(monitor)))
}

pub(crate) fn destination(destination: &DestinationId) -> Key {
    key(format!("DESTINATION#{}", escape(destination)), "DESTINATION")
}

/// Of the index: disabled destinations, and those whose newest deliveries failed.
pub(crate) const TROUBLED: &str = "TROUBLED";

/// Index key of such a destination.
pub(crate) fn troubled(account: &AccountId, destination: &DestinationId) -> Key {
    key(TROUBLED.into(), format!("{}#{}", escape(account), escape(destination)))
}

/// Index key of a delivery under its destination, by the time of the first claim.
pub(crate) fn delivery_by_time(destination: &DestinationId, at: Timestamp, alert: &AlertId) -> Key {
    key(deliveries_to(destination), format!("{}#{}", by_time(at), escape(alert)))
}

pub(crate) fn deliveries_to(destination: &DestinationId) -> String {
    format!("DELIVERIES#{}", escape(destination))
}

/// Index key of an alert under its incident.
pub(crate) fn alert_by_time(provider: &ProviderId, incident: &IncidentId, at: Timestamp, alert: &AlertId) -> Key {
    key(alerts_of(provider, incident), format!("{}#{}", by_time(at), escape(alert)))
}

pub(crate) fn alerts_of(provider: &ProviderId, incident: &IncidentId) -> String {
    format!("ALERTS#{}#{}", escape(provider), escape(incident))
}

/// `address` in its normalised form.
pub(crate) fn recipient(account: &AccountId, address: &str) -> Key {
    let address = Id::<()>::new(address);
    key(format!("RECIPIENT#{}#{}", escape(account), escape(&address)), "RECIPIENT")
}

/// Index key of a recipient under the secret of its links.
pub(crate) fn link(token: &str) -> Key {
    key(link_of(token), "LINK")
}

pub(crate) fn link_of(token: &str) -> String {
    format!("LINK#{}", escape(&Id::<()>::new(token)))
}

pub(crate) fn suppressed(address: &str) -> Key {
    key(format!("SUPPRESSED#{}", escape(&Id::<()>::new(address))), "SUPPRESSED")
}

/// The mark of an import.
pub(crate) fn import() -> Key {
    key("IMPORT".into(), "IMPORT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_fit_and_stay_apart() {
        let (a, b) = ("x".repeat(3_000), "x".repeat(3_001));
        let sort = |id: &str| incident(&ProviderId::new("p"), Kind::Incident, &IncidentId::new(id)).sort;
        assert!(sort(&a).len() < 1_024);
        assert_ne!(sort(&a), sort(&b));
        // No id equals the short form of a long one.
        let short = sort(&a);
        assert_ne!(sort(short.strip_prefix("incident#").unwrap()), short);
    }

    #[test]
    fn versions_of_a_page_sort_as_numbers() {
        let sort = |version| outbox(&ProviderId::new("p"), WrittenBy::Page { version }).sort;
        assert!(sort(9) < sort(10));
        assert!(sort(10) < sort(u64::MAX));
    }
}
