//! Every incident and maintenance ever read, as it stood after its last change. Kept for good: in a row of its own, or
//! in an [archive](crate::archive).
use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join, stream};
use jiff::{Timestamp, ToSpan};
use status::{
    ids::{IncidentId, ProviderId},
    page_state::IncidentState,
    snapshot::Kind,
};

use crate::{
    cursor::{Cursor, CursorPage, Rows, merged, month_of, query_range},
    documents::{read_document, row_document},
    error::StoreError,
    items::{IncidentItem, Item, indexed, item, read_item},
    keys,
    store::Store,
};

/// How many months [`Store::recent_page`] walks back.
pub(crate) const RECENT_MONTHS: i32 = 12;
/// Incidents in memory at once that were not asked for one by one.
const CONCURRENT_READS: usize = 4;

impl Store {
    /// By its id, whatever its kind is by now. `kind` only says under which key to look first. Strongly consistent.
    pub async fn incident(
        &self,
        provider: &ProviderId,
        kind: Kind,
        incident: &IncidentId,
    ) -> Result<Option<IncidentState>, StoreError> {
        if let Some(known) = self.incident_row(provider, kind, incident).await? {
            return Ok(Some(known));
        }
        if let Some(archived) = self.archived(provider, &HashSet::from([incident.clone()])).await?.pop() {
            return Ok(Some(archived));
        }
        self.incident_row(provider, other(kind), incident).await
    }

    /// The same of an incident of which an alert was sent. Nothing in archives has ever changed, so it caused none.
    pub async fn alerted_incident(
        &self,
        provider: &ProviderId,
        kind: Kind,
        incident: &IncidentId,
    ) -> Result<Option<IncidentState>, StoreError> {
        match self.incident_row(provider, kind, incident).await? {
            Some(known) => Ok(Some(known)),
            None => self.incident_row(provider, other(kind), incident).await,
        }
    }

    async fn incident_row(
        &self,
        provider: &ProviderId,
        kind: Kind,
        incident: &IncidentId,
    ) -> Result<Option<IncidentState>, StoreError> {
        let item = self.get("read incident", keys::incident(provider, kind, incident)).await?;
        item.map(|item| Ok(read_row(item)?.1)).transpose()
    }

    /// Those of these incidents that are stored, in no order. Of each, what `keep` makes of it: an incident may be
    /// large, and only a few at a time are in memory. Strongly consistent.
    pub async fn incidents<T>(
        &self,
        wanted: &[(ProviderId, Kind, IncidentId)],
        keep: impl Fn(&ProviderId, IncidentState) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let keep = &keep;
        let read = |(provider, kind, id): &'_ (ProviderId, Kind, IncidentId)| {
            let (provider, id, key) = (provider.clone(), id.clone(), keys::incident(provider, *kind, id));
            async move {
                let item = self.get("read incident", key).await?;
                let found = item.map(|item| Ok(keep(&provider, read_row(item)?.1))).transpose()?;
                Ok::<_, StoreError>(found.ok_or((provider, id)))
            }
        };
        let mut rows = stream::iter(wanted).map(read).buffered(CONCURRENT_READS);
        let (mut found, mut archived) = (Vec::new(), BTreeMap::<ProviderId, HashSet<IncidentId>>::new());
        while let Some(row) = rows.try_next().await? {
            match row {
                Ok(incident) => found.push(incident),
                Err((provider, id)) => drop(archived.entry(provider).or_default().insert(id)),
            }
        }
        let read = |(provider, ids): (ProviderId, HashSet<IncidentId>)| async move {
            let states = self.archived(&provider, &ids).await?.into_iter();
            Ok::<_, StoreError>(states.map(|state| keep(&provider, state)).collect::<Vec<_>>())
        };
        let mut archives = stream::iter(archived).map(read).buffered(CONCURRENT_READS);
        while let Some(of_provider) = archives.try_next().await? {
            found.extend(of_provider);
        }
        Ok(found)
    }

    /// Of all providers, newest first, at most `limit` of those after the cursor in that order. Nothing older than
    /// twelve months. May lag behind the newest commit. Of each, what `keep` makes of it: an incident may be large, and
    /// only one at a time is in memory.
    pub async fn recent_page<T>(
        &self,
        now: Timestamp,
        before: Option<&Cursor>,
        limit: usize,
        keep: impl Fn(ProviderId, IncidentState) -> T,
    ) -> Result<CursorPage<T>, StoreError> {
        let this_month = month_of(now);
        let months = (0..RECENT_MONTHS).map(|back| this_month - back.months());
        let mut found = CursorPage { rows: Vec::new(), more: false };
        for month in months.filter(|it| before.is_none_or(|cursor| *it <= month_of(cursor.at()))) {
            let query = self.query_index(keys::incidents_in(month));
            let (rows, wanted) = (Rows::Before(before), limit - found.rows.len());
            let read = |item| read_row(item).map(|(provider, state)| keep(provider, state));
            let (list, archived) = try_join(
                query_range("read recent incidents", query, &rows, wanted, read),
                self.archived_in(month, &rows, wanted, &keep),
            )
            .await?;
            let page = merged(&rows, list, archived, wanted);
            found.rows.extend(page.rows);
            if page.more || found.rows.len() >= limit {
                found.more = true;
                break;
            }
        }
        Ok(found)
    }

    /// The newest `limit` of all providers, as [`Self::recent_page`] reads them.
    pub async fn recent_incidents<T>(
        &self,
        now: Timestamp,
        limit: usize,
        keep: impl Fn(ProviderId, IncidentState) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let mut before: Option<Cursor> = None;
        while found.len() < limit {
            let page = self.recent_page(now, before.as_ref(), limit - found.len(), &keep).await?;
            before = page.rows.last().map(|(cursor, _)| cursor.clone());
            found.extend(page.rows.into_iter().map(|(_, row)| row));
            if !page.more || before.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

fn other(kind: Kind) -> Kind {
    match kind {
        Kind::Incident => Kind::Maintenance,
        Kind::Maintenance => Kind::Incident,
    }
}

pub(crate) fn row(provider: &ProviderId, state: &IncidentState) -> Result<Item, StoreError> {
    let incident = &state.incident;
    let body = IncidentItem {
        provider: provider.clone(),
        state: row_document(state, IncidentState::shorter, format_args!("incident {} of {provider}", incident.id))?,
    };
    let row = item(keys::incident(provider, incident.kind, &incident.id), "incident", &body);
    let by_time = keys::incident_by_time(sort_time(state), provider, incident.kind, &incident.id);
    Ok(indexed(row, by_time))
}

/// When it started or when we first saw it, whichever was earlier. This is never in the future, and what predates our
/// first read has the provider's time.
pub(crate) fn sort_time(state: &IncidentState) -> Timestamp {
    let started = state.incident.started_at.unwrap_or(state.first_seen_at);
    started.min(state.first_seen_at)
}

fn read_row(item: Item) -> Result<(ProviderId, IncidentState), StoreError> {
    let IncidentItem { provider, state } = read_item(item, "incident")?;
    let state = read_document(&state, format_args!("incident of {provider}"))?;
    Ok((provider, state))
}
