//! Counts the requests of a stack's clients in the units that AWS bills. It hooks into the SDK: it asks for the
//! consumed capacity with each request to DynamoDB, which the embedded store works out from the sizes of the items as
//! DynamoDB does (writes per started KB, once more in the index, twice in a transaction; reads per started 4 KB, half
//! if they may lag behind). SQS bills requests, and more than one for a body over 64 KB.
use std::{
    collections::BTreeMap,
    ops::AddAssign,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_sqs::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, SharedInterceptor,
        interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut},
    },
    error::BoxError,
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{Storable, StoreReplace},
};
use local::stack::Stack;
use serde::Deserialize;
use serde_json::{Value, json};

/// SQS bills one request for each of these that a request carries.
const SQS_CHUNK: usize = 64 * 1024;

/// What a client sent so far. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

/// Requests by what they did: the operation, and in DynamoDB the kind of the first item, as in `Query OUTBOX`.
#[derive(Clone, Debug, Default)]
pub struct Usage(pub BTreeMap<String, Billed>);

/// The units of some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Billed {
    pub requests: u64,
    /// Of SQS: the requests that are billed.
    pub sqs_requests: u64,
    /// Of DynamoDB.
    pub read_units: f64,
    pub write_units: f64,
}

impl Meter {
    /// Counts the requests of the stack's clients, and of those that are made of them from now on.
    pub fn attach(&self, stack: &mut Stack) {
        let meter = SharedInterceptor::new(self.clone());
        let dynamodb = stack.dynamodb.config().to_builder().interceptor(meter.clone()).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let sqs = stack.sqs.config().to_builder().interceptor(meter).build();
        stack.sqs = aws_sdk_sqs::Client::from_conf(sqs);
    }

    /// What was counted since the last call.
    pub fn take(&self) -> Usage {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, what: &str, billed: Billed) {
        let mut usage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *usage.0.entry(what.to_owned()).or_default() += billed;
    }
}

impl Usage {
    /// All requests together.
    pub fn total(&self) -> Billed {
        self.0.values().fold(Billed::default(), |mut sum, billed| {
            sum += *billed;
            sum
        })
    }
}

impl AddAssign for Billed {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.sqs_requests += other.sqs_requests;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        for (what, billed) in other.0 {
            *self.0.entry(what).or_default() += billed;
        }
    }
}

/// What a request is, kept until its response.
#[derive(Clone, Debug)]
struct Request {
    operation: String,
    /// Of DynamoDB: the first part of the first item's key.
    kind: String,
    bytes: usize,
    /// Items that it writes.
    writes: usize,
}

impl Storable for Request {
    type Storer = StoreReplace<Self>;
}

impl Request {
    fn is_write(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query")
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        // `AmazonSQS.SendMessageBatch`: the protocol names the operation in this header.
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let (service, operation) = target.split_once('.').unwrap_or_default();
        let body = request.body().bytes().ok_or("the body is a stream")?.to_vec();
        let mut seen = Request { operation: operation.into(), kind: String::new(), bytes: body.len(), writes: 0 };
        if service != "AmazonSQS" {
            let text = std::str::from_utf8(&body)?;
            // Without a key it creates the table or asks about it, which is free.
            let Some(kind) = kind(text) else { return Ok(()) };
            (seen.kind, seen.writes) = (kind, text.matches("\"TableName\"").count());
            let mut input: Value = serde_json::from_str(text)?;
            input["ReturnConsumedCapacity"] = json!("TOTAL");
            *request.body_mut() = SdkBody::from(input.to_string());
        }
        config.interceptor_state().store_put(seen);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(request) = config.load::<Request>() else { return Ok(()) };
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        if request.kind.is_empty() {
            let chunks = request.bytes.max(body.len()).div_ceil(SQS_CHUNK).max(1) as u64;
            let is_empty_receive = request.operation == "ReceiveMessage" && !find(body, b"\"Body\"");
            let what = if is_empty_receive { "ReceiveMessage, empty" } else { &request.operation };
            self.add(what, Billed { requests: 1, sqs_requests: chunks, ..Billed::default() });
            return Ok(());
        }
        let mut billed = Billed { requests: 1, ..Billed::default() };
        let units = if response.status().is_success() { consumed(body)? } else { refused(request) };
        if request.is_write() {
            billed.write_units = units
        } else {
            billed.read_units = units
        }
        self.add(&format!("{} {}", request.operation, request.kind), billed);
        Ok(())
    }
}

/// `PAGE` in a request about the partition `PAGE#acme`. `None`: it is about no item.
fn kind(body: &str) -> Option<String> {
    let key = ["\"pk\":{\"S\":\"", "\":pk\":{\"S\":\""].iter().find_map(|key| body.split_once(key));
    Some(key?.1.split(['#', '"']).next().unwrap_or_default().to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    consumed_capacity: Option<Consumed>,
}

/// A batch and a transaction report each table.
#[derive(Deserialize)]
#[serde(untagged)]
enum Consumed {
    One(Capacity),
    Each(Vec<Capacity>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity {
    capacity_units: f64,
}

fn consumed(body: &[u8]) -> Result<f64, BoxError> {
    let response: Response = serde_json::from_slice(body)?;
    Ok(match response.consumed_capacity {
        None => return Err("the embedded store reported no consumed capacity".into()),
        Some(Consumed::One(capacity)) => capacity.capacity_units,
        Some(Consumed::Each(tables)) => tables.iter().map(|table| table.capacity_units).sum(),
    })
}

/// A write whose condition does not hold is billed too, and the error does not say how much: at least a unit for each
/// item, and two in a transaction.
fn refused(request: &Request) -> f64 {
    let each = if request.operation == "TransactWriteItems" { 2 } else { 1 };
    (each * request.writes.max(1)) as f64
}

fn find(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use local::stack::StackOptions;
    use store::table::{PARTITION_KEY, SORT_KEY, create_if_absent};

    use super::*;

    const TABLE: &str = "metered";

    async fn metered() -> (Stack, Meter) {
        let mut stack = Stack::start(StackOptions { folder: None, channels: &["slack"] }).await.unwrap();
        let meter = Meter::default();
        meter.attach(&mut stack);
        create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
        meter.take();
        (stack, meter)
    }

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.to_owned())
    }

    #[tokio::test]
    async fn writes_are_billed_by_the_kilobyte_and_in_the_index_again() {
        let (stack, meter) = metered().await;
        let put = |sort: &str, bytes: usize| {
            let put = stack.dynamodb.put_item().table_name(TABLE).item(PARTITION_KEY, text("PAGE#a"));
            put.item(SORT_KEY, text(sort)).item("text", text(&"x".repeat(bytes)))
        };
        put("1", 100).send().await.unwrap();
        assert_eq!(meter.take().0["PutItem PAGE"].write_units, 1.0);
        put("2", 2_500).send().await.unwrap();
        assert_eq!(meter.take().total().write_units, 3.0);
        put("3", 100).item("gsi1pk", text("LIST")).item("gsi1sk", text("1")).send().await.unwrap();
        assert_eq!(meter.take().total().write_units, 2.0);

        let refused = put("1", 100).condition_expression("attribute_not_exists(pk)").send().await;
        assert!(refused.is_err());
        assert_eq!(meter.take().total(), Billed { requests: 1, write_units: 1.0, ..Billed::default() });

        let query = stack.dynamodb.query().table_name(TABLE).key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", text("PAGE#a")).send().await.unwrap();
        assert_eq!(meter.take().0["Query PAGE"].read_units, 0.5);
    }

    #[tokio::test]
    async fn requests_to_queues_are_billed_by_64_kilobytes() {
        let (stack, meter) = metered().await;
        let (sqs, url) = (&stack.sqs, &stack.queues.alerts);
        sqs.receive_message().queue_url(url).send().await.unwrap();
        assert_eq!(meter.take().0["ReceiveMessage, empty"].sqs_requests, 1);
        let send = sqs.send_message().queue_url(url).message_group_id("a").message_deduplication_id("1");
        send.message_body("x".repeat(100_000)).send().await.unwrap();
        assert_eq!(meter.take().0["SendMessage"].sqs_requests, 2);
        sqs.receive_message().queue_url(url).send().await.unwrap();
        assert_eq!(meter.take().0["ReceiveMessage"].sqs_requests, 2);
    }
}
