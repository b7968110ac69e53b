//! The documents as the platform writes them.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{contract::ReadError, text::values::Word};

#[derive(Deserialize)]
pub(super) struct NoticeList<'a> {
    #[serde(borrow)]
    notices: Option<Vec<&'a RawValue>>,
    meta: Option<Meta>,
}

/// Of one page of a list.
#[derive(Deserialize)]
struct Meta {
    /// On this page.
    count: Option<usize>,
    total_count: Option<usize>,
    next_page: Option<String>,
}

/// So many are on a page.
const PER_PAGE: usize = 25;

impl Meta {
    fn has_more(&self, here: usize) -> bool {
        self.next_page.as_ref().is_some_and(|next| !next.is_empty()) || self.total_count.is_some_and(|all| all > here)
    }
}

impl<'a> NoticeList<'a> {
    pub(super) fn checked(self, path: &str) -> Result<Self, ReadError> {
        let missing = |key: &str| ReadError::NotThisFormat(format!("{path} is no list of Sorry: no `{key}`"));
        self.notices.as_ref().ok_or_else(|| missing("notices"))?;
        let meta = self.meta.as_ref().ok_or_else(|| missing("meta"))?;
        meta.total_count.ok_or_else(|| missing("meta.total_count"))?;
        Ok(self)
    }

    pub(super) fn items(&self) -> &[&'a RawValue] {
        self.notices.as_deref().unwrap_or_default()
    }

    /// There is another page.
    pub(super) fn has_more(&self) -> bool {
        self.meta.as_ref().is_some_and(|meta| meta.has_more(self.items().len()))
    }
}

#[derive(Deserialize)]
pub(super) struct NoticeDetail<'a> {
    #[serde(borrow)]
    pub(super) notice: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Notice<'a> {
    pub(super) id: Option<Word>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) timeline_state: Option<String>,
    pub(super) state: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) url: Option<String>,
    /// Planned.
    pub(super) begins_at: Option<String>,
    pub(super) ends_at: Option<String>,
    /// As it was.
    pub(super) began_at: Option<String>,
    pub(super) ended_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(borrow)]
    pub(super) latest_update: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) updates: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) id: Option<Word>,
    pub(super) state: Option<String>,
    pub(super) content: Option<String>,
    pub(super) created_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ComponentList<'a> {
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
    meta: Option<Meta>,
}

impl<'a> ComponentList<'a> {
    pub(super) fn items(&self) -> Option<&[&'a RawValue]> {
        self.components.as_deref()
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> usize {
        let here = self.items().map_or(0, <[_]>::len);
        match &self.meta {
            Some(meta) if meta.has_more(here) => {
                let on_each = meta.count.unwrap_or(here).clamp(1, PER_PAGE);
                meta.total_count.unwrap_or_default().div_ceil(on_each).max(2)
            }
            _ => 1,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Component {
    pub(super) id: Option<Word>,
    pub(super) name: Option<String>,
    pub(super) state: Option<String>,
    pub(super) parent_id: Option<Word>,
}
