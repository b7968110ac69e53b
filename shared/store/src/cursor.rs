//! Cursors of the lists sorted by time. A cursor names the last row that was read, so rows added or removed meanwhile
//! do not shift the next page. A cursor may come from a stranger: every well-formed one is a valid position.
use std::{collections::BTreeMap, fmt, str::FromStr};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use status::{
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

use crate::{
    error::StoreError,
    items::{Item, attribute},
    keys,
    requests::query_page,
    table::INDEX_SORT_KEY,
};

/// Together with the time this fits the 1,024 bytes of a sort key.
const MAX_SUFFIX_BYTES: usize = 990;

/// A position in a list sorted by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    at: Timestamp,
    /// What follows the time in the sort key. Compared, never parsed.
    suffix: String,
}

/// Rows of a list, each with its cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorPage<T> {
    pub rows: Vec<(Cursor, T)>,
    /// There may be more rows after the last one.
    pub more: bool,
}

impl Cursor {
    /// In the list of the incidents of all providers.
    pub fn new(at: Timestamp, provider: &ProviderId, kind: Kind, incident: &IncidentId) -> Self {
        // As exact as keys and text are: a cursor must stay the same position on its way through a URL.
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self { at, suffix: keys::sort_suffix(provider, kind, incident) }
    }

    /// In the list of the timelines of one page.
    pub(crate) fn of_page(at: Timestamp, kind: Kind, incident: &IncidentId) -> Self {
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self { at, suffix: keys::timeline_suffix(kind, incident) }
    }

    /// Before all rows of this time and later.
    pub fn before_all_of(at: Timestamp) -> Self {
        Self { at, suffix: String::new() }
    }

    /// The time by which the row is sorted.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn key(&self) -> String {
        format!("{}#{}", keys::by_time(self.at), self.suffix)
    }

    fn of(item: &Item) -> Result<Self, StoreError> {
        let key = item.get(INDEX_SORT_KEY).and_then(|value| value.as_s().ok());
        let cursor = key.and_then(|key| {
            let (at, suffix) = key.split_once('#')?;
            Some(Self { at: at.parse().ok()?, suffix: suffix.to_owned() })
        });
        cursor.ok_or_else(|| StoreError::Unreadable { what: "sort key of a row in a list by time".to_owned() })
    }
}

/// `microseconds.hex`: safe in a URL.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.at.as_microsecond())?;
        self.suffix.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads what [`fmt::Display`] writes, and every other text of that form: [`Cursor::PATTERN`].
impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (at, hex) = text.split_once('.').ok_or(StoreError::Cursor)?;
        let digits = at.strip_prefix('-').unwrap_or(at);
        let is_number = (1..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_hex =
            hex.len() <= 2 * MAX_SUFFIX_BYTES && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_number || !is_hex {
            return Err(StoreError::Cursor);
        }
        let at = at.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok()).ok_or(StoreError::Cursor)?;
        let nibble = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 };
        let bytes: Vec<u8> =
            hex.as_bytes().chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
        let mut suffix = String::new();
        for letter in String::from_utf8_lossy(&bytes).chars() {
            if suffix.len() + letter.len_utf8() <= MAX_SUFFIX_BYTES {
                suffix.push(letter);
            }
        }
        Ok(Self { at, suffix })
    }
}

impl Cursor {
    /// Regular expression of the text form.
    pub const PATTERN: &str = "^-?[0-9]{1,17}\\.[0-9a-f]{0,1980}$";
}

/// Which rows of a partition.
pub(crate) enum Rows<'a> {
    /// Those older than this, newest first.
    Before(Option<&'a Cursor>),
    /// From the first time up to but without the second, oldest first; after the cursor if there is one.
    Between(Timestamp, Timestamp, Option<&'a Cursor>),
}

impl Rows<'_> {
    pub(crate) fn contain(&self, cursor: &Cursor) -> bool {
        let (at, micros) = (cursor.at.as_microsecond(), Timestamp::as_microsecond);
        match self {
            Self::Before(before) => before.is_none_or(|before| cursor < before),
            Self::Between(from, to, after) => {
                micros(*from) <= at && at < micros(*to) && after.is_none_or(|after| cursor > after)
            }
        }
    }
}

/// The first rows of two lists in the order of `rows`. Where both have a row, that of `list` stays.
pub(crate) fn merged<T>(rows: &Rows<'_>, list: CursorPage<T>, other: CursorPage<T>, limit: usize) -> CursorPage<T> {
    let is_newest_first = matches!(rows, Rows::Before(_));
    // What follows in the list may come before the rest of the other one.
    let last = list.rows.last().filter(|_| list.more).map(|(cursor, _)| cursor.clone());
    let is_beyond =
        |cursor: &Cursor| last.as_ref().is_some_and(|last| if is_newest_first { cursor < last } else { cursor > last });
    let mut all: BTreeMap<Cursor, T> = other.rows.into_iter().filter(|(cursor, _)| !is_beyond(cursor)).collect();
    all.extend(list.rows);
    let more = list.more || other.more || all.len() > limit;
    let rows = if is_newest_first {
        all.into_iter().rev().take(limit).collect()
    } else {
        all.into_iter().take(limit).collect()
    };
    CursorPage { rows, more }
}

/// The first day of the month of a time.
pub(crate) fn month_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date().first_of_month()
}

/// At most `limit` rows of a partition of the index.
pub(crate) async fn query_range<T>(
    operation: &'static str,
    query: QueryFluentBuilder,
    rows: &Rows<'_>,
    limit: usize,
    read: impl Fn(Item) -> Result<T, StoreError>,
) -> Result<CursorPage<T>, StoreError> {
    let CursorPage { rows, more } = query_items(operation, query, rows, limit).await?;
    let rows = rows.into_iter().map(|(cursor, item)| Ok((cursor, read(item)?)));
    Ok(CursorPage { rows: rows.collect::<Result<_, StoreError>>()?, more })
}

/// The same without reading the items.
pub(crate) async fn query_items(
    operation: &'static str,
    query: QueryFluentBuilder,
    rows: &Rows<'_>,
    limit: usize,
) -> Result<CursorPage<Item>, StoreError> {
    let query = match *rows {
        Rows::Before(None) => query.scan_index_forward(false),
        Rows::Before(Some(cursor)) => query
            .scan_index_forward(false)
            .key_condition_expression("#pk = :pk AND gsi1sk < :before")
            .expression_attribute_values(":before", attribute(cursor.key())),
        Rows::Between(from, to, cursor) => {
            // A key sorts after its own prefixes, so no row of `to` is included and the cursor's row is not repeated.
            let after = cursor.map(|cursor| cursor.key() + "\u{1}");
            let first = after.into_iter().fold(keys::by_time(from), Ord::max);
            let last = keys::by_time(to);
            if first > last {
                return Ok(CursorPage { rows: Vec::new(), more: false });
            }
            query
                .key_condition_expression("#pk = :pk AND gsi1sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", attribute(first))
                .expression_attribute_values(":last", attribute(last))
        }
    };
    // One more row than wanted shows whether there are more.
    let wanted = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let (mut items, cursor) = query_page(operation, query, None, wanted).await?;
    let more = items.len() > limit || cursor.is_some();
    items.truncate(limit);
    let rows = items.into_iter().map(|item| Ok((Cursor::of(&item)?, item)));
    Ok(CursorPage { rows: rows.collect::<Result<_, StoreError>>()?, more })
}
