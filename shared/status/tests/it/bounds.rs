//! Pages that have more than is kept of any.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use status::{
    alert::{Alert, alerts, summarised},
    bounds::{MAX_COMPONENTS, MAX_INCIDENTS, bound},
    diff::diff,
    ids::{ComponentId, IncidentId, UpdateId},
    page_state::{PageState, room::LeftOut},
    snapshot::{Affected, Component, Incident, Kind, Listing, Snapshot},
    words::{ComponentStatus, Event, Phase},
};

use crate::page::{at, incident, page, provider};

/// A page as a poller keeps it that has so much room, and what it told.
struct Kept {
    state: Option<PageState>,
    room: usize,
    reads: i64,
    told: Vec<(Event, String)>,
    problem: Option<String>,
}

impl Kept {
    fn with_room(room: usize) -> Self {
        Self { state: None, room, reads: 0, told: Vec::new(), problem: None }
    }

    /// Returns whether there is something to write.
    fn read(&mut self, snapshot: &Snapshot) -> bool {
        let now = at(60 * self.reads);
        self.reads += 1;
        let open = self.state.iter().flat_map(PageState::open).map(|(_, id)| id).collect::<Vec<_>>();
        let (snapshot, cut) = bound(snapshot.clone(), &open);
        let before = self.state.take();
        let mut after = match &before {
            Some(before) => before.apply(&snapshot, now),
            None => PageState::baseline(&snapshot, now),
        };
        after.bound(before.as_ref(), &snapshot, &cut, now);
        let mut kept = after.clone();
        let left_out = kept.fit(cut.listed(), |state| serde_json::to_vec(state).unwrap().len() <= self.room);
        self.problem = LeftOut::of(&cut, left_out).problem();
        let is_changed = before.as_ref() != Some(&kept);
        if let Some(before) = &before {
            let changes = diff(before, &after);
            let found = alerts(&provider(), before, &after, &changes, now);
            let found = summarised(&provider(), found, &changes, &mut after, now);
            self.told.extend(found.iter().flat_map(events));
        }
        self.state = Some(kept);
        is_changed
    }

    fn state(&self) -> &PageState {
        self.state.as_ref().unwrap()
    }

    /// How often each incident was told of with this event.
    fn times(&self, event: Event) -> BTreeMap<&str, usize> {
        let mut times = BTreeMap::new();
        for (_, id) in self.told.iter().filter(|(told, _)| *told == event) {
            *times.entry(id.as_str()).or_default() += 1;
        }
        times
    }
}

fn events(alert: &Alert) -> Vec<(Event, String)> {
    match alert.event {
        Event::Summary => alert.summary.iter().map(|item| (item.event, item.incident.to_string())).collect(),
        event => vec![(event, alert.incident.id.to_string())],
    }
}

const PLENTY: usize = usize::MAX;

fn open(number: i64) -> Incident {
    incident(&format!("i{number:05}"), &[(number, Phase::Investigating)], &[])
}

fn over(number: i64) -> Incident {
    incident(&format!("i{number:05}"), &[(number, Phase::Investigating), (number + 1, Phase::Resolved)], &[])
}

fn listing(incidents: impl IntoIterator<Item = Incident>) -> Snapshot {
    page(&[], &incidents.into_iter().collect::<Vec<_>>())
}

/// Of a source that does not vouch for what it lacks.
fn partial(incidents: impl IntoIterator<Item = Incident>) -> Snapshot {
    let mut snapshot = listing(incidents);
    snapshot.coverage.incidents = Listing::Partial;
    snapshot
}

#[test]
fn page_of_any_size_is_within_bounds_and_says_what_is_left_out() {
    let component = |n: usize| Component {
        id: ComponentId::new(format!("c{n:06}")),
        name: format!("Part {n}"),
        group: None,
        status: ComponentStatus::Operational,
    };
    let updates: Vec<(i64, Phase)> = (0..4_900).map(|n| (n, Phase::Investigating)).collect();
    let mut all: Vec<Incident> = (0..20).map(|n| incident(&format!("i{n}"), &updates, &[])).collect();
    all[0].title = "long ".repeat(1_000_000);
    all[0].components = (0..30_000).map(|n| Affected { id: component(n).id, status: None }).collect();
    all[1].id = IncidentId::new("id".repeat(1_000_000));
    let snapshot = Snapshot { components: (0..30_000).map(component).collect(), ..listing(all) };

    let (kept, cut) = bound(snapshot.clone(), []);
    assert!(kept.components.len() <= MAX_COMPONENTS && kept.components.len() > 1_000);
    assert_eq!(kept.coverage.components, Listing::Partial, "a list that is cut is not complete");
    assert_eq!((kept.incidents.len(), kept.coverage.incidents), (20, Listing::Complete), "each is seen");
    assert!(kept.incidents.iter().map(|it| it.updates.len()).sum::<usize>() <= 8_000);
    assert!(kept.incidents.iter().all(|it| it.updates.last().unwrap().id.as_str().ends_with("-4899")), "the newest");
    assert!(serde_json::to_vec(&kept).unwrap().len() < 2_500_000);
    let problem = LeftOut::of(&cut, LeftOut::default()).problem().unwrap();
    assert!(problem.contains(" of 30,000 components, "), "{problem}");
    assert!(problem.contains(" updates, ") && problem.ends_with(" texts are not kept"), "{problem}");

    let mut reversed = snapshot;
    reversed.components.reverse();
    reversed.incidents.reverse();
    reversed.incidents.iter_mut().for_each(|incident| incident.updates.reverse());
    assert_eq!(bound(reversed, []).0, kept, "the order does not matter");
    assert_eq!(bound(kept.clone(), []).0.incidents, kept.incidents, "what is within bounds is kept as it is");
}

#[test]
fn open_incidents_are_kept_before_ended_ones_and_ends_of_known_ones_before_all() {
    let many = MAX_INCIDENTS as i64 + 100;
    let ended = (0..many).map(over);
    let opened = (many..many + 50).map(open);
    let known = over(-5);
    let (kept, cut) = bound(listing(ended.chain(opened).chain([known.clone()])), [&known.id]);
    assert_eq!(cut.incidents, (150, MAX_INCIDENTS + 151));
    assert_eq!(kept.incidents.iter().filter(|it| !it.is_over()).count(), 50);
    assert!(kept.incidents.contains(&known), "its end is to be told");
    assert!(!kept.incidents.contains(&over(0)) && kept.incidents.contains(&over(many - 1)), "the oldest are left out");
    assert_eq!(kept.coverage.incidents, Listing::Partial);
}

#[test]
fn page_that_shrinks_and_grows_tells_each_incident_once() {
    let few = MAX_INCIDENTS as i64 - 100;
    let many = MAX_INCIDENTS as i64 + 500;
    let mut kept = Kept::with_room(PLENTY);
    kept.read(&listing([]));
    for count in [few, many, few, many, few] {
        kept.read(&partial((0..count).map(open)));
        assert!(!kept.read(&partial((0..count).map(open))), "the same again is no news and no write");
    }
    let opened = kept.times(Event::Opened);
    assert_eq!(opened.len() as i64, many, "none is missed");
    assert!(opened.values().all(|times| *times == 1));
    assert!(kept.times(Event::Resolved).is_empty(), "nothing ends by our cutting");

    kept.read(&listing((0..many).map(over)));
    kept.read(&listing((0..many).map(over)));
    let ended = kept.times(Event::Resolved);
    assert!(ended.values().all(|times| *times == 1));
    assert_eq!(ended.len() as i64, many, "all that were told of got an end");
}

#[test]
fn what_was_cut_from_the_first_read_is_history() {
    let many = MAX_INCIDENTS as i64 + 500;
    for is_dated in [true, false] {
        let listed = |range: std::ops::Range<i64>| {
            partial(range.map(|n| {
                let mut incident = open(n - many);
                if !is_dated {
                    incident.started_at = None;
                    incident.updates[0].posted_at = None;
                }
                incident
            }))
        };
        let mut kept = Kept::with_room(PLENTY);
        kept.read(&listed(0..many));
        kept.read(&listed(0..500));
        kept.read(&listed(many - 500..many));
        assert_eq!(kept.told, [], "dated: {is_dated}");
        kept.read(&partial([open(1_000)]));
        assert_eq!(kept.told, [(Event::Opened, "i01000".to_owned())], "what is new afterwards is news");
    }
}

#[test]
fn updates_that_were_cut_are_no_news_when_they_are_seen_again() {
    let with = |range: std::ops::Range<i64>| {
        let updates: Vec<(i64, Phase)> = range.map(|n| (n, Phase::Investigating)).collect();
        let mut incident = incident("i1", &updates, &[]);
        incident.started_at = None;
        listing([incident])
    };
    let mut kept = Kept::with_room(PLENTY);
    kept.read(&listing([]));
    for range in [0..900, 0..900, 0..300, 200..900, 0..900] {
        kept.read(&with(range));
    }
    assert_eq!(kept.told, [(Event::Opened, "i1".to_owned())]);
    assert!(kept.state().incidents[0].incident.updates.len() <= 500);
    assert!(!kept.read(&with(0..900)), "a cut page is a fixpoint");

    // Every id changes at every read.
    for read in 0..3 {
        let mut other = with(0..900);
        for (update, n) in other.incidents[0].updates.iter_mut().zip(0..) {
            update.id = UpdateId::new(format!("{read}-{n}"));
        }
        kept.read(&other);
    }
    assert_eq!(kept.told.len(), 1);
    kept.read(&with(0..901));
    assert_eq!(kept.told[1..], [(Event::Updated, "i1".to_owned())], "what is new is told");
}

#[test]
fn components_of_an_incident_beyond_the_bound_do_not_join_later() {
    let naming = |range: std::ops::Range<usize>| {
        let mut incident = open(1);
        let named = range.map(|n| Affected { id: ComponentId::new(format!("c{n:05}")), status: None });
        incident.components = named.collect();
        listing([incident])
    };
    let mut kept = Kept::with_room(PLENTY);
    kept.read(&listing([]));
    for range in [0..3_000, 500..3_000, 0..2_000, 0..3_000] {
        kept.read(&naming(range));
    }
    assert_eq!(kept.told, [(Event::Opened, "i00001".to_owned())]);
    assert_eq!(kept.state().incidents[0].incident.components.len(), 1_000);
}

#[test]
fn stored_state_over_the_bounds_is_cut_and_the_next_read_is_no_news() {
    let updates: Vec<(i64, Phase)> = (0..3_000).map(|n| (n, Phase::Investigating)).collect();
    let mut incident = incident("i1", &updates, &[]);
    incident.title = "long ".repeat(10_000);
    for update in &mut incident.updates {
        update.id = UpdateId::new(format!("{}{}", "u".repeat(400), update.id));
    }
    let component = Component {
        id: ComponentId::new("c".repeat(1_000)),
        name: "n".repeat(1_000),
        group: None,
        status: ComponentStatus::Operational,
    };
    let snapshot = Snapshot { components: vec![component], ..listing([incident]) };
    let mut stored = PageState::baseline(&snapshot, at(-60));
    stored.bound_stored();
    let once = stored.clone();
    stored.bound_stored();
    assert_eq!(stored, once);

    let mut kept = Kept { state: Some(stored), ..Kept::with_room(PLENTY) };
    kept.read(&snapshot);
    assert_eq!(kept.told, []);
    assert_eq!((kept.state().incidents.len(), kept.state().components.len()), (1, 1));
    assert!(!kept.read(&snapshot));
}

/// Pages on which incidents come and end, and none goes away.
fn any_story() -> impl Strategy<Value = Vec<Vec<bool>>> {
    prop::collection::vec(prop::collection::vec(any::<bool>(), 1..14), 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn however_little_room_there_is_nothing_is_told_twice(story in any_story(), room in 600..9_000usize) {
        let mut kept = Kept::with_room(room);
        kept.read(&listing([]));
        let mut ended: BTreeSet<usize> = BTreeSet::new();
        let mut count = 0;
        for ends in &story {
            count = count.max(ends.len());
            ended.extend(ends.iter().enumerate().filter(|(_, ends)| **ends).map(|(n, _)| n));
            let incident = |n: usize| if ended.contains(&n) { over(n as i64) } else { open(n as i64) };
            let snapshot = listing((0..count).map(incident));
            kept.read(&snapshot);
            kept.read(&snapshot);
            kept.read(&snapshot);
            prop_assert!(!kept.read(&snapshot), "the same page soon leaves out the same");
        }
        for event in [Event::Opened, Event::Resolved] {
            let times = kept.times(event);
            prop_assert!(times.values().all(|times| *times == 1), "{:?} {:?}", event, kept.told);
            let expected = if event == Event::Opened { count } else { ended.len() };
            prop_assert_eq!(times.len(), expected, "{:?}", event);
        }
    }
}

#[test]
fn maintenance_is_bounded_like_any_incident() {
    let planned = |n: i64| Incident { kind: Kind::Maintenance, phase: Some(Phase::Scheduled), ..open(n) };
    let (kept, cut) = bound(listing((0..1_500).map(planned)), []);
    assert_eq!((kept.incidents.len(), cut.incidents), (1_000, (500, 1_500)));
}
