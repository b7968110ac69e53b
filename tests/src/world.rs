//! Vendor, bundle and receiver together.
use std::path::Path;

use jiff::Timestamp;
use local::event_source::{Handled, run_until_idle};
use poller::{PollEvent, Summary};
use status::{health::SourceHealth, ids::ProviderId};
use statuswire::{
    bundle::{Bundle, BundleOptions},
    config, settings_file,
};

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
        let config = config::check(settings, &|_| None).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>())
        });
        let bundle = Bundle::start(BundleOptions {
            folder,
            allow: config.network.clone(),
            own: Vec::new(),
            catalogue: false,
            public_url: None,
        })
        .await
        .unwrap();
        bundle.apply("local", &settings_file::account_settings(&config)).await.unwrap();
        Self { vendor, inbox, bundle }
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

    pub async fn health(&self, provider: &str) -> Option<SourceHealth> {
        let id = ProviderId::new(provider);
        self.bundle.store.healths(std::slice::from_ref(&id)).await.unwrap().remove(&id)
    }

    /// The end of a story: nothing may be left in a queue, among the dead letters or in the outbox.
    pub async fn finish(self) {
        assert_eq!(self.bundle.waiting().await.unwrap(), 0, "tasks are left in the queues");
        assert!(self.bundle.store.outbox().await.unwrap().is_empty(), "alerts are left in the outbox");
        let dead = &self.bundle.stack.dead_letters;
        for url in std::iter::once(&dead.alerts).chain(dead.channels.values()) {
            let received = self.bundle.stack.sqs.receive_message().queue_url(url).send().await.unwrap();
            assert!(received.messages().is_empty(), "dead letters: {:?}", received.messages());
        }
        self.bundle.stack.stop().await;
    }
}

pub fn usual_settings(vendor: &Vendor, inbox: &Inbox) -> String {
    format!(
        r#"
        [network]
        allow = ["127.0.0.0/8"]

        [[page]]
        id = "acme"
        name = "Acme"
        url = "{page}"
        format = "statuspage"

        [[destination]]
        id = "hook"
        channel = "webhook"
        url = "{hook}"
        secret = "{SECRET}"

        [[group]]
        id = "everyone"
        destinations = ["hook"]
        severities = ["major", "minor", "maintenance"]
        events = ["opened", "updated", "resolved"]
        monitors = "all"

        [[monitor]]
        id = "acme"
        page = "acme"
        "#,
        page = vendor.url("acme"),
        hook = inbox.url("/hook"),
    )
}
