//! What a draft would have alerted of the past: as the router decides, with a reason for each that it would not.
use jiff::{civil::time, tz::TimeZone};
use status::{
    incident_timeline::IncidentTimeline,
    monitor::{ComponentChoice, ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    page_state::PageState,
    preview::{Night, Past, PastIncident, Verdict, WhyNot, preview},
    snapshot::Incident,
    words::{ComponentStatus::*, Event, Impact, Phase::*, Severity},
};

use crate::page::{Watcher, at, incident, maintenance, page, provider};

/// The first moment of the tests is 16:00 in UTC.
fn night() -> Night {
    Night { zone: TimeZone::get("Asia/Tokyo").unwrap(), from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) }
}

fn monitor(components: &[&str], unknown: WhenUnknown) -> Monitor {
    let chosen = components.iter().map(|name| ComponentChoice::Component((*name).to_owned()));
    let components = match components {
        [] => ComponentFilter::All,
        _ => ComponentFilter::Chosen(chosen.collect()),
    };
    Monitor { id: "m".into(), account: "a".into(), provider: "acme".into(), components, unknown }
}

fn group(severities: &[Severity], events: &[Event]) -> Group {
    Group {
        id: "g".into(),
        quiet_hours: None,
        digest: None,
        follow_up: None,
        account: "a".into(),
        name: None,
        destinations: vec!["d".into()],
        severities: severities.to_vec(),
        events: events.to_vec(),
        scope: Scope::All,
    }
}

/// The page after these incidents were read.
fn read(incidents: &[Incident]) -> PageState {
    let components = [("API", Operational), ("Web", Operational), ("Mail", Operational)];
    let mut watcher = Watcher::default();
    watcher.read(&page(&components, &[]));
    watcher.read(&page(&components, incidents));
    watcher.page_state.unwrap()
}

fn past(state: &PageState, monitor: &Monitor, groups: &[Group]) -> Vec<PastIncident> {
    let timelines: Vec<IncidentTimeline> = state.incidents.iter().map(IncidentTimeline::of).collect();
    preview(Past { provider: &provider(), page: Some(state), timelines: &timelines }, monitor, groups, &night())
}

fn verdicts(state: &PageState, monitor: &Monitor, groups: &[Group]) -> Vec<(String, Result<bool, WhyNot>)> {
    let verdict = |past: PastIncident| {
        let verdict = match past.verdict {
            Verdict::Alerted { unknown, .. } => Ok(unknown),
            Verdict::NotAlerted(why) => Err(why),
        };
        (past.id.to_string(), verdict)
    };
    past(state, monitor, groups).into_iter().map(verdict).collect()
}

#[test]
fn each_incident_is_kept_or_left_out_with_its_reason() {
    let state = read(&[
        incident("a-api", &[(0, Investigating), (600, Resolved)], &[("API", PartialOutage)]),
        incident("b-mail", &[(0, Investigating)], &[("Mail", PartialOutage)]),
        incident("c-nothing", &[(0, Investigating)], &[]),
        Incident {
            impact: Some(Impact::Critical),
            ..incident("d-api", &[(0, Investigating)], &[("API", MajorOutage)])
        },
        maintenance("e-planned", &[(0, Scheduled)], 86_400),
    ]);
    let ids = ["a-api", "b-mail", "c-nothing", "d-api", "e-planned"];
    let check = |monitor: Monitor, group: Group, expected: [Result<bool, WhyNot>; 5]| {
        let expected: Vec<_> = ids.iter().map(|id| (*id).to_owned()).zip(expected).collect();
        assert_eq!(verdicts(&state, &monitor, &[group]), expected);
    };
    let (all, opened) = ([Severity::Major, Severity::Minor, Severity::Maintenance], [Event::Opened]);
    check(
        monitor(&["API"], WhenUnknown::Tell),
        group(&all, &opened),
        [Ok(false), Err(WhyNot::Components), Ok(true), Ok(false), Ok(true)],
    );
    check(
        monitor(&["API"], WhenUnknown::Drop),
        group(&all, &opened),
        [Ok(false), Err(WhyNot::Components), Err(WhyNot::UnknownComponents), Ok(false), Err(WhyNot::UnknownComponents)],
    );
    check(
        monitor(&[], WhenUnknown::Tell),
        group(&[Severity::Major], &opened),
        [Err(WhyNot::Severity), Err(WhyNot::Severity), Err(WhyNot::Severity), Ok(false), Err(WhyNot::Severity)],
    );
    check(
        monitor(&[], WhenUnknown::Tell),
        group(&all, &[Event::Resolved]),
        [Ok(false), Err(WhyNot::Event), Err(WhyNot::Event), Err(WhyNot::Event), Err(WhyNot::Event)],
    );
    let elsewhere = Group { scope: Scope::Monitors(vec!["other".into()]), ..group(&all, &opened) };
    check(monitor(&[], WhenUnknown::Tell), elsewhere, [Err(WhyNot::NoGroup); 5]);
}

#[test]
fn incident_that_reaches_the_chosen_component_later_alerts_then_and_at_that_hour() {
    let mut known = incident("late", &[(0, Investigating), (7_200, Identified)], &[("Mail", PartialOutage)]);
    known.updates[0].components = known.components.clone();
    known.components.extend(crate::page::affected(&[("API", PartialOutage)]));
    known.updates[1].components = known.components.clone();
    let state = read(&[known]);
    let groups = [group(&[Severity::Minor], &[Event::Opened])];
    let verdict = |components: &[&str]| past(&state, &monitor(components, WhenUnknown::Tell), &groups)[0].verdict;
    let Verdict::Alerted { at: opened, event, at_night, .. } = verdict(&["Mail"]) else { panic!("it alerts") };
    // 01:00 in Tokyo. It was seen with the second read.
    assert_eq!((opened, event, at_night), (at(60), Event::Opened, true));
    let Verdict::Alerted { at: joined, event, .. } = verdict(&["API"]) else { panic!("it alerts") };
    assert_eq!((joined, event), (at(7_200), Event::Updated));
    assert_eq!(verdict(&["Web"]), Verdict::NotAlerted(WhyNot::Components));
    let day = Night { zone: TimeZone::UTC, ..night() };
    let timelines: Vec<IncidentTimeline> = state.incidents.iter().map(IncidentTimeline::of).collect();
    let in_utc = Past { provider: &provider(), page: Some(&state), timelines: &timelines };
    let by_day = preview(in_utc, &monitor(&[], WhenUnknown::Tell), &groups, &day);
    assert!(by_day[0].verdict.is_alerted() && !by_day[0].verdict.is_at_night());
}
