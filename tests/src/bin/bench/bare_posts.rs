//! The least that a delivery can cost: hyper posts the same messages to the same receivers, one after the other on a
//! kept connection to each host. It reads no store and records nothing.
use std::{collections::BTreeMap, future::poll_fn, pin::Pin};

use anyhow::Context as _;
use channels::{Job, Step};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderValue, Request, Uri, header::HOST};
use http_body::Body as _;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use status::{alert::Alert, ids::DeliveryId, monitor::Settings};
use tokio::net::TcpStream;

use crate::{cost, milliseconds};

/// The row of the table.
pub(crate) async fn row(alert: &Alert, settings: &[Settings]) -> anyhow::Result<String> {
    let mut by_host: BTreeMap<String, Vec<Request<String>>> = BTreeMap::new();
    for settings in settings {
        let (host, request) = request(alert, settings)?;
        by_host.entry(host).or_default().push(request);
    }
    let hosts = by_host.len().max(1);
    let posts = stream::iter(by_host).map(async |(host, requests)| post(&host, requests).await);
    let (done, cost) = cost(posts.buffer_unordered(hosts).try_collect::<()>()).await;
    done?;
    let (number, wall) = (settings.len(), cost.wall.as_secs_f64());
    let (rate, each) = (number as f64 / wall, milliseconds(cost.cpu) / number as f64);
    Ok(format!(
        "| {number} | all answer | bare hyper, the same posts | | | | {wall:.1} s | {rate:.0} | {each:.3} ms | |\n"
    ))
}

#[expect(clippy::disallowed_methods, reason = "no stranger: it measures what the receivers of this benchmark cost")]
async fn post(host: &str, requests: Vec<Request<String>>) -> anyhow::Result<()> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (mut connection, driver) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driver);
    for request in requests {
        connection.ready().await?;
        let mut response = connection.send_request(request).await?;
        anyhow::ensure!(response.status() == 200, "{host}: status {}", response.status());
        while let Some(frame) = poll_fn(|context| Pin::new(response.body_mut()).poll_frame(context)).await {
            frame?;
        }
    }
    Ok(())
}

/// What the channel sends, and where to.
fn request(alert: &Alert, settings: &Settings) -> anyhow::Result<(String, Request<String>)> {
    let webhook = channels::channels().iter().find(|channel| channel.name == "webhook").context("the channel")?;
    let job = Job {
        id: &DeliveryId::derive(&alert.id, &"bare".into()),
        alert,
        settings,
        handle: None,
        superseded: false,
        unknown: false,
        incident_url: None,
        mail: None,
        now: Timestamp::now(),
    };
    let Step::Send(request) = (webhook.deliver)(&job, &[]) else { anyhow::bail!("the channel sends nothing") };
    let (mut head, body) = request.into_parts();
    let host = head.uri.authority().context("a URL with a host")?.to_string();
    head.uri = head.uri.path().parse::<Uri>()?;
    head.headers.insert(HOST, HeaderValue::from_str(&host)?);
    Ok((host, Request::from_parts(head, String::from_utf8(body.to_vec())?)))
}
