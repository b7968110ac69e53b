//! One alert to very many destinations, each a webhook, on the embedded default: a page opens an incident and ends it,
//! and both have to reach everyone, whatever single receivers do. Each case runs in a process of its own, so that time
//! and memory are of that case.
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use jiff::Timestamp;
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
const ACCOUNTS_PER_START: usize = 100;
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

pub(crate) fn table(destinations: &[usize]) -> anyhow::Result<String> {
    let mut table = format!(
        "One alert to many webhooks of accounts with {PER_ACCOUNT} each; times are of receivers that answer, from the end of \
         the round that commits the alert:\n\n\
         | destinations | receivers | alert | median | last | deliveries/s | CPU per delivery | memory at most |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for number in destinations {
        for (case, _) in CASES {
            table += &in_a_process_of_its_own(*number, case)?;
        }
    }
    Ok(table)
}

fn in_a_process_of_its_own(destinations: usize, case: &str) -> anyhow::Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["fanout", &destinations.to_string(), case]).stderr(Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "{destinations} {case}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// One case, as rows of the table.
pub(crate) async fn rows(destinations: usize, case: &str) -> anyhow::Result<String> {
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
    let mut rows = Vec::new();
    for (order, event) in ["open", "end"].into_iter().zip(EVENTS) {
        providers.order(order)?;
        let before = cpu_time();
        let found = round(&poller).await?;
        anyhow::ensure!(found.summary.alerts == 1, "one alert was expected: {:?}", found.summary);
        let committed_at = Timestamp::now().as_microsecond();
        tokio::task::block_in_place(|| receiver.wait_for("takes", event, of(Fault::Takes)))?;
        rows.push((event, committed_at, cpu_time() - before));
    }
    if of(Fault::Busy) > 0 {
        tokio::task::block_in_place(|| receiver.wait_for("busy", EVENTS[1], of(Fault::Busy)))?;
    }
    // Tasks that repeat what was delivered leave the queues too.
    while app.stack.waiting().await? > of(Fault::Hangs) as u64 * 2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let received = receiver.received()?;
    check(&received, &faults)?;
    let rows = rows.into_iter().map(|(event, committed_at, cpu)| {
        let delivered = received.iter().filter(|one| one.event() == event && faults[one.destination()] == Fault::Takes);
        row(destinations, receivers, event, delivered.map(|one| one.at_microsecond() - committed_at).collect(), cpu)
    });
    let mut table: String = rows.collect();
    stop.send_replace(true);
    delivering.await?;
    if case == CASES[0].0 {
        let alerts = app.store.alerts_of(&"page".into(), &"i0".into()).await?;
        let settings: Vec<_> = (0..destinations).map(|number| webhook(&receiver, number, case)).collect();
        table += &bare_posts::row(alerts.first().context("the alert is stored")?, &settings).await?;
    }
    app.stack.stop().await;
    Ok(table)
}

/// `took`: the time of each delivery, in microseconds.
fn row(destinations: usize, receivers: &str, event: &str, mut took: Vec<i64>, cpu: Duration) -> String {
    took.sort_unstable();
    let seconds = |micros: i64| micros as f64 / 1e6;
    let (median, last) = (seconds(took[took.len() / 2]), seconds(took[took.len() - 1]));
    let (rate, cpu) = (took.len() as f64 / last, milliseconds(cpu) / took.len() as f64);
    let memory = memory_peak().unwrap_or_default();
    format!(
        "| {destinations} | {receivers} | {event} | {median:.1} s | {last:.1} s | {rate:.0} | {cpu:.2} ms | {memory} MB |\n"
    )
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
    let accounts: Vec<(usize, &[usize])> = numbers.chunks(PER_ACCOUNT).enumerate().collect();
    // The embedded store looks at every transaction of the last ten minutes with each new one.
    for some in accounts.chunks(ACCOUNTS_PER_START) {
        let app = app(folder).await?;
        app.store.apply(&"owner".into(), &owner).await?;
        let apply = async |(account, numbers): &(usize, &[usize])| {
            let account = format!("account-{account}");
            let settings = account_settings(receiver, &account, numbers, case);
            app.store.apply(&account.as_str().into(), &settings).await
        };
        stream::iter(some).map(apply).buffer_unordered(ACCOUNTS_AT_A_TIME).try_for_each(|_| future::ok(())).await?;
        app.stack.stop().await;
    }
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
            id: "everyone".into(),
            account: account.into(),
            destinations: destinations.iter().map(|destination| destination.id.clone()).collect(),
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::All,
        }],
        destinations,
    }
}

/// The most memory this process ever had resident, in MB.
pub(crate) fn memory_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}
