//! Until when an alert waits for a destination whose groups have quiet hours or a digest, and the summary that stands
//! for all alerts that it did not get meanwhile. Whatever began and ended meanwhile is in none: nothing is left to be
//! done about it.
use jiff::Timestamp;

use crate::{
    alert::{Alert, IncidentFacts, SummaryItem},
    ids::{DestinationId, IncidentId, ProviderId, digest},
    monitor::Group,
    notice::{SELF_PROVIDER, us},
    words::{Event, Severity},
};

/// Alerts that one summary stands for. They are read at once, and their rows are removed in one transaction.
pub const MAX_HELD: usize = 40;
/// Components named with an item.
const MAX_COMPONENTS: usize = 20;
/// In characters.
const MAX_TITLE: usize = 200;

/// Until when an alert waits for a destination that all of these groups want it for; `None`: one of them delivers it at
/// once.
pub fn held_until<'a>(
    groups: impl IntoIterator<Item = &'a Group>,
    severity: Severity,
    now: Timestamp,
) -> Option<Timestamp> {
    let ends: Option<Vec<Timestamp>> = groups.into_iter().map(|group| group.holds_until(severity, now)).collect();
    ends?.into_iter().min()
}

/// Those of `held` that are still to be told, each with what is left of it. An end always is: whoever it waits for was
/// told of the opening. `is_wanted`: of an alert, with the settings as they are now. `is_over`: of an episode of an
/// incident. `is_untold`: of an item of the summary of a page, whether nothing was told of its incident, and nothing is
/// by this item: an alert of its own waits, or the end of it is in there.
pub fn still_to_tell(
    held: Vec<Alert>,
    is_wanted: impl Fn(&Alert) -> bool,
    is_over: impl Fn(&ProviderId, &IncidentId, u32) -> bool,
    is_untold: impl Fn(&ProviderId, &SummaryItem) -> bool,
) -> Vec<Alert> {
    let left = |mut alert: Alert| {
        if alert.event.is_end() {
            return Some(alert);
        }
        let (provider, is_wanted) = (alert.provider.clone(), is_wanted(&alert));
        let goes_on = |incident: &IncidentId, episode: u32| is_wanted && !is_over(&provider, incident, episode);
        if alert.summary.is_empty() {
            return goes_on(&alert.incident.id, alert.incident.episode).then_some(alert);
        }
        let is_left = |item: &SummaryItem| {
            !is_untold(&provider, item) && (item.event.is_end() || goes_on(&item.incident, item.episode))
        };
        alert.summary.retain(is_left);
        (!alert.summary.is_empty()).then_some(alert)
    };
    held.into_iter().filter_map(left).collect()
}

/// The summary for `destination` of the newest held alert of each incident, oldest first; `None`: there is nothing to
/// tell any more. The same alerts make the same summary.
pub fn held_summary(destination: &DestinationId, held: &[Alert], now: Timestamp) -> Option<Alert> {
    let items = items(held);
    let severity = items.iter().map(|item| item.severity).max()?;
    let ids: Vec<&str> =
        std::iter::once(destination.as_str()).chain(held.iter().map(|alert| alert.id.as_str())).collect();
    let incident = IncidentId::new(format!("summary@{}", &digest(&ids)[..16]));
    let title = match items.len() {
        1 => "Summary of 1 change".to_owned(),
        count => format!("Summary of {count} changes"),
    };
    Some(Alert {
        severity,
        summary: items,
        destination: Some(destination.clone()),
        ..Alert::new(&us(), Event::Summary, IncidentFacts::own(incident, title, now), "", now)
    })
}

fn items(held: &[Alert]) -> Vec<SummaryItem> {
    let of_alert = |alert: &Alert| -> Vec<SummaryItem> {
        let items = if alert.summary.is_empty() { vec![item(alert)] } else { alert.summary.clone() };
        items.into_iter().map(|item| of_provider(alert, item)).collect()
    };
    held.iter().flat_map(of_alert).collect()
}

fn item(alert: &Alert) -> SummaryItem {
    SummaryItem {
        incident: alert.incident.id.clone(),
        episode: alert.incident.episode,
        title: alert.incident.title.clone(),
        event: alert.event,
        severity: alert.severity,
        components: alert.components.clone(),
        tags_everything: false,
        opened_in: None,
    }
}

/// With the provider's name, since a summary is of several.
fn of_provider(alert: &Alert, mut item: SummaryItem) -> SummaryItem {
    item.title = format!("{}: {}", alert.provider_name, item.title).chars().take(MAX_TITLE).collect();
    item.components.truncate(MAX_COMPONENTS);
    item.opened_in = None;
    item
}

impl Alert {
    /// The summary of what waited for a destination, in quiet hours or for a digest. It is for that destination alone,
    /// whatever its groups chose.
    pub fn is_held_summary(&self) -> bool {
        self.event == Event::Summary && self.destination.is_some() && self.provider.as_str() == SELF_PROVIDER
    }

    /// How bad it is for quiet hours: what is no incident of a provider's is no reason to wake anybody.
    pub fn severity_for_quiet_hours(&self) -> Severity {
        match self.event {
            Event::Unreadable | Event::Readable => Severity::Minor,
            _ => self.severity,
        }
    }
}
