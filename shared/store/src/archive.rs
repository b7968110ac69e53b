//! Archives: incidents that had ended before the first read of their page, many in one item. Such a history is most of
//! what a first read stores, and hardly ever changes (decision 62). What holds:
//! - An archive is written, changed and removed in the transaction of its page, so that what is in it was read with the
//!   page.
//! - What is imported after the first read is archived in the same way, in archives of its own (decision 74).
//! - An incident has rows of its own or is in an archive: a commit that changes it takes it out. Should both exist, its
//!   rows are newer.
//! - Incidents of one archive began in the same month, or before all months that a list of all pages goes back to. So
//!   an archive has a place in the lists of its month: that of its newest incident.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    page_summary::since,
    snapshot::Kind,
};

use crate::{
    cursor::{Cursor, CursorPage, Rows, month_of},
    documents::{quick_document, read_document},
    error::StoreError,
    history::{RECENT_MONTHS, sort_time},
    items::{Item, attribute, attributes, indexed, item, read_item},
    keys,
    requests::{query_all, query_page},
    store::Store,
    table::{PARTITION_KEY, SORT_KEY},
};

/// Bytes of JSON in one archive: what somebody inflates who wants one of its incidents.
const MAX_JSON: usize = 192 * 1024;
/// What is longer than this has rows of its own.
const MAX_INCIDENT_JSON: usize = 32 * 1024;
/// Of one page. They have to be written together with it.
const MAX_ARCHIVES: usize = 40;
const MAX_BYTES: usize = 1024 * 1024;
/// Read with one request for a list of all pages.
const ARCHIVES_AT_ONCE: u32 = 50;

#[derive(Serialize, Deserialize)]
struct ArchiveItem {
    provider: ProviderId,
    /// When the page was read (our clock).
    read_at: Timestamp,
    /// When its oldest and its newest incident began, by any time that a list is sorted by.
    oldest: Timestamp,
    newest: Timestamp,
    #[serde(with = "serde_bytes")]
    incidents: Vec<u8>,
}

/// What can be known of an incident without reading it.
#[derive(Deserialize)]
struct Named {
    id: IncidentId,
    kind: Kind,
}

impl ArchiveItem {
    fn raw(&self) -> Result<Vec<Box<RawValue>>, StoreError> {
        read_document(&self.incidents, format_args!("archive of {}", self.provider))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, raw: &RawValue) -> Result<T, StoreError> {
        let unreadable = |_| StoreError::Unreadable { what: format!("archive of {}", self.provider) };
        serde_json::from_str(raw.get()).map_err(unreadable)
    }

    fn states(&self) -> Result<Vec<IncidentState>, StoreError> {
        self.raw()?.iter().map(|raw| self.read(raw)).collect()
    }

    /// As a row of a list of the page.
    fn timeline(&self, state: &IncidentState) -> (Cursor, IncidentTimeline) {
        let timeline = IncidentTimeline { changed_at: Some(self.read_at), ..IncidentTimeline::of(state) };
        (Cursor::of_page(timeline.began_at, timeline.kind, &timeline.id), timeline)
    }
}

/// The archives of a commit, and which incidents are in them.
#[derive(Default)]
pub(crate) struct Archives {
    pub(crate) rows: Vec<Item>,
    pub(crate) incidents: HashSet<IncidentId>,
}

/// Whether an incident may go to an archive. A maintenance may not: it is in the list of its month by
/// its planned start, too.
fn is_archivable(state: &IncidentState) -> bool {
    state.backfilled && !state.is_open() && state.incident.kind == Kind::Incident
}

/// Which archives of a month: those of the first read, and those of what is imported later.
#[derive(Clone, Copy)]
pub(crate) enum Series {
    FirstRead,
    /// With the version of the page that the import makes, so that no import replaces the archives of another.
    Imported(u64),
}

impl Series {
    /// The number of its first archive of each month.
    fn first(self) -> usize {
        match self {
            Self::FirstRead => 0,
            Self::Imported(version) => usize::try_from(version).unwrap_or_default().saturating_add(10) * MAX_ARCHIVES,
        }
    }
}

/// Archives of these incidents from before the first read, as far as there is room: the newest first.
pub(crate) fn archives(provider: &ProviderId, states: &[IncidentState], series: Series, now: Timestamp) -> Archives {
    let first_month = month_of(now).checked_sub((RECENT_MONTHS - 1).months()).unwrap_or(Date::MIN);
    let mut by_month: BTreeMap<Reverse<Option<Date>>, Vec<&IncidentState>> = BTreeMap::new();
    for state in states.iter().filter(|state| is_archivable(state)) {
        let month = month_of(sort_time(state));
        by_month.entry(Reverse((month >= first_month).then_some(month))).or_default().push(state);
    }
    let mut archives = Archives::default();
    let mut bytes = 0;
    for (Reverse(month), mut states) in by_month {
        states.sort_by_key(|state| Reverse(sort_time(state)));
        let mut parts = series.first()..;
        let mut open = Part::default();
        let mut close = |part: Part, archives: &mut Archives| {
            let row = part.row(provider, month, parts.next().unwrap_or_default(), now);
            bytes += row.as_ref().map_or(0, |(_, bytes)| *bytes);
            let has_room = archives.rows.len() < MAX_ARCHIVES && bytes <= MAX_BYTES;
            if let Some((row, _)) = row.filter(|_| has_room) {
                archives.rows.push(row);
                archives.incidents.extend(part.ids);
            }
        };
        for state in states {
            let json = serde_json::to_vec(state).unwrap_or_default();
            if json.is_empty() || json.len() > MAX_INCIDENT_JSON {
                continue;
            }
            if open.json.len() + json.len() > MAX_JSON {
                close(std::mem::take(&mut open), &mut archives);
            }
            open.add_state(state, &json);
        }
        close(open, &mut archives);
    }
    archives
}

/// An archive in the making.
#[derive(Default)]
struct Part {
    /// Without the bracket at its end.
    json: Vec<u8>,
    ids: Vec<IncidentId>,
    times: Option<(Timestamp, Timestamp)>,
}

impl Part {
    fn add(&mut self, id: IncidentId, json: &[u8]) {
        self.json.push(if self.ids.is_empty() { b'[' } else { b',' });
        self.json.extend_from_slice(json);
        self.ids.push(id);
    }

    fn add_state(&mut self, state: &IncidentState, json: &[u8]) {
        self.add(state.incident.id.clone(), json);
        let (in_history, in_timelines) = (sort_time(state), since(state));
        let (oldest, newest) = self.times.unwrap_or((in_history, in_history));
        self.times = Some((oldest.min(in_history).min(in_timelines), newest.max(in_history).max(in_timelines)));
    }

    /// With the bytes of its document; `None`: it is empty.
    fn row(
        &self,
        provider: &ProviderId,
        month: Option<Date>,
        part: usize,
        read_at: Timestamp,
    ) -> Option<(Item, usize)> {
        let (oldest, newest) = self.times?;
        let incidents = self.document();
        let bytes = incidents.len();
        let body = ArchiveItem { provider: provider.clone(), read_at, oldest, newest, incidents };
        let row = item(keys::archive(provider, month, part), "archive", &body);
        let by_time = month.map(|month| keys::archive_by_time(month, newest, provider, part));
        Some((by_time.into_iter().fold(row, indexed), bytes))
    }

    fn document(&self) -> Vec<u8> {
        quick_document(&[&self.json, &b"]"[..]].concat())
    }
}

impl Store {
    /// Those of one page, the newest first. Strongly consistent.
    async fn archives_of(&self, provider: &ProviderId) -> Result<Vec<(Item, ArchiveItem)>, StoreError> {
        let query = self
            .query(keys::history(provider))
            .key_condition_expression("#pk = :pk AND begins_with(sk, :archive)")
            .expression_attribute_values(":archive", attribute(keys::ARCHIVE));
        let items = query_all("read archives of a page", query).await?;
        let read = |row: Item| Ok((row.clone(), read_item(row, "archive")?));
        let mut archives: Vec<(Item, ArchiveItem)> = items.into_iter().map(read).collect::<Result<_, StoreError>>()?;
        archives.sort_by_key(|(_, archive)| Reverse(archive.newest));
        Ok(archives)
    }

    /// Those of these incidents of a page that are in archives.
    pub(crate) async fn archived(
        &self,
        provider: &ProviderId,
        wanted: &HashSet<IncidentId>,
    ) -> Result<Vec<IncidentState>, StoreError> {
        let mut found = HashMap::new();
        for (_, archive) in self.archives_of(provider).await? {
            for raw in archive.raw()? {
                let Named { id, kind: Kind::Incident } = archive.read(&raw)? else { continue };
                if wanted.contains(&id) && !found.contains_key(&id) {
                    found.insert(id, archive.read(&raw)?);
                }
            }
            if found.len() == wanted.len() {
                break;
            }
        }
        Ok(found.into_values().collect())
    }

    /// What takes these changed incidents out of the archives of their page. To be written with the page.
    pub(crate) async fn taken_out(
        &self,
        provider: &ProviderId,
        changed: &[IncidentState],
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let ids: HashSet<&IncidentId> =
            changed.iter().filter(|state| state.backfilled).map(|state| &state.incident.id).collect();
        let mut writes = Vec::new();
        if ids.is_empty() {
            return Ok(writes);
        }
        for (row, archive) in self.archives_of(provider).await? {
            let mut rest = Part::default();
            let all = archive.raw()?;
            for raw in &all {
                let Named { id, .. } = archive.read(raw)?;
                if !ids.contains(&id) {
                    rest.add(id, raw.get().as_bytes());
                }
            }
            if rest.ids.len() < all.len() {
                writes.push(self.in_place_of(row, &archive, &rest));
            }
        }
        Ok(writes)
    }

    /// The place of an archive among others stays, although its newest incident may be gone.
    fn in_place_of(&self, mut row: Item, archive: &ArchiveItem, rest: &Part) -> TransactWriteItem {
        if rest.ids.is_empty() {
            row.retain(|name, _| [PARTITION_KEY, SORT_KEY].contains(&name.as_str()));
            return self.delete(row);
        }
        let body = ArchiveItem { provider: archive.provider.clone(), incidents: rest.document(), ..*archive };
        row.extend(attributes(&body));
        self.put(row)
    }

    /// Timelines of a page that are in archives, like rows of a list.
    pub(crate) async fn archived_timelines(
        &self,
        provider: &ProviderId,
        rows: &Rows<'_>,
        limit: usize,
        keep: impl Fn(IncidentTimeline) -> IncidentTimeline,
    ) -> Result<CursorPage<IncidentTimeline>, StoreError> {
        let mut found = Found::new(rows, limit);
        for (_, archive) in self.archives_of(provider).await? {
            if found.is_complete(archive.newest) {
                break;
            }
            if found.may_be_in(&archive) {
                for state in archive.states()? {
                    let (cursor, timeline) = archive.timeline(&state);
                    found.add(cursor, || keep(timeline));
                }
            }
        }
        Ok(found.page())
    }

    /// Incidents of all pages that began in this month and are in archives, like rows of a list.
    pub(crate) async fn archived_in<T>(
        &self,
        month: Date,
        rows: &Rows<'_>,
        limit: usize,
        keep: impl Fn(ProviderId, IncidentState) -> T,
    ) -> Result<CursorPage<T>, StoreError> {
        let mut found = Found::new(rows, limit);
        let mut next = None;
        loop {
            let query = self.query_index(keys::archives_in(month)).scan_index_forward(false);
            let (items, after) =
                query_page("read archives of a month", query, next.as_deref(), ARCHIVES_AT_ONCE).await?;
            for item in items {
                let archive: ArchiveItem = read_item(item, "archive")?;
                if found.is_complete(archive.newest) {
                    return Ok(found.page());
                }
                if found.may_be_in(&archive) {
                    for state in archive.states()? {
                        let provider = archive.provider.clone();
                        let (kind, id) = (state.incident.kind, state.incident.id.clone());
                        let cursor = Cursor::new(sort_time(&state), &provider, kind, &id);
                        found.add(cursor, || keep(provider, state));
                    }
                }
            }
            next = after;
            if next.is_none() {
                return Ok(found.page());
            }
        }
    }
}

/// The first rows of a list, of what comes in another order.
struct Found<'a, T> {
    rows: &'a Rows<'a>,
    limit: usize,
    found: BTreeMap<Cursor, T>,
}

impl<'a, T> Found<'a, T> {
    fn new(rows: &'a Rows<'a>, limit: usize) -> Self {
        Self { rows, limit, found: BTreeMap::new() }
    }

    fn is_newest_first(&self) -> bool {
        matches!(self.rows, Rows::Before(_))
    }

    /// Nothing this old or older is among the first.
    fn is_complete(&self, newest: Timestamp) -> bool {
        let oldest = self.found.first_key_value().map(|(cursor, _)| cursor.at());
        self.is_newest_first() && self.found.len() > self.limit && oldest.is_some_and(|oldest| oldest > newest)
    }

    fn may_be_in(&self, archive: &ArchiveItem) -> bool {
        match self.rows {
            Rows::Before(before) => before.is_none_or(|cursor| archive.oldest <= cursor.at()),
            Rows::Between(from, to, _) => archive.newest >= *from && archive.oldest <= *to,
        }
    }

    fn add(&mut self, cursor: Cursor, row: impl FnOnce() -> T) {
        if !self.rows.contain(&cursor) {
            return;
        }
        self.found.insert(cursor, row());
        // One more than wanted shows whether there are more.
        if self.found.len() > self.limit.saturating_add(1) {
            if self.is_newest_first() {
                self.found.pop_first()
            } else {
                self.found.pop_last()
            };
        }
    }

    fn page(self) -> CursorPage<T> {
        let is_newest_first = self.is_newest_first();
        let mut rows: Vec<(Cursor, T)> = self.found.into_iter().collect();
        if is_newest_first {
            rows.reverse();
        }
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        CursorPage { rows, more }
    }
}
