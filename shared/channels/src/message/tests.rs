//! The words of a message, the same on all channels.
use jiff::Timestamp;
use status::{
    alert::{Alert, NamedComponent, Trouble},
    held_alerts::held_summary,
    page_state::HowEnded,
    snapshot::{Kind, Window},
    words::{
        ComponentStatus::{self, *},
        Event, Impact, Phase, Severity,
    },
};

use super::{MAX_NAMES, Message, SizeBudget};
use crate::{
    Job,
    tests::alerts::{INCIDENT_URL, at, of_event, opened, platform, resolved, scheduled, settings, updated},
    text::UTC,
};

const ALL: SizeBudget = SizeBudget { body: 5_000, updates: 20, names: MAX_NAMES };

fn message(alert: &Alert, unknown: bool) -> Message {
    Message::of(&Job {
        id: &"dlv_1".into(),
        alert,
        settings: &settings([]),
        handle: None,
        superseded: false,
        unknown,
        incident_url: Some(INCIDENT_URL),
        mail: None,
        now: at("12:05:00"),
    })
}

fn headline(alert: &Alert) -> String {
    message(alert, false).headline(150)
}

/// The line below the headline.
fn line(alert: &Alert) -> String {
    message(alert, false).facts_line("", &UTC).unwrap_or_default()
}

fn components(alert: &Alert) -> Vec<String> {
    message(alert, false).component_lines(&ALL)
}

fn component(name: &str, status: ComponentStatus, was: Option<ComponentStatus>) -> NamedComponent {
    NamedComponent {
        id: name.into(),
        name: name.to_owned(),
        group: None,
        status,
        was,
        joined: false,
        released: false,
        trouble: None,
    }
}

fn with(alert: Alert, components: Vec<NamedComponent>) -> Alert {
    Alert { components, tags_everything: false, ..alert }
}

/// In trouble in one status.
fn troubled(component: NamedComponent, status: ComponentStatus, from: &str, until: Option<&str>) -> NamedComponent {
    let (from, until): (Timestamp, Option<Timestamp>) = (at(from), until.map(at));
    let seconds = until.map(|until| until.duration_since(from).as_secs());
    NamedComponent { trouble: Some(Trouble { status: Some(status), from, until, seconds }), ..component }
}

fn ended(how: HowEnded) -> Alert {
    Alert { how_ended: Some(how), ..resolved() }
}

#[test]
fn headline_says_who_and_what_and_the_line_below_how_it_stands() {
    let mut again = opened();
    again.incident.episode = 2;
    let mut milder = updated();
    milder.severity = Severity::Minor;
    milder.incident.impact = Some(Impact::Minor);
    for (alert, head, below) in [
        (
            opened(),
            "🔴 Clerk: Sign-in errors",
            "Investigating · major · provider's own rating: critical · started 2026-08-06 11:58 UTC",
        ),
        (
            again,
            "🔴 Reopened – Clerk: Sign-in errors",
            "Investigating · major · provider's own rating: critical · started 2026-08-06 11:58 UTC",
        ),
        (milder, "🟡 Clerk: Sign-in errors", "Identified · minor · 22 min so far · posted 2026-08-06 12:20 UTC"),
        (
            ended(HowEnded::ByProvider),
            "✅ Resolved – Clerk: Sign-in errors",
            "Lasted 1 h 12 min (2026-08-06 11:58–13:10 UTC)",
        ),
        (
            ended(HowEnded::NoLongerListed),
            "⚪ No longer listed – Clerk: Sign-in errors",
            "Started 2026-08-06 11:58 UTC · no longer listed since 2026-08-06 13:10 UTC",
        ),
        (scheduled(), "🔧 Maintenance scheduled – Clerk: Database upgrade", "Planned 2026-08-06 22:00–23:30 UTC"),
        (
            Alert { event: Event::Reminder, ..scheduled() },
            "🔧 Maintenance starts soon – Clerk: Database upgrade",
            "Planned 2026-08-06 22:00–23:30 UTC",
        ),
        (of_event(Event::Summary), "🔴 Clerk: 43 changes at once", "Noticed 2026-08-06 12:00 UTC"),
        (of_event(Event::Unreadable), "⚪ Clerk: status page unreachable", "Started 2026-08-06 11:58 UTC"),
        (of_event(Event::Unmatched), "Clerk: The component filter of monitor \"clerk-login\" fits nothing", ""),
    ] {
        assert_eq!((headline(&alert).as_str(), line(&alert).as_str()), (head, below));
    }
}

#[test]
fn time_that_nobody_gives_is_not_claimed() {
    let mut unknown_start = ended(HowEnded::ByProvider);
    unknown_start.incident.started_at = None;
    assert_eq!(line(&unknown_start), "Seen for 1 h 9 min (2026-08-06 12:00–13:10 UTC)");
    let mut reopened = ended(HowEnded::ByProvider);
    reopened.incident.episode = 2;
    assert_eq!(line(&reopened), "Started 2026-08-06 11:58 UTC · ended 2026-08-06 13:10 UTC");
    let mut backwards = ended(HowEnded::ByProvider);
    backwards.incident.ended_at = Some(at("11:00:00"));
    assert_eq!(line(&backwards), "Started 2026-08-06 11:58 UTC · ended 2026-08-06 11:00 UTC");
    let mut long = ended(HowEnded::ByProvider);
    long.incident.ended_at = Some("2026-08-09T13:10:00Z".parse().unwrap());
    assert_eq!(line(&long), "Lasted 3 d 1 h (2026-08-06 11:58 UTC – 2026-08-09 13:10 UTC)");
    let mut quiet = updated();
    quiet.updates.clear();
    quiet.incident.impact = Some(Impact::Major);
    assert_eq!(line(&quiet), "Identified · major · 22 min so far · noticed 2026-08-06 12:20 UTC");
}

#[test]
fn what_changed_beside_updates_is_told_in_facts() {
    let changes = |alert: &Alert| message(alert, false).changes;
    let mut alert = Alert { severity_before: Some(Severity::Minor), ..updated() };
    assert_eq!(changes(&alert), ["Escalated: minor → major"]);
    alert.severity = Severity::Minor;
    alert.severity_before = Some(Severity::Major);
    assert_eq!(changes(&alert), ["De-escalated: major → minor"]);
    for component in &mut alert.components {
        component.joined = true;
    }
    alert.title_before = Some("Slow\nsign-in".to_owned());
    assert_eq!(
        changes(&alert),
        [
            "De-escalated: major → minor",
            "+3 components: API, Docs, Web / Dashboard",
            "Title changed: was \"Slow sign-in\"",
        ]
    );
    alert.components.extend(alert.components.clone());
    assert_eq!(changes(&alert)[1], "+6 components");
    alert.components.truncate(1);
    assert_eq!(changes(&alert)[1], "+1 component: API");
    assert!(changes(&Alert { event: Event::Resolved, ..alert }).is_empty());
    // Stored before alerts said more.
    assert_eq!(
        changes(&Alert { severity_before: None, ..updated() }),
        ["Higher severity or more components affected than before"]
    );
}

#[test]
fn maintenance_says_what_it_will_affect_and_how_it_went() {
    let api = |status, was| vec![component("API", status, was)];
    let step = |event, phase, components| {
        let mut alert = with(Alert { event, ..scheduled() }, components);
        alert.incident.phase = phase;
        alert
    };
    let planned = step(Event::Scheduled, Some(Phase::Scheduled), api(Operational, None));
    assert_eq!(components(&planned), ["Will affect (1): API"]);
    let started = step(Event::Started, Some(Phase::InProgress), api(UnderMaintenance, Some(Operational)));
    assert_eq!(components(&started), ["Under maintenance (1): API"]);
    assert_eq!(line(&started), "In progress · planned 2026-08-06 22:00–23:30 UTC");
    let overran = step(Event::Overran, Some(Phase::InProgress), api(UnderMaintenance, None));
    assert_eq!(components(&overran), ["Still under maintenance (1): API"]);
    let mut done = step(Event::Completed, Some(Phase::Completed), api(Operational, Some(UnderMaintenance)));
    done.incident.started_at = Some(at("22:01:00"));
    done.incident.ended_at = Some(at("23:01:00"));
    assert_eq!(headline(&done), "✅ Maintenance completed – Clerk: Database upgrade");
    assert_eq!(line(&done), "Lasted 1 h (2026-08-06 22:01–23:01 UTC)");
    assert_eq!(components(&done), ["API is operational again (under maintenance until the end)."]);
    let left = step(Event::Completed, Some(Phase::Completed), api(PartialOutage, Some(UnderMaintenance)));
    assert_eq!(components(&left), ["Now partial outage (1): API (was under maintenance)"]);

    let mut moved = step(Event::Changed, Some(Phase::Scheduled), api(Operational, None));
    moved.window_before = Some(Window { starts_at: Some(at("20:00:00")), ends_at: None });
    assert_eq!(headline(&moved), "🔧 Maintenance rescheduled – Clerk: Database upgrade");
    assert_eq!(line(&moved), "Scheduled · planned 2026-08-06 22:00–23:30 UTC · rescheduled from 2026-08-06 20:00 UTC");
    let mut gone = step(Event::Cancelled, Some(Phase::Scheduled), api(Operational, None));
    gone.how_ended = Some(HowEnded::NoLongerListed);
    gone.incident.ended_at = Some(at("12:00:00"));
    assert_eq!(components(&gone), ["Would have affected (1): API"]);
    assert_eq!(
        message(&gone, false).note.unwrap(),
        "The provider removed it from its status page before its planned start."
    );
    gone.event = Event::Completed;
    assert_eq!(headline(&gone), "⚪ No longer listed – Clerk: Database upgrade");
    assert_eq!(
        message(&gone, false).note.unwrap(),
        "The provider removed it from its status page without saying whether it took place."
    );
    assert_eq!(gone.incident.kind, Kind::Maintenance);
}

#[test]
fn platform_that_cannot_be_read_names_whom_it_concerns() {
    let down = platform(Event::Unreadable);
    assert_eq!(headline(&down), "⚪ 30 of your providers on Statuspage cannot be read since 11:58 UTC");
    let lines = components(&down);
    assert!(lines[0].starts_with("Not readable (30): Provider 01, Provider 02, "), "{lines:?}");
    assert!(lines[0].ends_with("Provider 12, +18 more"), "{lines:?}");
    let up = platform(Event::Readable);
    assert_eq!(headline(&up), "✅ 30 of your providers on Statuspage can be read again");
    assert_eq!(line(&up), "Lasted 2 h 2 min (2026-08-06 11:58–14:00 UTC)");
    let mut yesterday = platform(Event::Unreadable);
    yesterday.incident.started_at = Some("2026-08-05T23:02:00Z".parse().unwrap());
    yesterday.concerned.truncate(1);
    assert_eq!(headline(&yesterday), "⚪ 1 of your providers on Statuspage cannot be read since Aug 5, 23:02 UTC");
}

#[test]
fn summary_counts_each_kind_and_names_the_worst() {
    let message = message(&of_event(Event::Summary), false);
    assert_eq!(
        message.changes,
        [
            "23 incidents opened, 20 incidents resolved",
            "• Trouble 42 (opened, major): API",
            "• Trouble 0 (resolved, major): API",
            "• Trouble 1 (resolved, major): API",
            "• Trouble 2 (resolved, major): API",
            "• Trouble 3 (resolved, major): API",
            "+38 more",
        ]
    );
    assert!(message.lists.is_empty() && message.reasons.is_empty());
}

#[test]
fn summary_of_quiet_hours_names_each_provider_and_leads_to_the_list() {
    let held: Vec<Alert> = (0..12)
        .map(|number| {
            let mut alert = opened();
            alert.incident.id = format!("i{number}").into();
            alert.incident.title = format!("Trouble {number}");
            alert
        })
        .collect();
    let summary = held_summary(&"hook".into(), &held, held[0].seen_at).unwrap();
    let found = message(&summary, false);
    assert!(found.headline(200).ends_with("statuswire: Summary of 12 changes"), "{}", found.headline(200));
    assert_eq!(found.changes[0], "12 incidents opened");
    assert!(found.changes[1].starts_with("• Clerk: Trouble 0 (opened, "), "{:?}", found.changes);
    assert_eq!((found.changes.len(), found.changes[11].as_str()), (12, "+2 more"));
    assert!(found.links.iter().all(|link| link.label == "View incidents"), "{:?}", found.links.len());
    assert!(found.reasons.is_empty());
}

#[test]
fn filter_that_fits_nothing_is_named_with_what_to_do() {
    let message = message(&of_event(Event::Unmatched), false);
    assert_eq!(message.component_lines(&ALL), ["Without a match (2): group:Europe, Sign-in"]);
    let advice = message.advice.unwrap();
    assert!(advice.contains("`statuswire probe https://status.clerk.example/`"), "{advice}");
}

#[test]
fn links_lead_to_pages_that_exist() {
    let labels = |alert: &Alert| message(alert, false).links.into_iter().map(|link| link.label).collect::<Vec<_>>();
    assert_eq!(labels(&opened()), ["View incident", "Clerk's page"]);
    assert_eq!(labels(&scheduled()), ["View maintenance", "Clerk's page"]);
    for event in [Event::Unreadable, Event::Readable, Event::Summary] {
        assert_eq!(labels(&of_event(event)), ["View provider", "Clerk's page"], "{event:?}");
    }
    assert!(labels(&of_event(Event::Unmatched)).is_empty());
    let mut nameless = opened();
    nameless.provider_name = " ".to_owned();
    assert_eq!(labels(&nameless), ["View incident", "Status page"]);
}

mod components;
