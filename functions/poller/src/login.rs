//! The logins of pages, in clear in memory only. Wanted properties:
//! - the keys are asked for once a page needs a login, and not at the start: most instances have no such page;
//! - without them the other pages are read as ever, and they are asked for again;
//! - a page whose login cannot be had is not read;
//! - a login that is declared as before keeps the token that it was given.
use std::{collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;
use outbound::{ClientCredentials, Login};
use status::{ids::ProviderId, provider::Provider};
use store::{Keyring, Store, StoredLogin, StoredLogins};
use tokio::sync::OnceCell;
use url::Url;

use crate::Poller;

type Ask = dyn Fn() -> BoxFuture<'static, anyhow::Result<Keyring>> + Send + Sync;

/// The keys of logins.
#[derive(Default)]
pub(crate) struct Keys {
    /// `None`: the store has them, or there are none.
    ask: Option<Box<Ask>>,
    with_keys: OnceCell<Store>,
}

/// Why there is no login for a page that needs one.
#[derive(Clone)]
pub(crate) enum NoLogin {
    /// The keys could not be read: neither the page nor its settings are at fault.
    NoKeys,
    Unusable(String),
}

pub(crate) type PageLogin = Result<Arc<Login>, NoLogin>;

impl Poller {
    /// The same with keys that `ask` gives.
    pub fn with_keys(
        self,
        ask: impl Fn() -> BoxFuture<'static, anyhow::Result<Keyring>> + Send + Sync + 'static,
    ) -> Self {
        Self { keys: Keys { ask: Some(Box::new(ask)), with_keys: OnceCell::new() }, ..self }
    }

    /// Of those of these pages that need one.
    pub(crate) async fn logins(&self, pages: &[Provider], stored: &StoredLogins) -> HashMap<ProviderId, PageLogin> {
        if stored.is_empty() {
            return HashMap::new();
        }
        let before = self.cache().logins.clone();
        let store = self.store_with_keys().await.inspect_err(|error| {
            tracing::error!(error = format!("{error:#}"), "no page with a login is read: the keys could not be read");
        });
        let of = |page: &Provider| {
            let stored = stored.get(&page.id)?;
            let login = store.as_ref().map_err(|_| NoLogin::NoKeys).and_then(|store| login(store, page, stored));
            let before = before.get(&page.id).and_then(|before| before.as_ref().ok());
            let kept = before.filter(|before| login.as_ref().is_ok_and(|login| login == *before));
            Some((page.id.clone(), kept.cloned().map_or(login, Ok)))
        };
        pages.iter().filter_map(of).collect()
    }

    async fn store_with_keys(&self) -> anyhow::Result<&Store> {
        let Some(ask) = &self.keys.ask else { return Ok(&self.store) };
        // It writes no destination.
        let store = async || anyhow::Ok(self.store.clone().with_keys(ask().await?, |_, _| true));
        self.keys.with_keys.get_or_try_init(store).await
    }
}

fn login(store: &Store, page: &Provider, stored: &StoredLogin) -> PageLogin {
    let login = store.login(page, stored).map_err(|error| NoLogin::Unusable(error.to_string()))?;
    let login = sendable_login(page, &login).map(Arc::new);
    login.ok_or_else(|| NoLogin::Unusable("its login cannot be sent: declare it again".to_owned()))
}

/// The login of a page as it is sent with requests; `None`: a header of it is none.
pub fn sendable_login(page: &Provider, login: &status::provider::Login) -> Option<Login> {
    let headers = login.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let sendable = Login::new(&Url::parse(&page.page_url).ok()?, headers)?;
    let Some(oauth) = &login.oauth else { return Some(sendable) };
    Some(sendable.with_token(ClientCredentials {
        token_url: Url::parse(&oauth.token_url).ok()?,
        client_id: oauth.client_id.clone(),
        client_secret: oauth.client_secret.clone(),
        scope: oauth.scope.clone(),
    }))
}
