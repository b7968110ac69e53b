//! How things become items. What DynamoDB must see (keys, versions, leases) are attributes; whole documents are JSON,
//! deflated, in one binary attribute with a limit well under the 400 KB an item may take.
use std::{
    collections::HashMap,
    io::{Read, Write},
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
    StoreError,
    keys::{self, Key},
    monitors::Disabled,
    outbox::WrittenBy,
    pages::PageHead,
    table::{INDEX_PARTITION_KEY, INDEX_SORT_KEY, PARTITION_KEY, SORT_KEY, TTL},
};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Longest document, compressed. The rest of its item is small.
pub const DOCUMENT_LIMIT: usize = 300 * 1024;

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
    pub(crate) incident_state: Vec<u8>,
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
    /// Some monitor of the account watches it: the directory lists it without reading monitors.
    Watched(ProviderId),
}

/// A destination where its id alone finds it.
#[derive(Serialize, Deserialize)]
pub(crate) struct DestinationItem {
    pub(crate) account: AccountId,
    pub(crate) definition: Destination,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<Disabled>,
    /// When the first delivery of a row of nothing but failures was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failing_since: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NotifiedItem {
    pub(crate) destination: DestinationId,
    /// The newest alert that it was told by.
    pub(crate) alert: AlertId,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HandleItem {
    pub(crate) handle: crate::HandleFields,
    /// When the newest fact that the message tells was seen.
    pub(crate) as_of: Option<Timestamp>,
}

/// An item of `body`'s fields under `key`.
pub(crate) fn item(key: Key, item_type: &str, body: &impl Serialize) -> Item {
    let mut item = attributes(body);
    item.insert("type".into(), AttributeValue::S(item_type.into()));
    item.extend(primary(key));
    item
}

/// A setting as an item of its account, with its place in the index.
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

pub(crate) fn document(value: &impl Serialize, what: impl ToString) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(value).expect("documents are plain data");
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let bytes = encoder.write_all(&json).and_then(|()| encoder.finish()).expect("memory takes all that is written");
    if bytes.len() > DOCUMENT_LIMIT {
        return Err(StoreError::TooLarge { what: what.to_string(), bytes: bytes.len() });
    }
    Ok(bytes)
}

pub(crate) fn read_document<T: DeserializeOwned>(bytes: &[u8], what: impl ToString) -> Result<T, StoreError> {
    let unreadable = || StoreError::Unreadable { what: what.to_string() };
    let mut json = Vec::new();
    DeflateDecoder::new(bytes).read_to_end(&mut json).map_err(|_| unreadable())?;
    serde_json::from_slice(&json).map_err(|_| unreadable())
}
