//! A Lambda function: event JSON in, response JSON out.
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// Handles one event.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, anyhow::Result<Value>> + Send + Sync>;

/// Makes a [`Handler`] from an asynchronous function or closure.
pub fn handler<F>(run: impl Fn(Value) -> F + Send + Sync + 'static) -> Handler
where
    F: Future<Output = anyhow::Result<Value>> + Send + 'static,
{
    Arc::new(move |event| Box::pin(run(event)))
}

/// Runs the handler in a task of its own, so that a panic ends this invocation and nothing else, as in Lambda.
pub(crate) async fn invoke(handler: &Handler, event: Value) -> anyhow::Result<Value> {
    tokio::spawn(handler(event)).await.context("the function panicked")?
}
