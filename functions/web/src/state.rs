//! What every handler shares: the store, the cached overview and the settings of this instance.
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use site::guesses::{Guesses, Sender, Verdict};
use store::Store;
use tokio::{sync::Semaphore, time::Instant};

use crate::{kept_responses::KeptResponses, model::overview::OverviewCache};

/// Responses that are made at the same time: see [`crate::middleware::concurrency`].
const AT_ONCE: usize = 4;

/// The state of the router. Clones share the store and the cache.
#[derive(Clone)]
pub struct Web {
    pub(crate) store: Store,
    pub(crate) overview_cache: OverviewCache,
    /// The public base URL of this instance, without a trailing slash.
    pub(crate) public_url: Option<String>,
    /// `None`: no password is asked for.
    pub(crate) password: Option<Password>,
    /// When this process began to serve.
    pub(crate) started_at: Timestamp,
    /// This process polls the pages, too: see [`Self::polled_here`].
    pub(crate) is_polled_here: bool,
    /// People have accounts here, which the console serves.
    pub(crate) has_accounts: bool,
    /// For each response that is being made.
    pub(crate) turns: Arc<Semaphore>,
    /// Of feeds, calendars and pictures.
    pub(crate) kept_responses: Arc<KeptResponses>,
    /// The wrong passwords so far.
    guesses: Arc<Mutex<Guesses>>,
}

impl Web {
    /// `with_catalogue` lists the providers of the catalogue besides the pages that accounts added. `public_url` is the
    /// base of absolute links in feeds and calendars; without it the request's host is used.
    pub fn new(store: Store, with_catalogue: bool, public_url: Option<String>) -> Self {
        let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Self {
            overview_cache: OverviewCache::new(store.clone(), with_catalogue),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            kept_responses: Arc::default(),
            guesses: Arc::new(Mutex::new(Guesses::new(Instant::now()))),
            store,
            public_url,
            password: None,
            started_at: Timestamp::now(),
            is_polled_here: false,
            has_accounts: false,
        }
    }

    /// Of a process that polls the pages itself: while it was off, nobody did, so `/health` awaits its first round from
    /// its start on.
    pub fn polled_here(self) -> Self {
        Self { is_polled_here: true, ..self }
    }

    /// Of an instance on which people may sign in to an account.
    pub fn with_accounts(self, has_accounts: bool) -> Self {
        Self { has_accounts, ..self }
    }

    /// Judges a password; `is_right` is used only if the sender may be heard.
    pub(crate) fn judge(&self, sender: Sender, is_right: bool) -> Verdict {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.judge(sender, is_right, Instant::now())
    }

    /// Asks for this password; `None` leaves the instance open.
    pub fn private(self, password: Option<Password>) -> Self {
        Self { password, ..self }
    }
}

/// The password of a private instance. Only its SHA-256 digest is kept, so comparing two does not leak the text by
/// timing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password([u8; 32]);

impl Password {
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// What signs the sessions of browsers.
    pub(crate) fn session_key(&self) -> Hmac<Sha256> {
        let derived = keyed(&self.0).chain_update("statuswire: session").finalize().into_bytes();
        keyed(&derived)
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}
