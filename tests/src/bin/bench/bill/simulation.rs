//! Runs the real functions through a run of simulated minutes, over the embedded store and queues, and measures what
//! each of them sends and works.
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use http::HeaderValue;
use jiff::Timestamp;
use local::{
    event_source::{EventSource, run_until_idle},
    function::{Handler, handler},
    stack::Stack,
};
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller};
use queue::send::AlertsQueue;
use serde_json::Value;
use statuswire::local_app::{LocalApp, LocalAppOptions, TABLE};
use store::Store;
use tests::meter::{Meter, Usage};

use super::{
    load::{Load, ROUNDS},
    open_dashboard::OpenDashboard,
    outside::{LATENCY, Outside, SLOW},
};
use crate::cpu_time;

/// Messages per invocation, as in the template.
const BATCH_SIZE: i32 = 10;
const MINUTE: Duration = Duration::from_secs(60);
/// Of a read, as `outbound` has it.
const TIMEOUT: Duration = Duration::from_secs(15);
const CHECKED_ROUNDS: u32 = 3;
/// Through all queues in one simulated minute: a message may wait for a receiver's rate limit by the real clock.
const MAX_PASSES: usize = 10_000;

/// What a function did in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    pub(super) invocations: u64,
    /// Of queues.
    pub(super) messages: u64,
    /// The sum over all invocations of how many messages they handled one after the other.
    pub(super) in_sequence: u64,
    pub(super) usage: Usage,
    pub(super) cpu: Duration,
}

/// What a run of an instance did.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) poller: Function,
    pub(super) router: Function,
    /// Of all channels.
    pub(super) dispatchers: Function,
    /// Requests to status pages.
    pub(super) reads: u64,
    /// Bytes that these sent, without the headers of TCP and IP.
    pub(super) read_bytes: u64,
    /// The first reads of all pages, once in the life of an instance.
    pub(super) first_reads: Usage,
    /// What a new process of the poller reads before its first round.
    pub(super) cold_start: Usage,
    /// Bytes in the embedded store after the first reads, and at the end.
    pub(super) stored: [u64; 2],
    /// How long the rounds would wait for pages on the internet.
    pub(super) waiting: Duration,
    /// The same of the first rounds with such pages: as counted, and as measured with the CPU of this machine.
    pub(super) checked: [Duration; 2],
    /// Rounds that wrote something.
    pub(super) changes: u64,
    pub(super) dashboard: OpenDashboard,
}

/// The simulated time of the dispatchers, in milliseconds.
static CLOCK: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp::from_millisecond(CLOCK.load(Relaxed)).expect("a time of this century")
}

pub(super) async fn run(load: &Load) -> anyhow::Result<Measured> {
    let mut outside = Outside::start()?;
    let folder = tempfile::tempdir()?;
    let (app, meter) = start(folder.path(), &outside).await?;
    for (account, settings) in load.settings(&outside) {
        app.store.apply(&account.as_str().into(), &settings).await?;
    }
    let poller = poller(&app, &outside)?;
    let mut now = Timestamp::now();
    meter.take();
    first_reads(&poller, load, &mut now).await?;
    let stored = [size(folder.path())?, 0];
    let mut measured = Measured { first_reads: meter.take(), stored, ..Measured::default() };
    let bytes_before = outside.received()?;
    outside.asked()?;
    let tally = Arc::new(Mutex::new(Function::default()));
    let sources = sources(&app, &tally);
    let mut changed_at = newest_change(&app).await?;
    for minute in 0..ROUNDS {
        for (page, what) in load.posts(minute) {
            outside.post(page, what)?;
        }
        now += MINUTE;
        CLOCK.store(now.as_millisecond(), Relaxed);
        let (summary, function) = metered(&meter, poller.handle(PollEvent::default(), now)).await;
        let summary = summary?;
        let newest = newest_change(&app).await?;
        measured.changes += u64::from(newest != changed_at);
        changed_at = newest;
        measured.reads += summary.requests;
        measured.waiting += waiting(summary.requests as f64 * load.scale, outside.asked()?);
        measured.poller.add(Function { invocations: 1, ..function });
        deliver(&app, &meter, &sources, &tally, &mut measured).await?;
    }
    measured.read_bytes = outside.received()? - bytes_before;
    measured.cold_start = cold_start(&app, &outside, &meter, now).await?;
    measured.checked = rounds_on_the_internet(&poller, &mut outside, now).await?;
    measured.dashboard = OpenDashboard::measure(&app, &meter).await?;
    app.stack.stop().await;
    measured.stored[1] = size(folder.path())?;
    Ok(measured)
}

/// Routes and delivers until the queues are empty.
async fn deliver(
    app: &LocalApp,
    meter: &Meter,
    sources: &[EventSource],
    tally: &Mutex<Function>,
    measured: &mut Measured,
) -> anyhow::Result<()> {
    let (router, dispatchers) = sources.split_at(1);
    for _ in 0..MAX_PASSES {
        if app.stack.waiting().await? == 0 {
            return Ok(());
        }
        for (sources, function) in [(router, &mut measured.router), (dispatchers, &mut measured.dispatchers)] {
            let (handled, work) = metered(meter, run_until_idle(sources)).await;
            handled?;
            let counted = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
            function.add(Function { usage: work.usage, cpu: work.cpu, ..counted });
        }
    }
    anyhow::bail!("deliveries are not accepted: {:?}", app.tally())
}

async fn start(folder: &Path, outside: &Outside) -> anyhow::Result<(LocalApp, Meter)> {
    let mut stack = LocalApp::start_stack(Some(folder)).await?;
    let meter = Meter::default();
    meter.attach(&mut stack);
    Ok((app(stack, Some(outside)).await?, meter))
}

async fn app(stack: Stack, outside: Option<&Outside>) -> anyhow::Result<LocalApp> {
    LocalApp::on_stack(
        stack,
        LocalAppOptions {
            has_accounts: false,
            allow: vec!["127.0.0.0/8".parse()?],
            poll: Options { catalogue: false, ..Options::default() },
            redirect_all_to: outside.map(|outside| outside.fakes().parse()).transpose()?,
            ..LocalAppOptions::default()
        },
    )
    .await
}

fn poller(app: &LocalApp, outside: &Outside) -> anyhow::Result<Poller> {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse()?], own: Vec::new() };
    let agent = HeaderValue::from_static("statuswire/0.1.0 (+https://status.example.com/contact)");
    // Simulated rounds follow each other at once, and no connection is kept from one to the next, as over a minute.
    let settings = Settings { idle: Duration::from_millis(1), roots: outside.roots()?, ..Settings::new(guard, agent) };
    let outbound = Outbound::new(settings);
    let store = Store::new(&app.stack.dynamodb, TABLE);
    let alerts = AlertsQueue::new(app.stack.sqs.clone(), &app.stack.queues.alerts);
    Ok(Poller::new(outbound, store, alerts, Options { catalogue: false, ..Options::default() }))
}

/// Reads every page, in as many rounds as it takes. Dead ones have been dead for more than a day then.
async fn first_reads(poller: &Poller, load: &Load, now: &mut Timestamp) -> anyhow::Result<()> {
    let mut changed = 0;
    for _ in 0..30 {
        let summary =
            poller.handle(PollEvent { all: changed < load.pages * 98 / 100, ..PollEvent::default() }, *now).await?;
        changed += summary.changed;
        *now += MINUTE;
    }
    *now += Duration::from_secs(24 * 3600);
    for _ in 0..2 {
        poller.handle(PollEvent::default(), *now).await?;
        *now += MINUTE;
    }
    anyhow::ensure!(changed >= load.pages * 98 / 100, "{changed} of {} pages were read", load.pages);
    Ok(())
}

/// The router's queue, then those of the channels, with functions that count their invocations in `tally`.
fn sources(app: &LocalApp, tally: &Arc<Mutex<Function>>) -> Vec<EventSource> {
    let source = |queue_url: &String, handler: Handler| EventSource {
        sqs: app.stack.sqs.clone(),
        queue_url: queue_url.clone(),
        batch_size: BATCH_SIZE,
        concurrency: 1,
        handler: counted(handler, tally.clone()),
    };
    let router = app.router.clone();
    let route = handler(move |event: Value| {
        let router = router.clone();
        async move { Ok(serde_json::to_value(router.handle(serde_json::from_value(event)?).await)?) }
    });
    let dispatchers = channels::channels().iter().zip(&app.dispatchers).map(|(channel, dispatcher)| {
        let dispatcher = dispatcher.clone();
        let deliver = handler(move |event: Value| {
            let dispatcher = dispatcher.clone();
            async move { Ok(serde_json::to_value(dispatcher.handle(serde_json::from_value(event)?, clock).await)?) }
        });
        source(&app.stack.queues.channels[channel.name], deliver)
    });
    std::iter::once(source(&app.stack.queues.alerts, route)).chain(dispatchers).collect()
}

fn counted(inner: Handler, tally: Arc<Mutex<Function>>) -> Handler {
    handler(move |event: Value| {
        let messages = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut groups = BTreeMap::new();
        for message in messages {
            *groups.entry(message["attributes"]["MessageGroupId"].as_str()).or_insert(0) += 1;
        }
        {
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.invocations += 1;
            tally.messages += messages.len() as u64;
            tally.in_sequence += groups.into_values().max().unwrap_or(0);
        }
        inner(event)
    })
}

/// When a round wrote something last.
async fn newest_change(app: &LocalApp) -> anyhow::Result<Option<Timestamp>> {
    Ok(app.store.rounds().await?.into_iter().filter_map(|round| round.changed_at).max())
}

pub(super) async fn metered<T>(meter: &Meter, work: impl Future<Output = T>) -> (T, Function) {
    meter.take();
    let before = cpu_time();
    let done = work.await;
    (done, Function { cpu: cpu_time() - before, usage: meter.take(), ..Function::default() })
}

/// A round of a new process in which no page is due.
async fn cold_start(app: &LocalApp, outside: &Outside, meter: &Meter, now: Timestamp) -> anyhow::Result<Usage> {
    meter.take();
    poller(app, outside)?.handle(nothing(), now).await?;
    Ok(meter.take())
}

/// Loads what a round needs and reads no page.
fn nothing() -> PollEvent {
    PollEvent { only: vec!["nothing".into()], ..PollEvent::default() }
}

/// What loading the list of pages reads of an instance whose pages are all in the catalogue: of two sizes, from which
/// the whole follows.
pub(super) async fn directory(load: &Load) -> anyhow::Result<f64> {
    let entries = catalogue::entries();
    let whole = (load.accounts as f64 * load.scale) as usize;
    let [few, more] = [100, 200].map(|accounts| whole.min(accounts));
    let mut stack = LocalApp::start_stack(None).await?;
    let meter = Meter::default();
    meter.attach(&mut stack);
    let app = app(stack, None).await?;
    let mut units = Vec::new();
    let mut applied = 0;
    for number in [few, more] {
        for account in applied..number {
            let watched = |monitor: usize| {
                entries[(account * load.monitors_per_account + monitor) % entries.len()].slug.to_owned()
            };
            let settings = load.account(account, Vec::new(), watched);
            app.store.apply(&format!("a{account}").as_str().into(), &settings).await?;
        }
        applied = number;
        meter.take();
        app.store.directory().await?;
        units.push(meter.take().total().read_units);
    }
    app.stack.stop().await;
    let each = if more > few { (units[1] - units[0]) / (more - few) as f64 } else { 0.0 };
    Ok(units[1] + each * (whole - more) as f64)
}

/// How long a round waits: so many requests take turns, and the slowest of them holds it up.
fn waiting(requests: f64, [dead, slow]: [u64; 2]) -> Duration {
    let turns = (requests / Options::default().concurrency as f64).ceil();
    let slowest = match (dead, slow) {
        (0, 0) => LATENCY,
        (0, _) => SLOW,
        _ => TIMEOUT,
    };
    slowest.max(LATENCY.mul_f64(turns))
}

/// Some rounds with the latency of the internet.
async fn rounds_on_the_internet(
    poller: &Poller,
    outside: &mut Outside,
    mut now: Timestamp,
) -> anyhow::Result<[Duration; 2]> {
    outside.be_slow(true)?;
    let [mut counted, mut measured] = [Duration::ZERO; 2];
    for _ in 0..CHECKED_ROUNDS {
        now += MINUTE;
        let started = Instant::now();
        let summary = poller.handle(PollEvent::default(), now).await?;
        measured += started.elapsed();
        counted += waiting(summary.requests as f64, outside.asked()?);
    }
    outside.be_slow(false)?;
    Ok([counted / CHECKED_ROUNDS, measured / CHECKED_ROUNDS])
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // The write-ahead log holds pages of the file again, and is as long as it ever was.
        if name.to_string_lossy().starts_with("dynamodb") && !name.to_string_lossy().ends_with("-wal") {
            size += entry.metadata()?.len();
        }
    }
    Ok(size)
}

impl Function {
    fn add(&mut self, other: Self) {
        self.invocations += other.invocations;
        self.messages += other.messages;
        self.in_sequence += other.in_sequence;
        self.usage += other.usage;
        self.cpu += other.cpu;
    }
}
