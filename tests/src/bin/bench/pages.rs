//! The cost of the dashboard for its readers: time to the first byte, what is transferred, requests to the store, and
//! many readers at once.
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::{
    milliseconds,
    site_client::{Connection, Site},
};

const PROVIDERS: &str = "5000";
const INCIDENTS: &str = "10000";
const TIMES: usize = 50;
const READERS: usize = 50;
const EACH: usize = 40;
/// The overview is kept for so long: a page view after that reads the store again.
const KEPT: Duration = Duration::from_millis(5_200);

const PAGES: [(&str, &str); 9] = [
    ("dashboard", "/"),
    ("search", "/?q=strpe"),
    ("provider, 60 past incidents", "/providers/acme"),
    ("incident (Clerk)", "/incidents/clerk/01KKCAFE5T00000000000000CK"),
    ("calendar, month", "/calendar"),
    ("calendar of all, iCalendar", "/calendar.ics"),
    ("feed of all, Atom", "/incidents.atom"),
    ("API: 100 providers", "/api/v1/providers?limit=100"),
    ("API: 50 incidents", "/api/v1/incidents?limit=50"),
];

pub(crate) async fn table() -> anyhow::Result<String> {
    let site = Site::start(&["--providers", PROVIDERS, "--incidents", INCIDENTS]).await?;
    let mut table = format!(
        "With {PROVIDERS} providers that were read and {INCIDENTS} recorded incidents, answers compressed; median of {TIMES} on a \
         kept connection, then {READERS} readers at once, {EACH} views each:\n\n\
         | page | first byte | transferred | store requests, nothing kept | kept for 5 s | {READERS} readers: p50 | p99 |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for (name, path) in PAGES {
        row(&mut table, &site, name, path).await.with_context(|| path.to_owned())?;
    }
    Ok(table)
}

async fn row(table: &mut String, site: &Site, name: &str, path: &str) -> anyhow::Result<()> {
    let mut connection = Connection::open(&site.pages).await?;
    tokio::time::sleep(KEPT).await;
    let before = site.requests().await?.reads;
    let first = connection.get(path).await?;
    anyhow::ensure!(first.status == 200, "answered with status {}", first.status);
    let cold = site.requests().await?.reads - before;
    connection.get(path).await?;
    let warm = site.requests().await?.reads - before - cold;

    let mut times = Vec::new();
    for _ in 0..TIMES {
        times.push(connection.get(path).await?.first_byte);
    }
    times.sort();
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (host, path) = (site.pages.clone(), path.to_owned());
        readers.spawn(async move {
            let mut connection = Connection::open(&host).await?;
            let mut times = Vec::new();
            for _ in 0..EACH {
                let started = Instant::now();
                connection.get(&path).await?;
                times.push(started.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut together: Vec<Duration> = Vec::new();
    while let Some(done) = readers.join_next().await {
        together.extend(done??);
    }
    together.sort();
    let at = |share: f64| milliseconds(together[((together.len() - 1) as f64 * share) as usize]);
    writeln!(
        table,
        "| {name} | {:.1} ms | {:.1} KB | {cold} | {warm} | {:.0} ms | {:.0} ms |",
        milliseconds(times[TIMES / 2]),
        first.bytes as f64 / 1024.0,
        at(0.5),
        at(0.99),
    )?;
    Ok(())
}
