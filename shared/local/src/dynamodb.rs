//! A DynamoDB-compatible server on a free port. The library behind it deletes no expired items, so this file does: some
//! time after they expire, as in DynamoDB.
use std::{path::Path, time::Duration};

use anyhow::Context as _;
use dynoxide::Database;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

const SWEEP_EVERY: Duration = Duration::from_secs(300);

/// A running server. It stops when dropped.
pub struct DynamoDbServer {
    url: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl DynamoDbServer {
    /// Listens on a free port of 127.0.0.1. Without a file the data stays in memory.
    pub async fn start(file: Option<&Path>) -> anyhow::Result<Self> {
        let database = match file {
            Some(file) => Database::new(file.to_str().context("the path of the data folder is not valid UTF-8")?),
            None => Database::memory(),
        };
        let database = database.context("opening the DynamoDB file of the data folder")?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port for DynamoDB")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, database, stopped));
        Ok(Self { url, stop, task })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes the running requests and closes the file.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the DynamoDB server failed while it stopped");
        }
    }
}

async fn serve(listener: TcpListener, database: Database, mut stopped: watch::Receiver<bool>) {
    let mut ended = stopped.clone();
    let server = dynoxide::server::serve_with_shutdown(listener, database.clone(), async move {
        // An error means that the sender was dropped, which stops the server too.
        let _ = ended.wait_for(|stop| *stop).await;
    });
    let sweep = async {
        let mut times = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
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
    };
    if let (Err(error), ()) = tokio::join!(server, sweep) {
        tracing::error!(error, "the DynamoDB server stopped");
    }
}
