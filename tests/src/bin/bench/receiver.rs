//! The process that serves the receivers of a fan-out: many hosts, some of whose paths hang or are busy at first. It
//! records every request with its time and response, and reports them on demand.
use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{peer::Peer, providers::say};

/// Each with an address of its own.
const HOSTS: u8 = 64;
/// The number of times a busy path refuses each message.
const REFUSALS: u8 = 2;
const BUSY_SECONDS: u64 = 5;

/// What a path does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Takes,
    /// Refuses at first.
    Busy,
    /// Never answers.
    Hangs,
}

/// One request. There are hundreds of thousands, so it is serialized as a short list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Received(pub(crate) usize, pub(crate) String, pub(crate) u16, pub(crate) i64, pub(crate) String);

impl Received {
    pub(crate) fn destination(&self) -> usize {
        self.0
    }
    pub(crate) fn event(&self) -> &str {
        &self.1
    }
    /// The status it was answered with, 0 for none.
    pub(crate) fn answered(&self) -> u16 {
        self.2
    }
    pub(crate) fn at_microsecond(&self) -> i64 {
        self.3
    }
    /// Its `webhook-id`.
    pub(crate) fn id(&self) -> &str {
        &self.4
    }
}

/// The running process.
pub(crate) struct Receiver {
    process: Peer,
    at: Addresses,
}

#[derive(Serialize, Deserialize)]
struct Addresses {
    hosts: Vec<SocketAddr>,
    /// Other hosts, for paths that hang without delaying the rest.
    apart: Vec<SocketAddr>,
}

impl Receiver {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (process, at) = Peer::start("receiver")?;
        Ok(Self { process, at })
    }

    pub(crate) fn url(&self, fault: Fault, apart: bool, destination: usize) -> String {
        let hosts = if apart { &self.at.apart } else { &self.at.hosts };
        let word = match fault {
            Fault::Takes => "takes",
            Fault::Busy => "busy",
            Fault::Hangs => "hangs",
        };
        format!("http://{}/{word}/{destination}", hosts[destination % hosts.len()])
    }

    /// Blocks until so many requests about this event were accepted from now on, by paths of this fault.
    pub(crate) fn wait_for(&mut self, word: &str, event: &str, number: usize) -> anyhow::Result<()> {
        self.process.order(&format!("{word} {event} {number}"))?;
        self.process.hear("received")
    }

    /// Everything received so far.
    pub(crate) fn received(&mut self) -> anyhow::Result<Vec<Received>> {
        self.process.order("report")?;
        Ok(serde_json::from_str(&self.process.line()?)?)
    }
}

#[derive(Default)]
struct Log {
    received: Vec<Received>,
    refused: HashMap<(usize, String), u8>,
    /// By fault and event.
    accepted: HashMap<(String, String), usize>,
    awaited: Option<((String, String), usize)>,
}

impl Log {
    fn report_if_enough(&mut self) {
        if let Some((what, number)) = &self.awaited
            && self.accepted.get(what).is_some_and(|accepted| accepted >= number)
        {
            self.awaited = None;
            say("received");
        }
    }
}

/// What the process runs.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let log = Arc::new(Mutex::new(Log::default()));
    let app = Router::new().fallback(receive).with_state(log.clone());
    let listen = async |network: u8| {
        let mut addresses = Vec::new();
        for host in 1..=HOSTS {
            let listener = TcpListener::bind((Ipv4Addr::new(127, 0, network, host), 0)).await?;
            addresses.push(listener.local_addr()?);
            tokio::spawn(axum::serve(listener, app.clone()).into_future());
        }
        anyhow::Ok(addresses)
    };
    say(&serde_json::to_string(&Addresses { hosts: listen(0).await?, apart: listen(1).await? })?);
    tokio::task::spawn_blocking(move || {
        for order in io::stdin().lines() {
            let order = order?;
            let mut log = log.lock().expect("no holder of the lock panics");
            let words: Vec<&str> = order.split(' ').collect();
            match words[..] {
                [fault, event, number] => {
                    log.awaited = Some(((fault.to_owned(), event.to_owned()), number.parse()?));
                    log.report_if_enough();
                }
                _ => say(&serde_json::to_string(&log.received)?),
            }
        }
        Ok(())
    })
    .await?
}

#[derive(Deserialize)]
struct Message {
    r#type: String,
}

async fn receive(State(log): State<Arc<Mutex<Log>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let at = Timestamp::now().as_microsecond();
    let place = uri.path().trim_start_matches('/').split_once('/');
    let known = place.and_then(|(fault, number)| Some((fault, number.parse::<usize>().ok()?)));
    let (Some((fault, destination)), Ok(message)) = (known, serde_json::from_slice::<Message>(&body)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let event = message.r#type;
    let answered = {
        let mut log = log.lock().expect("no holder of the lock panics");
        let answered = match fault {
            "hangs" => 0,
            "busy" => {
                let refused = log.refused.entry((destination, event.clone())).or_default();
                *refused += 1;
                if *refused <= REFUSALS { 429 } else { 200 }
            }
            _ => 200,
        };
        log.received.push(Received(destination, event.clone(), answered, at, id));
        if answered == 200 {
            *log.accepted.entry((fault.to_owned(), event)).or_default() += 1;
            log.report_if_enough();
        }
        answered
    };
    match answered {
        0 => std::future::pending().await,
        200 => "ok".into_response(),
        _ => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, BUSY_SECONDS)]).into_response(),
    }
}
