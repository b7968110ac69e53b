//! What Lambda starts: one artefact for all functions, built and optimised once. The template's `Handler` reaches the
//! process as `_HANDLER` and picks the function.
#![recursion_limit = "256"] // The futures of whole functions nest deeper than the compiler looks by itself.

use lambda_runtime::Error;
use startup::{env, tracing};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::json()?;
    match env::required("_HANDLER")?.as_str() {
        "poller" => poller::run().await,
        "router" => router::run().await,
        "dispatcher" => dispatcher::run().await,
        "feedback" => feedback::run().await,
        "web" => web::run().await,
        other => Err(format!("_HANDLER is {other}: it must be poller, router, dispatcher, feedback or web").into()),
    }
}
