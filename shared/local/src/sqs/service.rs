//! The operations, and the queues that are open. Long polls wait here, outside any transaction.
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::Instant,
};

use super::{
    attributes::MAX_BYTES,
    batch::{Batch, each_entry},
    database::{Call, Database, Queue},
    error::{Result, SqsError},
    names, queues, receipts, receive, redrive, send,
};
use crate::{
    connector,
    service::{Response, Service},
};

const EXPIRE_EVERY: Duration = Duration::from_secs(60);
const TARGET_PREFIX: &str = "AmazonSQS.";
/// The largest batch if JSON escapes each of its bytes.
const MAX_INPUT_BYTES: usize = 6 * MAX_BYTES + 64 * 1024;

/// Open queues. They are closed when dropped.
pub struct Sqs {
    queues: Arc<Queues>,
    stop: watch::Sender<bool>,
    expire: JoinHandle<()>,
}

impl Sqs {
    /// Opens or creates the file. Without a file the messages stay in memory.
    pub fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        let database = Database::open(file).context("opening the queue file of the data folder")?;
        let (stop, stopped) = watch::channel(false);
        let queues = Arc::new(Queues { database, wakers: Mutex::default(), stopped: stopped.clone() });
        let expire = tokio::spawn(expire(queues.clone(), stopped));
        Ok(Self { queues, stop, expire })
    }

    /// A client whose requests these queues answer, without a connection.
    pub fn client(&self) -> aws_sdk_sqs::Client {
        connector::settings(self.service()).sqs()
    }

    pub fn service(&self) -> Arc<dyn Service> {
        self.queues.clone()
    }

    /// Ends long polls, also those that begin later.
    pub fn end_long_polls(&self) {
        self.stop.send_replace(true);
    }

    /// Ends long polls, finishes the running requests and closes the file. Clients get an error from now on.
    pub async fn stop(mut self) {
        self.end_long_polls();
        if let Err(error) = (&mut self.expire).await {
            tracing::error!(%error, "removing expired messages failed while the queues stopped");
        }
    }
}

impl Drop for Sqs {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.queues.database.close();
    }
}

async fn expire(queues: Arc<Queues>, mut stopped: watch::Receiver<bool>) {
    let mut minutes = tokio::time::interval(EXPIRE_EVERY);
    loop {
        tokio::select! {
            // An error means that the sender was dropped, which stops this too.
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = minutes.tick() => {}
        }
        if let Err(error) = queues.database.expire() {
            tracing::warn!(%error, "expired messages were not removed");
        }
    }
}

struct Queues {
    database: Database,
    /// Wakes a long poll on a queue, by its name.
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

/// Which queue an operation is on. The rest of its input is read apart, which takes less time than to tell both apart.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OnQueue {
    queue_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    messages: Vec<receive::Message>,
}

#[derive(Deserialize)]
struct Nothing {}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SQS on this machine")
    }
}

impl Service for Queues {
    /// An operation runs in the task of its caller, and only a long poll waits: messages are taken in the same step in
    /// which the caller gets them, so that a poll that is dropped has taken none.
    fn perform<'a>(&'a self, target: &'a str, input: &'a [u8]) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            // A caller with one request after the other gives way to others, as it would to a connection.
            tokio::task::coop::consume_budget().await;
            let result = match target.strip_prefix(TARGET_PREFIX) {
                None => return Response::unknown_operation(target),
                Some(_) if input.len() > MAX_INPUT_BYTES => Err(SqsError::batch_too_large()),
                Some(operation) => match self.run(operation, input).await {
                    Ok(output) if operation.starts_with("SendMessage") => self.database.flush().await.map(|()| output),
                    result => result,
                },
            };
            match result {
                Ok(output) => Response::ok(output),
                Err(error) => error.response(),
            }
        })
    }
}

impl Queues {
    /// The output as JSON.
    async fn run(&self, operation: &str, input: &[u8]) -> Result<String> {
        match operation {
            "CreateQueue" => {
                let request: CreateQueue = read(input)?;
                self.call(|call| queues::create(call, &request.queue_name, &request.attributes))?;
                Ok(json!({"QueueUrl": self.queue_url(&request.queue_name)}).to_string())
            }
            "GetQueueUrl" => {
                let request: GetQueueUrl = read(input)?;
                let queue = self.call(|call| call.queue(&request.queue_name))?;
                Ok(json!({"QueueUrl": self.queue_url(&queue.name)}).to_string())
            }
            "ListQueues" => {
                let request: ListQueues = read(input)?;
                let mut queues = self.call(|call| call.queues())?;
                queues.retain(|queue| queue.name.starts_with(&request.queue_name_prefix));
                Ok(json!({"QueueUrls": self.queue_urls(queues.iter().map(|queue| &queue.name))}).to_string())
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
                if batch.requests().map(|request: &send::Request| request.message_body.len()).sum::<usize>() > MAX_BYTES
                {
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
                Ok(json!({"TaskHandle": uuid::Uuid::new_v4().to_string()}).to_string())
            }
            other => Err(SqsError::unsupported(other)),
        }
    }

    fn call<T>(&self, operation: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<T> {
        let (result, changed) = self.database.call(operation)?;
        for queue in changed {
            self.signal(&queue).notify_one();
        }
        Ok(result)
    }

    /// Runs an operation on the queue whose URL is in the input.
    fn on_queue<I: DeserializeOwned, O: Serialize>(
        &self,
        input: &[u8],
        operation: impl FnOnce(&Call<'_>, Queue, &I) -> Result<O>,
    ) -> Result<String> {
        let (OnQueue { queue_url }, request) = (read(input)?, read(input)?);
        let output = self.call(|call| operation(call, call.queue_at(&queue_url)?, &request))?;
        Ok(object(&output))
    }

    /// Returns the visible messages, or waits for some until the wait time is over.
    async fn receive(&self, request: receive::Request) -> Result<String> {
        let signal = self.signal(names::name_of_url(&request.queue_url));
        let _pass_on = PassOn(signal.clone());
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
                return Ok(object(&Received { messages }));
            }
            let left = Duration::from_secs(wait.clamp(0, 20) as u64).saturating_sub(started.elapsed());
            if left.is_zero() || *stopped.borrow() {
                return Ok(object(&()));
            }
            let pause = next.map_or(left, |next| left.min(Duration::from_millis(next)));
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(pause) => {}
                _ = stopped.wait_for(|stop| *stop) => return Ok(object(&())),
            }
        }
    }

    fn signal(&self, queue: &str) -> Arc<Notify> {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.entry(queue.to_owned()).or_default().clone()
    }

    fn queue_url(&self, name: &str) -> String {
        names::url(name)
    }

    fn queue_urls<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<String> {
        names.map(|name| self.queue_url(name)).collect()
    }
}

/// A change wakes one long poll. It wakes the next when it ends, however it does: there may be more messages than it
/// took, and it may be the only one to know when the next becomes visible.
struct PassOn(Arc<Notify>);

impl Drop for PassOn {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn read<T: DeserializeOwned>(input: &[u8]) -> Result<T> {
    serde_json::from_slice(input).map_err(|err| SqsError::invalid(format!("The request cannot be read: {err}.")))
}

/// The output as JSON; an operation without output returns an empty object.
fn object(output: &impl Serialize) -> String {
    match serde_json::to_string(output) {
        Ok(json) if json == "null" => "{}".to_owned(),
        Ok(json) => json,
        Err(error) => unreachable!("an output is plain data: {error}"),
    }
}

#[cfg(test)]
mod tests;
