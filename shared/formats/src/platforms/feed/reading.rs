//! What is known of a page while its feed is read.
use jiff::Timestamp;
use status::{ids::IncidentId, snapshot::Kind};
use url::Url;

use crate::contract::ReadContext;

#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(super) page: &'a Url,
    /// Incidents that are known to be open.
    pub(super) open: &'a [(Kind, IncidentId)],
    /// `None` where something is looked up, for which the time of day does not matter.
    pub(super) now: Option<Timestamp>,
    /// The page was read before.
    pub(super) is_known: bool,
}

impl Reading<'_> {
    pub(super) fn is_open(&self, id: &IncidentId) -> bool {
        self.open.iter().any(|(_, open)| open == id)
    }
}

impl<'a> From<&'a ReadContext<'_>> for Reading<'a> {
    fn from(context: &'a ReadContext<'_>) -> Self {
        let ReadContext { page, source, open, now } = *context;
        Self { page, open, now: Some(now), is_known: source.is_some() }
    }
}

/// For a look-up.
impl<'a> From<&'a Url> for Reading<'a> {
    fn from(page: &'a Url) -> Self {
        Self { page, open: &[], now: None, is_known: false }
    }
}
