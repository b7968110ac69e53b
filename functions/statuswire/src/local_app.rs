//! All functions on one machine, over the embedded store and queues: the same functions that Lambda runs, connected as
//! `template.yaml` connects them. `serve` runs it, and so do the tests.
use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use aws_lambda_events::event::sqs::SqsEvent;
use dispatcher::{Deps, Dispatcher, MailSender, Tally};
use http::HeaderValue;
use ipnet::IpNet;
use jiff::Timestamp;
use local::{
    event_source::EventSource,
    function::{Handler, handler},
    schedule::Schedule,
    stack::{Stack, StackOptions},
};
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller, Summary};
use queue::{
    queues::Queues,
    send::{AlertsQueue, ChannelQueue},
};
use router::Router;
use serde_json::{Value, json};
use status::{ids::AccountId, provider::Provider};
use store::{AccountSettings, Applied, Counts, Keyring, Owner, Store};
use url::Url;
use uuid::Uuid;

use crate::settings;

/// The table of the embedded store.
pub const TABLE: &str = "statuswire";
/// The period of the template's schedule.
const TICK: Duration = Duration::from_secs(60);
/// Messages per invocation, as in the template's event source mappings.
const BATCH_SIZE: i32 = 10;
/// Invocations of the router at a time: a large fan-out keeps one of them for twenty seconds.
const ROUTER_CONCURRENCY: usize = 8;
/// Invocations of each dispatcher at a time. Receivers that hang delay others only when this many batches wait for
/// them. AWS has its own limit.
const DISPATCHER_CONCURRENCY: usize = 256;

#[derive(Default)]
pub struct LocalAppOptions<'a> {
    /// The data folder; `None` keeps everything in memory.
    pub folder: Option<&'a Path>,
    /// Private networks that may be connected to.
    pub allow: Vec<IpNet>,
    /// Listeners of this process, which may be connected to as well.
    pub own: Vec<SocketAddr>,
    pub poll: Options,
    /// Time limit of one request to a page or a receiver; `None` takes the default of each.
    pub timeout: Option<Duration>,
    /// The URL at which people open this instance.
    pub public_url: Option<String>,
    /// There are accounts on it, with pages.
    pub has_accounts: bool,
    /// How mail is sent; `None` sends none.
    pub mail: Option<MailSender>,
    /// Sends every delivery below this URL of a listener of our own, whatever its own URL.
    pub redirect_all_to: Option<Url>,
}

pub struct LocalApp {
    pub stack: Stack,
    /// The store of all functions but the poller, which counts its requests separately.
    pub store: Store,
    pub poller: Arc<Poller>,
    pub router: Arc<Router>,
    /// One for each registered channel, in the order of [`channels::channels`].
    pub dispatchers: Vec<Arc<Dispatcher>>,
}

impl LocalApp {
    pub async fn start(options: LocalAppOptions<'_>) -> anyhow::Result<Self> {
        Self::on_stack(Self::start_stack(options.folder).await?, options).await
    }

    /// The embedded store and queues, with the queues of every registered channel.
    pub async fn start_stack(folder: Option<&Path>) -> anyhow::Result<Stack> {
        let names: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
        Stack::start(StackOptions { folder, channels: &names }).await
    }

    /// A store of the stack's table, with the keys of its data.
    pub fn store(stack: &Stack) -> anyhow::Result<Store> {
        let keyring = Keyring::parse(stack.keys(Keyring::generate)?).context("the keys in the data folder")?;
        Ok(Store::new(&stack.dynamodb, TABLE).with_keys(keyring, channels::is_secret))
    }

    /// On a stack that runs already. `options.folder` is ignored: it belongs to the stack.
    pub async fn on_stack(stack: Stack, options: LocalAppOptions<'_>) -> anyhow::Result<Self> {
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.context("creating the table")?;
        let store = Self::store(&stack)?;
        let half_imported = store.import().await?.is_some_and(|import| import.finished_at.is_none());
        anyhow::ensure!(!half_imported, "this instance is half imported: run its `statuswire import` again first");

        let guard = Guard { allow: options.allow, own: options.own };
        let agent =
            HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (a private instance)"));
        let outbound = |settings: fn(Guard, HeaderValue) -> Settings| {
            let usual = settings(guard.clone(), agent.clone());
            Outbound::new(Settings {
                timeout: options.timeout.unwrap_or(usual.timeout),
                redirect_all_to: options.redirect_all_to.clone(),
                ..usual
            })
        };
        let alerts = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
        let queues: BTreeMap<String, ChannelQueue> = stack
            .queues
            .channels
            .iter()
            .map(|(channel, url)| (channel.clone(), ChannelQueue::new(stack.sqs.clone(), url)))
            .collect();

        let poller = Poller::new(outbound(Settings::new), Self::store(&stack)?, alerts.clone(), options.poll);
        let router = Router::new(store.clone(), alerts.clone(), queues.clone());
        // This process has locked the data folder, so every other owner of a lease on this host is dead.
        let owner = Owner { host: "local".to_owned(), instance: Uuid::new_v4().to_string() };
        let dispatchers = channels::channels().iter().map(|channel| {
            Arc::new(Dispatcher::new(Deps {
                channel,
                outbound: outbound(Settings::for_deliveries),
                mail: options.mail.clone(),
                store: store.clone(),
                queue: queues[channel.name].clone(),
                alerts: alerts.clone(),
                owner: owner.clone(),
                public_url: options.public_url.clone(),
                has_accounts: options.has_accounts,
            }))
        });
        let dispatchers = dispatchers.collect();
        Ok(Self { store, poller: Arc::new(poller), router: Arc::new(router), dispatchers, stack })
    }

    /// Makes an account's settings equal to `settings`, asks mail recipients for consent and checks component filters.
    pub async fn apply(&self, account: &str, wanted: &AccountSettings) -> anyhow::Result<Applied> {
        let account = AccountId::new(account);
        let applied = settings::apply(&self.store, &self.queues(), &account, wanted).await;
        applied.with_context(|| format!("applying the settings of account {account}"))
    }

    /// One round of the poller, through the event that the schedule would send.
    pub async fn poll(&self, event: PollEvent) -> anyhow::Result<Summary> {
        let summary = (self.poll_function())(serde_json::to_value(event)?).await?;
        Ok(serde_json::from_value(summary)?)
    }

    pub fn queues(&self) -> Queues {
        Queues::of(&self.stack.sqs, &self.stack.queues, &self.stack.dead_letters)
    }

    pub fn poll_function(&self) -> Handler {
        let poller = self.poller.clone();
        handler(move |event: Value| {
            let poller = poller.clone();
            async move {
                let event: PollEvent = serde_json::from_value(event).context("parsing the schedule's event")?;
                Ok(serde_json::to_value(poller.handle(event, Timestamp::now()).await?)?)
            }
        })
    }

    /// The template's schedule, and one for each page whose interval is shorter.
    pub fn schedules<'a>(&self, pages: impl IntoIterator<Item = &'a Provider>) -> Vec<Schedule> {
        let short = pages.into_iter().filter_map(|page| {
            let every = page.interval.filter(|interval| *interval < TICK)?;
            Some(Schedule { every, input: json!({"only": [page.id]}), handler: self.poll_function() })
        });
        let all = Schedule { every: TICK, input: json!({"shard": 0, "of": 1}), handler: self.poll_function() };
        std::iter::once(all).chain(short).collect()
    }

    /// The queues with the functions that process them: the router first, then a dispatcher for each channel.
    pub fn event_sources(&self) -> Vec<EventSource> {
        let mut sources =
            vec![self.event_source(&self.stack.queues.alerts, ROUTER_CONCURRENCY, route_function(self.router.clone()))];
        for (channel, dispatcher) in channels::channels().iter().zip(&self.dispatchers) {
            let queue = &self.stack.queues.channels[channel.name];
            sources.push(self.event_source(queue, DISPATCHER_CONCURRENCY, deliver_function(dispatcher.clone())));
        }
        sources
    }

    fn event_source(&self, queue_url: &str, concurrency: usize, handler: Handler) -> EventSource {
        let sqs = self.stack.sqs.clone();
        EventSource { sqs, queue_url: queue_url.to_owned(), batch_size: BATCH_SIZE, concurrency, handler }
    }

    /// The sum over all dispatchers.
    pub fn tally(&self) -> Tally {
        self.dispatchers.iter().map(|dispatcher| dispatcher.tally()).fold(Tally::default(), |sum, tally| Tally {
            delivered: sum.delivered + tally.delivered,
            undeliverable: sum.undeliverable + tally.undeliverable,
        })
    }

    /// Requests to the store by all functions but the poller.
    pub fn store_counts(&self) -> Counts {
        self.store.counts()
    }
}

fn route_function(router: Arc<Router>) -> Handler {
    handler(move |event: Value| {
        let router = router.clone();
        async move {
            let event: SqsEvent = serde_json::from_value(event).context("parsing the queue's event")?;
            Ok(serde_json::to_value(router.handle(event).await)?)
        }
    })
}

fn deliver_function(dispatcher: Arc<Dispatcher>) -> Handler {
    handler(move |event: Value| {
        let dispatcher = dispatcher.clone();
        async move {
            let event: SqsEvent = serde_json::from_value(event).context("parsing the queue's event")?;
            Ok(serde_json::to_value(dispatcher.handle(event, Timestamp::now).await)?)
        }
    })
}
