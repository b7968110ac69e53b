//! The documents as Google writes them. Everything is optional, so that a dashboard that leaves something out (those
//! without locations do) is still read, and lists stay raw, so that one broken element does not cost the others.
use serde::Deserialize;
use serde_json::value::RawValue;
use status::ids::IncidentId;

use crate::{
    contract::ReadContext,
    text::values::{Text, Word},
};

/// An element of `incidents.json`.
#[derive(Deserialize)]
pub(super) struct Incident<'a> {
    /// Never a number: that would be another thing's.
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) begin: Option<Word>,
    pub(super) created: Option<Word>,
    pub(super) end: Option<Word>,
    pub(super) modified: Option<Word>,
    pub(super) external_desc: Option<Word>,
    /// The worst it ever was.
    pub(super) status_impact: Option<Word>,
    pub(super) severity: Option<Word>,
    pub(super) service_key: Option<Word>,
    /// `Multiple Products` where it is not one.
    pub(super) service_name: Option<Word>,
    pub(super) uri: Option<Word>,
    #[serde(borrow)]
    pub(super) updates: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) most_recent_update: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) affected_products: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) currently_affected_locations: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) previously_affected_locations: Option<Vec<&'a RawValue>>,
}

impl Incident<'_> {
    /// Has what no dashboard leaves out, and pages of other platforms do not have.
    pub(super) fn is_typical(&self) -> bool {
        self.id.is_some() && self.begin.is_some() && self.external_desc.is_some()
    }

    /// Information is no incident, unless it was one: then it is followed to its end.
    pub(super) fn is_left_out(&self, context: &ReadContext<'_>) -> bool {
        let is_information = self.status_impact.as_ref().is_some_and(|word| word.as_str() == "SERVICE_INFORMATION");
        is_information && !self.id.as_ref().is_some_and(|id| context.is_open(&IncidentId::new(&*id.0)))
    }
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) created: Option<Word>,
    pub(super) when: Option<Word>,
    pub(super) text: Option<Word>,
    pub(super) status: Option<Word>,
}

/// A product or a location. A product that was renamed carries the name it has now in `current_title`.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: Option<Word>,
    pub(super) title: Option<Word>,
    pub(super) current_title: Option<Word>,
}

/// `products.json`.
#[derive(Deserialize)]
pub(super) struct Products<'a> {
    #[serde(borrow)]
    pub(super) products: Vec<&'a RawValue>,
}
