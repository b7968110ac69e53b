//! What holds for any sequence of snapshots.
use std::collections::BTreeMap;

use proptest::prelude::*;
use status::{
    diff::diff,
    ids::ComponentId,
    snapshot::{Affected, Coverage, Incident, Listing, Snapshot},
    words::{ComponentStatus, Event, Impact, Phase},
};

use crate::page::{Watcher, at, incident, page};

const COMPONENTS: [&str; 3] = ["api", "web", "mail"];
const PHASES: [Phase; 4] = [Phase::Investigating, Phase::Identified, Phase::Monitoring, Phase::Resolved];

fn any_status() -> impl Strategy<Value = ComponentStatus> {
    use ComponentStatus::*;
    prop::sample::select(vec![Unknown, Operational, UnderMaintenance, DegradedPerformance, PartialOutage, MajorOutage])
}

fn any_incident(id: &'static str) -> impl Strategy<Value = Incident> {
    let updates = prop::collection::vec((0..40i64, prop::sample::select(PHASES.to_vec())), 1..5);
    let named = prop::sample::subsequence(COMPONENTS.to_vec(), 0..=3);
    let impact = prop::option::of(prop::sample::select(vec![Impact::Minor, Impact::Major]));
    (updates, named, prop::option::of(any_status()), impact).prop_map(move |(mut updates, named, status, impact)| {
        updates.sort_by_key(|(seconds, _)| *seconds);
        updates.dedup_by_key(|(seconds, _)| *seconds);
        let updates: Vec<_> = updates.into_iter().map(|(seconds, phase)| (seconds * 60, phase)).collect();
        let named = named.into_iter().map(|name| Affected { id: ComponentId::new(name), status }).collect();
        Incident { components: named, impact, ..incident(id, &updates, &[]) }
    })
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let incidents = (
        prop::option::of(any_incident("one")),
        prop::option::of(any_incident("two")),
        prop::option::of(any_incident("three")),
    );
    let listing = || prop::sample::select(vec![Listing::Complete, Listing::Complete, Listing::Partial]);
    let statuses = prop::collection::vec(any_status(), 1..=3);
    (statuses, incidents, listing(), listing()).prop_map(
        |(statuses, (one, two, three), of_components, of_incidents)| {
            let components: Vec<_> = COMPONENTS.into_iter().zip(statuses).collect();
            let incidents: Vec<Incident> = [one, two, three].into_iter().flatten().collect();
            let coverage = Coverage { components: of_components, incidents: of_incidents };
            Snapshot { coverage, ..page(&components, &incidents) }
        },
    )
}

fn any_story() -> impl Strategy<Value = Vec<Snapshot>> {
    prop::collection::vec(any_snapshot(), 1..9)
}

/// A page on which all is well and nothing was ever posted.
fn calm() -> Snapshot {
    page(&COMPONENTS.map(|name| (name, ComponentStatus::Operational)), &[])
}

proptest! {
    #[test]
    fn belief_does_not_differ_from_itself(story in any_story()) {
        let mut watcher = Watcher::default();
        for snapshot in &story {
            watcher.read(snapshot);
            let page_state = watcher.page_state.as_ref().unwrap();
            prop_assert!(diff(page_state, page_state).is_empty());
        }
    }

    #[test]
    fn order_of_lists_never_matters(story in any_story()) {
        let (mut straight, mut reversed) = (Watcher::default(), Watcher::default());
        for snapshot in &story {
            let mut other = snapshot.clone();
            other.components.reverse();
            other.incidents.reverse();
            for incident in &mut other.incidents {
                incident.components.reverse();
                incident.updates.reverse();
            }
            prop_assert_eq!(snapshot.digest(), other.digest());
            prop_assert_eq!(straight.read(snapshot), reversed.read(&other));
            prop_assert_eq!(&straight.page_state, &reversed.page_state);
        }
    }

    #[test]
    fn settled_page_read_again_changes_nothing(story in any_story()) {
        let mut watcher = Watcher::default();
        for snapshot in &story {
            watcher.read(snapshot);
            let before = watcher.page_state.clone().unwrap();
            if before.is_settled() {
                let after = before.apply(snapshot, at(100_000));
                prop_assert_eq!(&before, &after);
            }
        }
    }

    #[test]
    fn no_prefix_replayed_gives_an_alert_of_a_new_id(story in any_story(), length in 1usize..9) {
        let ids = |snapshots: &[Snapshot]| {
            let mut watcher = Watcher::default();
            snapshots.iter().flat_map(|snapshot| watcher.read(snapshot)).map(|alert| alert.id).collect::<Vec<_>>()
        };
        let prefix = &story[..length.min(story.len())];
        let (whole, again) = (ids(&story), ids(prefix));
        prop_assert_eq!(&whole[..again.len()], &again[..]);
        let unique: std::collections::BTreeSet<_> = whole.iter().collect();
        prop_assert_eq!(unique.len(), whole.len(), "one fact, one id");
    }

    #[test]
    fn every_opening_is_followed_by_exactly_one_end(story in any_story()) {
        let mut watcher = Watcher::default();
        let mut alerts = Vec::new();
        let calm = std::iter::repeat_n(calm(), 4);
        for snapshot in story.into_iter().chain(calm) {
            alerts.extend(watcher.read(&snapshot));
        }
        let mut ends: BTreeMap<(String, u32), Vec<Event>> = BTreeMap::new();
        for alert in &alerts {
            ends.entry((alert.incident.id.to_string(), alert.incident.episode)).or_default().push(alert.event);
        }
        for (incident, events) in ends {
            let opened = events.iter().filter(|event| **event == Event::Opened).count();
            let ended = events.iter().filter(|event| event.is_end()).count();
            prop_assert!(opened <= 1, "{incident:?} {events:?}");
            prop_assert_eq!(ended, 1, "{:?} {:?}", incident, events);
            prop_assert!(events.last().unwrap().is_end(), "{incident:?} {events:?}");
            if opened == 1 {
                prop_assert_eq!(events[0], Event::Opened);
            }
        }
    }
}
