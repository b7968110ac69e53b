//! A short page of a provider, and a watcher that reads it again and again.
use jiff::Timestamp;
use status::{
    alert::{Alert, alerts},
    diff::diff,
    ids::{ComponentId, IncidentId, UpdateId},
    page_state::PageState,
    provider::Provider,
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

/// Seconds after the first moment of the tests.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_773_158_400 + seconds).unwrap()
}

pub(crate) fn page(components: &[(&str, ComponentStatus)], incidents: &[Incident]) -> Snapshot {
    Snapshot {
        page: Page { id: None, name: Some("Acme".into()), url: None },
        components: components
            .iter()
            .map(|(name, status)| Component {
                id: ComponentId::new(name),
                name: (*name).to_owned(),
                group: None,
                status: *status,
            })
            .collect(),
        incidents: incidents.to_vec(),
        coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
    }
}

/// An incident with one update per `(seconds, phase)`, standing in the phase of the last.
pub(crate) fn incident(id: &str, updates: &[(i64, Phase)], components: &[(&str, ComponentStatus)]) -> Incident {
    let phase = updates.last().map(|(_, phase)| *phase);
    let over = phase.is_some_and(Phase::is_over);
    Incident {
        id: IncidentId::new(id),
        kind: Kind::Incident,
        title: format!("{id} is slow"),
        phase,
        impact: Some(Impact::Minor),
        url: None,
        started_at: updates.first().map(|(seconds, _)| at(*seconds)),
        resolved_at: over.then(|| at(updates.last().unwrap().0)),
        window: None,
        components: affected(components),
        updates: updates
            .iter()
            .map(|(seconds, phase)| Update {
                id: UpdateId::new(format!("{id}-{seconds}")),
                phase: Some(*phase),
                posted_at: Some(at(*seconds)),
                body: Some(format!("said at {seconds}")),
                components: Vec::new(),
            })
            .collect(),
    }
}

pub(crate) fn maintenance(id: &str, updates: &[(i64, Phase)], starts: i64) -> Incident {
    let window = Some(Window { starts_at: Some(at(starts)), ends_at: Some(at(starts + 3600)) });
    Incident { kind: Kind::Maintenance, impact: None, window, ..incident(id, updates, &[]) }
}

pub(crate) fn affected(components: &[(&str, ComponentStatus)]) -> Vec<Affected> {
    components.iter().map(|(id, status)| Affected { id: ComponentId::new(id), status: Some(*status) }).collect()
}

pub(crate) fn provider() -> Provider {
    Provider {
        id: "acme".into(),
        name: "Acme".into(),
        page_url: "https://status.acme.test".into(),
        format: None,
        interval: None,
    }
}

/// Reads one page again and again and keeps its state.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) page_state: Option<PageState>,
    reads: i64,
}

impl Watcher {
    /// One more read, a minute after the last; the alerts it causes.
    pub(crate) fn read(&mut self, snapshot: &Snapshot) -> Vec<Alert> {
        let now = at(60 * self.reads);
        self.reads += 1;
        let Some(before) = self.page_state.take() else {
            self.page_state = Some(PageState::baseline(snapshot, now));
            return Vec::new();
        };
        let after = before.apply(snapshot, now);
        let found = alerts(&provider(), &before, &after, &diff(&before, &after), now);
        self.page_state = Some(after);
        found
    }

    /// Time passes and nothing is read: the alerts, as `event incident`.
    pub(crate) fn events_at(&mut self, now: Timestamp) -> Vec<String> {
        let before = self.page_state.take().unwrap();
        let after = before.at(now);
        let found = alerts(&provider(), &before, &after, &diff(&before, &after), now);
        self.page_state = Some(after);
        found.iter().map(|alert| format!("{} {}", alert.event.as_str(), alert.incident.id)).collect()
    }

    /// The alerts of one more read, as `event incident`.
    pub(crate) fn events(&mut self, snapshot: &Snapshot) -> Vec<String> {
        self.read(snapshot).iter().map(|alert| format!("{} {}", alert.event.as_str(), alert.incident.id)).collect()
    }
}
