//! Notices: alerts about a destination or a monitor of ours instead of a provider. They are queued, retried and logged
//! like all alerts, but no group filters them.
use jiff::Timestamp;

use crate::{
    alert::{Alert, IncidentFacts},
    ids::{DestinationId, IncidentId, MonitorId, ProviderId, digest},
    provider::Provider,
    words::Event,
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
    let about = Provider { id: ProviderId::new(SELF_PROVIDER), ..page.clone() };
    Alert {
        monitor: Some(monitor.clone()),
        unmatched: entries,
        ..Alert::new(&about, Event::Unmatched, IncidentFacts::own(incident, title, now), &key, now)
    }
}

/// [`SELF_PROVIDER`], which has no status page.
pub(crate) fn us() -> Provider {
    Provider {
        id: ProviderId::new(SELF_PROVIDER),
        name: SELF_PROVIDER.to_owned(),
        page_url: String::new(),
        format: None,
        interval: None,
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
    let incident = IncidentFacts::own(IncidentId::new(format!("destination@{destination}")), title, now);
    Alert {
        note: note.map(str::to_owned),
        destination: Some(destination.clone()),
        ..Alert::new(&us(), event, incident, key, now)
    }
}
