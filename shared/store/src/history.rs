//! Every incident and maintenance ever seen, as it stood after its last change; kept for good.
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use status::{
    belief::Tracked,
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

use crate::{
    Place, Placed, Store, StoreError,
    items::{IncidentItem, Item, document, indexed, item, read_document, read_item},
    keys,
    place::{Rows, placed},
    requests::some,
};

/// How many months [`Store::recent_page`] walks back.
const RECENT_MONTHS: i32 = 12;

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    pub incidents: Vec<Tracked>,
    pub cursor: Option<String>,
}

impl Store {
    pub async fn incident(
        &self,
        provider: &ProviderId,
        kind: Kind,
        incident: &IncidentId,
    ) -> Result<Option<Tracked>, StoreError> {
        let found = self.get("read incident", keys::incident(provider, kind, incident)).await?;
        found.map(|item| Ok(read_row(item)?.1)).transpose()
    }

    /// By kind and the vendor's id, which is no order in time.
    pub async fn incidents_of(
        &self,
        provider: &ProviderId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<HistoryPage, StoreError> {
        let query = self.query(keys::history(provider));
        let (items, cursor) = some("read incidents of a page", query, cursor, limit).await?;
        let incidents = items.into_iter().map(|item| Ok(read_row(item)?.1));
        Ok(HistoryPage { incidents: incidents.collect::<Result<_, _>>()?, cursor })
    }

    /// Of all providers, newest first, at most `limit` of those before a place; none from before the last twelve months. May
    /// lag behind the newest commit.
    pub async fn recent_page(
        &self,
        now: Timestamp,
        before: Option<&Place>,
        limit: usize,
    ) -> Result<Placed<(ProviderId, Tracked)>, StoreError> {
        let month = |at: Timestamp| TimeZone::UTC.to_datetime(at).date().first_of_month();
        let this_month = month(now);
        let months = (0..RECENT_MONTHS).map(|back| this_month - back.months());
        let mut found = Placed { rows: Vec::new(), more: false };
        for month in months.filter(|it| before.is_none_or(|place| *it <= month(place.at()))) {
            let query = self.query_index(keys::incidents_in(month));
            let (rows, wanted) = (Rows::Before(before), limit - found.rows.len());
            let page = placed("read recent incidents", query, rows, wanted, read_row).await?;
            found.rows.extend(page.rows);
            if page.more || found.rows.len() >= limit {
                found.more = true;
                break;
            }
        }
        Ok(found)
    }

    /// The first `limit` of them.
    pub async fn recent_incidents(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(ProviderId, Tracked)>, StoreError> {
        let mut found = Vec::new();
        let mut before: Option<Place> = None;
        while found.len() < limit {
            let page = self.recent_page(now, before.as_ref(), limit - found.len()).await?;
            before = page.rows.last().map(|(place, _)| place.clone());
            found.extend(page.rows.into_iter().map(|(_, row)| row));
            if !page.more || before.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

pub(crate) fn row(provider: &ProviderId, tracked: &Tracked) -> Result<Item, StoreError> {
    let incident = &tracked.incident;
    let body = IncidentItem {
        provider: provider.clone(),
        tracked: document(tracked, format_args!("incident {} of {provider}", incident.id))?,
    };
    let row = item(keys::incident(provider, incident.kind, &incident.id), "incident", &body);
    let by_time = keys::incident_by_time(placed_at(tracked), provider, incident.kind, &incident.id);
    Ok(indexed(row, by_time))
}

/// When it began or became known, whichever was first: never in the future, and what predates our first read stands
/// where the vendor puts it.
fn placed_at(tracked: &Tracked) -> Timestamp {
    let started = tracked.incident.started_at.unwrap_or(tracked.first_seen_at);
    started.min(tracked.first_seen_at)
}

fn read_row(item: Item) -> Result<(ProviderId, Tracked), StoreError> {
    let IncidentItem { provider, tracked } = read_item(item, "incident")?;
    let tracked = read_document(&tracked, format_args!("incident of {provider}"))?;
    Ok((provider, tracked))
}
