//! Conversion to and from items. What DynamoDB must see (keys, versions, leases) are attributes. Whole documents are
//! one binary attribute: see [`crate::documents`].
use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use status::{
    ids::{AccountId, AlertId, DestinationId, GroupId, ProviderId},
    monitor::{Group, Monitor},
    provider::{Provider, has_private_id},
};

use crate::{
    error::StoreError,
    keys::{self, Key},
    records::{AlertHead, Disabled, HandleFields, PageHead, Refusals, WrittenBy},
    schema,
    sealed::StoredDestination,
    table::{INDEX_PARTITION_KEY, INDEX_SORT_KEY, PARTITION_KEY, SORT_KEY, TTL},
};

pub(crate) use crate::schema::Item;

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
    /// What lists show without reading the document. Earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<AlertHead>,
}

/// The head alone, as a projection reads it.
#[derive(Deserialize)]
pub(crate) struct AlertHeadItem {
    #[serde(default)]
    pub(crate) head: Option<AlertHead>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct FanoutItem {
    pub(crate) writer: String,
    pub(crate) progress: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OutboxItem {
    pub(crate) provider: ProviderId,
    pub(crate) by: WrittenBy,
    pub(crate) alerts: Vec<AlertId>,
}

/// An attribute of a page's row: who sees it. Without it, everybody does.
pub(crate) const VISIBILITY: &str = "visibility";
pub(crate) const PRIVATE: &str = "private";

/// What an account's partition holds; the variant is the item's type.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "definition", rename_all = "snake_case")]
pub(crate) enum Setting {
    Page(Provider),
    Destination(StoredDestination),
    Group(Group),
    Monitor(Monitor),
    /// A monitor of the account watches this provider: see [`crate::watched`].
    Watched(ProviderId),
}

/// A destination under its own id.
#[derive(Serialize, Deserialize)]
pub(crate) struct DestinationItem {
    pub(crate) account: AccountId,
    pub(crate) definition: StoredDestination,
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
    /// When the first alert arrived there with these settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified_at: Option<Timestamp>,
}

impl DestinationItem {
    /// As one to which nothing was sent with these settings.
    pub(crate) fn unused(account: AccountId, definition: StoredDestination, missed_since: Option<Timestamp>) -> Self {
        Self {
            account,
            definition,
            disabled: None,
            failing_since: None,
            refusals: None,
            missed_since,
            verified_at: None,
        }
    }
}

/// A destination read without the rest.
#[derive(Deserialize)]
pub(crate) struct DefinitionItem {
    pub(crate) definition: StoredDestination,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NotifiedItem {
    pub(crate) destination: DestinationId,
    /// The alert that marked it.
    pub(crate) alert: AlertId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quiet: Option<QuietMark>,
}

/// Of a destination that only groups with quiet hours wanted the alert for: which ones, so that the end can wait too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietMark {
    pub account: AccountId,
    pub groups: Vec<GroupId>,
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
    schema::versioned(item)
}

/// A setting as an item of its account, with its index key.
pub(crate) fn setting_item(account: &AccountId, setting: &Setting) -> Item {
    let (key, index) = setting_keys(account, setting);
    let mut item = attributes(setting);
    item.extend(primary(key));
    if let Setting::Page(page) = setting
        && has_private_id(&page.id)
    {
        item.insert(VISIBILITY.into(), AttributeValue::S(PRIVATE.into()));
    }
    match index {
        Some(index) => indexed(item, index),
        None => item,
    }
}

/// The primary key of a setting, and its index key.
pub(crate) fn setting_keys(account: &AccountId, setting: &Setting) -> (Key, Option<Key>) {
    match setting {
        Setting::Page(page) => (keys::account_page(account, &page.id), Some(keys::directory_page(account, &page.id))),
        Setting::Destination(destination) => (keys::account_destination(account, &destination.id), None),
        Setting::Group(group) => (keys::account_group(account, &group.id), None),
        Setting::Monitor(monitor) => {
            (keys::account_monitor(account, &monitor.id), Some(keys::watcher(&monitor.provider, account, &monitor.id)))
        }
        Setting::Watched(provider) => (keys::account_watched(account, provider), None),
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

/// The primary key of an item that was read.
pub(crate) fn key_of(item: &Item) -> Option<Key> {
    let text = |name| item.get(name)?.as_s().ok().cloned();
    Some(Key { partition: text(PARTITION_KEY)?, sort: text(SORT_KEY)? })
}

pub(crate) fn seconds(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_second().to_string())
}

pub(crate) fn attributes(body: &impl Serialize) -> Item {
    serde_dynamo::to_item(body).expect("wire structs are plain data")
}

/// One value as an attribute, for expressions.
pub(crate) fn attribute(value: impl Serialize) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).expect("wire structs are plain data")
}

/// An item of any version. `what` names the thing in the error.
pub(crate) fn read_item<T: DeserializeOwned>(item: Item, what: impl Display) -> Result<T, StoreError> {
    let item = schema::migrated(item, &what)?;
    serde_dynamo::from_item(item).map_err(|_| StoreError::Unreadable { what: what.to_string() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use status::{ids::IncidentId, snapshot::Kind};

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
            import_pending_since: None,
            imported_at: None,
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
        let notified = NotifiedItem { destination: "hook".into(), alert: "a".into(), quiet: None };
        assert_eq!(stored(&notified), json!({"destination": "hook", "alert": "a"}));
        let handle = HandleItem { handle: HandleFields::from([("ts".into(), "1".into())]), as_of: None };
        assert_eq!(stored(&handle), json!({"handle": {"ts": "1"}, "as_of": null}));
        let disabled = Disabled::by_suppression("answered 410", at);
        assert_eq!(stored(&disabled), json!({"reason": "answered 410", "at": at, "suppressed": true}));
    }

    /// Conditions on leases name these attributes.
    #[test]
    fn owners_keep_their_attribute_names() {
        let owner = Owner { host: "folder".into(), instance: "1".into() };
        assert_eq!(stored(&owner), json!({"place": "folder", "boot": "1"}));
    }
}
