//! The JSON:API document as the platform writes it. Ids are strings there, but whole numbers in attributes.
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{contract::ReadError, text::values::Word};

#[derive(Deserialize)]
pub(super) struct Index<'a> {
    #[serde(borrow)]
    data: Option<PageItem<'a>>,
    #[serde(borrow)]
    included: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct PageItem<'a> {
    pub(super) id: Option<String>,
    r#type: Option<String>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    relationships: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct PageAttributes {
    company_name: Option<String>,
    aggregate_state: Option<String>,
}

impl<'a> Index<'a> {
    /// Pages of other platforms have an `index.json` too.
    pub(super) fn checked(&self, path: &str) -> Result<(&PageItem<'a>, &[&'a RawValue]), ReadError> {
        let not_this = |what: &str| ReadError::NotThisFormat(format!("{path} is no page of Better Stack: {what}"));
        let page = self.data.as_ref().ok_or_else(|| not_this("no `data`"))?;
        if page.r#type.as_deref() != Some("status_page") {
            return Err(not_this("`data.type` is not `status_page`"));
        }
        let included = self.included.as_deref().ok_or_else(|| not_this("no `included`"))?;
        Ok((page, included))
    }
}

impl PageItem<'_> {
    pub(super) fn name(&self) -> Option<String> {
        self.attributes()?.company_name
    }

    pub(super) fn aggregate_state(&self) -> Option<String> {
        self.attributes()?.aggregate_state
    }

    fn attributes(&self) -> Option<PageAttributes> {
        serde_json::from_str(self.attributes?.get()).ok()
    }

    /// The page says what it has of this, and all of it was included.
    pub(super) fn lists(&self, what: &str, included: &BTreeMap<&str, Item<'_>>) -> bool {
        let listed = self.relationships.and_then(|relationships| related(relationships, what));
        listed.is_some_and(|ids| ids.iter().all(|id| included.contains_key(id.as_str())))
    }
}

/// One thing that is included.
#[derive(Deserialize)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    relationships: Option<&'a RawValue>,
}

impl Item<'_> {
    pub(super) fn attributes<T: for<'b> Deserialize<'b>>(&self) -> Option<T> {
        serde_json::from_str(self.attributes?.get()).ok()
    }

    /// Ids of the things of this name that it refers to.
    pub(super) fn related(&self, name: &str) -> Option<BTreeSet<String>> {
        related(self.relationships?, name)
    }
}

fn related(relationships: &RawValue, name: &str) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Relation {
        data: Vec<Reference>,
    }
    #[derive(Deserialize)]
    struct Reference {
        id: String,
    }
    let all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(relationships.get()).ok()?;
    let relation: Relation = serde_json::from_str(all.get(name)?.get()).ok()?;
    Some(relation.data.into_iter().map(|reference| reference.id).collect())
}

#[derive(Deserialize)]
pub(super) struct Section {
    pub(super) name: Option<String>,
}

/// The history of its days changes every day and is not read.
#[derive(Deserialize)]
pub(super) struct Resource {
    pub(super) public_name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) status_page_section_id: Option<Word>,
}

#[derive(Deserialize)]
pub(super) struct Report {
    pub(super) title: Option<String>,
    pub(super) report_type: Option<String>,
    pub(super) starts_at: Option<String>,
    pub(super) ends_at: Option<String>,
    pub(super) aggregate_state: Option<String>,
    pub(super) affected_resources: Option<Vec<Touched>>,
}

#[derive(Deserialize)]
pub(super) struct UpdateText {
    pub(super) message: Option<String>,
    pub(super) published_at: Option<String>,
    pub(super) status_report_id: Option<Word>,
    pub(super) affected_resources: Option<Vec<Touched>>,
}

#[derive(Deserialize)]
pub(super) struct Touched {
    pub(super) status_page_resource_id: Option<Word>,
    pub(super) status: Option<String>,
}
