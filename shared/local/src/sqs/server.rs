//! The HTTP server: one POST per operation, which a header names. Long polls wait here, outside any transaction.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
    time::Instant,
};

use super::{
    attributes::MAX_BYTES,
    database::{Call, Database, Queue},
    error::{Result, SqsError},
    names, queues, receipts, receive, redrive, send,
};

const EXPIRE_EVERY: Duration = Duration::from_secs(60);
/// The largest batch if JSON escapes each of its bytes.
const MAX_REQUEST_BYTES: usize = 6 * MAX_BYTES + 64 * 1024;

/// A running server. It stops when dropped.
pub struct SqsServer {
    url: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl SqsServer {
    /// Listens on a free port of 127.0.0.1. Without a file the messages stay in memory.
    pub async fn start(file: Option<&Path>) -> anyhow::Result<Self> {
        let database = Database::open(file).context("opening the queue file of the data folder")?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port for the queues")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = watch::channel(false);
        let sqs = Arc::new(Sqs { database, url: url.clone(), wakers: Mutex::default(), stopped: stopped.clone() });
        let task = tokio::spawn(serve(listener, sqs, stopped));
        Ok(Self { url, stop, task })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends long polls, finishes the running requests and closes the file.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the queue server failed while it stopped");
        }
    }
}

async fn serve(listener: TcpListener, sqs: Arc<Sqs>, mut stopped: watch::Receiver<bool>) {
    let router =
        Router::new().fallback(respond).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(sqs.clone());
    let mut ended = stopped.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        // An error means that the sender was dropped, which stops the server too.
        let _ = ended.wait_for(|stop| *stop).await;
    });
    let expire = async {
        let mut minutes = tokio::time::interval(EXPIRE_EVERY);
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                _ = minutes.tick() => {}
            }
            if let Err(error) = sqs.database.expire() {
                tracing::warn!(%error, "expired messages were not removed");
            }
        }
    };
    if let (Err(error), ()) = tokio::join!(async { server.await }, expire) {
        tracing::error!(%error, "the queue server stopped");
    }
}

struct Sqs {
    database: Database,
    url: String,
    /// Wakes the long polls on a queue, by its name.
    wakers: Mutex<HashMap<String, Arc<Notify>>>,
    stopped: watch::Receiver<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateQueue {
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueues {
    #[serde(default)]
    queue_name_prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetAttributes {
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetAttributes {
    attributes: BTreeMap<String, String>,
}

/// The input of an operation on one queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OnQueue<T> {
    queue_url: String,
    #[serde(flatten)]
    request: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<T> {
    #[serde(default = "Vec::new")]
    entries: Vec<BatchEntry<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchEntry<T> {
    id: String,
    #[serde(flatten)]
    request: T,
}

#[derive(Deserialize)]
struct Nothing {}

async fn respond(State(sqs): State<Arc<Sqs>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("AmazonSQS.")).unwrap_or_default();
    let content_type = (header::CONTENT_TYPE, "application/x-amz-json-1.0");
    match sqs.perform(operation, &body).await {
        Ok(result) => ([content_type], result.to_string()).into_response(),
        Err(error) => {
            let (status, fault) = match error.is_internal() {
                true => (StatusCode::INTERNAL_SERVER_ERROR, "Receiver"),
                false => (StatusCode::BAD_REQUEST, "Sender"),
            };
            let code = (HeaderName::from_static("x-amzn-query-error"), format!("{};{fault}", error.code));
            let body = json!({"__type": format!("com.amazonaws.sqs#{}", error.shape), "message": error.message});
            (status, [content_type], [code], body.to_string()).into_response()
        }
    }
}

impl Sqs {
    async fn perform(&self, operation: &str, input: &[u8]) -> Result<Value> {
        match operation {
            "CreateQueue" => {
                let request: CreateQueue = read(input)?;
                self.call(|call| queues::create(call, &request.queue_name, &request.attributes))?;
                Ok(json!({"QueueUrl": self.queue_url(&request.queue_name)}))
            }
            "GetQueueUrl" => {
                let request: GetQueueUrl = read(input)?;
                let queue = self.call(|call| call.queue(&request.queue_name))?;
                Ok(json!({"QueueUrl": self.queue_url(&queue.name)}))
            }
            "ListQueues" => {
                let request: ListQueues = read(input)?;
                let mut queues = self.call(|call| call.queues())?;
                queues.retain(|queue| queue.name.starts_with(&request.queue_name_prefix));
                Ok(json!({"QueueUrls": self.queue_urls(queues.iter().map(|queue| &queue.name))}))
            }
            "GetQueueAttributes" => self.on_queue(input, |call, queue, request: &GetAttributes| {
                Ok(json!({"Attributes": queues::attributes(call, &queue, &request.attribute_names)?}))
            }),
            "SetQueueAttributes" => self.on_queue(input, |call, queue, request: &SetAttributes| {
                queues::set_attributes(call, queue, &request.attributes)
            }),
            "DeleteQueue" => self.on_queue(input, |call, queue, _: &Nothing| queues::delete(call, &queue)),
            "PurgeQueue" => self.on_queue(input, |call, queue, _: &Nothing| queues::purge(call, &queue)),
            "SendMessage" => self.on_queue(input, |call, queue, request| send::one(call, &queue, request)),
            "SendMessageBatch" => self.on_queue(input, |call, queue, batch: &Batch<send::Request>| {
                if batch.entries.iter().map(|entry| entry.request.message_body.len()).sum::<usize>() > MAX_BYTES {
                    return Err(SqsError::batch_too_large());
                }
                each_entry(batch, |request| send::one(call, &queue, request))
            }),
            "ReceiveMessage" => self.receive(read(input)?).await,
            "DeleteMessage" => self.on_queue(input, |call, queue, request| receipts::delete(call, &queue, request)),
            "DeleteMessageBatch" => self.on_queue(input, |call, queue, batch| {
                each_entry(batch, |request| receipts::delete(call, &queue, request))
            }),
            "ChangeMessageVisibility" => {
                self.on_queue(input, |call, queue, request| receipts::change_visibility(call, &queue, request))
            }
            "ChangeMessageVisibilityBatch" => self.on_queue(input, |call, queue, batch| {
                each_entry(batch, |request| receipts::change_visibility(call, &queue, request))
            }),
            "ListDeadLetterSourceQueues" => self.on_queue(input, |call, queue, _: &Nothing| {
                // The only response of SQS whose field starts with a small letter.
                Ok(json!({"queueUrls": self.queue_urls(redrive::sources(call, &queue)?.iter())}))
            }),
            "StartMessageMoveTask" => {
                let request: redrive::Move = read(input)?;
                self.call(|call| redrive::start_move(call, &request))?;
                Ok(json!({"TaskHandle": uuid::Uuid::new_v4().to_string()}))
            }
            other => Err(SqsError::unsupported(other)),
        }
    }

    fn call<T>(&self, operation: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<T> {
        let (result, changed) = self.database.call(operation)?;
        for queue in changed {
            self.signal(&queue).notify_waiters();
        }
        Ok(result)
    }

    /// Runs an operation on the queue whose URL is in the input.
    fn on_queue<I: DeserializeOwned, O: Serialize>(
        &self,
        input: &[u8],
        operation: impl FnOnce(&Call<'_>, Queue, &I) -> Result<O>,
    ) -> Result<Value> {
        let OnQueue { queue_url, request } = read(input)?;
        let output = self.call(|call| operation(call, call.queue_at(&queue_url)?, &request))?;
        Ok(object(&output))
    }

    /// Returns the visible messages, or waits for some until the wait time is over.
    async fn receive(&self, request: receive::Request) -> Result<Value> {
        let signal = self.signal(names::name_of_url(&request.queue_url));
        let mut stopped = self.stopped.clone();
        let started = Instant::now();
        loop {
            // The waker is armed before the first look, so that a message sent in between is not missed.
            let mut changed = std::pin::pin!(signal.notified());
            changed.as_mut().enable();
            let (messages, wait, next) = self.call(|call| {
                let queue = call.queue_at(&request.queue_url)?;
                let messages = receive::take(call, &queue, &request)?;
                let next = receive::next_visible_at(call, &queue)?.map(|at| (at - call.now) as u64);
                Ok((messages, request.wait_time_seconds.unwrap_or(queue.attributes.wait_seconds), next))
            })?;
            if !messages.is_empty() {
                return Ok(json!({"Messages": messages}));
            }
            let left = Duration::from_secs(wait.clamp(0, 20) as u64).saturating_sub(started.elapsed());
            if left.is_zero() || *stopped.borrow() {
                return Ok(json!({}));
            }
            let pause = next.map_or(left, |next| left.min(Duration::from_millis(next)));
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(pause) => {}
                _ = stopped.wait_for(|stop| *stop) => return Ok(json!({})),
            }
        }
    }

    fn signal(&self, queue: &str) -> Arc<Notify> {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.entry(queue.to_owned()).or_default().clone()
    }

    fn queue_url(&self, name: &str) -> String {
        names::url(&self.url, name)
    }

    fn queue_urls<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<String> {
        names.map(|name| self.queue_url(name)).collect()
    }
}

/// Runs the entries of a batch one by one. A refused entry does not stop the others.
fn each_entry<I, O: Serialize>(batch: &Batch<I>, mut operation: impl FnMut(&I) -> Result<O>) -> Result<Value> {
    let entries = &batch.entries;
    if entries.is_empty() {
        return Err(SqsError::empty_batch());
    }
    if entries.len() > 10 {
        return Err(SqsError::batch_too_long(entries.len()));
    }
    if entries.iter().map(|entry| &entry.id).collect::<HashSet<_>>().len() < entries.len() {
        return Err(SqsError::repeated_entry_id());
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match operation(&entry.request) {
            Ok(output) => {
                let mut output = object(&output);
                output["Id"] = entry.id.as_str().into();
                successful.push(output);
            }
            Err(error) if error.is_internal() => return Err(error),
            Err(error) => {
                let (id, code, message) = (&entry.id, error.code, &error.message);
                failed.push(json!({"Id": id, "Code": code, "Message": message, "SenderFault": true}));
            }
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

fn read<T: DeserializeOwned>(input: &[u8]) -> Result<T> {
    serde_json::from_slice(input).map_err(|err| SqsError::invalid(format!("The request cannot be read: {err}.")))
}

/// The output as JSON; an operation without output returns an empty object.
fn object(output: &impl Serialize) -> Value {
    match serde_json::to_value(output) {
        Ok(Value::Null) => json!({}),
        Ok(value) => value,
        Err(error) => unreachable!("an output is plain data: {error}"),
    }
}
