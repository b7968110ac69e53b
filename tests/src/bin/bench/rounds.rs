//! Rounds over 1,000 pages: nothing new on any of them, beside the same requests without a poller, and an incident
//! opening on a tenth of them.
use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Initiator, Outbound, Settings};
use poller::{
    Options, PollEvent, Poller, Summary,
    read::{Read, ReadRequest, read},
};
use queue::send::AlertsQueue;
use status::{
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, WhenUnknown},
    provider::Provider,
    words::{Event, Severity},
};
use statuswire::{
    config_file::ACCOUNT,
    local_app::{LocalApp, LocalAppOptions, TABLE},
};
use store::{AccountSettings, Store};
use tokio::sync::watch;

use crate::{
    Cost, cost,
    floor::Floor,
    median, milliseconds,
    providers::{Addresses, CHANGING, HISTORY, Providers},
};

pub(crate) const PAGES: usize = 1000;
const ROUNDS: usize = 9;
/// Of reads without a poller.
const CONCURRENCY: usize = 64;
const FIRST_ROUNDS: usize = 3;
/// How long connections are kept where that is not what is measured.
const KEPT: Duration = Duration::from_secs(60);

/// How the providers are connected to and how they respond.
struct Regime {
    name: &'static str,
    https: bool,
    fault: &'static str,
    /// Whether connections are kept until the next round.
    is_kept: bool,
    /// Whether the providers resume TLS sessions.
    is_resumed: bool,
}

const fn regime(name: &'static str, https: bool, fault: &'static str) -> Regime {
    Regime { name, https, fault, is_kept: true, is_resumed: true }
}

const REGIMES: [Regime; 5] = [
    regime("HTTP, kept connection, 304", false, "etag"),
    regime("HTTP, kept connection, same bytes", false, "bare"),
    regime("HTTPS, kept connection, 304", true, "etag"),
    Regime { is_kept: false, ..regime("HTTPS, new connection, resumed, 304", true, "etag") },
    Regime { is_kept: false, is_resumed: false, ..regime("HTTPS, new connection, full handshake, 304", true, "etag") },
];

impl Regime {
    fn idle(&self) -> Duration {
        if self.is_kept { Duration::from_secs(60) } else { Duration::from_millis(1) }
    }
}

/// `only`: regimes whose name holds it.
pub(crate) async fn unchanged(providers: &mut Providers, only: &str) -> anyhow::Result<String> {
    let mut table = format!(
        "A round over {PAGES} unchanged pages of 23 KB, gzip'd, each on a host of its own, median of {ROUNDS}:\n\n\
         | | wall ms | CPU ms per page | requests per page | store reads | store writes |\n|---|---|---|---|---|---|\n"
    );
    for regime in REGIMES.into_iter().filter(|regime| regime.name.contains(only)) {
        rows(&mut table, providers, &regime).await?;
    }
    Ok(table)
}

async fn rows(table: &mut String, providers: &mut Providers, regime: &Regime) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let app = app(folder.path()).await?;
    let (at, name) = (providers.at.clone(), regime.name);
    let pages = pages(&at, PAGES, regime.https, regime.fault);
    app.apply(ACCOUNT, &AccountSettings { pages: pages.clone(), ..AccountSettings::default() }).await?;
    let first = round(&poller(&app, &at, regime.idle())?).await?;
    anyhow::ensure!(first.summary.changed == PAGES, "not every page was read: {:?}", first.summary);
    row(table, &format!("{name}: first round"), &first)?;

    let (mut cold, mut warm, mut whole, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let outbound = outbound(&at, regime.idle())?;
    let floor = Floor::new(&at, pages.iter().map(|page| page.page_url.clone()), regime.is_kept).await?;
    providers.resume(regime.is_resumed)?;
    for _ in 0..ROUNDS {
        let poller = poller(&app, &at, regime.idle())?;
        cold.push(round(&poller).await?);
        warm.push(round(&poller).await?);
        whole.push(whole_reads(&outbound, &pages).await?);
        bare.push(floor.round(CONCURRENCY).await?);
    }
    providers.resume(true)?;
    app.stack.stop().await;
    for (kind, rounds) in [("cold", cold), ("warm", warm)] {
        let round = median(rounds, |round| round.cost.cpu);
        anyhow::ensure!(round.summary.unchanged == PAGES, "not every page is unchanged: {:?}", round.summary);
        row(table, &format!("{name}: {kind}"), &round)?;
    }
    for (kind, costs, requests) in [("bare hyper", bare, "1.0"), ("each read in full, nothing kept", whole, "2.0")] {
        let cost = median(costs, |cost| cost.cpu);
        let (wall, cpu) = (milliseconds(cost.wall), milliseconds(cost.cpu) / PAGES as f64);
        writeln!(table, "| {name}: {kind} | {wall:.0} | {cpu:.3} | {requests} | | |")?;
    }
    Ok(())
}

/// First reads of pages with a history, which is stored with them.
pub(crate) async fn first_reads(providers: &Providers) -> anyhow::Result<String> {
    let mut table = format!(
        "First reads of {PAGES} pages with {HISTORY} ended incidents each, median of {FIRST_ROUNDS}:\n\n\
         | these began | CPU ms per page, embedded store included | of which reading | store writes per page |\n\
         |---|---|---|---|\n"
    );
    for (began, fault) in [("within minutes", "history"), ("over 15 months", "years")] {
        let (first, read) = first_reads_of(providers, fault).await?;
        let per_page = |time: Duration| milliseconds(time) / PAGES as f64;
        let writes = first.summary.store_writes as f64 / PAGES as f64;
        let (first, read) = (per_page(first.cost.cpu), per_page(read.cpu));
        writeln!(table, "| {began} | {first:.2} | {read:.2} | {writes:.1} |")?;
    }
    Ok(table)
}

async fn first_reads_of(providers: &Providers, fault: &str) -> anyhow::Result<(Round, Cost)> {
    let pages = pages(&providers.at, PAGES, false, fault);
    let (mut firsts, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..FIRST_ROUNDS {
        let folder = tempfile::tempdir()?;
        let app = app(folder.path()).await?;
        app.apply(ACCOUNT, &AccountSettings { pages: pages.clone(), ..AccountSettings::default() }).await?;
        let patient = Options { deadline: Duration::MAX, ..options() };
        let first = round(&poller_with(&app, outbound(&providers.at, KEPT)?, patient)).await?;
        anyhow::ensure!(first.summary.changed == PAGES, "not every page was read: {:?}", first.summary);
        firsts.push(first);
        reads.push(whole_reads(&outbound(&providers.at, KEPT)?, &pages).await?);
        app.stack.stop().await;
    }
    Ok((median(firsts, |round| round.cost.cpu), median(reads, |cost| cost.cpu)))
}

/// Every page as it is read when it has changed: page and history, inflated and parsed.
pub(crate) async fn whole_reads(outbound: &Outbound, pages: &[Provider]) -> anyhow::Result<Cost> {
    let format = formats::format("statuspage").context("the format of the pages")?;
    let reads = stream::iter(pages).map(async |page| {
        let before = ReadRequest { format, initiator: Initiator::Us, source: None, open: &[], last: None };
        match read(outbound, None, &page.page_url.parse()?, before, Timestamp::now()).await {
            Ok(Read::Full(_)) => Ok(()),
            Ok(Read::Unchanged(_)) => anyhow::bail!("{} was not read in full", page.page_url),
            Err(failed) => anyhow::bail!("{}: {failed}", page.page_url),
        }
    });
    let (done, cost) = cost(reads.buffer_unordered(CONCURRENCY).try_collect::<()>()).await;
    done.map(|()| cost)
}

fn row(table: &mut String, name: &str, round: &Round) -> std::fmt::Result {
    let Summary { requests, store_reads, store_writes, .. } = round.summary;
    let wall = milliseconds(round.cost.wall);
    let cpu = milliseconds(round.cost.cpu) / PAGES as f64;
    let requests = requests as f64 / PAGES as f64;
    writeln!(table, "| {name} | {wall:.0} | {cpu:.3} | {requests:.1} | {store_reads} | {store_writes} |")
}

/// Each page is watched, and all alerts go to one webhook.
pub(crate) async fn changed(providers: &mut Providers) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let app = app(folder.path()).await?;
    app.apply(ACCOUNT, &watched(pages(&providers.at, PAGES, false, "etag"), providers.hook())).await?;
    let (stop, stopped) = watch::channel(false);
    let sources = app.event_sources();
    let delivering = tokio::spawn(async move {
        future::join_all(sources.iter().map(|source| source.run(stopped.clone()))).await;
    });

    let poller = poller(&app, &providers.at, Duration::from_secs(60))?;
    let first = round(&poller).await?;
    anyhow::ensure!(first.summary.changed == PAGES, "not every page was read: {:?}", first.summary);
    let mut opened = Vec::new();
    let counted = app.store_counts();
    for _ in 0..ROUNDS {
        opened.push(change(&poller, providers, "open").await?);
        change(&poller, providers, "end").await?;
    }
    let spent = app.store_counts();
    let per_alert = |before: u64, after: u64| (after - before) as f64 / (2 * ROUNDS * CHANGING) as f64;
    let operational = median(unchanged_rounds(&poller).await?, |round| round.cost.cpu);
    stop.send_replace(true);
    delivering.await?;
    app.stack.stop().await;

    let (round, delivered) = median(opened, |(_, delivered)| delivered.wall);
    let per_change = (delivered.cpu.saturating_sub(operational.cost.cpu)) / CHANGING as u32;
    Ok(format!(
        "An incident opens on {CHANGING} of {PAGES} pages, each alert goes to one webhook, everything in one process:\n\n\
         | | |\n|---|---|\n\
         | until the round ends | {:.0} ms |\n\
         | until the last of {CHANGING} alerts is delivered | {:.0} ms |\n\
         | CPU per change above an unchanged round, embedded store and queues included | {:.2} ms |\n\
         | requests to the store per change: reads, writes of the poller | {:.1}, {:.1} |\n\
         | reads, writes of router and dispatcher | {:.1}, {:.1} |\n",
        milliseconds(round.cost.wall),
        milliseconds(delivered.wall),
        milliseconds(per_change),
        round.summary.store_reads as f64 / CHANGING as f64,
        round.summary.store_writes as f64 / CHANGING as f64,
        per_alert(counted.reads, spent.reads),
        per_alert(counted.writes, spent.writes),
    ))
}

async fn unchanged_rounds(poller: &Poller) -> anyhow::Result<Vec<Round>> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(poller).await?);
    }
    Ok(rounds)
}

/// The round that finds the change, and what it cost until the last alert about it was received.
async fn change(poller: &Poller, providers: &mut Providers, order: &str) -> anyhow::Result<(Round, Cost)> {
    providers.order(order)?;
    let (round, cost) = cost(async {
        let round = round(poller).await?;
        anyhow::ensure!(round.summary.alerts == CHANGING, "not every change made an alert: {:?}", round.summary);
        tokio::task::block_in_place(|| providers.wait_for_alerts())?;
        Ok(round)
    })
    .await;
    Ok((round?, cost))
}

pub(crate) struct Round {
    pub(crate) summary: Summary,
    pub(crate) cost: Cost,
}

pub(crate) async fn round(poller: &Poller) -> anyhow::Result<Round> {
    let every = PollEvent { all: true, ..PollEvent::default() };
    let (summary, cost) = cost(poller.handle(every, Timestamp::now())).await;
    Ok(Round { summary: summary?, cost })
}

pub(crate) async fn app(folder: &Path) -> anyhow::Result<LocalApp> {
    LocalApp::start(LocalAppOptions {
        has_accounts: false,
        folder: Some(folder),
        allow: vec!["127.0.0.0/8".parse()?],
        poll: options(),
        ..LocalAppOptions::default()
    })
    .await
}

fn options() -> Options {
    Options { catalogue: false, ..Options::default() }
}

/// A process that has just started: it knows what is stored and nothing else.
pub(crate) fn poller(app: &LocalApp, at: &Addresses, idle: Duration) -> anyhow::Result<Poller> {
    Ok(poller_with(app, outbound(at, idle)?, options()))
}

/// Likewise, with the usual settings.
pub(crate) fn usual_poller(app: &LocalApp, at: &Addresses) -> anyhow::Result<Poller> {
    Ok(poller_with(app, Outbound::new(settings(at)?), options()))
}

fn poller_with(app: &LocalApp, outbound: Outbound, options: Options) -> Poller {
    let store = Store::new(&app.stack.dynamodb, TABLE);
    let alerts = AlertsQueue::new(app.stack.sqs.clone(), &app.stack.queues.alerts);
    Poller::new(outbound, store, alerts, options)
}

pub(crate) fn outbound(at: &Addresses, idle: Duration) -> anyhow::Result<Outbound> {
    Ok(Outbound::new(Settings { idle, kept: 2 * PAGES, ..settings(at)? }))
}

fn settings(at: &Addresses) -> anyhow::Result<Settings> {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse()?], own: Vec::new() };
    let usual = Settings::new(guard, HeaderValue::from_static("statuswire-bench"));
    Ok(Settings { roots: at.roots()?, ..usual })
}

pub(crate) fn pages(at: &Addresses, number: usize, https: bool, fault: &str) -> Vec<Provider> {
    let page = |number| Provider {
        id: format!("page-{number}").into(),
        name: format!("Page {number}"),
        page_url: at.page(number, https, fault),
        format: Some("statuspage".to_owned()),
        interval: None,
    };
    (0..number).map(page).collect()
}

fn watched(pages: Vec<Provider>, hook: String) -> AccountSettings {
    let settings = [("url", hook), ("secret", tests::world::SECRET.to_owned())];
    let monitors = pages.iter().map(|page| Monitor {
        id: page.id.as_str().into(),
        account: ACCOUNT.into(),
        provider: page.id.clone(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    });
    AccountSettings {
        monitors: monitors.collect(),
        pages,
        destinations: vec![Destination {
            label: None,
            id: "hook".into(),
            account: ACCOUNT.into(),
            channel: "webhook".to_owned(),
            settings: status::monitor::Settings(settings.map(|(key, value)| (key.to_owned(), value)).into()),
        }],
        groups: vec![Group {
            name: None,
            quiet_hours: None,
            digest: None,
            follow_up: None,
            id: "everyone".into(),
            account: ACCOUNT.into(),
            destinations: vec!["hook".into()],
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::All,
        }],
        ..AccountSettings::default()
    }
}
