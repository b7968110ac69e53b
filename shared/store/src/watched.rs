//! Which providers are watched: a row under each account for each provider it watches, and a row for each provider with
//! the number of those accounts. The poller reads the second, whose number does not grow with that of the accounts.
//! Wanted properties:
//! - both change in one transaction, so that an apply that is repeated or stops half-way counts nobody twice;
//! - whatever is watched is found at any time, also while the rows of an earlier version, which counted nobody and were
//!   listed in the index instead, are replaced.
use std::collections::HashSet;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
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
    /// Of an earlier version: listed in the index, not counted.
    Listed,
    Counted,
}

impl Row {
    pub(crate) fn of(item: Option<&Item>) -> Self {
        match item {
            None => Self::Absent,
            Some(item) if item.contains_key(INDEX_PARTITION_KEY) => Self::Listed,
            Some(_) => Self::Counted,
        }
    }

    /// That the row is as it is known.
    fn condition(self) -> &'static str {
        match self {
            Self::Absent => "attribute_not_exists(pk)",
            Self::Listed => "attribute_exists(gsi1pk)",
            Self::Counted => "attribute_exists(pk) AND attribute_not_exists(gsi1pk)",
        }
    }
}

/// A change of one provider for one account.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) provider: ProviderId,
    /// The account's row before it.
    pub(crate) from: Row,
    pub(crate) is_wanted: bool,
}

impl Store {
    /// The providers that any account watches, in rows of today. Strongly consistent.
    pub(crate) async fn watched_providers(&self) -> Result<HashSet<ProviderId>, StoreError> {
        let query = self.query(keys::WATCHED.into()).projection_expression("provider, accounts, v");
        let counts = query_all("read watched providers", query).await?;
        let counts = counts.into_iter().map(|item| read_item::<CountItem>(item, "watched provider"));
        counts.filter_map(|count| count.map(|it| (it.accounts > 0).then_some(it.provider)).transpose()).collect()
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
        let left = steps.iter().filter(|step| !step.is_wanted).map(|step| &step.provider);
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
        match self.transact(OPERATION, writes).await {
            Ok(()) => Ok(true),
            Err(cancelled) if cancelled.by_condition => Ok(false),
            Err(cancelled) => Err(cancelled.error),
        }
    }

    /// The account's row and the provider's number.
    fn writes(&self, account: &AccountId, step: &Step) -> Vec<TransactWriteItem> {
        let Step { provider, from, is_wanted } = step;
        let row = match (from, is_wanted) {
            (Row::Counted, true) | (Row::Absent, false) => return Vec::new(),
            (_, true) => {
                let put = Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(setting_item(account, &Setting::Watched(provider.clone()))))
                    .condition_expression(from.condition());
                TransactWriteItem::builder().put(put.build().expect("table and item are set"))
            }
            (_, false) => {
                let delete = Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(primary(keys::account_watched(account, provider))))
                    .condition_expression(from.condition());
                TransactWriteItem::builder().delete(delete.build().expect("table and key are set"))
            }
        };
        let more = i64::from(*is_wanted) - i64::from(*from == Row::Counted);
        let count = (more != 0).then(|| self.add_accounts(provider, more));
        std::iter::once(row.build()).chain(count).collect()
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
    async fn forget_unwatched(&self, providers: impl Iterator<Item = &ProviderId>) -> Result<(), StoreError> {
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

const OPERATION: &str = "change who watches a provider";
