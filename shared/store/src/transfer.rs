//! What another instance needs to go on where this one stopped, item by item: for `statuswire export` and `import`.
//! Items are carried as they are stored, so that whatever was told stays told. Not carried is
//! - what holds for this table alone: leases, rounds, the progress of a fan-out, marks of applied settings, sessions,
//!   links to sign in;
//! - the logins of pages, of which a mark is: the next `config apply` stores them again, or people type them;
//! - what follows from the rest, and is written anew when that is imported: page summaries, lists of maintenances.
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{ids::ProviderId, page_summary::PageSummary};

use crate::{
    delivery_log::DeliveryEntry,
    error::StoreError,
    items::{Item, attribute, item, key_of, read_item},
    keys, page_summaries, pages,
    requests::{read_cursor, write_cursor},
    row_secrets, schema,
    store::Store,
    timelines,
};

/// Types of items that are not carried; marks of applied settings have no type.
const LEFT_OUT: [&str; 9] =
    ["round", "fanout", "glance", "planned", "session", "sign_in_link", "limit", "made", IMPORT_TYPE];
const IMPORT_TYPE: &str = "import";
const CONCURRENT_WRITES: usize = 16;

/// An item of the table on its way, in DynamoDB's own JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortableItem(BTreeMap<String, PortableValue>);

/// The kinds of attributes that items have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PortableValue {
    S(String),
    N(String),
    /// In base64.
    B(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    L(Vec<PortableValue>),
    M(BTreeMap<String, PortableValue>),
}

/// Which file was imported into this table, and how far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The id of the export.
    pub export: String,
    /// So many items of the file are written.
    pub items: u64,
    pub finished_at: Option<Timestamp>,
}

impl PortableItem {
    /// The item's type, as it is stored.
    pub fn kind(&self) -> &str {
        match self.0.get("type") {
            Some(PortableValue::S(kind)) => kind,
            _ => "",
        }
    }

    /// If the item is a page whose login did not come along.
    pub fn page_without_login(&self) -> Result<Option<ProviderId>, StoreError> {
        // Most items are others, and larger.
        if self.kind() != "page" || self.0.contains_key("head") {
            return Ok(None);
        }
        row_secrets::needs_login(&read(self.clone())?)
    }

    /// If the item is a delivery that has not ended: its task may be in no queue of the new instance.
    pub fn unfinished_delivery(&self) -> Result<Option<DeliveryEntry>, StoreError> {
        if self.kind() != "delivery" || self.0.contains_key("ended") {
            return Ok(None);
        }
        read_item(read(self.clone())?, "delivery").map(Some)
    }
}

impl Store {
    /// The next items of the table, and the cursor of those after them; `None` is the end. Reads about 1 MB at a time,
    /// which is strongly consistent; the whole is consistent only if nobody writes meanwhile.
    pub async fn export_page(&self, cursor: Option<&str>) -> Result<(Vec<PortableItem>, Option<String>), StoreError> {
        let scan = self.client.scan().table_name(&self.table).consistent_read(true);
        let scan = scan.set_exclusive_start_key(cursor.map(read_cursor).transpose()?);
        let found = scan.send().await.map_err(StoreError::request("read the table"))?;
        let mut carried = Vec::new();
        for item in found.items.unwrap_or_default() {
            carried.extend(self.outgoing(item)?);
        }
        let next = found.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((carried, next.map(write_cursor)))
    }

    /// Whether nothing was ever written to the table.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let scan = self.client.scan().table_name(&self.table).consistent_read(true).limit(1);
        let found = scan.send().await.map_err(StoreError::request("read the table"))?;
        Ok(found.items.is_none_or(|items| items.is_empty()))
    }

    /// Writes these items, and what follows from them. An item that is there already is left as it is.
    pub async fn import_items(&self, items: Vec<PortableItem>) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for item in items {
            let item = self.incoming(item)?;
            rows.extend(derived(&item)?);
            rows.push(item);
        }
        stream::iter(rows).map(|row| self.put_if_absent(row)).buffer_unordered(CONCURRENT_WRITES).try_collect().await
    }

    /// An item on its way out: every item that leaves the table passes here. `None`: it is not carried. What is
    /// encrypted leaves in clear, since the other instance has keys of its own.
    fn outgoing(&self, mut item: Item) -> Result<Option<PortableItem>, StoreError> {
        let Some(kind) = item.get("type").and_then(|kind| kind.as_s().ok()).cloned() else { return Ok(None) };
        if LEFT_OUT.contains(&kind.as_str()) {
            return Ok(None);
        }
        schema::version_of(&item, &kind)?;
        item.remove("lease");
        if let Some(secret) = row_secrets::secret_of(&item)?
            && let Some(clear) = secret.in_clear(self)?
        {
            item.insert(secret.attribute().into(), clear);
        }
        let fields = item.into_iter().map(|(name, value)| Some((name, portable(value)?)));
        let unreadable = || StoreError::Unreadable { what: kind.clone() };
        Ok(Some(PortableItem(fields.collect::<Option<_>>().ok_or_else(unreadable)?)))
    }

    /// An item on its way in: every item that is imported passes here.
    fn incoming(&self, item: PortableItem) -> Result<Item, StoreError> {
        let mut item = read(item)?;
        row_secrets::seal(self, &mut item)?;
        Ok(item)
    }

    async fn put_if_absent(&self, row: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::request("import an item")(error))
            }
            _ => Ok(()),
        }
    }

    /// The import that this table was made by, whether it is finished or not.
    pub async fn import(&self) -> Result<Option<Import>, StoreError> {
        let found = self.get("read the mark of an import", keys::import()).await?;
        found.map(|item| read_item(item, "mark of an import")).transpose()
    }

    /// Notes how far an import is. Of two different ones the first keeps the table; `false`: it is another's.
    pub async fn note_import(&self, import: &Import) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(keys::import(), IMPORT_TYPE, import)))
            .condition_expression("attribute_not_exists(pk) OR #export = :export")
            .expression_attribute_names("#export", "export")
            .expression_attribute_values(":export", attribute(&import.export));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::request("note an import")(error)),
        }
    }
}

/// An item as DynamoDB has it.
fn read(item: PortableItem) -> Result<Item, StoreError> {
    let kind = item.kind().to_owned();
    let fields = item.0.into_iter().map(|(name, value)| Some((name, stored(value)?)));
    let unreadable = || StoreError::Unreadable { what: kind.clone() };
    let item: Item = fields.collect::<Option<_>>().ok_or_else(unreadable)?;
    schema::version_of(&item, &kind)?;
    if key_of(&item).is_none() { Err(unreadable()) } else { Ok(item) }
}

/// The rows that are not carried because they follow from this one.
fn derived(item: &Item) -> Result<Option<Item>, StoreError> {
    match item.get("type").and_then(|kind| kind.as_s().ok()).map(String::as_str) {
        // A page that an account added is a setting of this type too.
        Some("page") if item.contains_key("head") => {
            let page = pages::read_page(item.clone(), "an import")?;
            let summary = PageSummary::of(&page.head.provider, &page.page_state);
            Ok(Some(page_summaries::row(&summary)))
        }
        Some(timelines::TIMELINE_TYPE) => timelines::planned_row(item.clone()),
        _ => Ok(None),
    }
}

/// `None`: no item of ours has such an attribute.
fn portable(value: AttributeValue) -> Option<PortableValue> {
    Some(match value {
        AttributeValue::S(text) => PortableValue::S(text),
        AttributeValue::N(number) => PortableValue::N(number),
        AttributeValue::B(bytes) => PortableValue::B(BASE64_STANDARD.encode(bytes.as_ref())),
        AttributeValue::Bool(flag) => PortableValue::Bool(flag),
        AttributeValue::Null(null) => PortableValue::Null(null),
        AttributeValue::L(list) => PortableValue::L(list.into_iter().map(portable).collect::<Option<_>>()?),
        AttributeValue::M(map) => {
            let fields = map.into_iter().map(|(name, value)| Some((name, portable(value)?)));
            PortableValue::M(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// `None`: it is damaged.
fn stored(value: PortableValue) -> Option<AttributeValue> {
    Some(match value {
        PortableValue::S(text) => AttributeValue::S(text),
        PortableValue::N(number) => AttributeValue::N(number),
        PortableValue::B(text) => AttributeValue::B(Blob::new(BASE64_STANDARD.decode(text).ok()?)),
        PortableValue::Bool(flag) => AttributeValue::Bool(flag),
        PortableValue::Null(null) => AttributeValue::Null(null),
        PortableValue::L(list) => AttributeValue::L(list.into_iter().map(stored).collect::<Option<_>>()?),
        PortableValue::M(map) => {
            let fields = map.into_iter().map(|(name, value)| Some((name, stored(value)?)));
            AttributeValue::M(fields.collect::<Option<HashMap<_, _>>>()?)
        }
    })
}
