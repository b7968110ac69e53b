//! DynamoDB over SQLite. The library behind it deletes no expired items, so this file does: some time after they
//! expire, as in DynamoDB.
mod operations;

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::Context as _;
use dynoxide::Database;
use futures_util::future::BoxFuture;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    connector,
    service::{Response, Service},
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
        let database = match file {
            Some(file) => Database::new(file.to_str().context("the path of the data folder is not valid UTF-8")?),
            None => Database::memory(),
        };
        let database = database.context("opening the DynamoDB file of the data folder")?;
        let (stop, stopped) = watch::channel(false);
        let sweep = tokio::spawn(sweep(database.clone(), stopped));
        Ok(Self { items: Arc::new(Items(Arc::new(RwLock::new(Some(database))))), stop, sweep })
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
        self.items.close();
    }
}

async fn sweep(database: Database, mut stopped: watch::Receiver<bool>) {
    let mut times = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            // An error means that the sender was dropped, which stops the sweep too.
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = times.tick() => {}
        }
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items were not removed"),
            Err(error) => tracing::error!(%error, "removing expired items failed"),
        }
    }
}

/// `None` after the stop: clients may outlive the store, and must not keep its file open.
struct Items(Arc<RwLock<Option<Database>>>);

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynamoDB on this machine")
    }
}

impl Items {
    /// Waits for the running operations.
    fn close(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Service for Items {
    /// An operation runs in a task of its own: one task of ours may wait for many operations at once, and they would
    /// run one after the other in it.
    fn perform<'a>(&'a self, target: &'a str, input: &'a [u8]) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let Some(operation) = target.strip_prefix(TARGET_PREFIX) else {
                return Response::unknown_operation(target);
            };
            let (database, operation, input) = (self.0.clone(), operation.to_owned(), input.to_vec());
            // A set of one, since it ends its task when it is dropped.
            let mut task = JoinSet::new();
            task.spawn(async move {
                let database = database.read().unwrap_or_else(PoisonError::into_inner);
                match &*database {
                    Some(database) => operations::perform(database, &operation, &input),
                    None => Response::stopped(),
                }
            });
            task.join_next().await.and_then(Result::ok).unwrap_or_else(|| {
                Response::error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "The operation failed.")
            })
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
        for target in ["DynamoDB_20120810.Scan", "AmazonSQS.ListQueues", ""] {
            let response = store.service().perform(target, b"{}").await;
            assert_eq!(response.status, 400, "{target}");
            assert!(response.body.contains("UnknownOperationException"), "{}", response.body);
        }
    }
}
