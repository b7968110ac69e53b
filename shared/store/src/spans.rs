//! Incidents without their texts: of one page in the order of time, and planned work of all pages by the month it begins in.
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use status::{belief::Tracked, ids::ProviderId, snapshot::Kind, span::Span};

use crate::{
    Place, Placed, Store, StoreError,
    items::{Item, document, indexed, item, read_document, read_item},
    keys,
    place::{Rows, placed},
    requests::{all, some},
};

/// A quarter behind us and a year ahead, from any day of a month.
const MOST_MONTHS: usize = 17;
const MONTHS_AT_ONCE: usize = 6;

#[derive(Serialize, Deserialize)]
struct SpanItem {
    provider: ProviderId,
    #[serde(with = "serde_bytes")]
    span: Vec<u8>,
}

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanPage {
    pub spans: Vec<Span>,
    pub cursor: Option<String>,
}

impl Store {
    /// Newest first. May lag behind the newest commit.
    pub async fn spans_of(
        &self,
        provider: &ProviderId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<SpanPage, StoreError> {
        let query = self.query_index(keys::spans(provider)).scan_index_forward(false);
        let (items, cursor) = some("read spans of a page", query, cursor, limit).await?;
        let spans = items.into_iter().map(|item| Ok(read_row(item)?.1));
        Ok(SpanPage { spans: spans.collect::<Result<_, _>>()?, cursor })
    }

    /// Newest first, at most `limit` of those before a place. May lag behind the newest commit.
    pub async fn newest_spans(
        &self,
        provider: &ProviderId,
        before: Option<&Place>,
        limit: usize,
    ) -> Result<Placed<Span>, StoreError> {
        let query = self.query_index(keys::spans(provider));
        let read = |item| Ok(read_row(item)?.1);
        placed("read newest spans of a page", query, Rows::Before(before), limit, read).await
    }

    /// The same from one time up to another, the oldest first, at most `limit` of those behind a place.
    pub async fn spans_between(
        &self,
        provider: &ProviderId,
        (from, to): (Timestamp, Timestamp),
        behind: Option<&Place>,
        limit: usize,
    ) -> Result<Placed<Span>, StoreError> {
        let query = self.query_index(keys::spans(provider));
        let read = |item| Ok(read_row(item)?.1);
        placed("read spans of a time", query, Rows::Between(from, to, behind), limit, read).await
    }

    /// Planned work of all pages whose planned start lies between these times, by start, at most `limit` of those behind a
    /// place. Of a longer time than [`MOST_MONTHS`] the first ones.
    pub async fn planned_page(
        &self,
        (from, to): (Timestamp, Timestamp),
        behind: Option<&Place>,
        limit: usize,
    ) -> Result<Placed<(ProviderId, Span)>, StoreError> {
        let month = |at: Timestamp| TimeZone::UTC.to_datetime(at).date().first_of_month();
        let first = behind.map_or(from, |place| place.at().max(from));
        let months = std::iter::successors(Some(month(first)), |month| month.checked_add(1.month()).ok());
        let mut found = Placed { rows: Vec::new(), more: false };
        for month in months.take_while(|it| *it <= month(to)).take(MOST_MONTHS) {
            let query = self.query_index(keys::planned_in(month));
            let (rows, wanted) = (Rows::Between(from, to, behind), limit - found.rows.len());
            let page = placed("read planned work of a time", query, rows, wanted, read_row).await?;
            found.rows.extend(page.rows);
            if page.more || found.rows.len() >= limit {
                found.more = true;
                break;
            }
        }
        Ok(found)
    }

    /// Planned work of all pages whose planned start lies in the month that begins at `month`, by start.
    pub async fn planned_in(&self, month: Date) -> Result<Vec<(ProviderId, Span)>, StoreError> {
        let query = self.query_index(keys::planned_in(month.first_of_month()));
        all("read planned work", query).await?.into_iter().map(read_row).collect()
    }

    /// The same for every month from that of `from` to that of `to`, [`MOST_MONTHS`] at the most.
    pub async fn planned_between(&self, from: Date, to: Date) -> Result<Vec<(ProviderId, Span)>, StoreError> {
        let months = std::iter::successors(Some(from.first_of_month()), |month| month.checked_add(1.month()).ok());
        let months = months.take_while(|month| *month <= to).take(MOST_MONTHS);
        stream::iter(months).map(|month| self.planned_in(month)).buffered(MONTHS_AT_ONCE).try_concat().await
    }
}

/// The rows of an incident beside its own.
pub(crate) fn rows(provider: &ProviderId, tracked: &Tracked, now: Timestamp) -> Result<Vec<Item>, StoreError> {
    // A commit writes only what it changed.
    let span = Span { changed_at: Some(now), ..Span::of(tracked) };
    let body = SpanItem {
        provider: provider.clone(),
        span: document(&span, format_args!("times of incident {} of {provider}", span.id))?,
    };
    let row = item(keys::span(provider, span.kind, &span.id), "span", &body);
    let mut rows = vec![indexed(row, keys::span_by_time(provider, placed_at(&span), span.kind, &span.id))];
    if let (Kind::Maintenance, Some(starts_at)) = (span.kind, planned_start(&span)) {
        let row = item(keys::planned(provider, &span.id), "planned", &body);
        rows.push(indexed(row, keys::planned_by_time(starts_at, provider, &span.id)));
    }
    Ok(rows)
}

/// Planned work stands where it begins.
fn placed_at(span: &Span) -> Timestamp {
    planned_start(span).unwrap_or(span.began_at)
}

fn planned_start(span: &Span) -> Option<Timestamp> {
    span.window.and_then(|window| window.starts_at)
}

fn read_row(item: Item) -> Result<(ProviderId, Span), StoreError> {
    let SpanItem { provider, span } = read_item(item, "times of an incident")?;
    let span = read_document(&span, format_args!("times of an incident of {provider}"))?;
    Ok((provider, span))
}
