//! Two alerts to very many destinations, each a webhook, on the embedded default: a page opens an incident and ends it
//! at once, and both have to reach everyone, whatever single receivers do. Each case runs in a process of its own, so
//! that time and memory are of that case.
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown},
    provider::Provider,
    words::{Event, Severity},
};
use store::AccountSettings;
use tokio::sync::watch;

use crate::{
    bare_posts, cpu_time, milliseconds,
    providers::{CHANGING, Providers},
    receiver::{Fault, Received, Receiver},
    rounds::{app, poller, round},
};

const PER_ACCOUNT: usize = 50;
const ACCOUNTS_AT_A_TIME: usize = 32;
/// Of the faulty cases: one receiver in so many hangs, one in so many is busy.
const HANGS_EVERY: usize = 100;
const BUSY_EVERY: usize = 20;

/// How receivers behave.
const CASES: [(&str, &str); 3] = [
    ("well", "all answer"),
    ("apart", "1 % hang on hosts of their own, 5 % are busy"),
    ("among", "1 % hang on the hosts of the others, 5 % are busy"),
];

/// Opening and end, as the receivers name them.
const EVENTS: [&str; 2] = ["incident.opened", "incident.resolved"];

/// What one case comes to. All of receivers that answer.
#[derive(Serialize, Deserialize)]
pub(crate) struct Figures {
    destinations: usize,
    receivers: String,
    /// Of both alerts, in their order.
    times: Vec<Times>,
    per_second: f64,
    cpu_milliseconds: f64,
    peak_megabytes: u64,
    /// The row of what the posts alone cost.
    bare: Option<String>,
}

/// Seconds from the end of the round that commits the alert.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Times {
    median: f64,
    p99: f64,
    last: f64,
}

impl Times {
    /// `took`: of each delivery, in microseconds.
    fn of(mut took: Vec<i64>) -> Self {
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1e6;
        Self { median: at(0.5), p99: at(0.99), last: at(1.0) }
    }
}

pub(crate) fn table(destinations: usize) -> anyhow::Result<String> {
    let (mut table, mut well) = (HEADER.replace("EACH", &PER_ACCOUNT.to_string()), None);
    for (case, _) in CASES {
        let figures = in_a_process_of_its_own(destinations, case)?;
        table += &rows(&figures, well.as_ref().unwrap_or(&figures));
        well = well.or(Some(figures));
    }
    Ok(table)
}

const HEADER: &str = "An opening and, at once, an end to many webhooks of accounts with EACH each; times are of receivers \
     that answer, from the end of the round that commits the alert:\n\n\
     | destinations | receivers | alert | median | p99 | p99 if all answer | last | deliveries/s | CPU each | memory |\n\
     |---|---|---|---|---|---|---|---|---|---|\n";

fn rows(figures: &Figures, well: &Figures) -> String {
    let Figures { destinations, receivers, per_second, cpu_milliseconds, peak_megabytes, .. } = figures;
    let row = |((event, times), well): ((&str, &Times), &Times)| {
        let Times { median, p99, last } = times;
        format!(
            "| {destinations} | {receivers} | {event} | {median:.1} s | {p99:.1} s | {:.1} s | {last:.1} s | \
             {per_second:.0} | {cpu_milliseconds:.2} ms | {peak_megabytes} MB |\n",
            well.p99
        )
    };
    let rows = EVENTS.into_iter().zip(&figures.times).zip(&well.times).map(row);
    rows.chain(figures.bare.clone()).collect()
}

fn in_a_process_of_its_own(destinations: usize, case: &str) -> anyhow::Result<Figures> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["fanout-case", &destinations.to_string(), case]).stderr(Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "{destinations} {case}: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// One case by itself.
pub(crate) async fn case(destinations: usize, case: &str) -> anyhow::Result<String> {
    let figures = figures(destinations, case).await?;
    Ok(HEADER.replace("EACH", &PER_ACCOUNT.to_string()) + &rows(&figures, &figures))
}

pub(crate) async fn figures(destinations: usize, case: &str) -> anyhow::Result<Figures> {
    let (_, receivers) = CASES.into_iter().find(|(name, _)| *name == case).context("no such case")?;
    let (mut providers, mut receiver) = (Providers::start(CHANGING)?, Receiver::start()?);
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    set_up(folder.path(), &providers, &receiver, destinations, case).await?;
    let app = app(folder.path()).await?;
    eprintln!("{destinations} {case}: set up in {:.0} s", started.elapsed().as_secs_f64());

    let (stop, stopped) = watch::channel(false);
    let sources = app.event_sources();
    let delivering = tokio::spawn(async move {
        future::join_all(sources.iter().map(|source| source.run(stopped.clone()))).await;
    });
    let poller = poller(&app, &providers.at, Duration::from_secs(60))?;
    round(&poller).await?;

    let faults: Vec<Fault> = (0..destinations).map(|number| fault(number, case)).collect();
    let of = |fault| faults.iter().filter(|known| **known == fault).count();
    let (before, mut committed) = (cpu_time(), Vec::new());
    for order in ["open", "end"] {
        providers.order(order)?;
        let found = round(&poller).await?;
        anyhow::ensure!(found.summary.alerts == 1, "one alert was expected: {:?}", found.summary);
        committed.push(Timestamp::now().as_microsecond());
    }
    tokio::task::block_in_place(|| receiver.wait_for("takes", EVENTS[1], of(Fault::Takes)))?;
    let cpu = cpu_time() - before;
    if of(Fault::Busy) > 0 {
        tokio::task::block_in_place(|| receiver.wait_for("busy", EVENTS[1], of(Fault::Busy)))?;
    }
    // Tasks that repeat what was delivered leave the queues too.
    while app.stack.waiting().await? > of(Fault::Hangs) as u64 * 2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let peak_megabytes = memory_peak().unwrap_or_default();
    let received = receiver.received()?;
    check(&received, &faults)?;
    let times: Vec<Times> =
        EVENTS.iter().zip(&committed).map(|(event, at)| times(&received, &faults, event, *at)).collect();
    stop.send_replace(true);
    delivering.await?;
    let deliveries = (EVENTS.len() * of(Fault::Takes)) as f64;
    let took = (committed[1] - committed[0]) as f64 / 1e6 + times[1].last;
    let mut figures = Figures {
        destinations,
        receivers: receivers.to_owned(),
        times,
        per_second: deliveries / took,
        cpu_milliseconds: milliseconds(cpu) / deliveries,
        peak_megabytes,
        bare: None,
    };
    if case == CASES[0].0 {
        let alerts = app.store.alerts_of(&"page".into(), &"i0".into()).await?;
        let settings: Vec<_> = (0..destinations).map(|number| webhook(&receiver, number, case)).collect();
        figures.bare = Some(bare_posts::row(alerts.first().context("the alert is stored")?, &settings).await?);
    }
    app.stack.stop().await;
    Ok(figures)
}

fn times(received: &[Received], faults: &[Fault], event: &str, committed_at: i64) -> Times {
    let delivered = received.iter().filter(|one| one.event() == event && faults[one.destination()] == Fault::Takes);
    Times::of(delivered.map(|one| one.at_microsecond() - committed_at).collect())
}

fn fault(destination: usize, case: &str) -> Fault {
    match case {
        "well" => Fault::Takes,
        _ if destination % HANGS_EVERY == 37 => Fault::Hangs,
        _ if destination % BUSY_EVERY == 11 => Fault::Busy,
        _ => Fault::Takes,
    }
}

/// Fails if a message was lost, was accepted twice, or ended an incident before it was opened.
fn check(received: &[Received], faults: &[Fault]) -> anyhow::Result<()> {
    let mut by_destination: BTreeMap<usize, Vec<&Received>> = BTreeMap::new();
    for one in received {
        by_destination.entry(one.destination()).or_default().push(one);
    }
    let (mut lost, mut twice, mut out_of_order) = (0, 0, 0);
    for (destination, fault) in faults.iter().enumerate() {
        let all = by_destination.get(&destination).map(Vec::as_slice).unwrap_or_default();
        let accepted: Vec<_> = all.iter().filter(|one| one.answered() == 200).collect();
        let count = |event| accepted.iter().filter(|one| one.event() == event).count();
        let ids = |event| all.iter().filter(move |one| one.event() == event).map(|one| one.id());
        for event in EVENTS {
            let expected = usize::from(*fault != Fault::Hangs);
            lost += expected.saturating_sub(count(event));
            twice += count(event).saturating_sub(expected);
            let id = ids(event).next();
            anyhow::ensure!(ids(event).all(|other| Some(other) == id), "attempts of one delivery have two ids");
        }
        // Also what was refused counts: nothing of the end before the opening was accepted.
        let opened = all.iter().rposition(|one| one.event() == EVENTS[0]);
        let ended = all.iter().position(|one| one.event() == EVENTS[1]);
        out_of_order += usize::from(ended.is_some_and(|ended| opened.is_none_or(|opened| opened > ended)));
    }
    eprintln!("lost {lost}, twice {twice}, out of order {out_of_order}");
    anyhow::ensure!((lost, twice, out_of_order) == (0, 0, 0), "not every delivery was made once and in order");
    Ok(())
}

/// One account has the page; each of the others watches it and has its own destinations.
async fn set_up(
    folder: &Path,
    providers: &Providers,
    receiver: &Receiver,
    destinations: usize,
    case: &str,
) -> anyhow::Result<()> {
    let page = Provider {
        id: "page".into(),
        name: "Page".to_owned(),
        page_url: providers.at.page(0, false, "etag"),
        format: Some("statuspage".to_owned()),
        interval: None,
    };
    let owner = AccountSettings { pages: vec![page], ..AccountSettings::default() };
    let numbers: Vec<usize> = (0..destinations).collect();
    let app = app(folder).await?;
    app.store.apply(&"owner".into(), &owner).await?;
    let apply = async |(account, numbers): (usize, &[usize])| {
        let account = format!("account-{account}");
        let settings = account_settings(receiver, &account, numbers, case);
        app.store.apply(&account.as_str().into(), &settings).await
    };
    let accounts = stream::iter(numbers.chunks(PER_ACCOUNT).enumerate());
    accounts.map(apply).buffer_unordered(ACCOUNTS_AT_A_TIME).try_for_each(|_| future::ok(())).await?;
    app.stack.stop().await;
    Ok(())
}

fn webhook(receiver: &Receiver, destination: usize, case: &str) -> Settings {
    let fault = fault(destination, case);
    let url = receiver.url(fault, fault == Fault::Hangs && case == "apart", destination);
    let settings = [("url", url), ("secret", tests::world::SECRET.to_owned())];
    Settings(settings.map(|(key, value)| (key.to_owned(), value)).into())
}

fn account_settings(receiver: &Receiver, account: &str, numbers: &[usize], case: &str) -> AccountSettings {
    let destination = |number: &usize| Destination {
        label: None,
        id: format!("destination-{number}").as_str().into(),
        account: account.into(),
        channel: "webhook".to_owned(),
        settings: webhook(receiver, *number, case),
    };
    let destinations: Vec<Destination> = numbers.iter().map(destination).collect();
    AccountSettings {
        pages: Vec::new(),
        monitors: vec![Monitor {
            id: "page".into(),
            account: account.into(),
            provider: "page".into(),
            components: ComponentFilter::All,
            unknown: WhenUnknown::Tell,
        }],
        groups: vec![Group {
            name: None,
            quiet_hours: None,
            digest: None,
            follow_up: None,
            id: "everyone".into(),
            account: account.into(),
            destinations: destinations.iter().map(|destination| destination.id.clone()).collect(),
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::All,
        }],
        destinations,
        ..AccountSettings::default()
    }
}

/// The most memory this process ever had resident, in MB.
pub(crate) fn memory_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}
