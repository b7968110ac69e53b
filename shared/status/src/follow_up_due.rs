//! What becomes of a follow-up that is due. Wanted properties:
//! - it is told once for each destination and episode, and never after the end;
//! - quiet hours hold it as they hold every other alert;
//! - who turned it off meanwhile gets none, nor who watches the page no more or was taken out of the group.
use jiff::Timestamp;

use crate::{
    alert::{Alert, still_open},
    filter::still_wants,
    ids::DestinationId,
    monitor::{Group, Monitor},
    page_state::PageState,
    snapshot::Kind,
    words::Event,
};

/// What is known of a page when a follow-up is due.
#[derive(Clone, Copy)]
pub struct KnownPage<'a> {
    pub page: &'a PageState,
    /// Whether it could be read the last time.
    pub is_readable: bool,
}

/// What becomes of a follow-up that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    Tell(Box<Alert>),
    /// Until then its groups are quiet.
    Wait(Timestamp),
    /// The incident is over, or nobody wants it any more.
    Drop,
}

/// Whether an alert may be the first about something that is followed up.
pub fn may_begin(alert: &Alert) -> bool {
    matches!(alert.event, Event::Opened | Event::Updated)
        && alert.incident.kind == Kind::Incident
        && alert.follow_up.is_none()
}

/// `groups`: those that planned the follow-up and still exist. `monitors`: all of their account. `told`: the alert that
/// it follows.
pub fn due(
    (target, minutes): (&DestinationId, u32),
    (groups, monitors): (&[&Group], &[Monitor]),
    told: &Alert,
    known: KnownPage<'_>,
    now: Timestamp,
) -> Due {
    let Some(alert) = still_open(told, known.page, (target, minutes), known.is_readable, now) else {
        return Due::Drop;
    };
    // A group may have chosen the severity that was told, or that of now.
    let as_it_is = Alert { severity: alert.severity, ..told.clone() };
    let wants = |group: &&&Group| {
        follows_up(group, target) && [told, &as_it_is].iter().any(|alert| still_wants(alert, monitors, group))
    };
    let wanting: Vec<&&Group> = groups.iter().filter(wants).collect();
    if wanting.is_empty() {
        return Due::Drop;
    }
    let ends: Option<Vec<Timestamp>> = wanting.iter().map(|group| group.quiet_until(alert.severity, now)).collect();
    match ends.and_then(|ends| ends.into_iter().min()) {
        Some(until) => Due::Wait(until),
        None => Due::Tell(Box::new(alert)),
    }
}

/// Whether the group names the target of a follow-up.
fn follows_up(group: &Group, target: &DestinationId) -> bool {
    group.follow_up.as_ref().is_some_and(|follow_up| match &follow_up.destination {
        Some(named) => named == target,
        None => group.destinations.contains(target),
    })
}
