//! What the functions need around them when they run as Lambda runs them, for `.ci/rie.py`: the embedded store and
//! queues behind a port, a status page and the fakes. Prints all addresses and the credentials of the port in one line
//! of JSON, and ends with its standard input. The alert of the files in `tests/events` is stored, and its page has
//! changed since. A number on standard input shows the page's incident with so many updates. The argument, if there is
//! one, is a data folder for all this; a configuration file for it and for others is printed too.
use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use axum::{Json, Router, routing::get};
use serde_json::json;
use status::ids::DestinationId;
use statuswire::local_app::TABLE;
use store::{Keyring, Store};
use tests::{events, port::Port, world::SENDER};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let (world, config) = events::world_in(folder.as_deref()).await;
    events::add_incident_with_slashes(&world.app.store).await;
    let stack = &world.app.stack;
    let port = Port::open(stack.services()).await?;
    let line = json!({
        "dynamodb": port.url,
        "sqs": port.url,
        "credentials": {
            "AWS_ACCESS_KEY_ID": port.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": port.credentials.secret,
        },
        "ses": world.receiver.url(""),
        "table": TABLE,
        "alerts_queue_url": stack.queues.alerts,
        "channel_queue_urls": stack.queues.channels,
        "received_url": world.receiver.url("/receiver.json"),
        "disabled_url": show_disabled(&world.app.store).await?,
        "env": {"NETWORK_ALLOW": "127.0.0.0/8", "CATALOGUE": "off"},
        "config": config,
        "dispatcher_env": {"DESTINATION_KEYS": stack.keys(Keyring::generate)?},
        "mail_env": {"MAIL_FROM": SENDER, "PUBLIC_URL": events::PUBLIC_URL},
    });
    writeln!(io::stdout(), "{line}")?;
    let world = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lock().lines() {
            if let Ok(updates) = line?.parse() {
                events::show(&world, updates);
                writeln!(io::stdout(), "shown")?;
            }
        }
        io::Result::Ok(world)
    })
    .await??;
    drop(port);
    world.app.stack.stop().await;
    Ok(())
}

/// Serves the disabled destinations with their reasons; returns the URL.
async fn show_disabled(store: &Store) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
    let url = format!("http://{}", listener.local_addr()?);
    let store = store.clone();
    let app = Router::new().route("/", get(move || disabled(store.clone())));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn disabled(store: Store) -> Json<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for channel in channels::channels() {
        let id = format!("acme-{}", channel.name);
        let record = store.destination(&DestinationId::new(&*id)).await.expect("the store answers");
        if let Some(disabled) = record.and_then(|record| record.disabled) {
            found.insert(id, disabled.reason);
        }
    }
    Json(found)
}
