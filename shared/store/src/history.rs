//! Every incident and maintenance ever read, as it stood after its last change. Kept for good.
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use status::{
    ids::{IncidentId, ProviderId},
    page_state::IncidentState,
    snapshot::Kind,
};

use crate::{
    cursor::{Cursor, CursorPage, Rows, query_range},
    documents::{read_document, row_document},
    error::StoreError,
    items::{IncidentItem, Item, indexed, item, read_item},
    keys,
    store::Store,
};

/// How many months [`Store::recent_page`] walks back.
const RECENT_MONTHS: i32 = 12;

impl Store {
    /// By its id, whatever its kind is by now. `kind` only says under which key to look first. Strongly consistent.
    pub async fn incident(
        &self,
        provider: &ProviderId,
        kind: Kind,
        incident: &IncidentId,
    ) -> Result<Option<IncidentState>, StoreError> {
        let other = match kind {
            Kind::Incident => Kind::Maintenance,
            Kind::Maintenance => Kind::Incident,
        };
        for kind in [kind, other] {
            if let Some(item) = self.get("read incident", keys::incident(provider, kind, incident)).await? {
                return Ok(Some(read_row(item)?.1));
            }
        }
        Ok(None)
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
        let month = |at: Timestamp| TimeZone::UTC.to_datetime(at).date().first_of_month();
        let this_month = month(now);
        let months = (0..RECENT_MONTHS).map(|back| this_month - back.months());
        let mut found = CursorPage { rows: Vec::new(), more: false };
        for month in months.filter(|it| before.is_none_or(|cursor| *it <= month(cursor.at()))) {
            let query = self.query_index(keys::incidents_in(month));
            let (rows, wanted) = (Rows::Before(before), limit - found.rows.len());
            let read = |item| read_row(item).map(|(provider, state)| keep(provider, state));
            let page = query_range("read recent incidents", query, rows, wanted, read).await?;
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
fn sort_time(state: &IncidentState) -> Timestamp {
    let started = state.incident.started_at.unwrap_or(state.first_seen_at);
    started.min(state.first_seen_at)
}

fn read_row(item: Item) -> Result<(ProviderId, IncidentState), StoreError> {
    let IncidentItem { provider, state } = read_item(item, "incident")?;
    let state = read_document(&state, format_args!("incident of {provider}"))?;
    Ok((provider, state))
}
