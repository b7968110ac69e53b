//! The world of a story: a server of status pages, all functions on one machine, and a receiver.
use std::{path::Path, time::Duration};

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
};
use dispatcher::MailSender;
use futures_util::future::join_all;
use jiff::Timestamp;
use local::{
    event_source::{EventSource, Handled, run_until_idle},
    function::handler,
};
use poller::{PollEvent, Summary};
use roles::acting;
use status::{
    health::SourceHealth,
    ids::{AlertId, DeliveryId, DestinationId, ProviderId},
};
use statuswire::{
    config_file::{self, ACCOUNT, Config},
    local_app::{LocalApp, LocalAppOptions},
    mailer,
};
use store::{Claim, Consent, DeliveryClaim, DeliveryEnd, DestinationRecord, Owner, PageRecord};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use web::Web;

use crate::{faults::Faults, receiver::Receiver, remote, status_page_server::StatusPageServer};

/// Signs webhooks to the receiver: `whsec_` and 32 bytes in base64.
pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

pub struct World {
    /// Serves the status pages.
    pub server: StatusPageServer,
    /// Receives what the channels send.
    pub receiver: Receiver,
    pub app: LocalApp,
}

impl World {
    /// Page `acme`, watched as a whole; all its alerts go to one webhook.
    pub async fn start() -> Self {
        let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
        let settings = default_settings(&server, &receiver);
        Self::with(server, receiver, &settings, None).await
    }

    /// With the given settings, and a data folder that can be used again.
    pub async fn with(server: StatusPageServer, receiver: Receiver, settings: &str, folder: Option<&Path>) -> Self {
        Self::with_options(server, receiver, settings, WorldOptions { folder, ..WorldOptions::default() }).await
    }

    /// Gives up on a page or a receiver that hangs after two seconds.
    pub async fn with_short_timeout(server: StatusPageServer, receiver: Receiver, settings: &str) -> Self {
        let timeout = Some(Duration::from_secs(2));
        Self::with_options(server, receiver, settings, WorldOptions { timeout, ..WorldOptions::default() }).await
    }

    pub async fn with_options(
        server: StatusPageServer,
        receiver: Receiver,
        settings: &str,
        options: WorldOptions<'_>,
    ) -> Self {
        let config = parse_settings(settings);
        let mailer = |mail| mailer::from_config(mail).unwrap();
        let mut stack = LocalApp::start_stack(options.folder).await.unwrap();
        remote::attach(&mut stack).await;
        if let Some(faults) = &options.faults {
            faults.arm(&mut stack);
        }
        stack.dynamodb = roles::asking(&stack.dynamodb);
        let options = LocalAppOptions {
            has_accounts: config.accounts.is_some(),
            folder: options.folder,
            allow: config.network.clone(),
            poll: poller::Options {
                catalogue: false,
                heartbeat: config.heartbeat.clone(),
                ..poller::Options::default()
            },
            timeout: options.timeout,
            public_url: config.public_url.clone(),
            mail: options.mail.or_else(|| config.mail.as_ref().map(mailer)),
            ..LocalAppOptions::default()
        };
        let app = LocalApp::on_stack(stack, options).await.unwrap();
        let world = Self { server, receiver, app };
        world.apply(settings).await;
        world
    }

    /// Replaces the settings.
    pub async fn apply(&self, settings: &str) {
        self.app.apply(ACCOUNT, &parse_settings(settings).settings).await.unwrap();
    }

    /// Reads every page once, then routes and delivers until nothing more can be delivered.
    pub async fn round(&self) -> Summary {
        let summary = self.poll(Timestamp::now()).await;
        self.deliver().await;
        summary
    }

    /// Reads every page once at the given time, without delivering.
    pub async fn poll(&self, now: Timestamp) -> Summary {
        let every = PollEvent { all: true, ..PollEvent::default() };
        acting("PollerRole", self.app.poller.handle(every, now)).await.unwrap()
    }

    pub async fn deliver(&self) -> Handled {
        run_until_idle(&self.event_sources()).await.unwrap()
    }

    /// Runs a round and returns what the receiver accepted in it, as `event incident`.
    pub async fn round_events(&self) -> Vec<String> {
        let before = self.receiver.events().len();
        self.round().await;
        self.receiver.events().split_off(before)
    }

    /// Processes the queues from now on, as `serve` does.
    pub fn run_queues(&self) -> RunningQueues {
        let sources = self.event_sources();
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(async move {
            join_all(sources.iter().map(|source| source.run(stopped.clone()))).await;
        });
        RunningQueues { stop, done }
    }

    /// The functions behind the queues, each in its role.
    fn event_sources(&self) -> Vec<EventSource> {
        let dispatchers = channels::channels().iter().map(|channel| {
            let (first, rest) = channel.name.split_at(1);
            format!("{}{rest}DispatcherRole", first.to_uppercase())
        });
        let roles = std::iter::once("RouterRole".to_owned()).chain(dispatchers);
        let in_role = |(source, role): (EventSource, String)| {
            let inner = source.handler;
            let handler = handler(move |event| {
                let (role, work) = (role.clone(), inner(event));
                async move { acting(&role, work).await }
            });
            EventSource { handler, ..source }
        };
        self.app.event_sources().into_iter().zip(roles).map(in_role).collect()
    }

    /// The stored record of a page that was read.
    pub async fn page(&self, provider: &str) -> PageRecord {
        self.app.store.page(&ProviderId::new(provider)).await.unwrap().expect("the page was read")
    }

    /// How a delivery of an `acme` incident ended.
    pub async fn delivery_end(&self, incident: &str, alert: &AlertId, destination: &str) -> DeliveryEnd {
        let destination = DestinationId::new(destination);
        let delivery = DeliveryId::derive(alert, &destination);
        let (alert, provider, incident) = (alert.clone(), "acme".into(), incident.into());
        let claim = DeliveryClaim { delivery, alert, destination, provider, incident, unknown: false };
        let owner = Owner { host: "a story".to_owned(), instance: String::new() };
        match self.app.store.claim(&claim, &owner, Duration::ZERO, Timestamp::now()).await.unwrap() {
            Claim::Finished(end) => end,
            other => panic!("the delivery has not ended: {other:?}"),
        }
    }

    pub async fn destination(&self, id: &str) -> DestinationRecord {
        let found = self.app.store.destination(&DestinationId::new(id)).await.unwrap();
        found.unwrap_or_else(|| panic!("no destination is called {id}"))
    }

    /// Records the answer of a mail recipient whom the account asked for consent.
    pub async fn answer(&self, account: &str, address: &str, consent: Consent) {
        let (recipient, _) = self.app.store.recipient(&account.into(), address).await.unwrap();
        self.app.store.answer(&recipient.expect("it was asked"), consent, Timestamp::now()).await.unwrap();
    }

    /// Serves the instance's web pages from now on.
    pub fn serve_pages(&self, listener: TcpListener) {
        let pages = web::router(Web::new(self.app.store.clone(), false, None));
        let pages = pages.layer(from_fn(|request: Request, next: Next| acting("WebRole", next.run(request))));
        tokio::spawn(async move { axum::serve(listener, pages).await });
    }

    pub async fn health(&self, provider: &str) -> Option<SourceHealth> {
        let id = ProviderId::new(provider);
        self.app.store.healths(std::slice::from_ref(&id)).await.unwrap().remove(&id)
    }

    /// Ends the story. Fails if anything is left in a queue, among the dead letters or in the outbox.
    pub async fn finish(self) {
        assert_eq!(self.app.stack.waiting().await.unwrap(), 0, "tasks are left in the queues");
        assert!(self.app.store.outbox().await.unwrap().is_empty(), "alerts are left in the outbox");
        let dead = &self.app.stack.dead_letters;
        for url in std::iter::once(&dead.alerts).chain(dead.channels.values()) {
            let received = self.app.stack.sqs.receive_message().queue_url(url).send().await.unwrap();
            assert!(received.messages().is_empty(), "dead letters: {:?}", received.messages());
        }
        self.app.stack.stop().await;
    }
}

/// Options of a world; the defaults fit most stories.
#[derive(Default)]
pub struct WorldOptions<'a> {
    pub folder: Option<&'a Path>,
    /// Time limit of one request to a page or a receiver.
    pub timeout: Option<Duration>,
    /// How mail is sent; `None` sends it as the settings say.
    pub mail: Option<MailSender>,
    /// Between the functions and their store and queues.
    pub faults: Option<Faults>,
}

/// The running event sources.
pub struct RunningQueues {
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

impl RunningQueues {
    /// Stops after the deliveries in progress.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.done.await.unwrap();
    }
}

/// Parses settings; panics if they have errors.
pub fn parse_settings(settings: &str) -> Config {
    config_file::check(settings, &|_| None)
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()))
}

/// Page `acme`, watched as a whole, with all its alerts sent to one webhook.
pub fn default_settings(server: &StatusPageServer, receiver: &Receiver) -> String {
    NETWORK.to_owned()
        + &page(server, "acme")
        + &monitor("acme", "acme", "")
        + &hook(receiver, "hook")
        + &group("everyone", &["hook"], EVERYTHING)
}

/// The first part of all settings: listeners of this machine may be connected to.
pub const NETWORK: &str = "[network]\nallow = ['127.0.0.0/8']\n";

/// Settings of an instance that sends mail through the receiver and is open to people at this URL.
pub fn mail(receiver: &Receiver, public_url: &str) -> String {
    let smtp = receiver.smtp;
    format!("[instance]\npublic_url = '{public_url}'\n[mail]\nfrom = '{SENDER}'\nsmtp = 'smtp://{smtp}?tls=none'\n")
}

/// The sender of mail.
pub const SENDER: &str = "Statuswire <alerts@statuswire.test>";

/// Keys of a group that wants all alerts.
pub const EVERYTHING: &str = "
    severities = ['major', 'minor', 'maintenance']
    events = ['opened', 'updated', 'resolved']
";

/// A page of the server, with the format Statuspage.
pub fn page(server: &StatusPageServer, id: &str) -> String {
    let url = server.url(id);
    format!("[[page]]\nid = '{id}'\nname = 'Acme'\nurl = '{url}'\nformat = 'statuspage'\n")
}

/// `more` is TOML, as in [`group`].
pub fn monitor(id: &str, page: &str, more: &str) -> String {
    format!("[[monitor]]\nid = '{id}'\npage = '{page}'\n{more}\n")
}

/// A webhook destination; its path at the receiver is its id.
pub fn hook(receiver: &Receiver, id: &str) -> String {
    let url = receiver.url(&format!("/{id}"));
    format!("[[destination]]\nid = '{id}'\nchannel = 'webhook'\nurl = '{url}'\nsecret = '{SECRET}'\n")
}

/// A destination of any channel; `settings` is TOML.
pub fn destination(id: &str, channel: &str, settings: &str) -> String {
    format!("[[destination]]\nid = '{id}'\nchannel = '{channel}'\n{settings}\n")
}

pub fn group(id: &str, destinations: &[&str], more: &str) -> String {
    format!("[[group]]\nid = '{id}'\ndestinations = {destinations:?}\n{more}\n")
}
