//! The document as the platform writes it.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{contract::ReadError, text::values::Word};

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    result: Option<Outcome<'a>>,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    status_overall: Option<Overall>,
    #[serde(borrow)]
    status: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    maintenance: Option<Maintenance<'a>>,
}

#[derive(Deserialize)]
struct Maintenance<'a> {
    #[serde(borrow)]
    active: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    upcoming: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Overall {
    pub(super) status_code: Option<Word>,
}

/// The list that an incident or maintenance is in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Incident,
    Active,
    Upcoming,
}

/// A document that has everything that a page of Status.io has.
pub(super) struct Listed<'s, 'a> {
    pub(super) overall: &'s Overall,
    /// `None`: the page hides its components.
    pub(super) components: Option<&'s [&'a RawValue]>,
    pub(super) events: [(&'s [&'a RawValue], Stage); 3],
}

impl<'a> Document<'a> {
    pub(super) fn checked(&self, path: &str) -> Result<Listed<'_, 'a>, ReadError> {
        let missing = |key: &str| ReadError::NotThisFormat(format!("{path} is no Status.io document: no `{key}`"));
        let result = self.result.as_ref().ok_or_else(|| missing("result"))?;
        let overall = result.status_overall.as_ref().ok_or_else(|| missing("status_overall"))?;
        overall.status_code.as_ref().ok_or_else(|| missing("status_overall.status_code"))?;
        let incidents = result.incidents.as_deref().ok_or_else(|| missing("incidents"))?;
        let maintenance = result.maintenance.as_ref().ok_or_else(|| missing("maintenance"))?;
        let active = maintenance.active.as_deref().ok_or_else(|| missing("maintenance.active"))?;
        let upcoming = maintenance.upcoming.as_deref().ok_or_else(|| missing("maintenance.upcoming"))?;
        Ok(Listed {
            overall,
            components: result.status.as_deref(),
            events: [(incidents, Stage::Incident), (active, Stage::Active), (upcoming, Stage::Upcoming)],
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Component<'a> {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status_code: Option<Word>,
    #[serde(borrow)]
    pub(super) containers: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Container {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) status_code: Option<Word>,
}

/// An incident or a maintenance. Which of the two keys holds an id differs from list to list.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "_id")]
    own_id: Option<String>,
    id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) datetime_open: Option<String>,
    pub(super) datetime_resolved: Option<String>,
    pub(super) datetime_planned_start: Option<String>,
    pub(super) datetime_planned_end: Option<String>,
    #[serde(borrow)]
    pub(super) messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) components_affected: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) containers_affected: Option<Vec<&'a RawValue>>,
}

impl Event<'_> {
    pub(super) fn id(&self) -> Option<&str> {
        non_empty(&self.own_id).or(non_empty(&self.id))
    }
}

#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "_id")]
    own_id: Option<String>,
    id: Option<String>,
}

impl Reference {
    pub(super) fn id(&self) -> Option<&str> {
        non_empty(&self.own_id).or(non_empty(&self.id))
    }
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) details: Option<String>,
    pub(super) state: Option<Word>,
    pub(super) status: Option<Word>,
    pub(super) datetime: Option<String>,
}

pub(super) fn non_empty(id: &Option<String>) -> Option<&str> {
    id.as_deref().filter(|id| !id.is_empty())
}

/// The form of every id of Status.io: 24 hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
