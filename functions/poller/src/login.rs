//! The logins of pages, in clear in memory only.
use std::{collections::HashMap, sync::Arc};

use outbound::Login;
use status::{ids::ProviderId, provider::Provider};
use store::{Store, StoredLogin, StoredLogins};
use url::Url;

/// The login of a page, or why it cannot be used.
pub(crate) type PageLogin = Result<Arc<Login>, String>;

/// Of those of these pages that need one.
pub(crate) fn logins(store: &Store, pages: &[Provider], stored: &StoredLogins) -> HashMap<ProviderId, PageLogin> {
    let of = |page: &Provider| Some((page.id.clone(), login(store, page, stored.get(&page.id)?)));
    pages.iter().filter_map(of).collect()
}

fn login(store: &Store, page: &Provider, stored: &StoredLogin) -> PageLogin {
    let headers = store.login(page, stored).map_err(|error| error.to_string())?;
    let headers = headers.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let login = Url::parse(&page.page_url).ok().and_then(|url| Login::new(&url, headers));
    login.map(Arc::new).ok_or_else(|| "its login cannot be sent: declare it again".to_owned())
}
