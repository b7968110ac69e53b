//! Vendor, bundle and receiver together.
use std::{path::Path, time::Duration};

use dispatcher::MailSender;
use futures_util::future::join_all;
use jiff::Timestamp;
use local::event_source::{Handled, run_until_idle};
use poller::{PollEvent, Summary};
use status::{
    health::SourceHealth,
    ids::{AlertId, DeliveryId, DestinationId, ProviderId},
};
use statuswire::{
    bundle::{Bundle, BundleOptions},
    config::{self, Config},
    mailer,
};
use store::{Claim, Consent, DeliveryClaim, DeliveryEnd, DestinationRecord, Owner, PageRecord};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use web::Web;

use crate::{inbox::Inbox, vendor::Vendor};

/// Signs what goes to the inbox; `whsec_` and 32 bytes in base64.
pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

pub struct World {
    pub vendor: Vendor,
    pub inbox: Inbox,
    pub bundle: Bundle,
}

impl World {
    /// One page `acme` at the vendor, watched whole, everything of it sent to one webhook.
    pub async fn start() -> Self {
        let (vendor, inbox) = (Vendor::start().await, Inbox::start().await);
        let settings = usual_settings(&vendor, &inbox);
        Self::with(vendor, inbox, &settings, None).await
    }

    /// With settings of one's own, and a folder to be used again.
    pub async fn with(vendor: Vendor, inbox: Inbox, settings: &str, folder: Option<&Path>) -> Self {
        Self::having(vendor, inbox, settings, Having { folder, ..Having::default() }).await
    }

    /// One in which a page or a receiver that hangs is given up soon.
    pub async fn impatient(vendor: Vendor, inbox: Inbox, settings: &str) -> Self {
        let timeout = Some(Duration::from_secs(2));
        Self::having(vendor, inbox, settings, Having { timeout, ..Having::default() }).await
    }

    pub async fn having(vendor: Vendor, inbox: Inbox, settings: &str, having: Having<'_>) -> Self {
        let config = checked(settings);
        let by_smtp = |mail| mailer::parts(mail).unwrap();
        let bundle = Bundle::start(BundleOptions {
            folder: having.folder,
            allow: config.network.clone(),
            own: Vec::new(),
            poll: poller::Options { catalogue: false, ..poller::Options::default() },
            timeout: having.timeout,
            public_url: config.public_url.clone(),
            mail: having.mail.or_else(|| config.mail.as_ref().map(by_smtp)),
            divert: None,
        })
        .await
        .unwrap();
        let world = Self { vendor, inbox, bundle };
        world.apply(settings).await;
        world
    }

    /// Makes the settings what they are declared to be from now on.
    pub async fn apply(&self, settings: &str) {
        self.bundle.apply("local", &checked(settings).settings).await.unwrap();
    }

    /// One round of every page; then everything is routed and delivered that can be.
    pub async fn round(&self) -> Summary {
        let summary = self.poll(Timestamp::now()).await;
        self.deliver().await;
        summary
    }

    /// One round at a time of one's choice, nothing delivered.
    pub async fn poll(&self, now: Timestamp) -> Summary {
        let every = PollEvent { all: true, ..PollEvent::default() };
        self.bundle.poller.handle(every, now).await.unwrap()
    }

    pub async fn deliver(&self) -> Handled {
        run_until_idle(&self.bundle.sources()).await.unwrap()
    }

    /// What one more round made the receiver accept, as `event incident`.
    pub async fn told(&self) -> Vec<String> {
        let before = self.inbox.events().len();
        self.round().await;
        self.inbox.events().split_off(before)
    }

    /// The queues are worked off from now on, as `serve` does it.
    pub fn work(&self) -> Work {
        let sources = self.bundle.sources();
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(async move {
            join_all(sources.iter().map(|source| source.run(stopped.clone()))).await;
        });
        Work { stop, done }
    }

    /// What is stored of a page that was read.
    pub async fn page(&self, provider: &str) -> PageRecord {
        self.bundle.store.page(&ProviderId::new(provider)).await.unwrap().expect("the page was read")
    }

    /// How a delivery of an `acme` incident ended.
    pub async fn end_of(&self, incident: &str, alert: &AlertId, destination: &str) -> DeliveryEnd {
        let destination = DestinationId::new(destination);
        let delivery = DeliveryId::derive(alert, &destination);
        let (alert, provider, incident) = (alert.clone(), "acme".into(), incident.into());
        let claim = DeliveryClaim { delivery, alert, destination, provider, incident, unknown: false };
        let owner = Owner { host: "a story".to_owned(), instance: String::new() };
        match self.bundle.store.claim(&claim, &owner, Duration::ZERO, Timestamp::now()).await.unwrap() {
            Claim::Finished(end) => end,
            other => panic!("the delivery has not ended: {other:?}"),
        }
    }

    pub async fn destination(&self, id: &str) -> DestinationRecord {
        let found = self.bundle.store.destination(&DestinationId::new(id)).await.unwrap();
        found.unwrap_or_else(|| panic!("no destination is called {id}"))
    }

    /// The owner of the address answers an account that asked.
    pub async fn answer(&self, account: &str, address: &str, consent: Consent) {
        let (recipient, _) = self.bundle.store.recipient(&account.into(), address).await.unwrap();
        self.bundle.store.answer(&recipient.expect("it was asked"), consent, Timestamp::now()).await.unwrap();
    }

    /// Serves what people open in a browser, from now on.
    pub fn serve_pages(&self, listener: TcpListener) {
        let pages = web::router(Web::new(self.bundle.store.clone(), false, None));
        tokio::spawn(async move { axum::serve(listener, pages).await });
    }

    pub async fn health(&self, provider: &str) -> Option<SourceHealth> {
        let id = ProviderId::new(provider);
        self.bundle.store.healths(std::slice::from_ref(&id)).await.unwrap().remove(&id)
    }

    /// The end of a story: nothing may be left in a queue, among the dead letters or in the outbox.
    pub async fn finish(self) {
        assert_eq!(self.bundle.stack.waiting().await.unwrap(), 0, "tasks are left in the queues");
        assert!(self.bundle.store.outbox().await.unwrap().is_empty(), "alerts are left in the outbox");
        let dead = &self.bundle.stack.dead_letters;
        for url in std::iter::once(&dead.alerts).chain(dead.channels.values()) {
            let received = self.bundle.stack.sqs.receive_message().queue_url(url).send().await.unwrap();
            assert!(received.messages().is_empty(), "dead letters: {:?}", received.messages());
        }
        self.bundle.stack.stop().await;
    }
}

/// Where a world differs from the usual.
#[derive(Default)]
pub struct Having<'a> {
    pub folder: Option<&'a Path>,
    /// For one exchange with a page or a receiver.
    pub timeout: Option<Duration>,
    /// How mail is sent, if not as the settings say.
    pub mail: Option<MailSender>,
}

/// The event sources at work.
pub struct Work {
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

impl Work {
    /// Finishes what is in hand.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.done.await.unwrap();
    }
}

/// What the settings declare.
pub fn checked(settings: &str) -> Config {
    config::check(settings, &|_| None).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>())
    })
}

/// Page `acme`, watched whole, and everything of it sent to one webhook.
pub fn usual_settings(vendor: &Vendor, inbox: &Inbox) -> String {
    NETWORK.to_owned()
        + &page(vendor, "acme")
        + &monitor("acme", "acme", "")
        + &hook(inbox, "hook")
        + &group("everyone", &["hook"], EVERYTHING)
}

/// Settings begin with this: whatever listens on this machine may be reached.
pub const NETWORK: &str = "[network]\nallow = ['127.0.0.0/8']\n";

/// Settings of an instance that mails through the inbox and is known to people by this address.
pub fn mail(inbox: &Inbox, public_url: &str) -> String {
    let smtp = inbox.smtp;
    format!("[instance]\npublic_url = '{public_url}'\n[mail]\nfrom = '{SENDER}'\nsmtp = 'smtp://{smtp}?tls=none'\n")
}

/// In whose name mail is sent.
pub const SENDER: &str = "Statuswire <alerts@statuswire.test>";

/// Of a group.
pub const EVERYTHING: &str = "
    severities = ['major', 'minor', 'maintenance']
    events = ['opened', 'updated', 'resolved']
";

/// A page of the vendor's, known to be a Statuspage.
pub fn page(vendor: &Vendor, id: &str) -> String {
    let url = vendor.url(id);
    format!("[[page]]\nid = '{id}'\nname = 'Acme'\nurl = '{url}'\nformat = 'statuspage'\n")
}

/// `more` is TOML, as in [`group`].
pub fn monitor(id: &str, page: &str, more: &str) -> String {
    format!("[[monitor]]\nid = '{id}'\npage = '{page}'\n{more}\n")
}

/// A webhook at the path that its id names.
pub fn hook(inbox: &Inbox, id: &str) -> String {
    let url = inbox.url(&format!("/{id}"));
    format!("[[destination]]\nid = '{id}'\nchannel = 'webhook'\nurl = '{url}'\nsecret = '{SECRET}'\n")
}

/// A destination of any channel; `settings` is TOML.
pub fn destination(id: &str, channel: &str, settings: &str) -> String {
    format!("[[destination]]\nid = '{id}'\nchannel = '{channel}'\n{settings}\n")
}

pub fn group(id: &str, destinations: &[&str], more: &str) -> String {
    format!("[[group]]\nid = '{id}'\ndestinations = {destinations:?}\n{more}\n")
}
