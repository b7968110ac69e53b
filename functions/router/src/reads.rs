//! What all segments of a fan-out read from: the store, the alert as filters see it, and what was read before.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::lock::Mutex;
use jiff::Timestamp;
use status::{
    alert::Alert,
    component_match::PageNames,
    filter::Filtered,
    ids::{AccountId, DestinationId},
    monitor::Monitor,
    mute::Mute,
};
use store::Store;

use crate::{accounts::Accounts, marks::Marks, progress::Reached, recipient::Recipient, router::Bounds};

pub(crate) struct Reads<'a> {
    pub(crate) store: &'a Store,
    pub(crate) alert: &'a Alert,
    /// Our clock.
    pub(crate) now: Timestamp,
    pub(crate) bounds: Bounds,
    pub(crate) filtered: Filtered,
    pub(crate) accounts: Accounts,
    pub(crate) marks: Marks,
    /// Of what the alert is about.
    mutes: HashMap<AccountId, Vec<Mute>>,
    /// The names on the page, once a filter needs them.
    page_names: Mutex<Option<Arc<PageNames>>>,
    /// The destinations that this invocation has queued deliveries for, so that another segment need not repeat them;
    /// `None`: no other segment would.
    queued: Option<std::sync::Mutex<HashSet<DestinationId>>>,
}

/// One page of a segment.
pub(crate) struct Page {
    pub(crate) recipients: Vec<Recipient>,
    /// Up to where they are.
    pub(crate) reached: Reached,
    /// Rows that were read for it.
    pub(crate) rows: usize,
}

impl<'a> Reads<'a> {
    /// Reads who has muted what the alert is about: one request for each incident, however many accounts there are.
    pub(crate) async fn begin(
        store: &'a Store,
        alert: &'a Alert,
        bounds: Bounds,
        repeats: bool,
        marks: Marks,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut mutes: HashMap<AccountId, Vec<Mute>> = HashMap::new();
        for mute in store.mutes_of(&alert.provider, alert.mutable_incidents()).await? {
            mutes.entry(mute.account.clone()).or_default().push(mute);
        }
        Ok(Self {
            store,
            alert,
            now,
            bounds,
            filtered: Filtered::of(alert),
            accounts: Accounts::new(alert.concerned.len() > 1),
            marks,
            mutes,
            page_names: Mutex::default(),
            queued: repeats.then(Default::default),
        })
    }

    /// Reads the names on the page, once, if a filter matches nothing in the alert: it may hold a former name, or fit
    /// nothing on the page any more.
    pub(crate) async fn page_names(&self, monitors: &[Monitor]) -> anyhow::Result<Option<Arc<PageNames>>> {
        let mut names = self.page_names.lock().await;
        if names.is_none() && !monitors.iter().all(|monitor| self.filtered.all_match(monitor)) {
            let page = self.store.page(&self.alert.provider).await?;
            let found = page.map_or_else(PageNames::default, |page| PageNames::of(&page.page_state, true));
            *names = Some(Arc::new(found));
        }
        Ok(names.clone())
    }

    pub(crate) fn mutes_by(&self, account: &AccountId) -> &[Mute] {
        self.mutes.get(account).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_queued(&self, destination: &DestinationId) -> bool {
        let queued = self.queued.as_ref().map(|queued| queued.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        queued.is_some_and(|queued| queued.contains(destination))
    }

    pub(crate) fn note_queued(&self, recipients: &[Recipient]) {
        if let Some(queued) = &self.queued {
            let mut queued = queued.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            queued.extend(recipients.iter().map(|recipient| recipient.destination.clone()));
        }
    }
}
