//! Reads of pages, committed as the poller commits them: page state, summary and incidents, and the alerts of what a
//! provider posts.
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Deserialize;
use status::{
    diff::diff,
    ids::{ComponentId, IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
    provider::Provider,
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Phase},
};
use store::{Commit, PageHead, PageRecord, Store};
use tokio::sync::Mutex;

#[derive(Clone)]
pub(crate) struct Reads {
    pub(crate) store: Store,
    /// Stories side by side post at one page, each of which must not miss what the other posted.
    posting: Arc<Mutex<()>>,
}

/// An update that a provider posts; the first one opens the incident.
#[derive(Deserialize)]
pub(crate) struct PostedUpdate {
    title: String,
    phase: Phase,
    text: String,
    /// The components it mentions, all in `status`.
    #[serde(default)]
    components: Vec<ComponentId>,
    status: ComponentStatus,
}

impl Reads {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, posting: Arc::default() }
    }

    /// Commits a successful read: the first is the baseline, later ones are applied to the page state. Alerts nobody.
    pub(crate) async fn read(&self, id: &ProviderId, snapshot: &Snapshot, now: Timestamp) -> anyhow::Result<()> {
        self.commit(id, snapshot, now, false).await
    }

    async fn commit(&self, id: &ProviderId, snapshot: &Snapshot, now: Timestamp, alerts: bool) -> anyhow::Result<()> {
        let before = self.store.page(id).await?;
        let page_state = match &before {
            None => PageState::baseline(snapshot, now),
            Some(before) => before.page_state.apply(snapshot, now),
        };
        let is_unchanged = |incident_state: &&IncidentState| {
            before
                .as_ref()
                .is_some_and(|before| before.page_state.incidents.iter().any(|known| known == *incident_state))
        };
        let incidents =
            page_state.incidents.iter().filter(|incident_state| !is_unchanged(incident_state)).cloned().collect();
        let alerts = match &before {
            Some(before) if alerts => {
                let changes = diff(&before.page_state, &page_state);
                status::alert::alerts(&provider(id), &before.page_state, &page_state, &changes, now)
            }
            _ => Vec::new(),
        };
        let read_version = before.map(|before| before.head.version);
        let version = read_version.unwrap_or_default() + 1;
        let head = PageHead::of_read(id, version, snapshot.digest(), &page_state);
        let page_summary = Some(PageSummary::of(id, &page_state));
        let page = PageRecord { head, page_state };
        let commit = Commit { page, read_version, incidents, page_summary, alerts, now };
        self.store.commit(&commit).await.with_context(|| format!("a read of {id}"))?;
        Ok(())
    }

    /// Commits a read of the page as it was, with one more update. Its alerts are left in the outbox.
    pub(crate) async fn post(
        &self,
        id: &ProviderId,
        incident: IncidentId,
        posted: PostedUpdate,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let _one_at_a_time = self.posting.lock().await;
        let page_state = self.store.page(id).await?.context("the page was never read")?.page_state;
        let open = page_state
            .incidents
            .iter()
            .filter(|incident_state| incident_state.is_open())
            .map(|incident_state| incident_state.incident.clone());
        let (mut these, mut incidents): (Vec<Incident>, Vec<Incident>) = open.partition(|it| it.id == incident);
        let mut it = these.pop().unwrap_or_else(|| opened(incident, posted.title, now));
        let mentioned = posted.components.iter().map(|id| Affected { id: id.clone(), status: Some(posted.status) });
        let number = it.updates.len() + 1;
        it.updates.push(update(&it.id, number, posted.phase, now, &posted.text, mentioned.collect()));
        it.components = it
            .updates
            .iter()
            .rev()
            .find(|it| !it.components.is_empty())
            .map_or_else(Vec::new, |it| it.components.clone());
        it.phase = Some(posted.phase);
        it.resolved_at = posted.phase.is_over().then_some(now);
        incidents.push(it);
        let mut components = page_state.components;
        for component in components.iter_mut().filter(|component| posted.components.contains(&component.id)) {
            component.status = posted.status;
        }
        self.commit(id, &snapshot(components, incidents), now, true).await
    }
}

fn provider(id: &ProviderId) -> Provider {
    let (name, page_url) = (id.to_string(), format!("https://status.{id}.example"));
    Provider { id: id.clone(), name, page_url, format: None, interval: None }
}

/// A complete snapshot.
pub(crate) fn snapshot(components: Vec<Component>, incidents: Vec<Incident>) -> Snapshot {
    Snapshot {
        page: Page::default(),
        components,
        incidents,
        coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
    }
}

/// An open incident without updates, components and impact.
pub(crate) fn opened(id: IncidentId, title: impl Into<String>, at: Timestamp) -> Incident {
    Incident {
        id,
        kind: Kind::Incident,
        title: title.into(),
        phase: Some(Phase::Investigating),
        impact: None,
        url: None,
        started_at: Some(at),
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    }
}

pub(crate) fn update(
    of: &IncidentId,
    number: usize,
    phase: Phase,
    at: Timestamp,
    text: &str,
    components: Vec<Affected>,
) -> Update {
    let id = format!("{of}-{number}").into();
    Update { id, phase: Some(phase), posted_at: Some(at), body: Some(text.to_owned()), components }
}
