//! The recipients of an alert, one page after the other: first the destinations that monitors and groups subscribe;
//! after an end also every destination that was notified of the incident, whatever the filters say now (truth rule 8).
use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    component_match::PageNames,
    ids::DestinationId,
    monitor::{Destination, Monitor},
};
use store::{Episode, Store};

use crate::{
    accounts::Accounts,
    concerned::{self, Concerned},
    filter::{Filtered, Reason, reason_to_notify},
    notices,
    recipient::Recipient,
};

/// Monitors or notified destinations on one page.
const PAGE_SIZE: u32 = 100;
const CONCURRENT_DESTINATION_READS: usize = 16;

/// Where the next page begins. It travels in the route task as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cursor {
    /// Among the monitors of the provider.
    Monitors(Option<String>),
    /// Among those whom an alert about a whole platform concerns, after this destination.
    Concerned(DestinationId),
    /// Among the destinations that were notified of the incident.
    #[serde(rename = "told")]
    Notified(Option<String>),
    /// Among those that were notified of the summary which announced the incident.
    NotifiedOfSummary(Option<String>),
}

impl Cursor {
    pub(crate) fn parse(text: Option<&str>) -> anyhow::Result<Self> {
        match text {
            None => Ok(Self::Monitors(None)),
            Some(text) => serde_json::from_str(text).context("reading the cursor of a route task"),
        }
    }
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain data")
    }
}

pub(crate) struct Page {
    pub(crate) recipients: Vec<Recipient>,
    /// `None` on the last page.
    pub(crate) next: Option<Cursor>,
}

/// Routing of one alert: the alert as filters see it, and what one invocation has read for it.
pub(crate) struct Routing<'a> {
    store: &'a Store,
    alert: &'a Alert,
    filtered: Filtered,
    accounts: Accounts,
    /// The names on the page, once a filter needs them.
    page_names: Option<PageNames>,
    /// Whom an alert about a whole platform concerns, once that is known.
    concerned: Option<Concerned>,
}

impl<'a> Routing<'a> {
    pub(crate) fn new(store: &'a Store, alert: &'a Alert) -> Self {
        let (filtered, accounts) = (Filtered::of(alert), Accounts::default());
        Self { store, alert, filtered, accounts, page_names: None, concerned: None }
    }

    /// A notice goes to destinations of one account, all on one page.
    pub(crate) async fn recipients_page(&mut self, cursor: Cursor) -> anyhow::Result<Page> {
        if self.alert.event.is_notice() {
            return Ok(Page { recipients: notices::recipients(self.store, &mut self.accounts, self.alert).await?, next: None });
        }
        match cursor {
            Cursor::Monitors(_) if !self.alert.concerned.is_empty() => self.concerned_recipients(None).await,
            Cursor::Concerned(after) => self.concerned_recipients(Some(after)).await,
            Cursor::Monitors(at) => self.subscribed_recipients(at).await,
            Cursor::Notified(at) => self.notified_recipients(at).await,
            Cursor::NotifiedOfSummary(at) => self.notified_of_summary(at).await,
        }
    }

    async fn subscribed_recipients(&mut self, at: Option<String>) -> anyhow::Result<Page> {
        let watchers = self.store.watchers(&self.alert.provider, at.as_deref(), PAGE_SIZE).await?;
        self.accounts.load(self.store, watchers.monitors.iter().map(|monitor| &monitor.account)).await?;
        self.load_page_names(&watchers.monitors).await?;
        let mut subscribed = Subscribed::new();
        for monitor in &watchers.monitors {
            let passed = self.filtered.passing(monitor, self.page_names.as_ref());
            let account = self.accounts.of(&monitor.account);
            for group in &account.groups {
                let Some(reason) = reason_to_notify(&passed, monitor, group) else {
                    continue;
                };
                for destination in account.destinations_of(group) {
                    if subscribed.get(&destination.id).is_none_or(|(_, known)| reason.beats(*known)) {
                        subscribed.insert(destination.id.clone(), (destination.clone(), reason));
                    }
                }
            }
        }
        let recipients = self.drop_already_notified(subscribed).await?;
        let next = match watchers.cursor {
            Some(cursor) => Some(Cursor::Monitors(Some(cursor))),
            None => self.after_subscribed(),
        };
        Ok(Page { recipients, next })
    }

    /// Only an end goes to more than those who want it.
    fn after_subscribed(&self) -> Option<Cursor> {
        self.alert.event.is_end().then_some(Cursor::Notified(None))
    }

    /// Reads the names on the page, once, if a filter matches nothing in the alert: it may hold a former name, or fit
    /// nothing on the page any more.
    async fn load_page_names(&mut self, monitors: &[Monitor]) -> anyhow::Result<()> {
        if self.page_names.is_some() || monitors.iter().all(|monitor| self.filtered.all_match(monitor)) {
            return Ok(());
        }
        let page = self.store.page(&self.alert.provider).await?;
        self.page_names = Some(page.map_or_else(PageNames::default, |page| PageNames::of(&page.page_state, true)));
        Ok(())
    }

    /// Drops the conditional recipients that were notified of the incident before.
    async fn drop_already_notified(&self, subscribed: Subscribed) -> anyhow::Result<Vec<Recipient>> {
        let conditional = subscribed.iter().filter(|(_, (_, reason))| reason.is_conditional());
        let conditional: Vec<DestinationId> = conditional.map(|(id, _)| id.clone()).collect();
        let mut notified = HashMap::new();
        if !conditional.is_empty() {
            for episode in [Some(Episode::of(self.alert)), self.summary()].into_iter().flatten() {
                notified.extend(self.store.notified(&episode, &conditional).await?);
            }
        }
        // A mark by this very alert is of an earlier run of this task, which stopped before it queued the delivery.
        let is_notified = |id: &DestinationId| notified.get(id).is_some_and(|by| *by != self.alert.id);
        let kept = subscribed.into_iter().filter(|(id, (_, reason))| !reason.is_conditional() || !is_notified(id));
        let recipient = |(_, (destination, reason)): (_, (Destination, Reason))| Recipient {
            unknown: reason.unknown(),
            ..Recipient::sure(destination)
        };
        Ok(kept.map(recipient).collect())
    }

    /// The summary that announced the incident.
    fn summary(&self) -> Option<Episode> {
        let incident = self.alert.opened_in.clone()?;
        Some(Episode { provider: self.alert.provider.clone(), incident, number: 1 })
    }

    async fn notified_recipients(&self, at: Option<String>) -> anyhow::Result<Page> {
        let (recipients, cursor) = self.notified_of(&Episode::of(self.alert), at).await?;
        let next = match cursor {
            Some(cursor) => Some(Cursor::Notified(Some(cursor))),
            None => self.summary().map(|_| Cursor::NotifiedOfSummary(None)),
        };
        Ok(Page { recipients, next })
    }

    async fn notified_of_summary(&self, at: Option<String>) -> anyhow::Result<Page> {
        let Some(summary) = self.summary() else {
            return Ok(Page { recipients: Vec::new(), next: None });
        };
        let (recipients, cursor) = self.notified_of(&summary, at).await?;
        Ok(Page { recipients, next: cursor.map(|cursor| Cursor::NotifiedOfSummary(Some(cursor))) })
    }

    async fn notified_of(
        &self,
        episode: &Episode,
        at: Option<String>,
    ) -> anyhow::Result<(Vec<Recipient>, Option<String>)> {
        let notified = self.store.all_notified(episode, at.as_deref(), PAGE_SIZE).await?;
        let read = async |id: DestinationId| self.store.destination(&id).await;
        let found = stream::iter(notified.destinations).map(read).buffered(CONCURRENT_DESTINATION_READS);
        let found: Vec<_> = found.try_collect().await?;
        // A destination that was removed from the settings is left out.
        let recipients = found.into_iter().flatten().map(|record| Recipient::sure(record.destination)).collect();
        Ok((recipients, notified.cursor))
    }

    /// Destinations that any concerned provider's monitors subscribe to source health, by id, each once.
    async fn concerned_recipients(&mut self, after: Option<DestinationId>) -> anyhow::Result<Page> {
        if self.concerned.is_none() {
            let found = concerned::find(self.store, &mut self.accounts, self.alert).await?;
            self.concerned = Some(found);
        }
        let all = self.concerned.iter().flat_map(|concerned| concerned.values());
        let mut rest = all.skip_while(|it| after.as_ref().is_some_and(|after| it.id <= *after));
        let recipients: Vec<Recipient> =
            rest.by_ref().take(PAGE_SIZE as usize).cloned().map(Recipient::sure).collect();
        let next = match (rest.next(), recipients.last()) {
            (Some(_), Some(last)) => Some(Cursor::Concerned(last.destination.id.clone())),
            _ => self.after_subscribed(),
        };
        Ok(Page { recipients, next })
    }
}

type Subscribed = BTreeMap<DestinationId, (Destination, Reason)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_in_queued_tasks_can_be_read() {
        assert_eq!(Cursor::parse(None).unwrap(), Cursor::Monitors(None));
        for (text, cursor) in
            [(r#"{"monitors":"m"}"#, Cursor::Monitors(Some("m".into()))), (r#"{"told":null}"#, Cursor::Notified(None))]
        {
            assert_eq!(Cursor::parse(Some(text)).unwrap(), cursor);
            assert_eq!(cursor.to_text(), text);
        }
    }
}
