//! The one Lambda artefact for all functions, so that they are built once. The template's `Handler` reaches the process
//! as `_HANDLER` and selects the function.
#![recursion_limit = "256"] // The futures of whole functions nest deeper than the compiler's default limit.

use lambda_runtime::Error;
use startup::{clock, env, tracing};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let handler = env::required("_HANDLER")?;
    tracing::json(traces::from_env(&handler)?)?;
    clock::check()?;
    match handler.as_str() {
        "poller" => poller::run().await,
        "router" => router::run().await,
        "dispatcher" => dispatcher::run().await,
        "feedback" => feedback::run().await,
        "web" => web::run().await,
        "console" => console::run().await,
        other => {
            Err(format!("_HANDLER is {other}: set it to poller, router, dispatcher, feedback, web or console").into())
        }
    }
}
