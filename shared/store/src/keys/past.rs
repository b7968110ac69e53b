//! Keys of incidents as they are kept for good: rows of their own, and archives.
use jiff::{Timestamp, civil::Date};
use status::{
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

use super::parts::{Key, by_time, escape, key, kind_word, sort_suffix};

pub(crate) fn history(provider: &ProviderId) -> String {
    format!("HISTORY#{}", escape(provider))
}

pub(crate) fn incident(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> Key {
    key(history(provider), format!("{}#{}", kind_word(kind), escape(incident)))
}

/// Sort keys of archives begin with it.
pub(crate) const ARCHIVE: &str = "archive#";

/// `month`: of its incidents; `None`: they are older than what lists of all pages go back to.
pub(crate) fn archive(provider: &ProviderId, month: Option<Date>, part: usize) -> Key {
    let month = month.map_or_else(|| "older".to_owned(), |month| month.strftime("%Y-%m").to_string());
    key(history(provider), format!("{ARCHIVE}{month}#{part}"))
}

/// Index key: by the month of its incidents, and by the time of the newest within it.
pub(crate) fn archive_by_time(month_start: Date, newest: Timestamp, provider: &ProviderId, part: usize) -> Key {
    key(archives_in(month_start), format!("{}#{}#{part}", by_time(newest), escape(provider)))
}

pub(crate) fn archives_in(month_start: Date) -> String {
    format!("ARCHIVES#{}", month_start.strftime("%Y-%m"))
}

/// Index key: by the month of `at`, and by time within it.
pub(crate) fn incident_by_time(at: Timestamp, provider: &ProviderId, kind: Kind, incident: &IncidentId) -> Key {
    key(month(at.strftime("%Y-%m")), format!("{}#{}", by_time(at), sort_suffix(provider, kind, incident)))
}

pub(crate) fn incidents_in(month_start: Date) -> String {
    month(month_start.strftime("%Y-%m"))
}

fn month(month: impl std::fmt::Display) -> String {
    format!("INCIDENTS#{month}")
}
