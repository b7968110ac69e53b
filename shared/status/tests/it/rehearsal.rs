//! What a group would have told of the past: at once, in summaries and as follow-ups, as the router would have.
use jiff::{civil::time, tz::TimeZone};
use status::{
    digest::{Digest, Every},
    follow_up::FollowUp,
    incident_timeline::{ComponentInterval, IncidentTimeline},
    monitor::{ComponentChoice, ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    page_state::PageState,
    preview::{Night, Past, WhyNot},
    quiet_hours::{Day, QuietHours},
    rehearsal::{Course, How, Rehearsed, Totals, rehearse},
    snapshot::Incident,
    words::{ComponentStatus::*, Event, Phase::*, Severity},
};

use crate::page::{at, incident, page, provider};

const HOUR: i64 = 3_600;

fn group() -> Group {
    Group {
        id: "g".into(),
        account: "a".into(),
        name: None,
        destinations: vec!["d".into()],
        severities: vec![Severity::Minor],
        events: vec![Event::Opened, Event::Resolved],
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    }
}

/// In hours before 16:00 in UTC.
fn past_incident(id: &str, began: i64, ended: Option<i64>) -> Incident {
    let end = ended.map(|ended| (-ended * HOUR, Resolved));
    let updates: Vec<_> = [(-began * HOUR, Investigating)].into_iter().chain(end).collect();
    incident(id, &updates, &[])
}

fn monitor(components: ComponentFilter) -> Monitor {
    let (id, account, provider) = ("m".into(), "a".into(), "acme".into());
    Monitor { id, account, provider, components, unknown: WhenUnknown::Tell }
}

fn rehearsed(incidents: &[Incident], group: &Group) -> Vec<Rehearsed> {
    rehearsed_by(incidents, &[&monitor(ComponentFilter::All)], group)
}

fn rehearsed_by(incidents: &[Incident], monitors: &[&Monitor], group: &Group) -> Vec<Rehearsed> {
    let state = PageState::baseline(&page(&[("API", Operational), ("Web", Operational)], incidents), at(0));
    let timelines: Vec<IncidentTimeline> = state.incidents.iter().map(IncidentTimeline::of).collect();
    rehearsed_of(&state, &timelines, monitors, group)
}

fn rehearsed_of(
    state: &PageState,
    timelines: &[IncidentTimeline],
    monitors: &[&Monitor],
    group: &Group,
) -> Vec<Rehearsed> {
    let night = Night { zone: TimeZone::UTC, from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) };
    let past = Past { provider: &provider(), page: Some(state), timelines };
    rehearse(past, monitors, group, &night, at(0))
}

/// Of one incident, with hours before 16:00.
fn told(rehearsed: &[Rehearsed], id: &str) -> Vec<(i64, How)> {
    let told = course(rehearsed, id).told().iter();
    told.map(|told| (at(0).duration_since(told.at).as_secs() / HOUR, told.how)).collect()
}

fn course<'a>(rehearsed: &'a [Rehearsed], id: &str) -> &'a Rehearsed {
    rehearsed.iter().find(|incident| incident.id.as_str() == id).unwrap()
}

fn incidents() -> [Incident; 4] {
    [
        past_incident("over-in-the-night", 17, Some(15)),
        past_incident("into-the-day", 16, Some(8)),
        past_incident("of-the-day", 6, Some(3)),
        past_incident("open", 2, None),
    ]
}

#[test]
fn quiet_hours_sum_up_what_goes_on_and_leave_out_what_is_over() {
    let quiet_hours = QuietHours {
        zone: "UTC".to_owned(),
        days: Day::ALL.to_vec(),
        from: time(22, 0, 0, 0),
        until: time(7, 0, 0, 0),
        major_bypass: true,
    };
    let follow_up = FollowUp { minutes: 60, destination: None };
    let group = Group { quiet_hours: Some(quiet_hours), follow_up: Some(follow_up), ..group() };
    let found = rehearsed(&incidents(), &group);
    let (opened, resolved) = (How::AtOnce(Event::Opened), How::AtOnce(Event::Resolved));
    assert_eq!(course(&found, "over-in-the-night").course, Course::LeftOut);
    // It ended when its follow-up was due.
    assert_eq!(told(&found, "into-the-day"), [(9, How::InSummary(Event::Opened)), (8, resolved)]);
    assert_eq!(told(&found, "of-the-day"), [(6, opened), (5, How::FollowUp), (3, resolved)]);
    assert_eq!(told(&found, "open"), [(2, opened), (1, How::FollowUp)]);
    let totals = Totals {
        incidents: 4,
        told: 3,
        at_once: 4,
        summaries: 1,
        summed_up: 1,
        follow_ups: 2,
        left_out: 1,
        ..Totals::default()
    };
    assert_eq!(Totals::of(&found), totals);
    assert_eq!(totals.messages(), 7);
}

#[test]
fn digest_sums_up_ends_of_what_was_told_and_what_still_waits_is_said_to() {
    let every = Every::Day { zone: "UTC".to_owned(), at: time(9, 0, 0, 0) };
    let group = Group { digest: Some(Digest { every, major_bypass: true }), ..group() };
    let found = rehearsed(&incidents(), &group);
    for over in ["over-in-the-night", "into-the-day", "of-the-day"] {
        assert_eq!(course(&found, over).course, Course::LeftOut, "{over}");
    }
    assert_eq!(course(&found, "open").course, Course::Waits(at(17 * HOUR)), "its summary is tomorrow's");
    assert_eq!(Totals::of(&found), Totals { incidents: 4, left_out: 3, waiting: 1, ..Totals::default() });
    let hourly = Group { digest: Some(Digest { every: Every::Hour, major_bypass: true }), ..group };
    let found = rehearsed(&incidents(), &hourly);
    let summed_up = |event| How::InSummary(event);
    assert_eq!(told(&found, "of-the-day"), [(5, summed_up(Event::Opened)), (2, summed_up(Event::Resolved))]);
    assert_eq!(told(&found, "open"), [(1, summed_up(Event::Opened))]);
}

#[test]
fn what_gets_worse_while_its_opening_waits_takes_its_place_for_whoever_wants_openings() {
    let incident = past_incident("open", 8, None);
    let state = PageState::baseline(&page(&[("API", Operational), ("Web", Operational)], &[incident]), at(0));
    let mut timeline = IncidentTimeline::of(&state.incidents[0]);
    let interval = |component: &str, hour: i64| ComponentInterval {
        component: component.into(),
        status: Some(DegradedPerformance),
        from: at(-hour * HOUR),
        until: None,
    };
    timeline.intervals = vec![interval("api", 8), interval("web", 7)];
    let every = Every::Day { zone: "UTC".to_owned(), at: time(12, 0, 0, 0) };
    let daily = Group { digest: Some(Digest { every, major_bypass: true }), ..group() };
    let monitor = monitor(ComponentFilter::All);
    let found = rehearsed_of(&state, std::slice::from_ref(&timeline), &[&monitor], &daily);
    assert_eq!(told(&found, "open"), [(4, How::InSummary(Event::Updated))]);
    let found = rehearsed_of(&state, &[timeline], &[&monitor], &group());
    assert_eq!(told(&found, "open"), [(8, How::AtOnce(Event::Opened))], "what was told of the opening is enough");
}

#[test]
fn messages_of_the_night_are_counted() {
    let found = rehearsed(&incidents(), &group());
    // At 23:00 and 01:00 of one incident, at 00:00 of another.
    assert_eq!(Totals::of(&found).at_night, 3);
    assert!(course(&found, "of-the-day").told().iter().all(|told| !told.at_night));
}

#[test]
fn what_the_group_does_not_want_is_not_told_and_why() {
    let deaf = Group { severities: vec![Severity::Major], ..group() };
    let not_wanted = |why| Course::NotWanted(why);
    assert!(rehearsed(&incidents(), &deaf).iter().all(|it| it.course == not_wanted(WhyNot::Severity)));
    let only_ends = Group { events: vec![Event::Resolved], ..group() };
    let found = rehearsed(&incidents(), &only_ends);
    assert_eq!(told(&found, "of-the-day"), [(3, How::AtOnce(Event::Resolved))]);
    assert_eq!(course(&found, "open").course, not_wanted(WhyNot::Event));
}

#[test]
fn two_monitors_of_one_provider_tell_an_incident_once() {
    let all = monitor(ComponentFilter::All);
    let web = monitor(ComponentFilter::Chosen(vec![ComponentChoice::Component("Web".to_owned())]));
    let api = [incident("api", &[(-6 * HOUR, Investigating)], &[("API", PartialOutage)])];
    let found = rehearsed_by(&api, &[&web, &all], &group());
    assert_eq!(told(&found, "api"), [(6, How::AtOnce(Event::Opened))]);
    let found = rehearsed_by(&api, &[&web], &group());
    assert_eq!(course(&found, "api").course, Course::NotWanted(WhyNot::Components));
}
