//! DynamoDB over SQLite. The library behind it does all operations; those that are made by the thousand are done here,
//! in its tables (`quick`, `transaction`), many in one transaction of SQLite (`engine`).
mod action;
mod engine;
mod expiry;
mod expression;
mod operations;
mod quick;
mod table;
mod transaction;
mod value;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use self::engine::{Engine, Job};
use crate::{
    connector,
    service::{Response, Service},
    worker::Worker,
};

const SWEEP_EVERY: Duration = Duration::from_secs(300);
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// An open store. It is closed when dropped.
pub struct DynamoDb {
    items: Arc<Items>,
    stop: watch::Sender<bool>,
    sweep: JoinHandle<()>,
}

impl DynamoDb {
    /// Opens or creates the file. Without a file the data stays in memory.
    pub fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        let worker = Worker::start("dynamodb", Engine::open(file)?).context("starting a thread")?;
        let items = Arc::new(Items(worker));
        let (stop, stopped) = watch::channel(false);
        let sweep = tokio::spawn(sweep(items.clone(), stopped));
        Ok(Self { items, stop, sweep })
    }

    /// A client whose requests this store answers, without a connection.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        connector::settings(self.service()).dynamodb()
    }

    pub fn service(&self) -> Arc<dyn Service> {
        self.items.clone()
    }

    /// Finishes the running requests and closes the file. Clients get an error from now on.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.sweep).await {
            tracing::error!(%error, "removing expired items failed while the store stopped");
        }
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.items.0.close();
    }
}

/// Removes expired items, some time after they expire, as DynamoDB does. The library removes none by itself.
async fn sweep(items: Arc<Items>, mut stopped: watch::Receiver<bool>) {
    let mut times = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            // An error means that the sender was dropped, which stops the sweep too.
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = times.tick() => {}
        }
        let mut after = Some(0);
        while let Some(row) = after
            && !*stopped.borrow()
        {
            let (looked_at, answer) = oneshot::channel();
            items.0.send(Job::Sweep { after: row, looked_at });
            after = match answer.await {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "expired items were not removed");
                    None
                }
                Err(_) => return,
            };
        }
    }
}

/// Clients may outlive the store, and must not keep its file open.
struct Items(Worker<Job>);

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynamoDB on this machine")
    }
}

impl Service for Items {
    fn perform<'a>(&'a self, target: &'a str, input: &'a [u8]) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let Some(operation) = target.strip_prefix(TARGET_PREFIX) else {
                return Response::unknown_operation(target);
            };
            let (response, answer) = oneshot::channel();
            self.0.send(Job::Perform { operation: operation.to_owned(), input: input.to_vec(), response });
            // The job is dropped with its sender once the store is closed.
            answer.await.unwrap_or_else(|_| Response::stopped())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn client_that_outlives_the_store_gets_an_error_and_keeps_no_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dynamodb.sqlite");
        let store = DynamoDb::open(Some(&file)).unwrap();
        let client = store.client();
        client.list_tables().send().await.unwrap();
        store.stop().await;
        let error = client.list_tables().send().await.unwrap_err();
        assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
        // The last connection to close merges the write-ahead log and deletes it.
        assert!(!folder.path().join("dynamodb.sqlite-wal").exists());
    }

    #[tokio::test]
    async fn operation_that_we_do_not_use_is_refused() {
        let store = DynamoDb::open(None).unwrap();
        for target in ["DynamoDB_20120810.ListBackups", "AmazonSQS.ListQueues", ""] {
            let response = store.service().perform(target, b"{}").await;
            assert_eq!(response.status, 400, "{target}");
            assert!(response.body.contains("UnknownOperationException"), "{}", response.body);
        }
    }
}
