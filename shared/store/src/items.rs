//! Conversion to and from items. What DynamoDB must see (keys, versions, leases) are attributes. Whole documents are
//! deflated JSON in one binary attribute, with a limit well under the 400 KB that an item may take, and one of the
//! JSON: a few hundred KB may hold hundreds of MB.
use std::{
    collections::HashMap,
    io::{BufReader, BufWriter, Read as _, Write},
};

use aws_sdk_dynamodb::types::AttributeValue;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use status::{
    ids::{AccountId, AlertId, DestinationId, ProviderId},
    monitor::{Destination, Group, Monitor},
    provider::Provider,
};

use crate::{
    error::StoreError,
    keys::{self, Key},
    records::{
        DOCUMENT_LIMIT, Disabled, HandleFields, INFLATED_LIMIT, PageHead, READ_LIMIT, ROW_INFLATED_LIMIT, Refusals,
        WrittenBy,
    },
    table::{INDEX_PARTITION_KEY, INDEX_SORT_KEY, PARTITION_KEY, SORT_KEY, TTL},
};

pub(crate) type Item = HashMap<String, AttributeValue>;

#[derive(Serialize, Deserialize)]
pub(crate) struct PageItem {
    pub(crate) head: PageHead,
    #[serde(rename = "belief", with = "serde_bytes")]
    pub(crate) page_state: Vec<u8>,
}

/// A page read without its page state.
#[derive(Deserialize)]
pub(crate) struct HeadItem {
    pub(crate) head: PageHead,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HealthItem {
    pub(crate) provider: ProviderId,
    pub(crate) health: status::health::SourceHealth,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct IncidentItem {
    pub(crate) provider: ProviderId,
    #[serde(rename = "tracked", with = "serde_bytes")]
    pub(crate) state: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AlertItem {
    #[serde(with = "serde_bytes")]
    pub(crate) alert: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OutboxItem {
    pub(crate) provider: ProviderId,
    pub(crate) by: WrittenBy,
    pub(crate) alerts: Vec<AlertId>,
}

/// What an account's partition holds; the variant is the item's type.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "definition", rename_all = "snake_case")]
pub(crate) enum Setting {
    Page(Provider),
    Destination(Destination),
    Group(Group),
    Monitor(Monitor),
    /// A monitor of the account watches this provider. The directory lists it without reading monitors.
    Watched(ProviderId),
}

/// A destination under its own id.
#[derive(Serialize, Deserialize)]
pub(crate) struct DestinationItem {
    pub(crate) account: AccountId,
    pub(crate) definition: Destination,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<Disabled>,
    /// When the first of an unbroken series of failed deliveries was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failing_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refusals: Option<Refusals>,
    /// When the first of the alerts that did not arrive, and were not sent since, was claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) missed_since: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NotifiedItem {
    pub(crate) destination: DestinationId,
    /// The newest alert it got.
    pub(crate) alert: AlertId,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HandleItem {
    pub(crate) handle: HandleFields,
    /// When the newest fact in the message was read (our clock).
    pub(crate) as_of: Option<Timestamp>,
}

/// An item of `body`'s fields under `key`.
pub(crate) fn item(key: Key, item_type: &str, body: &impl Serialize) -> Item {
    let mut item = attributes(body);
    item.insert("type".into(), AttributeValue::S(item_type.into()));
    item.extend(primary(key));
    item
}

/// A setting as an item of its account, with its index key.
pub(crate) fn setting_item(account: &AccountId, setting: &Setting) -> Item {
    let (key, index) = match setting {
        Setting::Page(page) => (keys::account_page(account, &page.id), Some(keys::directory_page(account, &page.id))),
        Setting::Destination(destination) => (keys::account_destination(account, &destination.id), None),
        Setting::Group(group) => (keys::account_group(account, &group.id), None),
        Setting::Monitor(monitor) => {
            (keys::account_monitor(account, &monitor.id), Some(keys::watcher(&monitor.provider, account, &monitor.id)))
        }
        Setting::Watched(provider) => {
            (keys::account_watched(account, provider), Some(keys::directory_watched(account, provider)))
        }
    };
    let mut item = attributes(setting);
    item.extend(primary(key));
    match index {
        Some(index) => indexed(item, index),
        None => item,
    }
}

pub(crate) fn indexed(mut item: Item, index: Key) -> Item {
    item.insert(INDEX_PARTITION_KEY.into(), AttributeValue::S(index.partition));
    item.insert(INDEX_SORT_KEY.into(), AttributeValue::S(index.sort));
    item
}

pub(crate) fn expiring(mut item: Item, at: Timestamp) -> Item {
    item.insert(TTL.into(), seconds(at));
    item
}

pub(crate) fn primary(key: Key) -> Item {
    HashMap::from([
        (PARTITION_KEY.into(), AttributeValue::S(key.partition)),
        (SORT_KEY.into(), AttributeValue::S(key.sort)),
    ])
}

pub(crate) fn seconds(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_second().to_string())
}

fn attributes(body: &impl Serialize) -> Item {
    serde_dynamo::to_item(body).expect("wire structs are plain data")
}

/// One value as an attribute, for expressions.
pub(crate) fn attribute(value: impl Serialize) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).expect("wire structs are plain data")
}

/// `what` names the thing in the error.
pub(crate) fn read_item<T: DeserializeOwned>(item: Item, what: impl ToString) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|_| StoreError::Unreadable { what: what.to_string() })
}

/// A document of its own, such as the state of a page.
pub(crate) fn document(value: &impl Serialize, what: impl ToString) -> Result<Vec<u8>, StoreError> {
    deflate(value, INFLATED_LIMIT).map_err(|bytes| StoreError::TooLarge { what: what.to_string(), bytes })
}

/// A document that lists load by the hundred. What is too long is stored as far as there is room: `shorter` gives less
/// and less of it.
pub(crate) fn row_document<T: Serialize>(
    value: &T,
    shorter: impl Fn(&T, usize) -> Option<T>,
    what: impl ToString,
) -> Result<Vec<u8>, StoreError> {
    let mut written = deflate(value, ROW_INFLATED_LIMIT);
    for step in 0.. {
        let (Err(_), Some(less)) = (&written, shorter(value, step)) else { break };
        written = deflate(&less, ROW_INFLATED_LIMIT);
    }
    written.map_err(|bytes| StoreError::TooLarge { what: what.to_string(), bytes })
}

/// Fails with the bytes that were too many as soon as there are.
fn deflate(value: &impl Serialize, limit: usize) -> Result<Vec<u8>, usize> {
    let compressed = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut writer = BufWriter::with_capacity(BUFFER, Limited { compressed, left: limit });
    let written = serde_json::to_writer(&mut writer, value).map_err(std::io::Error::from).and_then(|()| writer.flush());
    let Limited { compressed, left } = writer.into_parts().0;
    let bytes = match (written, compressed.get_ref().len()) {
        (Err(_), bytes) if left == 0 => return Err(bytes.max(limit + 1)),
        (Err(_), bytes) => return Err(bytes),
        (Ok(()), _) => compressed.finish().expect("memory takes all that is written"),
    };
    if bytes.len() > DOCUMENT_LIMIT { Err(bytes.len()) } else { Ok(bytes) }
}

const BUFFER: usize = 32 * 1024;

/// Refuses to compress more than a document may have.
struct Limited {
    compressed: DeflateEncoder<Vec<u8>>,
    /// Bytes that may still come.
    left: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.len() > self.left {
            self.left = 0;
        } else if self.compressed.get_ref().len() <= DOCUMENT_LIMIT {
            self.left -= bytes.len();
            return self.compressed.write_all(bytes).map(|()| bytes.len());
        }
        Err(std::io::ErrorKind::FileTooLarge.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads a document that may be of an earlier version, which had no bound in bytes of JSON.
pub(crate) fn read_document<T: DeserializeOwned>(bytes: &[u8], what: impl ToString) -> Result<T, StoreError> {
    let unreadable = || StoreError::Unreadable { what: what.to_string() };
    let inflated = inflated_bytes(bytes);
    if inflated > READ_LIMIT {
        return Err(StoreError::Oversized { what: what.to_string() });
    }
    let inflate = DeflateDecoder::new(bytes).take(inflated as u64);
    if inflated > INFLATED_LIMIT {
        return serde_json::from_reader(BufReader::with_capacity(BUFFER, inflate)).map_err(|_| unreadable());
    }
    let mut json = Vec::with_capacity(inflated);
    { inflate }.read_to_end(&mut json).map_err(|_| unreadable())?;
    serde_json::from_slice(&json).map_err(|_| unreadable())
}

/// How long a document is as JSON, at most one more than [`READ_LIMIT`]. Of a damaged one, no matter.
fn inflated_bytes(bytes: &[u8]) -> usize {
    let mut inflate = DeflateDecoder::new(bytes).take(READ_LIMIT as u64 + 1);
    std::io::copy(&mut inflate, &mut std::io::sink()).map_or_else(|_| bytes.len(), |length| length as usize)
}

/// How much the documents of one list may have together, as JSON.
const LIST_LIMIT: usize = 16 * 1024 * 1024;

/// Counts what a list loads.
pub(crate) struct ListRoom(usize);

impl ListRoom {
    pub(crate) fn new() -> Self {
        Self(LIST_LIMIT)
    }

    /// Whether there is room for the documents of one more item. There always is for the first.
    pub(crate) fn takes(&mut self, item: &Item) -> bool {
        let documents = item.values().filter_map(|value| value.as_b().ok());
        let bytes: usize = documents.map(|document| inflated_bytes(document.as_ref())).sum();
        let is_first = self.0 == LIST_LIMIT;
        let takes = is_first || bytes <= self.0;
        self.0 = if takes { self.0.saturating_sub(bytes.max(1)) } else { 0 };
        takes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use status::{ids::IncidentId, page_state::PageState, snapshot::Kind};

    use super::*;
    use crate::{deliveries::Owner, records::ResolvedUrl};

    fn stored(body: &impl Serialize) -> Value {
        serde_json::to_value(body).unwrap()
    }

    #[test]
    fn pages_keep_their_attribute_names() {
        let head = PageHead {
            provider: "acme".into(),
            version: 4,
            format: "statuspage".into(),
            source: "api-v2".into(),
            resolved: Some(ResolvedUrl {
                from: "https://acme.test".into(),
                to: "https://status.acme.test".into(),
                private: Some(false),
            }),
            etag: None,
            last_modified: None,
            body_digest: None,
            snapshot_digest: String::new(),
            unsettled: false,
            open: vec![(Kind::Maintenance, IncidentId::new("m1"))],
            due_at: None,
            read_again_at: None,
            filters_unchecked: false,
            identity: None,
            left_out: None,
            unlisted_since: None,
        };
        let page = stored(&PageItem { head: head.clone(), page_state: vec![1] });
        assert_eq!(page["belief"], json!([1]));
        assert_eq!(page["head"]["via"], json!("api-v2"));
        assert_eq!(page["head"]["led"]["to"], json!("https://status.acme.test"));
        assert_eq!(page["head"]["open"], json!([["maintenance", "m1"]]));
        assert_eq!(serde_json::from_value::<PageHead>(page["head"].clone()).unwrap(), head);
    }

    #[test]
    fn other_items_keep_their_attribute_names() {
        let incident = IncidentItem { provider: "acme".into(), state: vec![1] };
        assert_eq!(stored(&incident), json!({"provider": "acme", "tracked": [1]}));
        let outbox = |by| stored(&OutboxItem { provider: "acme".into(), by, alerts: vec!["a".into()] });
        let page = json!({"provider": "acme", "by": {"page": {"version": 4}}, "alerts": ["a"]});
        assert_eq!(outbox(WrittenBy::Page { version: 4 }), page);
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(outbox(WrittenBy::Health { at })["by"], json!({"health": {"at": at}}));
        assert_eq!(outbox(WrittenBy::Notice { at })["by"], json!({"notice": {"at": at}}));
        let notified = NotifiedItem { destination: "hook".into(), alert: "a".into() };
        assert_eq!(stored(&notified), json!({"destination": "hook", "alert": "a"}));
        let handle = HandleItem { handle: HandleFields::from([("ts".into(), "1".into())]), as_of: None };
        assert_eq!(stored(&handle), json!({"handle": {"ts": "1"}, "as_of": null}));
        let old: Disabled = serde_json::from_value(json!({"reason": "answered 410", "at": at})).unwrap();
        assert!(old.is_by_suppression(), "if it has a mail address");
        let disabled = Disabled::by_suppression("answered 410", at);
        assert_eq!(stored(&disabled), json!({"reason": "answered 410", "at": at, "suppressed": true}));
    }

    /// A page state whose JSON has about so many bytes, as an earlier version may have stored it.
    fn old_state(bytes: usize) -> (Vec<u8>, usize) {
        let at = Timestamp::UNIX_EPOCH;
        let update = |n: usize| {
            json!({"id": format!("u{n}"), "phase": "investigating", "posted_at": at,
            "body": "said ".repeat(2_000), "components": []})
        };
        let updates: Vec<Value> = (0..bytes / 10_100).map(update).collect();
        let incident = json!({"id": "i1", "kind": "incident", "title": "Errors", "phase": "investigating",
            "impact": null, "url": null, "started_at": null, "resolved_at": null, "window": null, "components": [],
            "updates": updates, "origin": "vendor", "severity": "minor", "first_seen_at": at, "backfilled": false,
            "episode": 1, "revision": 0, "missing_reads": 0, "ended": null, "newest": null, "blamed": [],
            "edited": {}});
        let state = json!({"page": {"name": null, "url": null}, "components": [], "recovering": {},
            "incidents": [incident], "baseline_at": at});
        let json = serde_json::to_vec(&state).unwrap();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&json).unwrap();
        (encoder.finish().unwrap(), json.len())
    }

    #[test]
    fn old_state_of_any_size_is_read_up_to_a_cap_and_cut_to_the_bounds() {
        for megabytes in [1, 6, 12] {
            let (stored, bytes) = old_state(megabytes << 20);
            assert!(stored.len() < DOCUMENT_LIMIT && bytes > (megabytes << 20) * 9 / 10);
            let mut state: PageState = read_document(&stored, "state of page acme").unwrap();
            assert!(document(&state, "it").is_ok() == (bytes <= INFLATED_LIMIT));
            state.bound_stored();
            assert!(serde_json::to_vec(&state).unwrap().len() < INFLATED_LIMIT / 4, "it is cut");
            assert!(state.incidents[0].incident.updates.last().unwrap().body.is_some());
            assert!(document(&state, "it").is_ok());
        }
        let (stored, _) = old_state(20 << 20);
        let refused = read_document::<PageState>(&stored, "state of page acme").unwrap_err();
        assert!(matches!(&refused, StoreError::Oversized { what } if what == "state of page acme"), "{refused}");
    }

    #[test]
    fn bomb_is_inflated_no_further_than_the_cap() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        (0..200).for_each(|_| encoder.write_all(&vec![b' '; 1 << 20]).unwrap());
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < DOCUMENT_LIMIT);
        assert_eq!(inflated_bytes(&bomb), READ_LIMIT + 1);
        assert!(matches!(read_document::<Value>(&bomb, "it"), Err(StoreError::Oversized { .. })));
        assert!(!ListRoom(1).takes(&Item::from([("it".to_owned(), AttributeValue::B(bomb.into()))])));
    }

    #[test]
    fn damaged_document_is_unreadable_and_not_oversized() {
        let whole = document(&json!({"a": "b".repeat(100_000)}), "it").unwrap();
        for damaged in [&whole[..whole.len() / 2], b"no deflate", b""] {
            assert!(matches!(read_document::<Value>(damaged, "it"), Err(StoreError::Unreadable { .. })));
        }
    }

    #[test]
    fn what_compresses_well_is_bounded_as_it_is_read() {
        let text = |bytes: usize| json!("x".repeat(bytes));
        assert!(document(&text(INFLATED_LIMIT - 2), "it").is_ok());
        let Err(StoreError::TooLarge { what, bytes }) = document(&text(INFLATED_LIMIT), "it") else { panic!() };
        assert_eq!((what.as_str(), bytes > INFLATED_LIMIT), ("it", true));
        let shorter = |_: &Value, step: usize| (step < 3).then(|| text(ROW_INFLATED_LIMIT >> step));
        let row = row_document(&text(ROW_INFLATED_LIMIT), shorter, "it").unwrap();
        assert_eq!(inflated_bytes(&row), ROW_INFLATED_LIMIT / 2 + 2);
        assert!(row_document(&text(INFLATED_LIMIT), |_, _| None, "it").is_err());
    }

    /// Conditions on leases name these attributes.
    #[test]
    fn owners_keep_their_attribute_names() {
        let owner = Owner { host: "folder".into(), instance: "1".into() };
        assert_eq!(stored(&owner), json!({"place": "folder", "boot": "1"}));
    }
}
