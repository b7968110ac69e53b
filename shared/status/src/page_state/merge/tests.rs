//! The merge of updates, compared with one that searches the list for each.
use proptest::prelude::*;

use super::*;
use crate::ids::{IncidentId, UpdateId};

const NOW: i64 = 1_773_158_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW + second).unwrap()
}

/// Reading rule 5, as it is written.
fn position(known: &[Update], seen: &Update) -> Option<usize> {
    let second = |update: &Update| update.posted_at.map(Timestamp::as_second);
    let is_alike = |known: &Update| {
        second(known).is_some()
            && second(known) == second(seen)
            && known.phase == seen.phase
            && (known.body == seen.body || known.body.is_none() || seen.body.is_none())
    };
    known.iter().position(|known| known.id == seen.id).or_else(|| known.iter().position(is_alike))
}

fn is_outdated(state: &IncidentState, seen: &Incident) -> bool {
    let known = &state.incident.updates;
    let is_newest =
        |update: &Update| position(known, update).is_some_and(|at| Some(&known[at].id) == state.newest.as_ref());
    let lacks_newest = state.newest.is_some() && !seen.updates.iter().any(is_newest);
    let is_end = state.is_open() && seen.is_over();
    let all_known = seen.updates.iter().all(|update| position(known, update).is_some());
    lacks_newest && !is_end && !seen.updates.is_empty() && all_known
}

fn is_redated(state: &IncidentState, seen: &Incident, now: Timestamp) -> bool {
    let known = &state.incident.updates;
    let alike = |update: &Update| {
        let same = |known: &&Update| known.phase == update.phase && known.body == update.body;
        known.iter().rev().find(same).map(|known| &known.id)
    };
    let is_recent = |update: &Update| update.posted_at.is_some_and(|at| !is_older(at, now, SUSPECT_REDATE_FOR));
    let is_known = |update: &Update| position(known, update).is_some();
    state.newest.is_some()
        && seen.title == state.incident.title
        && seen.updates.iter().all(|update| is_recent(update) && !is_known(update) && alike(update).is_some())
        && seen.updates.iter().any(|update| alike(update) == state.newest.as_ref())
}

/// The updates, the newest and the edited ones after one more read.
fn merged(state: &IncidentState, seen: &Incident, now: Timestamp) -> IncidentState {
    let mut state = state.clone();
    if is_outdated(&state, seen) {
        return state;
    }
    state.suspected_redate = is_redated(&state, seen, now);
    if state.suspected_redate {
        return state;
    }
    for update in &seen.updates {
        let Some(at) = position(&state.incident.updates, update) else {
            state.incident.updates.push(update.clone());
            state.newest = Some(update.id.clone());
            continue;
        };
        let known = &mut state.incident.updates[at];
        let before = known.clone();
        known.phase = update.phase.or(known.phase);
        known.posted_at = update.posted_at.or(known.posted_at);
        known.body = update.body.clone().or(known.body.take());
        if !update.components.is_empty() {
            known.components.clone_from(&update.components);
        }
        let is_edited = known.phase != before.phase
            || second(known.posted_at) != second(before.posted_at)
            || (before.body.is_some() && known.body != before.body);
        if is_edited {
            state.edited.insert(before.id, now);
        }
    }
    state.incident.updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    state
}

/// Few ids, seconds, phases and texts, so that they often meet.
fn any_update() -> impl Strategy<Value = Update> {
    let phases = [None, Some(Phase::Investigating), Some(Phase::Identified)];
    let text = prop::option::of(prop::sample::select(vec!["one", "two"]));
    (0..8u8, prop::option::of(-400..4i64), prop::sample::select(phases.to_vec()), text).prop_map(
        |(id, second, phase, text)| Update {
            id: UpdateId::new(format!("u{id}")),
            phase,
            posted_at: second.map(|second| at(second / 2 - second % 2 * 100)),
            body: text.map(str::to_owned),
            components: Vec::new(),
        },
    )
}

fn any_read() -> impl Strategy<Value = Incident> {
    prop::collection::vec(any_update(), 0..8).prop_map(|mut updates| {
        updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
        Incident {
            id: IncidentId::new("i1"),
            kind: Kind::Incident,
            title: "Errors".to_owned(),
            phase: Some(Phase::Investigating),
            impact: None,
            url: None,
            started_at: None,
            resolved_at: None,
            window: None,
            components: Vec::new(),
            updates,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]
    #[test]
    fn updates_are_merged_as_if_each_were_searched_for(reads in prop::collection::vec(any_read(), 2..6)) {
        let mut state = IncidentState::new(&reads[0], Listing::Complete, at(-1_000), at(0));
        for (seen, number) in reads[1..].iter().zip(1..) {
            let expected = merged(&state, seen, at(number));
            state.merge(seen, Listing::Complete, at(number));
            prop_assert_eq!(&state.incident.updates, &expected.incident.updates);
            prop_assert_eq!(&state.newest, &expected.newest);
            prop_assert_eq!(&state.edited, &expected.edited);
            prop_assert_eq!(state.suspected_redate, expected.suspected_redate);
        }
    }
}
