//! The recipients of an alert, one page after the other: first the destinations that monitors and groups subscribe;
//! after an end also every destination that was notified of the incident, whatever the filters say now (truth rule 8).
use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    component_match::PageNames,
    ids::{DestinationId, IncidentId, ProviderId},
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
    /// Among those that were notified of another of the incidents that end, by its number from 1: of the summary that
    /// announced it, or of one that ends in a summary.
    NotifiedOf(usize, Option<String>),
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
    /// What ends with it: whoever was notified of one of these is notified of the end.
    ending: Vec<Episode>,
    accounts: Accounts,
    /// The names on the page, once a filter needs them.
    page_names: Option<PageNames>,
    /// Whom an alert about a whole platform concerns, once that is known.
    concerned: Option<Concerned>,
}

impl<'a> Routing<'a> {
    pub(crate) fn new(store: &'a Store, alert: &'a Alert) -> Self {
        let (filtered, ending, accounts) = (Filtered::of(alert), ending(alert), Accounts::default());
        Self { store, alert, filtered, ending, accounts, page_names: None, concerned: None }
    }

    /// A notice goes to destinations of one account, all on one page.
    pub(crate) async fn recipients_page(&mut self, cursor: Cursor) -> anyhow::Result<Page> {
        if self.alert.event.is_notice() {
            return Ok(Page {
                recipients: notices::recipients(self.store, &mut self.accounts, self.alert).await?,
                next: None,
            });
        }
        match cursor {
            Cursor::Monitors(_) if !self.alert.concerned.is_empty() => self.concerned_recipients(None).await,
            Cursor::Concerned(after) => self.concerned_recipients(Some(after)).await,
            Cursor::Monitors(at) => self.subscribed_recipients(at).await,
            Cursor::Notified(at) => self.notified_recipients(0, at).await,
            Cursor::NotifiedOf(number, at) => self.notified_recipients(number, at).await,
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

    /// Ends go to more than those who want them.
    fn after_subscribed(&self) -> Option<Cursor> {
        (!self.ending.is_empty()).then_some(Cursor::Notified(None))
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
            let summary = self.alert.opened_in.as_ref().map(|incident| summary_of(&self.alert.provider, incident));
            for episode in std::iter::once(Episode::of(self.alert)).chain(summary) {
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

    /// Those who heard of the opening of what ends, whatever the filters say now.
    async fn notified_recipients(&self, number: usize, at: Option<String>) -> anyhow::Result<Page> {
        let Some(episode) = self.ending.get(number) else {
            return Ok(Page { recipients: Vec::new(), next: None });
        };
        let notified = self.store.all_notified(episode, at.as_deref(), PAGE_SIZE).await?;
        let read = async |id: DestinationId| self.store.destination(&id).await;
        let found = stream::iter(notified.destinations).map(read).buffered(CONCURRENT_DESTINATION_READS);
        let found: Vec<_> = found.try_collect().await?;
        // A destination that was removed from the settings is left out.
        let recipients = found.into_iter().flatten().map(|record| Recipient::sure(record.destination)).collect();
        let next = match notified.cursor {
            Some(cursor) if number == 0 => Some(Cursor::Notified(Some(cursor))),
            Some(cursor) => Some(Cursor::NotifiedOf(number, Some(cursor))),
            None => (number + 1 < self.ending.len()).then_some(Cursor::NotifiedOf(number + 1, None)),
        };
        Ok(Page { recipients, next })
    }

    /// Destinations that any concerned provider's monitors subscribe to source health, by id, each once.
    async fn concerned_recipients(&mut self, after: Option<DestinationId>) -> anyhow::Result<Page> {
        if self.concerned.is_none() {
            let found = concerned::find(self.store, &mut self.accounts, self.alert).await?;
            self.concerned = Some(found);
        }
        let all = self.concerned.iter().flat_map(|concerned| concerned.values());
        let mut rest = all.skip_while(|it| after.as_ref().is_some_and(|after| it.id <= *after));
        let recipients: Vec<Recipient> = rest.by_ref().take(PAGE_SIZE as usize).cloned().map(Recipient::sure).collect();
        let next = match (rest.next(), recipients.last()) {
            (Some(_), Some(last)) => Some(Cursor::Concerned(last.destination.id.clone())),
            _ => self.after_subscribed(),
        };
        Ok(Page { recipients, next })
    }
}

/// The incident of an end and the summary that announced it; of a summary, the same of each item that is an end.
fn ending(alert: &Alert) -> Vec<Episode> {
    let own = alert.event.is_end().then(|| (Episode::of(alert), alert.opened_in.as_ref()));
    let items = alert.summary.iter().filter(|item| item.event.is_end()).map(|item| {
        let (provider, incident) = (alert.provider.clone(), item.incident.clone());
        (Episode { provider, incident, number: item.episode }, item.opened_in.as_ref())
    });
    let mut summaries = BTreeSet::new();
    let mut ending = Vec::new();
    for (episode, opened_in) in own.into_iter().chain(items) {
        ending.push(episode);
        ending.extend(opened_in.filter(|id| summaries.insert(*id)).map(|id| summary_of(&alert.provider, id)));
    }
    ending
}

fn summary_of(provider: &ProviderId, incident: &IncidentId) -> Episode {
    Episode { provider: provider.clone(), incident: incident.clone(), number: 1 }
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
