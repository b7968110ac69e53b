//! The parts of a fan-out, derived from the alert alone, so that each invocation finds the same ones. Stages follow one
//! another; the segments of a stage run side by side.
use std::collections::BTreeSet;

use status::{
    alert::Alert,
    ids::{IncidentId, ProviderId},
};
use store::{Episode, notified_shards, watcher_segments};

/// Stored progress counts the stages from 0: those who subscribe are 0 and 1.
pub(crate) const NOTIFIED_STAGE: usize = 2;

/// A part of a fan-out whose destinations are read in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Monitors of a provider, by accounts.
    Watchers { provider: ProviderId, segment: Option<u8> },
    /// Destinations that were notified of what ends, whatever the filters say now (truth rule 8).
    Notified { episode: Episode, shard: Option<u8> },
    /// Whom a notice, a summary of what waited or a follow-up concerns, which no group filters.
    Notice,
}

pub(crate) fn stages(alert: &Alert) -> Vec<Vec<Segment>> {
    if alert.event.is_notice() || alert.is_held_summary() || alert.is_follow_up() {
        return vec![vec![Segment::Notice]];
    }
    let concerned: Vec<&ProviderId> = match &alert.concerned[..] {
        [] => vec![&alert.provider],
        providers => providers.iter().map(|provider| &provider.id).collect(),
    };
    // A monitor may move from the segment `None` to another one at any time, so `None` is read before the others.
    let (before, segments): (Vec<_>, Vec<_>) = watcher_segments().partition(Option::is_none);
    let watchers = |segments: &[Option<u8>]| {
        let of = |provider: &&ProviderId| {
            let provider = (*provider).clone();
            segments.iter().map(move |segment| Segment::Watchers { provider: provider.clone(), segment: *segment })
        };
        concerned.iter().flat_map(of).collect::<Vec<_>>()
    };
    let notified = ending(alert)
        .into_iter()
        .flat_map(|episode| notified_shards().map(move |shard| Segment::Notified { episode: episode.clone(), shard }));
    vec![watchers(&before), watchers(&segments), notified.collect()]
}

/// What ends with the alert: the incident of an end and the summary that announced it; of a summary, the same of each
/// item that is an end.
fn ending(alert: &Alert) -> Vec<Episode> {
    let own = alert.event.is_end().then(|| (Episode::of(alert), alert.opened_in.as_ref()));
    let items = alert.summary.iter().filter(|item| item.event.is_end()).map(|item| {
        let (provider, incident) = (alert.provider.clone(), item.incident.clone());
        (Episode { provider, incident, number: item.episode }, item.opened_in.as_ref())
    });
    let mut summaries = BTreeSet::new();
    let mut ending = Vec::new();
    for (episode, opened_in) in own.into_iter().chain(items) {
        ending.push(episode);
        ending.extend(opened_in.filter(|id| summaries.insert(*id)).map(|id| summary_of(&alert.provider, id)));
    }
    ending
}

/// What counts as the incident of a summary.
pub(crate) fn summary_of(provider: &ProviderId, incident: &IncidentId) -> Episode {
    Episode { provider: provider.clone(), incident: incident.clone(), number: 1 }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use status::{notice, words::Event};

    use super::*;

    #[test]
    fn an_account_is_never_read_in_the_new_segments_before_the_old_one() {
        let notice = notice::test(&"hook".into(), Timestamp::UNIX_EPOCH);
        assert_eq!(stages(&notice), [[Segment::Notice]]);
        let end = Alert { event: Event::Resolved, destination: None, ..notice };
        let stages = stages(&end);
        let old = Segment::Watchers { provider: end.provider.clone(), segment: None };
        assert_eq!(stages[0], [old]);
        assert_eq!(stages[1].len(), 16);
        let is_notified = |segment: &Segment| matches!(segment, Segment::Notified { .. });
        assert!(stages[NOTIFIED_STAGE].iter().all(is_notified));
        assert_eq!(stages[NOTIFIED_STAGE].len(), 9);
    }
}
