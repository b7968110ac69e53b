//! Which providers are watched: a row under each account for each provider it watches, and a row for each provider with
//! the number of those accounts. The poller reads the second, whose number does not grow with that of the accounts.
//! Wanted properties:
//! - the row of an account says who holds it, the monitors of its file or how many of those made on its pages, so that
//!   neither takes it from the other;
//! - both change in one transaction, so that an apply that is repeated or stops half-way counts nobody twice;
//! - whatever is watched is found at any time, also while the rows of an earlier version, which counted nobody and were
//!   listed in the index instead, are replaced.
use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::Deserialize;
use status::ids::{AccountId, ProviderId};

use crate::{
    error::StoreError,
    items::{Item, Setting, attribute, primary, read_item, setting_item},
    keys,
    requests::{BatchGet, query_all},
    schema,
    store::Store,
    table::INDEX_PARTITION_KEY,
};

/// Of two items each; a transaction has at most 100.
const STEPS_PER_TRANSACTION: usize = 50;

/// Item type, as it is stored.
const COUNT_TYPE: &str = "watched_count";

/// Another apply of the account may change its row between the read and the write.
const TRIES: u32 = 8;

#[derive(Deserialize)]
struct CountItem {
    provider: ProviderId,
    accounts: i64,
}

/// The account's row of a provider, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Absent,
    /// Of an earlier version: listed in the index, not counted. The file's monitors hold it.
    Listed,
    Counted(Holders),
}

/// Why an account watches a provider: the row is there as long as either holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holders {
    /// A monitor of the configuration file.
    pub(crate) file: bool,
    /// So many monitors that were made on the pages.
    pub(crate) web: u64,
}

/// Attributes of the account's row, absent from one that only the file's monitors hold.
const NOT_OF_FILE: &str = "not_of_file";
const WEB_MONITORS: &str = "web_monitors";

impl Row {
    pub(crate) fn of(item: Option<&Item>) -> Self {
        match item {
            None => Self::Absent,
            Some(item) if item.contains_key(INDEX_PARTITION_KEY) => Self::Listed,
            Some(item) => {
                let number = |value: &AttributeValue| value.as_n().ok()?.parse().ok();
                let web = item.get(WEB_MONITORS).and_then(number).unwrap_or(0);
                Self::Counted(Holders { file: !item.contains_key(NOT_OF_FILE), web })
            }
        }
    }

    fn holders(self) -> Holders {
        match self {
            Self::Absent => Holders { file: false, web: 0 },
            Self::Listed => Holders { file: true, web: 0 },
            Self::Counted(holders) => holders,
        }
    }
}

/// A change of one provider for one account.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) provider: ProviderId,
    /// The account's row before it.
    pub(crate) from: Row,
    pub(crate) holder: Holder,
}

/// What begins or ends to hold the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The monitors of the file hold it, or do not.
    File(bool),
    /// One more monitor of the pages, or one less.
    Web { more: bool },
}

impl Step {
    fn to(&self) -> Holders {
        let from = self.from.holders();
        match self.holder {
            Holder::File(file) => Holders { file, ..from },
            Holder::Web { more: true } => Holders { web: from.web + 1, ..from },
            Holder::Web { more: false } => Holders { web: from.web.saturating_sub(1), ..from },
        }
    }

    fn is_wanted(&self) -> bool {
        let to = self.to();
        to.file || to.web > 0
    }

    /// Nothing is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        match self.from {
            Row::Absent => !self.is_wanted(),
            Row::Listed => false,
            Row::Counted(from) => from == self.to(),
        }
    }
}

impl Store {
    /// The providers that any account watches, in rows of today. Strongly consistent.
    pub(crate) async fn watched_providers(&self) -> Result<HashSet<ProviderId>, StoreError> {
        let query = self.query(keys::WATCHED.into()).projection_expression("provider, accounts, v");
        let counts = query_all("read watched providers", query).await?;
        let counts = counts.into_iter().map(|item| read_item::<CountItem>(item, "watched provider"));
        counts.filter_map(|count| count.map(|it| (it.accounts > 0).then_some(it.provider)).transpose()).collect()
    }

    /// The providers that the account watches, in one query. Strongly consistent.
    pub async fn watched_by(&self, account: &AccountId) -> Result<HashSet<ProviderId>, StoreError> {
        let query = self
            .query(keys::account(account))
            .key_condition_expression("#pk = :pk AND begins_with(sk, :watched)")
            .expression_attribute_values(":watched", attribute(keys::WATCHED_OF_ACCOUNT));
        let rows = query_all("read watched providers of an account", query).await?;
        let read = |row| match read_item(row, format_args!("setting of account {account}"))? {
            Setting::Watched(provider) => Ok(provider),
            _ => Err(StoreError::unexpected_item("watched providers")),
        };
        rows.into_iter().map(read).collect()
    }

    /// In transactions of many steps. Where a row is not as it was known, another apply of the account is under way, or
    /// one of another version was: those steps are taken one by one.
    pub(crate) async fn change_watched(&self, account: &AccountId, steps: &[Step]) -> Result<(), StoreError> {
        for steps in steps.chunks(STEPS_PER_TRANSACTION) {
            if !self.take(account, steps).await? {
                for step in steps {
                    self.take_alone(account, step).await?;
                }
            }
        }
        let left = steps.iter().filter(|step| !step.is_wanted()).map(|step| &step.provider);
        self.forget_unwatched(left).await
    }

    async fn take_alone(&self, account: &AccountId, step: &Step) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let found = self.get("read watched provider", keys::account_watched(account, &step.provider)).await?;
            let step = Step { from: Row::of(found.as_ref()), ..step.clone() };
            if self.take(account, &[step]).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { operation: OPERATION })
    }

    /// All of `steps` or none. `false`: a row is not as it was known.
    async fn take(&self, account: &AccountId, steps: &[Step]) -> Result<bool, StoreError> {
        let writes: Vec<_> = steps.iter().flat_map(|step| self.writes(account, step)).collect();
        if writes.is_empty() {
            return Ok(true);
        }
        match self.transact(OPERATION, &writes).await {
            Ok(()) => Ok(true),
            Err(cancelled) if cancelled.by_condition => Ok(false),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// The account's row and the provider's number.
    pub(crate) fn writes(&self, account: &AccountId, step: &Step) -> Vec<TransactWriteItem> {
        if step.is_empty() {
            return Vec::new();
        }
        let row = match step.is_wanted() {
            true => self.put_watched(account, step),
            false => self.delete_watched(account, step),
        };
        let more = i64::from(step.is_wanted()) - i64::from(matches!(step.from, Row::Counted(_)));
        let count = (more != 0).then(|| self.add_accounts(&step.provider, more));
        std::iter::once(row).chain(count).collect()
    }

    fn put_watched(&self, account: &AccountId, step: &Step) -> TransactWriteItem {
        let mut item = setting_item(account, &Setting::Watched(step.provider.clone()));
        let to = step.to();
        if !to.file {
            item.insert(NOT_OF_FILE.into(), AttributeValue::Bool(true));
        }
        if to.web > 0 {
            item.insert(WEB_MONITORS.into(), AttributeValue::N(to.web.to_string()));
        }
        let mut put = Put::builder().table_name(&self.table).set_item(Some(item));
        let (condition, values) = unchanged(step.from);
        put = put.condition_expression(condition);
        for (name, value) in values {
            put = put.expression_attribute_values(name, value);
        }
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete_watched(&self, account: &AccountId, step: &Step) -> TransactWriteItem {
        let key = primary(keys::account_watched(account, &step.provider));
        let mut delete = Delete::builder().table_name(&self.table).set_key(Some(key));
        let (condition, values) = unchanged(step.from);
        delete = delete.condition_expression(condition);
        for (name, value) in values {
            delete = delete.expression_attribute_values(name, value);
        }
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    fn add_accounts(&self, provider: &ProviderId, more: i64) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::watched(provider))))
            .update_expression("ADD accounts :more SET provider = :provider, #type = :type, v = :v")
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":more", attribute(more))
            .expression_attribute_values(":v", schema::number(schema::WRITES))
            .expression_attribute_values(":provider", attribute(provider))
            .expression_attribute_values(":type", attribute(COUNT_TYPE));
        TransactWriteItem::builder().update(update.build().expect("table, key and expression are set")).build()
    }

    /// Removes the rows of those of `providers` that nobody watches any more. A row that stays after a stop is no harm.
    pub(crate) async fn forget_unwatched(
        &self,
        providers: impl Iterator<Item = &ProviderId>,
    ) -> Result<(), StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read watched providers",
            keys: providers.map(keys::watched).collect(),
            only: None,
            consistent: true,
        });
        for item in found.await? {
            let count: CountItem = read_item(item, "watched provider")?;
            if count.accounts > 0 {
                continue;
            }
            let delete = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(primary(keys::watched(&count.provider))))
                .condition_expression("accounts <= :none")
                .expression_attribute_values(":none", attribute(0));
            match delete.send().await {
                Err(error)
                    if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
                {
                    return Err(StoreError::request("forget a provider that nobody watches")(error));
                }
                // Gone, or another account has begun to watch it.
                _ => {}
            }
        }
        Ok(())
    }
}

/// The condition that the row is as it is known, and its values.
fn unchanged(from: Row) -> (String, Vec<(&'static str, AttributeValue)>) {
    let Row::Counted(Holders { file, web }) = from else {
        let condition = match from {
            Row::Absent => "attribute_not_exists(pk)",
            _ => "attribute_exists(gsi1pk)",
        };
        return (condition.to_owned(), Vec::new());
    };
    let of_file = format!("{}({NOT_OF_FILE})", if file { "attribute_not_exists" } else { "attribute_exists" });
    let (of_web, values) = match web {
        0 => (format!("attribute_not_exists({WEB_MONITORS})"), Vec::new()),
        _ => (format!("{WEB_MONITORS} = :web"), vec![(":web", AttributeValue::N(web.to_string()))]),
    };
    (format!("attribute_exists(pk) AND attribute_not_exists(gsi1pk) AND {of_file} AND {of_web}"), values)
}

const OPERATION: &str = "change who watches a provider";
