//! One hostile page among 100 good ones, kind by kind: what the poller spends on it, and whether the good pages notice.
//! The poller is a process of its own (this program again) with store, queues and deliveries; the pages are served by
//! this one. In a cgroup it has the share of a small Lambda function.
use std::{fmt::Write as _, fs};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use status::health::HealthState;
use statuswire::{config_file::ACCOUNT, local_app::LocalApp};
use store::Store;
use tests::{
    hostile_pages::{HostilePages, Kind, kinds},
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, group, hook, monitor},
};

use crate::{cgroup::Cgroup, cost, milliseconds, peer::Peer, rounds};

const GOOD: usize = 100;

/// What the poller says of one round.
#[derive(Serialize, Deserialize)]
struct Spent {
    wall_ms: f64,
    cpu_ms: f64,
    /// Of the whole process since it began.
    peak_kb: u64,
    /// Good pages that count as failing.
    blamed: usize,
    /// Why the hostile page could not be read.
    reason: Option<String>,
}

/// Prints a row for each kind whose name holds `only`.
pub(crate) async fn table(only: &str, cgroup: bool) -> anyhow::Result<String> {
    let group = if cgroup { Some(Cgroup::new()?) } else { None };
    let limits = group.as_ref().map_or("full CPU".to_owned(), Cgroup::described);
    let mut table = format!(
        "One hostile page among {GOOD} good ones, on all of which an incident opens; {limits}:\n\n\
         | kind | wall | CPU | again: wall | CPU | peak of the process | good pages late | blamed | the hostile page |\n\
         |---|---|---|---|---|---|---|---|---|\n"
    );
    for kind in kinds().into_iter().filter(|kind| kind.name.contains(only)) {
        row(&mut table, kind, group.as_ref()).await?;
    }
    Ok(table)
}

async fn row(table: &mut String, kind: Kind, group_of_poller: Option<&Cgroup>) -> anyhow::Result<()> {
    let (server, receiver, hostile) = (StatusPageServer::start().await, Receiver::start().await, HostilePages::start());
    let (name, url) = (kind.name.clone(), hostile.serve("bad", kind));
    let format = kinds().into_iter().find(|kind| kind.name == name).context("the kind")?.format;
    let mut settings = NETWORK.to_owned() + &hook(&receiver, "good") + &hook(&receiver, "bad");
    settings += &format!("[[page]]\nid = 'bad'\nname = 'Bad'\nurl = '{url}'\nformat = '{format}'\n");
    settings += &monitor("bad", "bad", "");
    let good: Vec<String> = (0..GOOD).map(|number| format!("good-{number}")).collect();
    for id in &good {
        settings += &(world::page(&server, id) + &monitor(id, id, ""));
        server.show(id, &StatusPage::operational(&["API"]));
    }
    settings += &group("good", &["good"], &format!("monitors = {good:?}\n{EVERYTHING}"));
    settings += &group("bad", &["bad"], &format!("monitors = ['bad']\n{EVERYTHING}"));
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("statuswire.toml"), settings)?;
    let role = ["hostile-poller", folder.path().to_str().context("a path")?];
    let (mut poller, pid): (Peer, u32) = tokio::task::block_in_place(|| Peer::start_with(&role))?;
    if let Some(group) = group_of_poller {
        group.add(pid)?;
    }
    let mut round = || -> anyhow::Result<Spent> {
        tokio::task::block_in_place(|| {
            poller.order("round")?;
            Ok(serde_json::from_str(&poller.line()?)?)
        })
    };
    round()?;
    hostile.set_version("bad", 1);
    for id in &good {
        server.show(id, &StatusPage::operational(&["API"]).with(Incident::new("i1", &["API"]).post("investigating")));
    }
    let first = round()?;
    let late = GOOD - receiver.events_at("/good").len().min(GOOD);
    let again = round()?;
    let never = GOOD - receiver.events_at("/good").len().min(GOOD);
    let late = if never > 0 { format!("{late}, {never} by more than a round") } else { late.to_string() };
    let became = again.reason.or(first.reason).unwrap_or_else(|| "read".to_owned());
    writeln!(
        table,
        "| {name} | {:.2} s | {:.2} s | {:.2} s | {:.2} s | {} MB | {late} | {} | {} |",
        first.wall_ms / 1e3,
        first.cpu_ms / 1e3,
        again.wall_ms / 1e3,
        again.cpu_ms / 1e3,
        again.peak_kb / 1024,
        first.blamed.max(again.blamed),
        became.replace('|', " "),
    )?;
    Ok(())
}

/// The process that polls: an order on its standard input is a round.
pub(crate) async fn serve(folder: &str) -> anyhow::Result<()> {
    println!("{}", std::process::id());
    let settings = fs::read_to_string(format!("{folder}/statuswire.toml"))?;
    let settings = world::parse_settings(&settings).settings;
    let mut app = None;
    for order in std::io::stdin().lines() {
        order?;
        // Not before the first order: by then the process is in its group.
        if app.is_none() {
            let started = rounds::app(std::path::Path::new(&format!("{folder}/data"))).await?;
            started.apply(ACCOUNT, &settings).await?;
            app = Some(started);
        }
        let app = app.as_ref().context("it was started")?;
        println!("{}", serde_json::to_string(&round(app).await?)?);
    }
    Ok(())
}

async fn round(app: &LocalApp) -> anyhow::Result<Spent> {
    let event = poller::PollEvent { all: true, ..poller::PollEvent::default() };
    let (polled, cost) = cost(app.poll(event)).await;
    polled?;
    local::event_source::run_until_idle(&app.event_sources()).await?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().split(' ').next()).context("the kernel tells the peak")?;
    let (blamed, reason) = failing(&app.store).await?;
    let (wall_ms, cpu_ms) = (milliseconds(cost.wall), milliseconds(cost.cpu));
    Ok(Spent { wall_ms, cpu_ms, peak_kb: peak.parse()?, blamed, reason })
}

async fn failing(store: &Store) -> anyhow::Result<(usize, Option<String>)> {
    let ids: Vec<_> = (0..GOOD).map(|number| format!("good-{number}").as_str().into()).collect();
    let healths = store.healths(&ids).await?;
    let blamed = healths.values().filter(|health| health.state != HealthState::Readable || health.failures > 0).count();
    let bad = store.healths(&["bad".into()]).await?.into_values().next();
    Ok((blamed, bad.filter(|health| health.failures > 0).and_then(|health| health.reason)))
}
