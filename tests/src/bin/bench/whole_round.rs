//! A round in which all pages of a whole catalogue are due, as on the internet: each answers after 300 ms, one of a
//! hundred never does, and one of a hundred is slow. The poller is a process of its own (this program again) with the
//! store. In a cgroup it has the share of a small Lambda function.
use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::Context as _;
use poller::Summary;
use serde::{Deserialize, Serialize};
use status::monitor::{ComponentFilter, Monitor, WhenUnknown};
use statuswire::config_file::ACCOUNT;
use store::AccountSettings;

use crate::{
    cgroup::Cgroup,
    fanout::memory_peak,
    milliseconds,
    peer::Peer,
    providers::{Addresses, CHANGING, Providers},
    rounds,
};

const PAGES: usize = 5150;
/// Of them. They follow the pages with open incidents.
const WATCHED: usize = 200;
const ROUNDS: usize = 3;

/// What the poller says of one round.
#[derive(Serialize, Deserialize)]
struct Spent {
    wall: Duration,
    cpu: Duration,
    /// Of the whole process since it began.
    peak_mb: u64,
    summary: Summary,
}

pub(crate) async fn table(cgroup: bool) -> anyhow::Result<String> {
    let group = if cgroup { Some(Cgroup::new()?) } else { None };
    let limits = group.as_ref().map_or("full CPU".to_owned(), Cgroup::described);
    let mut table = format!(
        "A round over {PAGES} unchanged pages on as many HTTPS hosts, {CHANGING} with an open incident and {WATCHED} watched, \
         1 % hang and 1 % take 10 s; {limits}:\n\n\
         | round | wall | CPU | peak memory | read | failed | skipped | asked last: open incident | watched | others |\n\
         |---|---|---|---|---|---|---|---|---|---|\n"
    );
    let mut providers = Providers::start(PAGES)?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    prepare(&data, &mut providers).await?;
    providers.order("far")?;

    let at = serde_json::to_string(&providers.at)?;
    let role = ["whole-round-poller", data.to_str().context("a path")?, &at];
    let (mut poller, pid): (Peer, u32) = tokio::task::block_in_place(|| Peer::start_with(&role))?;
    if let Some(group) = &group {
        group.add(pid)?;
    }
    for number in 0..ROUNDS {
        tokio::task::block_in_place(|| poller.order("start").and_then(|()| poller.hear("started")))?;
        providers.arrivals()?;
        let spent = tokio::task::block_in_place(|| poller.order("round").and_then(|()| poller.line()))?;
        let name = if number == 0 { "cold process" } else { "warm" };
        row(&mut table, name, &serde_json::from_str(&spent)?, &providers.arrivals()?)?;
    }
    Ok(table)
}

/// All pages are known, and some have an open incident.
async fn prepare(data: &Path, providers: &mut Providers) -> anyhow::Result<()> {
    let app = rounds::app(data).await?;
    let pages = rounds::pages(&providers.at, PAGES, true, "etag");
    let monitors = pages[CHANGING..CHANGING + WATCHED].iter().map(|page| Monitor {
        id: page.id.as_str().into(),
        account: ACCOUNT.into(),
        provider: page.id.clone(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    });
    let monitors = monitors.collect();
    app.apply(ACCOUNT, &AccountSettings { pages, monitors, ..AccountSettings::default() }).await?;
    let poller = rounds::poller(&app, &providers.at, Duration::from_millis(1))?;
    let mut known = 0;
    while known < PAGES {
        known += rounds::round(&poller).await?.summary.changed;
    }
    providers.order("open")?;
    let opened = rounds::round(&poller).await?.summary.changed;
    anyhow::ensure!(opened == CHANGING, "an incident was found on {opened} pages");
    app.stack.stop().await;
    Ok(())
}

fn row(table: &mut String, name: &str, spent: &Spent, arrivals: &[Option<Duration>]) -> std::fmt::Result {
    let Spent { wall, cpu, peak_mb, summary } = spent;
    let last =
        |arrivals: &[Option<Duration>]| arrivals.iter().flatten().max().copied().unwrap_or_default().as_secs_f64();
    let (open, others) = arrivals.split_at(CHANGING);
    let (watched, others) = others.split_at(WATCHED);
    writeln!(
        table,
        "| {name} | {:.1} s | {:.2} s | {peak_mb} MB | {} | {} | {} | {:.1} s | {:.1} s | {:.1} s |",
        wall.as_secs_f64(),
        milliseconds(*cpu) / 1e3,
        summary.unchanged + summary.changed,
        summary.unreadable,
        summary.skipped,
        last(open),
        last(watched),
        last(others),
    )
}

/// The process that polls: it starts at the first order, when it is in its group.
pub(crate) async fn serve(data: &str, at: &str) -> anyhow::Result<()> {
    println!("{}", std::process::id());
    let at: Addresses = serde_json::from_str(at)?;
    let mut poller = None;
    for order in std::io::stdin().lines() {
        match (order?.as_str(), &poller) {
            ("start", None) => {
                local::descriptors::raise_limit();
                let app = rounds::app(Path::new(data)).await?;
                poller = Some((rounds::usual_poller(&app, &at)?, app));
                println!("started");
            }
            ("start", Some(_)) => println!("started"),
            (_, Some((poller, _))) => {
                let rounds::Round { summary, cost } = rounds::round(poller).await?;
                let peak_mb = memory_peak().context("the kernel tells the peak")?;
                println!("{}", serde_json::to_string(&Spent { wall: cost.wall, cpu: cost.cpu, peak_mb, summary })?);
            }
            (order, None) => anyhow::bail!("{order}: not started"),
        }
    }
    Ok(())
}
