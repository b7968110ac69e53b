//! Everything on one machine: the embedded stack with the same functions that Lambda runs, connected as `template.yaml`
//! connects them. `serve` runs it, the tests run on it.
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
use store::{AccountSettings, Applied, Counts, Owner, Store};
use uuid::Uuid;

use crate::consent;

/// The one table of the embedded store.
pub const TABLE: &str = "statuswire";
/// Of the template's schedule.
const TICK: Duration = Duration::from_secs(60);
/// As the template's event source mappings: messages per invocation, invocations at a time.
const BATCH_SIZE: i32 = 10;
const CONCURRENCY: usize = 4;
/// Of a channel: receivers that hang hold up none that do not until so many batches wait for them. AWS has its own limit.
const DELIVERY_CONCURRENCY: usize = 256;

pub struct BundleOptions<'a> {
    /// `None` keeps everything in memory.
    pub folder: Option<&'a Path>,
    /// Private addresses that may be reached.
    pub allow: Vec<IpNet>,
    /// Listeners of this process, which may be reached too.
    pub own: Vec<SocketAddr>,
    pub poll: Options,
    /// For one exchange with a page or a receiver; `None` is the usual time.
    pub timeout: Option<Duration>,
    /// Where people find this instance.
    pub public_url: Option<String>,
    /// How it sends mail, if it does.
    pub mail: Option<MailSender>,
    /// Deliveries go to this listener of our own instead.
    pub divert: Option<SocketAddr>,
}

pub struct Bundle {
    pub stack: Stack,
    /// For everyone but the poller, whose requests are counted apart.
    pub store: Store,
    pub poller: Arc<Poller>,
    pub router: Arc<Router>,
    pub dispatchers: Vec<Arc<Dispatcher>>,
}

impl Bundle {
    pub async fn start(options: BundleOptions<'_>) -> anyhow::Result<Self> {
        Self::over(Self::stack(options.folder).await?, options).await
    }

    /// What [`Bundle::over`] runs on: every registered channel has its queues.
    pub async fn stack(folder: Option<&Path>) -> anyhow::Result<Stack> {
        let names: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
        Stack::start(StackOptions { folder, channels: &names }).await
    }

    /// Over a stack that runs already, whose affair the folder is.
    pub async fn over(stack: Stack, options: BundleOptions<'_>) -> anyhow::Result<Self> {
        store::table::create_if_absent(&stack.dynamodb, TABLE).await.context("creating the table")?;
        let store = Store::new(&stack.dynamodb, TABLE);

        let guard = Guard { allow: options.allow, own: options.own };
        let agent =
            HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION"), " (a private instance)"));
        let outbound = |settings: fn(Guard, HeaderValue) -> Settings| {
            let usual = settings(guard.clone(), agent.clone());
            Outbound::new(Settings {
                timeout: options.timeout.unwrap_or(usual.timeout),
                redirect_all_to: options.divert,
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

        let poller =
            Poller::new(outbound(Settings::new), Store::new(&stack.dynamodb, TABLE), alerts.clone(), options.poll);
        let router = Router::new(store.clone(), alerts.clone(), queues.clone());
        // The data folder is locked by this process: whoever else held a lease in this place is dead.
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
            }))
        });
        let dispatchers = dispatchers.collect();
        Ok(Self { store, poller: Arc::new(poller), router: Arc::new(router), dispatchers, stack })
    }

    /// Makes an account's settings what they are declared to be.
    pub async fn apply(&self, account: &str, settings: &AccountSettings) -> anyhow::Result<Applied> {
        let account = AccountId::new(account);
        let context = || format!("applying the settings of {account}");
        let applied = self.store.apply(&account, settings).await.with_context(context)?;
        consent::ask_all(&self.store, &self.queues(), settings).await.with_context(context)?;
        Ok(applied)
    }

    /// One round of the poller, through the event that the schedule would pass.
    pub async fn poll(&self, event: PollEvent) -> anyhow::Result<Summary> {
        let answer = (self.poll_function())(serde_json::to_value(event)?).await?;
        Ok(serde_json::from_value(answer)?)
    }

    pub fn queues(&self) -> Queues {
        Queues::of(&self.stack.sqs, &self.stack.queues, &self.stack.dead_letters)
    }

    pub fn poll_function(&self) -> Handler {
        let poller = self.poller.clone();
        handler(move |event: Value| {
            let poller = poller.clone();
            async move {
                let event: PollEvent = serde_json::from_value(event).context("the schedule's input")?;
                Ok(serde_json::to_value(poller.handle(event, Timestamp::now()).await?)?)
            }
        })
    }

    /// The schedules: the template's, and one for each page that is read more often than that.
    pub fn schedules<'a>(&self, pages: impl IntoIterator<Item = &'a Provider>) -> Vec<Schedule> {
        let fast = pages.into_iter().filter_map(|page| {
            let every = page.interval.filter(|interval| *interval < TICK)?;
            Some(Schedule { every, input: json!({"only": [page.id]}), handler: self.poll_function() })
        });
        let usual = Schedule { every: TICK, input: json!({"shard": 0, "of": 1}), handler: self.poll_function() };
        std::iter::once(usual).chain(fast).collect()
    }

    /// The queues with the functions that work them off.
    pub fn sources(&self) -> Vec<EventSource> {
        let source = |queue_url: &str, concurrency, handler| EventSource {
            sqs: self.stack.sqs.clone(),
            queue_url: queue_url.to_owned(),
            batch_size: BATCH_SIZE,
            concurrency,
            handler,
        };
        let router = self.router.clone();
        let route = handler(move |event: Value| {
            let router = router.clone();
            async move {
                let event: SqsEvent = serde_json::from_value(event).context("the queue's event")?;
                Ok(serde_json::to_value(router.handle(event).await)?)
            }
        });
        let mut sources = vec![source(&self.stack.queues.alerts, CONCURRENCY, route)];
        for (channel, dispatcher) in channels::channels().iter().zip(&self.dispatchers) {
            let dispatcher = dispatcher.clone();
            let deliver = handler(move |event: Value| {
                let dispatcher = dispatcher.clone();
                async move {
                    let event: SqsEvent = serde_json::from_value(event).context("the queue's event")?;
                    Ok(serde_json::to_value(dispatcher.handle(event, Timestamp::now).await)?)
                }
            });
            sources.push(source(&self.stack.queues.channels[channel.name], DELIVERY_CONCURRENCY, deliver));
        }
        sources
    }

    /// Of all dispatchers.
    pub fn tally(&self) -> Tally {
        self.dispatchers.iter().map(|dispatcher| dispatcher.tally()).fold(Tally::default(), |sum, tally| Tally {
            delivered: sum.delivered + tally.delivered,
            undeliverable: sum.undeliverable + tally.undeliverable,
        })
    }

    /// Requests to the store by everyone but the poller.
    pub fn store_counts(&self) -> Counts {
        self.store.counts()
    }
}
