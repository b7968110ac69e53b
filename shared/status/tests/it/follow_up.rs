//! What becomes of a follow-up that is due: told, told later, or not at all.
use jiff::{Timestamp, civil::time};
use status::{
    alert::Alert,
    follow_up::FollowUp,
    follow_up_due::{Due, KnownPage, due, may_begin},
    ids::DestinationId,
    monitor::{ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    page_state::PageState,
    quiet_hours::{Day, QuietHours},
    snapshot::Incident,
    words::{ComponentStatus::*, Event, Phase::*, Severity},
};

use crate::page::{Watcher, at, incident, page};

fn group(quiet_hours: Option<QuietHours>) -> Group {
    Group {
        id: "g".into(),
        account: "a".into(),
        name: None,
        destinations: vec![boss()],
        severities: vec![Severity::Minor],
        events: vec![Event::Opened],
        scope: Scope::All,
        quiet_hours,
        digest: None,
        follow_up: Some(FollowUp { minutes: 90, destination: None }),
    }
}

fn nights(zone: &str) -> QuietHours {
    QuietHours {
        zone: zone.to_owned(),
        days: Day::ALL.to_vec(),
        from: time(22, 0, 0, 0),
        until: time(7, 0, 0, 0),
        major_bypass: true,
    }
}

/// Of the page of the alert.
fn monitor(told: &Alert) -> Monitor {
    Monitor {
        id: "m".into(),
        account: "a".into(),
        provider: told.provider.clone(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    }
}

/// The page after these were read one after the other, and the alert of the opening.
fn read(steps: &[Incident]) -> (PageState, Alert) {
    let components = [("API", Operational), ("Web", Operational)];
    let mut watcher = Watcher::default();
    let mut alerts = watcher.read(&page(&components, &[]));
    for step in steps {
        alerts.extend(watcher.read(&page(&components, std::slice::from_ref(step))));
    }
    (watcher.page_state.unwrap(), alerts.swap_remove(0))
}

fn opening() -> Incident {
    incident("i", &[(60, Investigating)], &[("API", DegradedPerformance)])
}

fn boss() -> DestinationId {
    "boss".into()
}

fn due_at(groups: &[&Group], page: &PageState, told: &Alert, now: Timestamp) -> Due {
    due((&boss(), 90), (groups, &[monitor(told)]), told, KnownPage { page, is_readable: true }, now)
}

#[test]
fn follow_up_says_how_the_incident_is_now_and_what_nobody_posted_since() {
    let later = incident("i", &[(60, Investigating), (120, Identified)], &[("API", DegradedPerformance)]);
    let (page, told) = read(&[opening(), later]);
    assert_eq!(told.event, Event::Opened);
    assert!(may_begin(&told));
    let Due::Tell(alert) = due_at(&[&group(None)], &page, &told, at(5_400)) else { panic!("it is open") };
    assert_eq!((alert.event, alert.incident.phase), (Event::Updated, Some(Identified)));
    assert_eq!(alert.updates.iter().map(|update| update.body.as_deref()).collect::<Vec<_>>(), [Some("said at 120")]);
    assert_eq!(alert.note.as_deref(), Some("Still open 90 minutes after the first alert."));
    assert_eq!((alert.destination.clone(), alert.seen_at), (Some(boss()), at(5_400)));
    assert!(alert.components.iter().all(|component| component.was.is_none() && !component.joined), "{alert:?}");
    assert!(alert.is_follow_up() && !alert.widened && !may_begin(&alert));
    let Due::Tell(again) = due_at(&[&group(None)], &page, &told, at(5_460)) else { panic!("it is open") };
    assert_eq!(again.id, alert.id, "told at another time it is the same alert");

    let unreadable = KnownPage { page: &page, is_readable: false };
    let Due::Tell(alert) = due((&boss(), 60), (&[&group(None)], &[monitor(&told)]), &told, unreadable, at(5_400))
    else {
        panic!("it is open")
    };
    let note = "Still open 1 hour after the first alert, as far as is known: the status page cannot be read now.";
    assert_eq!(alert.note.as_deref(), Some(note));
}

#[test]
fn nothing_is_told_of_what_is_over_or_of_what_nobody_wants_any_more() {
    let over = incident("i", &[(60, Investigating), (120, Resolved)], &[("API", Operational)]);
    let (ended, told) = read(&[opening(), over]);
    assert_eq!(due_at(&[&group(None)], &ended, &told, at(5_400)), Due::Drop);
    let (open, told) = read(&[opening()]);
    let without = Group { follow_up: None, ..group(None) };
    assert_eq!(due_at(&[&without], &open, &told, at(5_400)), Due::Drop);
    assert_eq!(due_at(&[], &open, &told, at(5_400)), Due::Drop);
    let mut of_before = told.clone();
    of_before.incident.episode = 0;
    assert_eq!(due_at(&[&group(None)], &open, &of_before, at(5_400)), Due::Drop, "another episode");
    of_before.incident.id = "other".into();
    assert_eq!(due_at(&[&group(None)], &open, &of_before, at(5_400)), Due::Drop, "not known");
}

#[test]
fn follow_up_is_for_whom_a_group_names_that_still_wants_it() {
    let (page, told) = read(&[opening()]);
    let due_now = |group: &Group, monitors: &[Monitor]| {
        let known = KnownPage { page: &page, is_readable: true };
        due((&boss(), 90), (&[group], monitors), &told, known, at(5_400))
    };
    let [team, all] = [group(None), Group { destinations: vec!["team".into()], ..group(None) }];
    let to = |name: &str| Some(FollowUp { minutes: 90, destination: Some(name.into()) });
    let watched = [monitor(&told)];
    assert!(matches!(due_now(&team, &watched), Due::Tell(_)));
    let called = Group { follow_up: to("boss"), ..all.clone() };
    assert!(matches!(due_now(&called, &watched), Due::Tell(_)), "it is called though it is not in the group");
    assert_eq!(due_now(&all, &watched), Due::Drop, "it was taken out of the group");
    assert_eq!(due_now(&Group { follow_up: to("team"), ..all }, &watched), Due::Drop, "another one is called");
    assert_eq!(due_now(&team, &[]), Due::Drop, "nothing is watched");
    let other = [Monitor { provider: "other".into(), ..monitor(&told) }];
    assert_eq!(due_now(&team, &other), Due::Drop, "another page is watched");
    let elsewhere = Group { scope: Scope::Monitors(vec!["other".into()]), ..team.clone() };
    assert_eq!(due_now(&elsewhere, &watched), Due::Drop, "the group covers another monitor");
    let stricter = Group { severities: vec![Severity::Major], ..team.clone() };
    assert_eq!(due_now(&stricter, &watched), Due::Drop, "it is not bad enough");
    assert_eq!(due_now(&Group { events: vec![Event::Resolved], ..team }, &watched), Due::Drop, "ends alone");
}

#[test]
fn follow_up_waits_for_the_end_of_quiet_hours_also_when_the_clocks_change() {
    let (page, told) = read(&[opening()]);
    for (zone, now, until) in [
        ("Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"),
        ("America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T11:00:00Z"),
        ("America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T12:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T13:00:00Z", "2026-10-03T20:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-04T20:30:00Z"),
    ] {
        let (now, until): (Timestamp, Timestamp) = (now.parse().unwrap(), until.parse().unwrap());
        let quiet = group(Some(nights(zone)));
        assert_eq!(due_at(&[&quiet], &page, &told, now), Due::Wait(until), "{zone} {now}");
        assert!(matches!(due_at(&[&quiet, &group(None)], &page, &told, now), Due::Tell(_)), "another group is awake");
        assert!(matches!(due_at(&[&quiet], &page, &told, until), Due::Tell(_)), "{zone} {until}");
    }
    let day: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
    assert!(matches!(due_at(&[&group(Some(nights("Europe/Berlin")))], &page, &told, day), Due::Tell(_)));
}
