//! Notices: alerts about a destination or a monitor of ours instead of a provider. They are queued, retried and logged
//! like all alerts, but no group filters them.
use jiff::Timestamp;

use crate::{
    alert::{Alert, IncidentFacts},
    ids::{AlertId, DestinationId, IncidentId, MonitorId, ProviderId, digest},
    provider::Provider,
    snapshot::Kind,
    words::{Event, Severity},
};

/// The provider of notices: every alert has one, and queues group by it.
pub const SELF_PROVIDER: &str = "statuswire";

/// The destination of the instance's owner, if the configuration names an address. No group has it: it gets notices.
/// An id in a configuration cannot be like it.
pub const OWNER: &str = "owner@instance";

/// A test alert, which shows that a destination can be reached.
pub fn test(destination: &DestinationId, now: Timestamp) -> Alert {
    notice(Event::Test, destination, &now.to_string(), "Test alert", None, now)
}

/// A request for consent to the owner of an address. The same `key` makes the same alert.
pub fn confirm(destination: &DestinationId, key: &str, now: Timestamp) -> Alert {
    notice(Event::Confirm, destination, key, "Confirm that you want these alerts", None, now)
}

/// Says that a destination's alerts are paused, by another route. `reason` holds no setting's value.
pub fn disabled(destination: &DestinationId, reason: &str, now: Timestamp) -> Alert {
    let title = format!("Alerts to \"{destination}\" are paused");
    notice(Event::Disabled, destination, &now.to_string(), &title, Some(reason), now)
}

/// Says that entries of a monitor's component filter fit nothing on the page. The caller adds the monitor's account.
/// Said at another time it is another alert.
pub fn unmatched(page: &Provider, monitor: &MonitorId, entries: Vec<String>, now: Timestamp) -> Alert {
    let title = format!("The component filter of monitor \"{monitor}\" fits nothing");
    let now_text = now.as_nanosecond().to_string();
    let key = digest(&entries.iter().map(String::as_str).chain([now_text.as_str()]).collect::<Vec<_>>());
    let incident = IncidentId::new(format!("monitor@{monitor}"));
    let provider = ProviderId::new(SELF_PROVIDER);
    let notice = notice(Event::Unmatched, &DestinationId::new(""), &key, &title, None, now);
    Alert {
        id: AlertId::derive(&provider, &incident, Event::Unmatched.as_str(), &key, 1),
        provider_name: page.name.clone(),
        page_url: page.page_url.clone(),
        incident: IncidentFacts { id: incident, ..notice.incident.clone() },
        destination: None,
        monitor: Some(monitor.clone()),
        unmatched: entries,
        ..notice
    }
}

fn notice(
    event: Event,
    destination: &DestinationId,
    key: &str,
    title: &str,
    note: Option<&str>,
    now: Timestamp,
) -> Alert {
    let provider = ProviderId::new(SELF_PROVIDER);
    let incident = IncidentId::new(format!("destination@{destination}"));
    Alert {
        id: AlertId::derive(&provider, &incident, event.as_str(), key, 1),
        provider,
        provider_name: SELF_PROVIDER.to_owned(),
        page_url: String::new(),
        event,
        severity: Severity::Minor,
        incident: IncidentFacts {
            id: incident,
            episode: 1,
            kind: Kind::Incident,
            title: title.to_owned(),
            phase: None,
            impact: None,
            url: None,
            started_at: None,
            ended_at: None,
            window: None,
            first_seen_at: now,
        },
        updates: Vec::new(),
        components: Vec::new(),
        in_trouble: Vec::new(),
        tags_everything: false,
        widened: false,
        severity_before: None,
        title_before: None,
        window_before: None,
        how_ended: None,
        note: note.map(str::to_owned),
        seen_at: now,
        destination: Some(destination.clone()),
        monitor: None,
        account: None,
        unmatched: Vec::new(),
        summary: Vec::new(),
        opened_in: None,
        concerned: Vec::new(),
    }
}
