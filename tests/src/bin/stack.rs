//! What the functions need around them when they run as Lambda runs them, for `.ci/rie.py`: the embedded store and
//! queues, a vendor and a receiver. Says in one line of JSON where everything is, and ends when standard input does.
//! The alert that the files of `tests/events` speak of is stored and its page has moved on since.
use std::io::{self, Write as _};

use anyhow::Context as _;
use axum::{Json, Router, routing::get};
use serde_json::json;
use statuswire::bundle::TABLE;
use tests::{events, inbox::Inbox};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let world = events::world().await;
    let stack = &world.bundle.stack;
    let line = json!({
        "dynamodb": stack.dynamodb_url(),
        "sqs": stack.sqs_url(),
        "table": TABLE,
        "alerts_queue_url": stack.queues.alerts,
        "channel_queue_urls": stack.queues.channels,
        "received_url": show(&world.inbox).await?,
        "env": {"NETWORK_ALLOW": "127.0.0.0/8", "CATALOGUE": "off"},
    });
    writeln!(io::stdout(), "{line}")?;
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    world.bundle.stack.stop().await;
    Ok(())
}

/// Where to ask for the paths at which the receiver got something.
async fn show(inbox: &Inbox) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    let inbox = inbox.clone();
    let paths = move || async move { Json(inbox.got().into_iter().map(|message| message.path).collect::<Vec<_>>()) };
    let app = Router::new().route("/", get(paths));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}
