//! Requests that several families share. Batches are cut to DynamoDB's limits. What comes back unprocessed is requested
//! again with growing pauses, and so is a transaction that was cancelled for a reason that passes; all other retrying
//! is left to the SDK.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use aws_sdk_dynamodb::{
    error::{DisplayErrorContext, ProvideErrorMetadata as _},
    operation::{
        put_item::PutItemError, query::builders::QueryFluentBuilder, transact_write_items::TransactWriteItemsError,
    },
    types::{
        AttributeValue, Delete, DeleteRequest, KeysAndAttributes, Put, PutRequest, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, WriteRequest,
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    error::StoreError,
    grouped_reads::{Lead, Turn, Waiting},
    items::{Item, key_of, primary},
    keys::Key,
    schema,
    store::Store,
    table::{INDEX, INDEX_PARTITION_KEY, PARTITION_KEY},
};

/// Limits of DynamoDB itself.
const BATCH_GET_KEYS: usize = 100;
const BATCH_WRITE_ITEMS: usize = 25;

/// The longest item in bytes.
const ITEM_LIMIT: usize = 400 * 1024;

const CONCURRENT_BATCHES: usize = 8;

/// At most 13 s in all.
const UNPROCESSED_RETRIES: u32 = 9;
/// At most 3 s in all: whoever writes has a lease or a deadline, and tries again later.
const CANCELLED_RETRIES: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// Why DynamoDB cancels a transaction that may succeed a moment later:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const CONFLICT: &str = "TransactionConflict";
const THROTTLING: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

pub(crate) struct BatchGet {
    pub(crate) operation: &'static str,
    pub(crate) keys: BTreeSet<Key>,
    /// The attribute to read, with the version of its item; `None`: all.
    pub(crate) only: Option<&'static str>,
    pub(crate) consistent: bool,
}

/// Before a retry: twice as long each time, and between half of it and all of it, so that those who were refused
/// together do not come back together.
fn pause(retry: u32) -> Duration {
    (FIRST_PAUSE * 2u32.pow(retry)).mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// A transaction that wrote nothing.
pub(crate) struct Cancelled {
    /// A condition did not hold.
    pub(crate) by_condition: bool,
    /// The positions of the writes whose conditions did not hold.
    pub(crate) refused: Vec<usize>,
    pub(crate) error: StoreError,
}

impl Store {
    /// Strongly consistent.
    pub(crate) async fn get(&self, operation: &'static str, key: Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(primary(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request(operation))?;
        Ok(answer.item)
    }

    /// Writes an item over whatever is stored under its key, unless that is of a version that this release does not
    /// know. `what` names it in the error.
    pub(crate) async fn replace(
        &self,
        operation: &'static str,
        item: Item,
        what: &'static str,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(schema::MAY_REPLACE)
            .expression_attribute_values(":v", schema::number(schema::READS))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                let stored = refused.item().cloned().unwrap_or_default();
                schema::version_of(&stored, what)?;
                Err(StoreError::Unreadable { what: what.to_string() })
            }
            _ => Err(StoreError::request(operation)(error)),
        }
    }

    /// The items that exist under `keys`, in no order.
    pub(crate) async fn batch_get(&self, get: BatchGet) -> Result<Vec<Item>, StoreError> {
        let keys: Vec<Item> = get.keys.into_iter().map(primary).collect();
        let batches: Vec<KeysAndAttributes> = keys
            .chunks(BATCH_GET_KEYS)
            .map(|keys| {
                KeysAndAttributes::builder()
                    .set_keys(Some(keys.to_vec()))
                    .set_projection_expression(get.only.map(|_| format!("#only, {}", schema::VERSION)))
                    .set_expression_attribute_names(get.only.map(|name| HashMap::from([("#only".into(), name.into())])))
                    .consistent_read(get.consistent)
                    .build()
                    .expect("the keys are set")
            })
            .collect();
        stream::iter(batches)
            .map(|batch| self.one_batch_get(get.operation, batch))
            .buffer_unordered(CONCURRENT_BATCHES)
            .try_concat()
            .await
    }

    /// The items that exist under `keys`, which are few, in no order. Strongly consistent.
    pub(crate) async fn grouped_get(&self, keys: BTreeSet<Key>) -> Result<Vec<Item>, StoreError> {
        loop {
            let lead = match self.grouped_reads.join(&keys) {
                Ok(lead) => lead,
                Err(turn) => match turn.await {
                    Ok(Turn::Found(found)) => return found,
                    Ok(Turn::Lead(lead)) => lead,
                    Err(_) => continue,
                },
            };
            // Callers that are about to ask come in before the group leaves.
            tokio::task::yield_now().await;
            return self.read_group(lead, keys).await;
        }
    }

    async fn read_group(&self, lead: Lead, own: BTreeSet<Key>) -> Result<Vec<Item>, StoreError> {
        let others = lead.take(&own, BATCH_GET_KEYS);
        let keys = others.iter().flat_map(|waiting| &waiting.keys).chain(&own).cloned().collect();
        let found = self.batch_get(BatchGet { operation: "read items", keys, only: None, consistent: true }).await;
        drop(lead);
        match found {
            Ok(items) => {
                let mut items: BTreeMap<Key, Item> =
                    items.into_iter().filter_map(|item| Some((key_of(&item)?, item))).collect();
                let mut found = |keys: &BTreeSet<Key>| keys.iter().filter_map(|key| items.remove(key)).collect();
                for Waiting { keys, turn } in others {
                    let _ = turn.send(Turn::Found(Ok(found(&keys))));
                }
                Ok(found(&own))
            }
            Err(error) => {
                for Waiting { turn, .. } in others {
                    let source = DisplayErrorContext(&error).to_string().into();
                    let _ = turn.send(Turn::Found(Err(StoreError::Request { operation: "read items", source })));
                }
                Err(error)
            }
        }
    }

    async fn one_batch_get(
        &self,
        operation: &'static str,
        mut batch: KeysAndAttributes,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for retry in 0..=UNPROCESSED_RETRIES {
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, batch)
                .send()
                .await
                .map_err(StoreError::request(operation))?;
            let found = answer.responses.and_then(|mut tables| tables.remove(&self.table));
            items.extend(found.unwrap_or_default());
            match answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table)) {
                Some(rest) if !rest.keys.is_empty() => batch = rest,
                _ => return Ok(items),
            }
            tokio::time::sleep(pause(retry)).await;
        }
        Err(StoreError::Throttled { operation })
    }

    /// In no order.
    pub(crate) async fn batch_put(&self, operation: &'static str, items: Vec<Item>) -> Result<(), StoreError> {
        let puts: Vec<WriteRequest> = items.into_iter().map(put_request).collect();
        let batches: Vec<Vec<WriteRequest>> = puts.chunks(BATCH_WRITE_ITEMS).map(<[_]>::to_vec).collect();
        stream::iter(batches)
            .map(|batch| self.one_batch_write(operation, batch))
            .buffer_unordered(CONCURRENT_BATCHES)
            .try_collect()
            .await
    }

    /// In order of `writes`, batch after batch. No two may have the same key.
    pub(crate) async fn batch_write(
        &self,
        operation: &'static str,
        mut writes: Vec<WriteRequest>,
    ) -> Result<(), StoreError> {
        while !writes.is_empty() {
            let batch = writes.drain(..writes.len().min(BATCH_WRITE_ITEMS)).collect();
            self.one_batch_write(operation, batch).await?;
        }
        Ok(())
    }

    async fn one_batch_write(&self, operation: &'static str, mut batch: Vec<WriteRequest>) -> Result<(), StoreError> {
        for retry in 0..=UNPROCESSED_RETRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, batch)
                .send()
                .await
                .map_err(StoreError::request(operation))?;
            match answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.table)) {
                Some(rest) if !rest.is_empty() => batch = rest,
                _ => return Ok(()),
            }
            tokio::time::sleep(pause(retry)).await;
        }
        Err(StoreError::Throttled { operation })
    }

    /// Writes all of `writes` or none. All requests have one token, so that they count as one: a request whose answer
    /// is lost may still be carried out, and the one after it must not take that for the work of somebody else.
    pub(crate) async fn transact(
        &self,
        operation: &'static str,
        writes: &[TransactWriteItem],
    ) -> Result<(), Cancelled> {
        let (token, mut retry) = (format!("{:032x}", fastrand::u128(..)), 0);
        loop {
            let Err(cancelled) = self.transact_once(operation, writes.to_vec(), &token).await else { return Ok(()) };
            let passes = matches!(cancelled.error, StoreError::Contended { .. } | StoreError::Throttled { .. });
            if !passes || cancelled.by_condition || retry == CANCELLED_RETRIES {
                return Err(cancelled);
            }
            tokio::time::sleep(pause(retry)).await;
            retry += 1;
        }
    }

    async fn transact_once(
        &self,
        operation: &'static str,
        writes: Vec<TransactWriteItem>,
        token: &str,
    ) -> Result<(), Cancelled> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes)).client_request_token(token);
        let Err(error) = request.send().await else { return Ok(()) };
        let (reasons, is_in_progress) = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(it)) => (it.cancellation_reasons(), false),
            Some(error) => (&[][..], error.is_transaction_in_progress_exception()),
            None => (&[][..], false),
        };
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
        let refused: Vec<usize> = (0..codes.len()).filter(|at| codes[*at] == "ConditionalCheckFailed").collect();
        if !codes.is_empty() && refused.is_empty() {
            tracing::info!(operation, codes = codes.join(" "), "a transaction was cancelled");
        }
        let too_large = |message: Option<&str>| message.is_some_and(|message| message.contains("Item size"));
        let is_too_large = too_large(error.message()) || reasons.iter().any(|reason| too_large(reason.message()));
        let error = if codes.iter().any(|code| THROTTLING.contains(code)) {
            StoreError::Throttled { operation }
        } else if codes.contains(&CONFLICT) || is_in_progress {
            StoreError::Contended { operation }
        } else if is_too_large {
            StoreError::TooLarge { what: format!("an item to {operation}"), bytes: ITEM_LIMIT }
        } else {
            StoreError::request(operation)(error)
        };
        Err(Cancelled { by_condition: !refused.is_empty(), refused, error })
    }

    /// A put for a transaction.
    pub(crate) fn put(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        TransactWriteItem::builder().put(put.expect("table and item are set")).build()
    }

    /// A delete for a transaction.
    pub(crate) fn delete(&self, key: Item) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key)).build();
        TransactWriteItem::builder().delete(delete.expect("table and key are set")).build()
    }

    /// A query of one partition of the table, strongly consistent.
    pub(crate) fn query(&self, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .consistent_read(true)
    }

    /// A query of one partition of the index, which lags behind the table.
    pub(crate) fn query_index(&self, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", INDEX_PARTITION_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(partition))
    }
}

/// For [`Store::batch_write`].
pub(crate) fn put_request(item: Item) -> WriteRequest {
    let put = PutRequest::builder().set_item(Some(item)).build();
    WriteRequest::builder().put_request(put.expect("the item is set")).build()
}

/// For [`Store::batch_write`].
pub(crate) fn delete_request(key: Item) -> WriteRequest {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    WriteRequest::builder().delete_request(delete.expect("the key is set")).build()
}

/// Every item of the query, page after page.
pub(crate) async fn query_all(operation: &'static str, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
    let items = query.into_paginator().items().send();
    items.try_collect().await.map_err(StoreError::request(operation))
}

/// At most `limit` items from `cursor` on, and the cursor of the next page. A page may hold fewer: only a missing
/// cursor is the end.
pub(crate) async fn query_page(
    operation: &'static str,
    query: QueryFluentBuilder,
    cursor: Option<&str>,
    limit: u32,
) -> Result<(Vec<Item>, Option<String>), StoreError> {
    let answer = query
        .set_exclusive_start_key(cursor.map(read_cursor).transpose()?)
        .limit(limit.min(i32::MAX as u32) as i32)
        .send()
        .await
        .map_err(StoreError::request(operation))?;
    let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
    Ok((answer.items.unwrap_or_default(), next.map(write_cursor)))
}

/// The key attributes, all of them text, as JSON.
pub(crate) fn write_cursor(key: Item) -> String {
    let texts: BTreeMap<String, String> = key
        .into_iter()
        .filter_map(|(name, value)| match value {
            AttributeValue::S(text) => Some((name, text)),
            _ => None,
        })
        .collect();
    serde_json::to_string(&texts).expect("a map of text")
}

pub(crate) fn read_cursor(cursor: &str) -> Result<Item, StoreError> {
    let texts: BTreeMap<String, String> = serde_json::from_str(cursor).map_err(|_| StoreError::Cursor)?;
    Ok(texts.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect())
}
