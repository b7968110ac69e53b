//! Secret addresses of feeds: of all that an account watches, and of what one of its groups covers. As with boards the
//! address is a row that leads to the feed, and the table has its digest and the text encrypted: see [`crate::boards`].
use std::collections::BTreeSet;

use accounts::secret::Secret;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use status::{
    ids::{AccountId, GroupId, ProviderId},
    monitor::Monitor,
};

use crate::{
    boards::SealedAddress,
    edits::{Edit, Edited, Refused},
    error::{EditError, StoreError},
    items::{Item, Setting, attribute, item, primary, read_item},
    keys,
    requests::query_all,
    store::Store,
    stored::{MANAGED_BY, Stored, VERSION, WEB},
};

/// What a feed is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    pub account: AccountId,
    /// `None`: everything that the account watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
}

/// A feed with its address as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFeed {
    #[serde(rename = "definition")]
    pub feed: Feed,
    address: SealedAddress,
}

/// What a feed has at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedProviders {
    /// The name of the group.
    pub group: Option<String>,
    pub providers: BTreeSet<ProviderId>,
}

impl Store {
    pub async fn feed(
        &self,
        account: &AccountId,
        group: Option<&GroupId>,
    ) -> Result<Option<Stored<StoredFeed>>, StoreError> {
        self.get("read feed", keys::feed(account, group)).await?.map(stored).transpose()
    }

    /// All of the account.
    pub async fn feeds(&self, account: &AccountId) -> Result<Vec<Stored<StoredFeed>>, StoreError> {
        query_all("read feeds", self.query(keys::feeds(account))).await?.into_iter().map(stored).collect()
    }

    /// The address, for the members of the account; `None`: see [`Store::address_of`].
    pub fn address_of_feed(&self, stored: &StoredFeed) -> Option<String> {
        self.open_address(&stored.address, &belongs_to(&stored.feed))
    }

    /// The feed at an address, which may be any text. `None` alike if there never was one, and if it was taken away.
    pub async fn feed_at(&self, address: &str) -> Result<Option<Feed>, StoreError> {
        let Some(secret) = Secret::parse(address) else { return Ok(None) };
        let digest = secret.digest();
        let key = keys::feed_address(digest.as_str());
        let Some(found) = self.get("read address of a feed", key).await? else { return Ok(None) };
        let Feed { account, group } = read_item(found, "address of a feed")?;
        let found = self.feed(&account, group.as_ref()).await?;
        Ok(found.filter(|found| found.value.address.digest == digest.as_str()).map(|found| found.value.feed))
    }

    /// `None`: its group was removed. One query; may lag behind.
    pub async fn providers_of_feed(&self, feed: &Feed) -> Result<Option<FeedProviders>, StoreError> {
        let Some(wanted) = &feed.group else {
            let providers = self.watched_by(&feed.account).await?.into_iter().collect();
            return Ok(Some(FeedProviders { group: None, providers }));
        };
        let query = self
            .query(keys::account(&feed.account))
            .consistent_read(false)
            .key_condition_expression("#pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", attribute(keys::GROUPS))
            .expression_attribute_values(":last", attribute(keys::AFTER_MONITORS));
        let (mut group, mut monitors) = (None, Vec::<Monitor>::new());
        for row in query_all("read a group and monitors", query).await? {
            match read_item(row, "setting of a feed")? {
                Setting::Group(found) if found.id == *wanted => group = Some(found),
                Setting::Monitor(monitor) => monitors.push(monitor),
                _ => {}
            }
        }
        let Some(group) = group else { return Ok(None) };
        let covered = monitors.into_iter().filter(|monitor| group.covers(&monitor.id));
        let providers = covered.map(|monitor| monitor.provider).collect();
        Ok(Some(FeedProviders { group: Some(group.shown_name().to_owned()), providers }))
    }

    /// Gives the feed this address, in place of that of `before`.
    pub async fn save_feed(
        &self,
        feed: &Feed,
        address: &str,
        before: Option<&Stored<StoredFeed>>,
        edit: &Edit,
    ) -> Result<(), EditError> {
        let address = self.seal_address(address, "a feed", &belongs_to(feed))?;
        let row = item(keys::feed_address(&address.digest), "feed_address", feed);
        let put = Put::builder().table_name(&self.table).set_item(Some(row));
        let put = put.condition_expression("attribute_not_exists(pk)").build().expect("table and item are set");
        let mut more = vec![TransactWriteItem::builder().put(put).build()];
        more.extend(before.map(|it| self.delete(primary(keys::feed_address(&it.value.address.digest)))));
        let version = before.map_or(0, |before| before.version) + 1;
        let key = keys::feed(&feed.account, feed.group.as_ref());
        let mut row = item(key.clone(), "feed", &StoredFeed { feed: feed.clone(), address });
        row.insert(MANAGED_BY.into(), AttributeValue::S(WEB.into()));
        row.insert(VERSION.into(), AttributeValue::N(version.to_string()));
        let row = Edited { key, before: before.map(|before| before.version), version, item: Some(row) };
        match self.write(&row, more, edit).await {
            Ok(()) => Ok(()),
            Err(Refused::More) => Err(EditError::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn remove_feed(&self, before: &Stored<StoredFeed>, edit: &Edit) -> Result<(), EditError> {
        let StoredFeed { feed, address } = &before.value;
        let row = Edited::removed(keys::feed(&feed.account, feed.group.as_ref()), before.version);
        Ok(self.write(&row, vec![self.delete(primary(keys::feed_address(&address.digest)))], edit).await?)
    }

    /// For the deletion of an account, whose audit log goes with it.
    pub async fn remove_feeds(&self, account: &AccountId) -> Result<(), EditError> {
        for feed in self.feeds(account).await.map_err(EditError::Store)? {
            self.remove_feed(&feed, &Edit::of_deletion()).await?;
        }
        Ok(())
    }
}

fn stored(row: Item) -> Result<Stored<StoredFeed>, StoreError> {
    let value = read_item(row.clone(), "feed")?;
    Ok(Stored::of(&row, value))
}

/// What its address is bound to.
pub(crate) fn belongs_to(feed: &Feed) -> Vec<u8> {
    serde_json::to_vec(&("feed", &feed.account, &feed.group)).expect("three texts")
}
