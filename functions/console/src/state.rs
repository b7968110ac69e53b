//! What every handler shares.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use accounts::sign_up::SignUp;
use mail::MailSender;
use outbound::Guard;
use queue::send::ChannelQueue;
use site::guesses::{Guesses, Sender, Verdict};
use status::{ids::AccountId, provider::Provider};
use store::Store;
use tokio::time::Instant;

use crate::openid::{OpenId, OpenIdSettings};

/// How accounts are set on this instance.
#[derive(Clone)]
pub struct Settings {
    pub sign_up: SignUp,
    /// The address of whoever runs the instance, normalised: may always sign in, and owns `file_account`.
    pub owner: Option<String>,
    /// The base of links in mails, without a trailing slash. `None`: see [`crate::base`].
    pub public_url: Option<String>,
    /// `None`: no mail is sent, so that nobody but the owner, by the link on the terminal, can sign in.
    pub mail: Option<MailSender>,
    /// The addresses that may be polled and delivered to.
    pub guard: Guard,
    /// Monitors that an account may make on the pages and by the API; `None`: as many as it likes.
    pub max_monitors: Option<u32>,
    /// The account whose settings are in the configuration file.
    pub file_account: AccountId,
}

/// The demo of an instance on one machine: a replayed incident, and receivers that keep the messages of it.
pub struct Demo {
    pub page: Provider,
    /// The path under which the messages are listed.
    pub messages: String,
}

/// The state of the router. Clones share everything.
#[derive(Clone)]
pub struct Console {
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    /// The instance reads the pages of the catalogue.
    pub(crate) with_catalogue: bool,
    /// Of the channels that this instance sends by, by their names.
    pub(crate) queues: Arc<BTreeMap<String, ChannelQueue>>,
    /// The provider of OpenID Connect at which people may sign in, besides by a mailed link.
    pub(crate) openid: Option<Arc<OpenId>>,
    /// `None`: no demo runs here.
    pub(crate) demo: Option<Arc<Demo>>,
    /// The wrong links so far.
    guesses: Arc<Mutex<Guesses>>,
}

impl Console {
    /// Sends nothing to destinations: see [`Console::with_queues`].
    pub fn new(store: Store, settings: Settings) -> Self {
        let guesses = Arc::new(Mutex::new(Guesses::new(Instant::now())));
        let (settings, queues) = (Arc::new(settings), Arc::default());
        Self { store, settings, with_catalogue: true, queues, openid: None, demo: None, guesses }
    }

    /// Of an instance that does not read the pages of the catalogue, nobody can watch them.
    pub fn with_catalogue(self, with_catalogue: bool) -> Self {
        Self { with_catalogue, ..self }
    }

    /// The same with the queues of the channels that this instance sends by, by their names.
    pub fn with_queues(self, queues: BTreeMap<String, ChannelQueue>) -> Self {
        Self { queues: Arc::new(queues), ..self }
    }

    /// The same where people may sign in at this provider too. `Err`: what is wrong with its issuer.
    pub fn with_openid(self, settings: Option<OpenIdSettings>) -> Result<Self, &'static str> {
        let guard = self.settings.guard.clone();
        let openid = settings.map(|settings| OpenId::new(settings, guard)).transpose()?.map(Arc::new);
        Ok(Self { openid, ..self })
    }

    /// The same where this demo runs: who is new is shown it.
    pub fn with_demo(self, demo: Option<Demo>) -> Self {
        Self { demo: demo.map(Arc::new), ..self }
    }

    /// Monitors that this account may make; `None`: as many as it likes, as whoever runs the instance does.
    pub(crate) fn max_monitors(&self, account: &AccountId) -> Option<u32> {
        self.settings.max_monitors.filter(|_| *account != self.settings.file_account)
    }

    /// Judges a secret of a link; `is_right` is used only if the sender may be heard.
    pub(crate) fn judge(&self, sender: Sender, is_right: bool) -> Verdict {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.judge(sender, is_right, Instant::now())
    }
}
