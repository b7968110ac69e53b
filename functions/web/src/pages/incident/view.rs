//! What the page of an incident shows, read from the store for one request.
use std::collections::HashMap;

use jiff::Timestamp;
use status::{
    ids::{ComponentId, ProviderId},
    page_state::IncidentState,
    page_summary::since,
    snapshot::{Component, Kind},
    words::Phase,
};

use super::alerted::Alerted;

pub(super) struct IncidentView<'a> {
    pub(super) provider: &'a ProviderId,
    pub(super) provider_name: &'a str,
    pub(super) incident_state: &'a IncidentState,
    /// Of its status page, at present.
    pub(super) components: HashMap<&'a ComponentId, &'a Component>,
    /// Full names of `components`.
    pub(super) names: HashMap<&'a ComponentId, String>,
    pub(super) source: Source,
    /// `None`: the reader may not see who was alerted.
    pub(super) alerted: Option<Alerted>,
    pub(super) now: Timestamp,
}

/// How old the states of the page are.
pub(super) enum Source {
    /// Read then; `None`: not known.
    Readable(Option<Timestamp>),
    /// It cannot be read at present, and was last read then.
    Failing(Timestamp),
}

impl IncidentView<'_> {
    /// The component's full name, or its id if the page no longer lists it.
    pub(super) fn name<'b>(&'b self, id: &'b ComponentId) -> &'b str {
        self.names.get(id).map_or(id.as_str(), String::as_str)
    }

    pub(super) fn is_failing(&self) -> bool {
        matches!(self.source, Source::Failing(_))
    }

    /// A maintenance that has not begun.
    pub(super) fn is_ahead(&self) -> bool {
        let incident = &self.incident_state.incident;
        incident.kind == Kind::Maintenance
            && self.incident_state.is_open()
            && (matches!(incident.phase, None | Some(Phase::Scheduled)) || since(self.incident_state) > self.now)
    }

    /// When it ended, else now.
    pub(super) fn until(&self) -> Timestamp {
        self.incident_state.ended.map_or(self.now, |ended| ended.at)
    }
}
