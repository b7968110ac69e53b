//! What all keys are made of.
use std::borrow::Cow;

use jiff::Timestamp;
use status::{
    ids::{Id, IncidentId, ProviderId, digest},
    snapshot::Kind,
};

/// A primary key, or a key of the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) partition: String,
    pub(crate) sort: String,
}

pub(crate) const DESTINATIONS: &str = "DESTINATION#";

/// In bytes. Sort keys may take 1,024, and providers use whole URLs as ids.
const MAX_PART_BYTES: usize = 200;

pub(super) fn key(partition: String, sort: impl Into<String>) -> Key {
    Key { partition, sort: sort.into() }
}

/// Times as text that sorts by time: a fraction of varying length would break the order.
pub(crate) fn by_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The same shard for the same text.
pub(super) fn shard(text: &str, of: u8) -> u8 {
    u8::from_str_radix(&digest(&[text])[..2], 16).expect("a digest is hex") % of
}

/// An id as part of a key: without the separator, so that no two lists of ids share a key, and never too long.
pub(super) fn escape<K>(id: &Id<K>) -> Cow<'_, str> {
    let text = id.as_str();
    if text.len() > MAX_PART_BYTES {
        Cow::Owned(format!("~{}", digest(&[text])))
    } else if text.contains(['%', '#', '~']) {
        Cow::Owned(text.replace('%', "%25").replace('#', "%23").replace('~', "%7E"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What follows the time in the sort keys of a list of all providers' incidents.
pub(crate) fn sort_suffix(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> String {
    format!("{}#{}#{}", escape(provider), kind_word(kind), escape(incident))
}

pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Incident => "incident",
        Kind::Maintenance => "maintenance",
    }
}
