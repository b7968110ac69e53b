//! History from before the first read that is found after it.
use status::{page_state::PageState, snapshot::Kind, words::Phase};

use crate::page::{at, incident, page};

const DAY: i64 = 24 * 3600;

/// After a first read that listed `known`.
fn state() -> PageState {
    PageState::baseline(
        &page(&[], &[incident("known", &[(-3600, Phase::Investigating), (-60, Phase::Resolved)], &[])]),
        at(0),
    )
}

#[test]
fn what_was_over_before_the_first_read_and_is_not_known_is_imported() {
    let ended =
        |id: &str, from: i64, to: i64| incident(id, &[(from, Phase::Investigating), (to, Phase::Resolved)], &[]);
    let past = vec![
        ended("known", -3600, -60),
        ended("past", -10 * DAY, -9 * DAY),
        ended("too old", -100 * DAY, -91 * DAY),
        ended("after the first read", -60, 60),
        incident("open", &[(-5 * DAY, Phase::Identified)], &[]),
    ];
    let imported = state().import(past, at(-90 * DAY), at(3600));
    let ids: Vec<&str> = imported.iter().map(|known| known.incident.id.as_str()).collect();
    assert_eq!(ids, ["past"]);
    assert!(imported[0].backfilled && !imported[0].is_open());
    assert_eq!((imported[0].news_at, imported[0].reminded), (None, None));
}

#[test]
fn what_has_no_time_of_its_own_is_not_imported() {
    let mut timeless = incident("timeless", &[(-DAY, Phase::Resolved)], &[]);
    timeless.started_at = None;
    timeless.resolved_at = None;
    timeless.updates.clear();
    let mut posted = incident("posted", &[(-DAY, Phase::Investigating), (-DAY + 60, Phase::Completed)], &[]);
    posted.kind = Kind::Maintenance;
    posted.started_at = None;
    let imported = state().import(vec![timeless, posted], at(-90 * DAY), at(3600));
    assert_eq!(imported.len(), 1);
    assert_eq!(imported[0].incident.started_at, Some(at(-DAY)));
}
