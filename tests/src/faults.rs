//! Faults of DynamoDB and SQS: requests are refused, done in part, or done without an answer. A test chooses which
//! ones, or they come at random, the same in every run with the same seed. The layer lies between the SDK's clients and
//! the services, so no product code is involved. The SDK repeats nothing: every fault reaches our own code, as it does
//! after the SDK's last attempt.
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::config::{
    SharedHttpClient,
    http::{HttpRequest, HttpResponse},
    retry::RetryConfig,
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    result::ConnectorError,
};
use local::stack::Stack;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// How many of a thousand requests have which fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Refused with `ThrottlingException`; nothing was done.
    pub throttled: u16,
    /// Transactions only: refused with `TransactionCanceledException` because of a conflict; nothing was done.
    pub cancelled: u16,
    /// Batches only: the second half comes back unprocessed.
    pub partial: u16,
    /// Done, but no answer arrives in time.
    pub lost: u16,
}

/// Clones are the same layer.
#[derive(Clone)]
pub struct Faults(Arc<Layer>);

struct Layer {
    state: Mutex<State>,
    stalled: Notify,
}

struct State {
    random: fastrand::Rng,
    rates: Rates,
    chosen: Option<Chosen>,
    /// Requests until all of them stall.
    left: Option<usize>,
    is_stalled: bool,
    requests: usize,
    faults: usize,
}

/// Requests that have a fault whatever the rates say.
struct Chosen {
    fault: Fault,
    operation: &'static str,
    word: &'static str,
    left: u32,
}

/// What becomes of a request: see [`Rates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Throttled,
    Cancelled,
    /// The same for another reason, by its code.
    CancelledFor(&'static str),
    /// The same for an item that is larger than one may be.
    TooLarge,
    Partial,
    Lost,
    /// Transactions only: done, and answered with `TransactionInProgressException`.
    InProgress,
    /// Transactions only: done, and answered as if a condition did not hold.
    Denied,
    /// No answer ever comes; nothing was done.
    Stalled,
}

impl Faults {
    /// Without faults, until [`Faults::set`] says which.
    pub fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let rates = Rates::default();
        let state = State { random, rates, chosen: None, left: None, is_stalled: false, requests: 0, faults: 0 };
        Self(Arc::new(Layer { state: Mutex::new(state), stalled: Notify::new() }))
    }

    /// From now on all requests of the stack's clients, and of clients made from them, pass through this layer.
    pub fn arm(&self, stack: &mut Stack) {
        let around = |client: Option<SharedHttpClient>| self.around(client.expect("the stack's clients have one"));
        let dynamodb = stack.dynamodb.config();
        let builder = dynamodb.to_builder().http_client(around(dynamodb.http_client()));
        let dynamodb = builder.retry_config(RetryConfig::disabled()).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let sqs = stack.sqs.config();
        let builder = sqs.to_builder().http_client(around(sqs.http_client()));
        stack.sqs = aws_sdk_sqs::Client::from_conf(builder.retry_config(RetryConfig::disabled()).build());
    }

    pub fn set(&self, rates: Rates) {
        self.state().rates = rates;
    }

    /// The next requests of this operation that contain this word have this fault, so many times.
    pub fn choose(&self, fault: Fault, operation: &'static str, word: &'static str, times: u32) {
        self.state().chosen = Some(Chosen { fault, operation, word, left: times });
    }

    /// Chosen faults that have not come yet.
    pub fn chosen_left(&self) -> u32 {
        self.state().chosen.as_ref().map_or(0, |chosen| chosen.left)
    }

    /// After so many more requests every request stalls, and so does what waits for it: see [`Faults::stalled`].
    pub fn stall_after(&self, requests: Option<usize>) {
        let mut state = self.state();
        (state.left, state.is_stalled) = (requests, false);
    }

    /// Returns when a request has stalled.
    pub async fn stalled(&self) {
        while !self.state().is_stalled {
            self.0.stalled.notified().await;
        }
    }

    /// All requests so far.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// All faults so far.
    pub fn count(&self) -> usize {
        self.state().faults
    }

    fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        let layer = self.clone();
        http_client_fn(move |settings, components| {
            let inner = client.http_connector(settings, components);
            SharedHttpConnector::new(Connector { layer: layer.clone(), inner })
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, operation: &str, request: &HttpRequest) -> Fault {
        let mut state = self.state();
        match &mut state.left {
            Some(0) => {
                state.is_stalled = true;
                self.0.stalled.notify_one();
                return Fault::Stalled;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        state.requests += 1;
        if let Some(chosen) = state.chosen.as_mut().filter(|chosen| chosen.matches(operation, request)) {
            let fault = chosen.fault;
            chosen.left -= 1;
            state.faults += 1;
            return fault;
        }
        let (rates, mut number) = (state.rates, state.random.u16(..1000));
        let mut is = |rate: u16| {
            let is = number < rate;
            number = number.saturating_sub(rate);
            is
        };
        let is_batch = matches!(operation, "BatchWriteItem" | "BatchGetItem" | "SendMessageBatch");
        let fault = if is(rates.throttled) {
            Fault::Throttled
        } else if is(rates.lost) {
            Fault::Lost
        } else if operation == "TransactWriteItems" && is(rates.cancelled) {
            Fault::Cancelled
        } else if is_batch && is(rates.partial) {
            Fault::Partial
        } else {
            return Fault::None;
        };
        state.faults += 1;
        fault
    }
}

impl Chosen {
    fn matches(&self, operation: &str, request: &HttpRequest) -> bool {
        let body = || request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        self.left > 0 && operation == self.operation && body().contains(self.word)
    }
}

struct Connector {
    layer: Faults,
    inner: SharedHttpConnector,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connector with faults")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.inner.clone();
        // `AmazonSQS.SendMessageBatch`: the protocol names the operation in this header.
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let (service, operation) = target.split_once('.').unwrap_or_default();
        match self.layer.next(operation, &request) {
            Fault::None => inner.call(request),
            Fault::Throttled => HttpConnectorFuture::ready(throttled(service)),
            Fault::Cancelled => HttpConnectorFuture::ready(cancelled("TransactionConflict", "a reason")),
            Fault::CancelledFor(code) => HttpConnectorFuture::ready(cancelled(code, "a reason")),
            Fault::TooLarge => {
                let reason = "Item size has exceeded the maximum allowed size";
                HttpConnectorFuture::ready(cancelled("ValidationError", reason))
            }
            Fault::Partial => HttpConnectorFuture::new(half(inner, request)),
            Fault::Lost => HttpConnectorFuture::new(async move {
                inner.call(request).await?;
                Err(ConnectorError::timeout("no answer arrived in time".into()))
            }),
            Fault::InProgress => HttpConnectorFuture::new(async move {
                inner.call(request).await?;
                let kind = "com.amazonaws.dynamodb.v20120810#TransactionInProgressException";
                response(400, &json!({"__type": kind, "Message": "The transaction is in progress"}))
            }),
            Fault::Denied => HttpConnectorFuture::new(async move {
                inner.call(request).await?;
                cancelled("ConditionalCheckFailed", "a reason")
            }),
            Fault::Stalled => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

fn throttled(service: &str) -> Result<HttpResponse, ConnectorError> {
    let kind = match service {
        "AmazonSQS" => "com.amazonaws.sqs#RequestThrottled",
        _ => "com.amazonaws.dynamodb.v20120810#ThrottlingException",
    };
    response(400, &json!({"__type": kind, "message": "Rate exceeded"}))
}

fn cancelled(code: &str, message: &str) -> Result<HttpResponse, ConnectorError> {
    let reason = json!({"Code": code, "Message": message});
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    response(400, &json!({"__type": kind, "message": "Transaction cancelled", "CancellationReasons": [reason]}))
}

/// Has the first half of the batch done; of one entry, nothing.
async fn half(inner: SharedHttpConnector, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let body = request.body().bytes().expect("the request of a batch is no stream");
    let mut input: Value = serde_json::from_slice(body).expect("the request of a batch is JSON");
    let mut rest = input.clone();
    let (mut first, mut second) = (0, 0);
    for (list, rest) in lists(&mut input).into_iter().zip(lists(&mut rest)) {
        let middle = list.len() / 2;
        list.truncate(middle);
        rest.drain(..middle);
        (first, second) = (first + list.len(), second + rest.len());
    }
    debug_assert!(second > 0, "a batch has entries");
    let mut output = json!({"Successful": []});
    if first > 0 {
        *request.body_mut() = input.to_string().into();
        let answer = inner.call(request).await?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        let body = answer.body().bytes().expect("the response of a batch is no stream");
        output = serde_json::from_slice(body).expect("the response of a batch is JSON");
    }
    if let Some(entries) = rest["Entries"].as_array() {
        let failed = |entry: &Value| json!({"Id": entry["Id"], "Code": "InternalError", "SenderFault": false});
        output["Failed"] = entries.iter().map(failed).collect();
    } else {
        let of_get = rest["RequestItems"].as_object().is_some_and(|tables| tables.values().all(Value::is_object));
        output[if of_get { "UnprocessedKeys" } else { "UnprocessedItems" }] = rest["RequestItems"].take();
    }
    response(200, &output)
}

/// The entries of a batch: of SQS, or of each table.
fn lists(input: &mut Value) -> Vec<&mut Vec<Value>> {
    if input["Entries"].is_array() {
        return input["Entries"].as_array_mut().into_iter().collect();
    }
    let tables = input["RequestItems"].as_object_mut().into_iter().flat_map(|tables| tables.values_mut());
    tables.map(entries_of_table).collect()
}

/// Writes are a list; reads have their keys within an object.
fn entries_of_table(table: &mut Value) -> &mut Vec<Value> {
    match table {
        Value::Array(writes) => writes,
        reads => reads["Keys"].as_array_mut().expect("a batch of reads has keys"),
    }
}

fn response(status: u16, body: &Value) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().expect("a status of HTTP");
    Ok(HttpResponse::new(status, body.to_string().into()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use jiff::Timestamp;
    use local::stack::StackOptions;
    use status::notice;
    use store::Store;

    use super::*;

    async fn faulty(rates: Rates) -> (Stack, Store, Faults) {
        let mut stack = Stack::start(StackOptions { folder: None, channels: &["webhook"] }).await.unwrap();
        store::table::create_if_absent(&stack.dynamodb, "statuswire").await.unwrap();
        let faults = Faults::new(1);
        faults.arm(&mut stack);
        let store = Store::new(&stack.dynamodb, "statuswire");
        faults.set(rates);
        (stack, store, faults)
    }

    #[tokio::test]
    async fn what_is_lost_was_done_and_what_is_throttled_was_not() {
        let now = Timestamp::now();
        let (lost, throttled) = (notice::test(&"lost".into(), now), notice::test(&"throttled".into(), now));
        let (_stack, store, faults) = faulty(Rates { lost: 1000, ..Rates::default() }).await;
        store.put_alert(&lost, now).await.unwrap_err();
        faults.set(Rates { throttled: 1000, ..Rates::default() });
        store.put_alert(&throttled, now).await.unwrap_err();
        faults.set(Rates::default());
        assert_eq!(store.alert(&lost.id).await.unwrap(), Some(lost));
        assert_eq!(store.alert(&throttled.id).await.unwrap(), None);
        assert_eq!((faults.requests(), faults.count()), (4, 2));
    }

    #[tokio::test]
    async fn half_of_a_batch_is_done_and_the_rest_comes_back() {
        let (stack, _, faults) = faulty(Rates { partial: 1000, ..Rates::default() }).await;
        let url = &stack.queues.alerts;
        let entry = |id: usize| {
            let entry = aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder().id(id.to_string());
            let entry = entry.message_body("b").message_group_id("g").message_deduplication_id(id.to_string());
            entry.build().unwrap()
        };
        let sent = stack.sqs.send_message_batch().queue_url(url).set_entries(Some((0..5).map(entry).collect()));
        let sent = sent.send().await.unwrap();
        assert_eq!((sent.successful().len(), sent.failed().len()), (2, 3));
        let key = |id: &str| [("pk", id), ("sk", "x")].map(|(k, v)| (k.to_owned(), AttributeValue::S(v.to_owned())));
        let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder().keys(key("a").into()).keys(key("b").into());
        let read = stack.dynamodb.batch_get_item().request_items("statuswire", keys.build().unwrap());
        let read = read.send().await.unwrap();
        assert_eq!(read.unprocessed_keys().unwrap()["statuswire"].keys().len(), 1);
        assert_eq!(faults.count(), 2);
    }

    #[tokio::test]
    async fn stalled_request_is_never_answered() {
        let (_stack, store, faults) = faulty(Rates::default()).await;
        faults.stall_after(Some(1));
        let read = async {
            for _ in 0..2 {
                store.alert(&"a".into()).await.unwrap();
            }
        };
        tokio::select! {
            () = read => panic!("the second request was answered"),
            () = faults.stalled() => {}
        }
        assert_eq!(faults.requests(), 1);
    }
}
