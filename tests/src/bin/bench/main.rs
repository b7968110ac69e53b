//! What a poll round, a change and a read cost: `cargo run --release -p tests --bin bench` prints Markdown tables. The
//! providers, the receiver and the site are processes of their own (this program again, so that nothing else has to be
//! built), and CPU is counted for our side alone.
//! What reading a page takes without the network is measured where the formats are: `cargo bench -p formats`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is what this program is for")]

mod bare_posts;
mod bill;
mod catalogue;
mod cgroup;
mod console;
mod fanout;
mod floor;
mod hostile;
mod pages;
mod peer;
mod providers;
mod receiver;
mod rounds;
mod sessions;
mod site_client;
mod start;
mod tls_hosts;
mod traffic;
mod whole_round;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use clap::Parser as _;
use rustix::time::{ClockId, clock_gettime};
use tests::site;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["providers", pages] => providers::serve(pages.parse()?).await,
        ["receiver"] => receiver::serve().await,
        ["site", ..] => site::serve(site::Args::try_parse_from(&arguments)?).await,
        ["bill-outside"] => bill::serve().await,
        ["whole-round-poller", data, at] => whole_round::serve(data, at).await,
        ["hostile-poller", folder] => hostile::serve(folder).await,
        [] => everything().await,
        ref which => {
            println!("{}", table(which).await?);
            Ok(())
        }
    }
}

async fn table(which: &[&str]) -> anyhow::Result<String> {
    match *which {
        ["bill"] => bill::table().await,
        ["catalogue"] => catalogue::table(),
        ["unchanged", ref only @ ..] => {
            let mut providers = providers::Providers::start(rounds::PAGES)?;
            rounds::unchanged(&mut providers, only.first().unwrap_or(&"")).await
        }
        ["console"] => console::table().await,
        ["pages"] => pages::table().await,
        ["first"] => rounds::first_reads(&providers::Providers::start(rounds::PAGES)?).await,
        ["sessions"] => sessions::table(),
        ["sessions-of", scheme] => Ok(sessions::growth(scheme == "https").await?.to_string()),
        ["start"] => start::table().await,
        ["directory"] => start::directory().await,
        ["fanout", destinations] => fanout::table(destinations.parse()?),
        ["fanout", destinations, case] => fanout::case(destinations.parse()?, case).await,
        ["fanout-case", destinations, case] => {
            Ok(serde_json::to_string(&fanout::figures(destinations.parse()?, case).await?)?)
        }
        ["round", ref options @ ..] => whole_round::table(options.contains(&"--cgroup")).await,
        ["hostile", ref options @ ..] => {
            let only = options.iter().find(|option| !option.starts_with("--")).copied().unwrap_or_default();
            hostile::table(only, options.contains(&"--cgroup")).await
        }
        _ => anyhow::bail!(
            "unknown argument: give none, bill, unchanged [REGIME], round [--cgroup], first, sessions, start, directory, \
             catalogue, console, pages, fanout NUMBER [CASE] or hostile [KIND] [--cgroup]"
        ),
    }
}

async fn everything() -> anyhow::Result<()> {
    let mut providers = providers::Providers::start(rounds::PAGES)?;
    println!("{}", rounds::unchanged(&mut providers, "").await?);
    println!("{}", rounds::changed(&mut providers).await?);
    println!("{}", rounds::first_reads(&providers).await?);
    println!("{}", start::table().await?);
    println!("{}", catalogue::table()?);
    println!("{}", pages::table().await?);
    println!("{}", console::table().await?);
    println!("{}", fanout::table(10_000)?);
    Ok(())
}

/// What some work took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    /// Of all threads of this process.
    cpu: Duration,
}

async fn cost<T>(work: impl Future<Output = T>) -> (T, Cost) {
    let (started, before) = (Instant::now(), cpu_time());
    let done = work.await;
    (done, Cost { wall: started.elapsed(), cpu: cpu_time() - before })
}

fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("a process has used no negative time")
}

fn median<T>(mut all: Vec<T>, by: impl Fn(&T) -> Duration) -> T {
    all.sort_by_key(by);
    let middle = all.len() / 2;
    all.swap_remove(middle)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
