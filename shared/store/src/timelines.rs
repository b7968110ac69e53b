//! Incident timelines, without texts: those of one page by time, and the maintenances of all pages by the month in
//! which they are planned to start.
use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join, stream};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use status::{
    ids::ProviderId, incident_timeline::IncidentTimeline, page_state::IncidentState, recent::Recent, snapshot::Kind,
};

use crate::{
    cursor::{Cursor, CursorPage, Rows, merged, query_items, query_range},
    documents::{ListRoom, read_document, row_document},
    error::StoreError,
    items::{Item, indexed, item, read_item},
    keys,
    requests::query_page,
    store::Store,
};

/// A quarter back and a year ahead, from any day of a month.
const MAX_MONTHS: usize = 17;
const MONTHS_AT_ONCE: usize = 6;
/// Maintenances of one month, of all pages and of one page. The busiest months of the catalogue have about 2,500.
const MAX_PLANNED: usize = 5_000;
const MAX_PLANNED_OF_PAGE: usize = 200;
const PLANNED_AT_ONCE: u32 = 500;
const MAX_PLANNED_READS: usize = 40;
/// Of the recent ones of a page, at once.
const PAGE_SIZE: u32 = 100;

/// Item type, as it is stored.
pub(crate) const TIMELINE_TYPE: &str = "span";

#[derive(Serialize, Deserialize)]
struct TimelineItem {
    provider: ProviderId,
    #[serde(rename = "span", with = "serde_bytes")]
    timeline: Vec<u8>,
}

/// May hold fewer than asked for; only a missing cursor is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinePage {
    pub timelines: Vec<IncidentTimeline>,
    pub cursor: Option<String>,
}

/// With or without the intervals of components.
#[derive(Clone, Copy)]
enum Detail {
    Whole,
    Brief,
}

impl Detail {
    fn of(self, timeline: IncidentTimeline) -> IncidentTimeline {
        match self {
            Self::Whole => timeline,
            Self::Brief => IncidentTimeline { intervals: Vec::new(), ..timeline },
        }
    }
}

impl Store {
    /// Newest first; fewer than `limit`, if they are too long to be loaded at once. May lag behind the newest commit.
    pub async fn timelines_of(
        &self,
        provider: &ProviderId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<TimelinePage, StoreError> {
        self.timeline_page(provider, limit, cursor, Detail::Whole).await
    }

    /// Those of the last 90 days, as far back as there is room.
    pub async fn recent_timelines(&self, provider: &ProviderId, now: Timestamp) -> Result<Recent, StoreError> {
        let (mut recent, mut cursor) = (Recent::default(), None::<String>);
        loop {
            let page = self.timelines_of(provider, PAGE_SIZE, cursor.as_deref()).await?;
            cursor = page.cursor;
            if !recent.add(page.timelines, now) || cursor.is_none() {
                return Ok(recent);
            }
        }
    }

    /// The same without the intervals of components, which are most of a timeline.
    pub async fn brief_timelines_of(
        &self,
        provider: &ProviderId,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<TimelinePage, StoreError> {
        self.timeline_page(provider, limit, cursor, Detail::Brief).await
    }

    async fn timeline_page(
        &self,
        provider: &ProviderId,
        limit: u32,
        cursor: Option<&str>,
        detail: Detail,
    ) -> Result<TimelinePage, StoreError> {
        let cursor: Option<Cursor> = cursor.map(str::parse).transpose()?;
        let rows = Rows::Before(cursor.as_ref());
        let page = self.timelines("read timelines of a page", provider, rows, limit as usize, detail).await?;
        let cursor = page.rows.last().filter(|_| page.more).map(|(cursor, _)| cursor.to_string());
        Ok(TimelinePage { timelines: page.rows.into_iter().map(|(_, timeline)| timeline).collect(), cursor })
    }

    /// Without intervals. Newest first, at most `limit` of those after the cursor in that order. May lag behind the
    /// newest commit.
    pub async fn newest_timelines(
        &self,
        provider: &ProviderId,
        before: Option<&Cursor>,
        limit: usize,
    ) -> Result<CursorPage<IncidentTimeline>, StoreError> {
        self.timelines("read newest timelines of a page", provider, Rows::Before(before), limit, Detail::Brief).await
    }

    /// Without intervals. From one time up to another, oldest first, at most `limit` of those after the cursor.
    pub async fn timelines_between(
        &self,
        provider: &ProviderId,
        (from, to): (Timestamp, Timestamp),
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<CursorPage<IncidentTimeline>, StoreError> {
        let rows = Rows::Between(from, to, after);
        self.timelines("read timelines between two times", provider, rows, limit, Detail::Brief).await
    }

    /// Those that have rows of their own, and those of archives. Fewer than `limit`, if they are too long to be loaded
    /// at once.
    async fn timelines(
        &self,
        operation: &'static str,
        provider: &ProviderId,
        rows: Rows<'_>,
        limit: usize,
        detail: Detail,
    ) -> Result<CursorPage<IncidentTimeline>, StoreError> {
        let query = self.query_index(keys::timelines(provider));
        let (mut list, archived) = try_join(
            query_items(operation, query, &rows, limit),
            self.archived_timelines(provider, &rows, limit, |timeline| detail.of(timeline)),
        )
        .await?;
        let mut room = ListRoom::new();
        let fits = list.rows.iter().take_while(|(_, item)| room.takes(item)).count();
        list.more |= fits < list.rows.len();
        list.rows.truncate(fits);
        let read = list.rows.into_iter().map(|(cursor, item)| Ok((cursor, detail.of(read_row(item)?.1))));
        let list = CursorPage { rows: read.collect::<Result<_, StoreError>>()?, more: list.more };
        Ok(merged(&rows, list, archived, limit))
    }

    /// Without intervals. Maintenances of all pages whose planned start lies between these times, by start, at most
    /// `limit` of those after the cursor. Reads the first [`MAX_MONTHS`] months only.
    pub async fn planned_page(
        &self,
        (from, to): (Timestamp, Timestamp),
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<CursorPage<(ProviderId, IncidentTimeline)>, StoreError> {
        let month = |at: Timestamp| TimeZone::UTC.to_datetime(at).date().first_of_month();
        let first = after.map_or(from, |cursor| cursor.at().max(from));
        let months = std::iter::successors(Some(month(first)), |month| month.checked_add(1.month()).ok());
        let mut found = CursorPage { rows: Vec::new(), more: false };
        for month in months.take_while(|it| *it <= month(to)).take(MAX_MONTHS) {
            let query = self.query_index(keys::planned_in(month));
            let (rows, wanted) = (Rows::Between(from, to, after), limit - found.rows.len());
            let page = query_range("read maintenances between two times", query, &rows, wanted, read_brief).await?;
            found.rows.extend(page.rows);
            if page.more || found.rows.len() >= limit {
                found.more = true;
                break;
            }
        }
        Ok(found)
    }

    /// Without intervals. Maintenances of all pages whose planned start lies in the month of `month`, by start: at most
    /// [`MAX_PLANNED`], and of one page at most [`MAX_PLANNED_OF_PAGE`], so that no page crowds out the others.
    pub async fn planned_in(&self, month: Date) -> Result<Vec<(ProviderId, IncidentTimeline)>, StoreError> {
        let mut found = Vec::new();
        let mut of_page: HashMap<ProviderId, usize> = HashMap::new();
        let mut cursor = None;
        for _ in 0..MAX_PLANNED_READS {
            let query = self.query_index(keys::planned_in(month.first_of_month()));
            let (items, next) =
                query_page("read maintenances of a month", query, cursor.as_deref(), PLANNED_AT_ONCE).await?;
            for item in items {
                let (provider, timeline) = read_brief(item)?;
                let number = of_page.entry(provider.clone()).or_default();
                *number += 1;
                if *number <= MAX_PLANNED_OF_PAGE && found.len() < MAX_PLANNED {
                    found.push((provider, timeline));
                }
            }
            cursor = next;
            if cursor.is_none() || found.len() >= MAX_PLANNED {
                break;
            }
        }
        Ok(found)
    }

    /// The same for every month from that of `from` to that of `to`, at most [`MAX_MONTHS`].
    pub async fn planned_between(
        &self,
        from: Date,
        to: Date,
    ) -> Result<Vec<(ProviderId, IncidentTimeline)>, StoreError> {
        let months = std::iter::successors(Some(from.first_of_month()), |month| month.checked_add(1.month()).ok());
        let months = months.take_while(|month| *month <= to).take(MAX_MONTHS);
        stream::iter(months).map(|month| self.planned_in(month)).buffered(MONTHS_AT_ONCE).try_concat().await
    }
}

/// The timeline rows of an incident.
pub(crate) fn rows(provider: &ProviderId, state: &IncidentState, now: Timestamp) -> Result<Vec<Item>, StoreError> {
    // A commit writes only the incidents it changed.
    let timeline = IncidentTimeline { changed_at: Some(now), ..IncidentTimeline::of(state) };
    let body = TimelineItem {
        provider: provider.clone(),
        timeline: row_document(
            &timeline,
            IncidentTimeline::shorter,
            format_args!("timeline of incident {} of {provider}", timeline.id),
        )?,
    };
    let row = item(keys::timeline(provider, timeline.kind, &timeline.id), TIMELINE_TYPE, &body);
    let row = indexed(row, keys::timeline_by_time(provider, sort_time(&timeline), timeline.kind, &timeline.id));
    Ok([row].into_iter().chain(planned(&timeline, &body)).collect())
}

/// The row of a maintenance in the list of all pages, made from its timeline row.
pub(crate) fn planned_row(row: Item) -> Result<Option<Item>, StoreError> {
    let body: TimelineItem = read_item(row, "timeline of an incident")?;
    let timeline = read_document(&body.timeline, format_args!("timeline of an incident of {}", body.provider))?;
    Ok(planned(&timeline, &body))
}

fn planned(timeline: &IncidentTimeline, body: &TimelineItem) -> Option<Item> {
    let starts_at = planned_start(timeline).filter(|_| timeline.kind == Kind::Maintenance)?;
    let row = item(keys::planned(&body.provider, &timeline.id), "planned", body);
    Some(indexed(row, keys::planned_by_time(starts_at, &body.provider, &timeline.id)))
}

/// Maintenances are listed at their planned start.
fn sort_time(timeline: &IncidentTimeline) -> Timestamp {
    planned_start(timeline).unwrap_or(timeline.began_at)
}

fn planned_start(timeline: &IncidentTimeline) -> Option<Timestamp> {
    timeline.window.and_then(|window| window.starts_at)
}

fn read_brief(item: Item) -> Result<(ProviderId, IncidentTimeline), StoreError> {
    let (provider, timeline) = read_row(item)?;
    Ok((provider, IncidentTimeline { intervals: Vec::new(), ..timeline }))
}

fn read_row(item: Item) -> Result<(ProviderId, IncidentTimeline), StoreError> {
    let TimelineItem { provider, timeline } = read_item(item, "timeline of an incident")?;
    let timeline = read_document(&timeline, format_args!("timeline of an incident of {provider}"))?;
    Ok((provider, timeline))
}
