//! Status pages that were read, as the poller leaves them.
use jiff::Timestamp;
use status::{
    ids::ProviderId,
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Impact, Phase},
};
use store::{Commit, PageHead, PageRecord, Store};

pub(crate) fn component(id: &str, name: &str, group: Option<&str>) -> Component {
    Component {
        id: id.into(),
        name: name.to_owned(),
        group: group.map(str::to_owned),
        status: ComponentStatus::Operational,
    }
}

/// An open incident of these components.
pub(crate) fn incident(id: &str, title: &str, started_at: Timestamp, components: &[&str]) -> Incident {
    let named = |id: &&str| Affected { id: (*id).into(), status: Some(ComponentStatus::PartialOutage) };
    Incident {
        id: id.into(),
        kind: Kind::Incident,
        title: title.to_owned(),
        phase: Some(Phase::Investigating),
        impact: Some(Impact::Major),
        url: None,
        started_at: Some(started_at),
        resolved_at: None,
        window: None,
        components: components.iter().map(named).collect(),
        updates: Vec::new(),
    }
}

/// One good read of a page, with what changed.
pub(crate) async fn read(store: &Store, page: &str, components: &[Component], incidents: &[Incident], now: Timestamp) {
    let snapshot = Snapshot {
        page: Page::default(),
        components: components.to_vec(),
        incidents: incidents.to_vec(),
        coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
    };
    let id = ProviderId::new(page);
    let before = store.page(&id).await.unwrap();
    let page_state = match &before {
        None => PageState::baseline(&snapshot, now),
        Some(before) => before.page_state.apply(&snapshot, now),
    };
    let is_known = |state: &&IncidentState| {
        before.as_ref().is_some_and(|before| before.page_state.incidents.iter().any(|known| known == *state))
    };
    let incidents = page_state.incidents.iter().filter(|state| !is_known(state)).cloned().collect();
    let read_version = before.map(|before| before.head.version);
    let version = read_version.unwrap_or_default() + 1;
    let head = PageHead::of_read(&id, version, snapshot.digest(), &page_state);
    let page_summary = Some(PageSummary::of(&id, &page_state));
    let page = PageRecord { head, page_state };
    store.commit(&Commit { page, read_version, incidents, page_summary, alerts: Vec::new(), now }).await.unwrap();
}
