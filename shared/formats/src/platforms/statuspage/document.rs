//! The documents as Statuspage writes them, borrowed from the body. Everything is optional here, so that a problem can
//! name what is missing. The lists of incidents stay raw, so that one broken incident does not cost the others.
use serde::Deserialize;
use serde_json::value::RawValue;
use status::snapshot::Kind;

use crate::{contract::ReadError, text::values::Text};

/// `summary.json`.
#[derive(Deserialize)]
pub(super) struct Summary<'a> {
    #[serde(borrow)]
    page: Option<Page<'a>>,
    #[serde(borrow)]
    status: Option<Overall<'a>>,
    #[serde(borrow)]
    components: Option<Vec<Component<'a>>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    scheduled_maintenances: Option<Vec<&'a RawValue>>,
}

/// A summary that has everything a Statuspage has.
pub(super) struct Listed<'s, 'a> {
    pub(super) page: &'s Page<'a>,
    pub(super) overall: &'s Overall<'a>,
    pub(super) components: &'s [Component<'a>],
    pub(super) incidents: &'s [&'a RawValue],
    pub(super) maintenances: &'s [&'a RawValue],
}

impl<'a> Summary<'a> {
    /// Pages of other platforms answer this path too: incident.io (26-character page ids, empty lists left out),
    /// Instatus and more. A Statuspage never leaves a list out, so one that is missing does not mean that all is fine.
    pub(super) fn checked(&self, path: &str) -> Result<Listed<'_, 'a>, ReadError> {
        let not_this = |what: &str| ReadError::NotThisFormat(format!("{path} is no Statuspage summary: {what}"));
        let missing = |key: &str| not_this(&format!("no `{key}`"));
        let page = self.page.as_ref().ok_or_else(|| missing("page"))?;
        let id = page.id.as_ref().ok_or_else(|| missing("page.id"))?;
        let of_page_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let usual_id = id.0.len() == 12 && id.0.chars().all(of_page_id);
        // A page of unusual id must at least name its time zone, which the imitations leave out.
        if !usual_id && (page.time_zone.is_none() || is_ulid(&id.0)) {
            return Err(not_this("its page id is not 12 lower-case letters and digits"));
        }
        let overall = self.status.as_ref().ok_or_else(|| missing("status"))?;
        overall.indicator.as_ref().ok_or_else(|| missing("status.indicator"))?;
        Ok(Listed {
            page,
            overall,
            components: self.components.as_deref().ok_or_else(|| missing("components"))?,
            incidents: self.incidents.as_deref().ok_or_else(|| missing("incidents"))?,
            maintenances: self.scheduled_maintenances.as_deref().ok_or_else(|| missing("scheduled_maintenances"))?,
        })
    }
}

/// The ids of incident.io.
fn is_ulid(id: &str) -> bool {
    id.len() == 26 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// `incidents.json` or `scheduled-maintenances.json`: the last 50, in any state.
#[derive(Deserialize)]
pub(super) struct History<'a> {
    #[serde(borrow)]
    page: Option<Page<'a>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    scheduled_maintenances: Option<Vec<&'a RawValue>>,
}

impl<'a> History<'a> {
    pub(super) fn items(&self, kind: Kind, path: &str) -> Result<&[&'a RawValue], ReadError> {
        let (key, items) = match kind {
            Kind::Incident => ("incidents", &self.incidents),
            Kind::Maintenance => ("scheduled_maintenances", &self.scheduled_maintenances),
        };
        items.as_deref().ok_or_else(|| ReadError::NotThisFormat(format!("{path} is no Statuspage history: no `{key}`")))
    }

    /// The zone in which the page shows times.
    pub(super) fn time_zone(&self) -> Option<&str> {
        Some(&*self.page.as_ref()?.time_zone.as_ref()?.0)
    }
}

/// `history.json`: three months, the newest first.
#[derive(Deserialize)]
pub(super) struct Months<'a> {
    #[serde(borrow)]
    months: Option<Vec<Month<'a>>>,
}

impl<'a> Months<'a> {
    pub(super) fn checked(&self, path: &str) -> Result<&[Month<'a>], ReadError> {
        let no_months = || ReadError::NotThisFormat(format!("{path} is no Statuspage history: no `months`"));
        self.months.as_deref().ok_or_else(no_months)
    }
}

#[derive(Deserialize)]
pub(super) struct Month<'a> {
    pub(super) year: Option<i16>,
    #[serde(borrow, default)]
    pub(super) incidents: Vec<&'a RawValue>,
}

/// An incident or a maintenance as the page's own list of its past shows it.
#[derive(Deserialize)]
pub(super) struct PastIncident<'a> {
    /// Its id.
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    /// The text of its newest update.
    #[serde(borrow)]
    pub(super) message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) impact: Option<Text<'a>>,
    /// `Aug <var data-var='date'>10</var>, <var data-var='time'>00:17</var> - <var data-var='time'>01:30</var> UTC`.
    #[serde(borrow)]
    pub(super) timestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) url: Option<Text<'a>>,
    #[serde(borrow)]
    time_zone: Option<Text<'a>>,
}

/// Counts only where nothing else explains it. It stays `none` during some maintenance.
#[derive(Deserialize)]
pub(super) struct Overall<'a> {
    #[serde(borrow)]
    pub(super) indicator: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Component<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) group_id: Option<Text<'a>>,
    group: Option<bool>,
}

impl Component<'_> {
    pub(super) fn is_heading(&self) -> bool {
        self.group == Some(true)
    }
}

/// An incident or a maintenance.
#[derive(Deserialize)]
pub(super) struct Incident<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) impact: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) shortlink: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) started_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) resolved_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) scheduled_for: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) scheduled_until: Option<Text<'a>>,
    /// Newest first.
    #[serde(borrow)]
    pub(super) incident_updates: Option<Vec<Update<'a>>>,
    /// With their status of *now*, also in an incident that ended long ago.
    #[serde(borrow)]
    pub(super) components: Option<Vec<Component<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Update<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) body: Option<Text<'a>>,
    /// When it was really posted.
    #[serde(borrow)]
    pub(super) created_at: Option<Text<'a>>,
    /// The time the page shows.
    #[serde(borrow)]
    pub(super) display_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) affected_components: Option<Vec<Affected<'a>>>,
}

/// A component as an update names it. Its name is the one of that day and holds the group, so `code` is what counts.
#[derive(Deserialize)]
pub(super) struct Affected<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) new_status: Option<Text<'a>>,
}
