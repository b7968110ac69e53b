//! Which fake a request is for: by a fixed prefix, by the host it was meant for, or by its path.
use http::{HeaderMap, Uri};

use crate::{
    fake::{Fake, Http},
    registry::FAKES,
    webhook,
};

/// The fake of a request, and the request's address as that fake sees it.
pub(crate) struct Route {
    pub(crate) fake: &'static Fake,
    pub(crate) http: &'static Http,
    /// The host it was meant for, if it was redirected here.
    pub(crate) host: Option<String>,
    pub(crate) path: String,
}

const PREFIX: &str = "/pretend/";

impl Route {
    /// `/pretend/<service>/<path>` or `/<host>/<path>`.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let path = uri.path();
        let (first, rest) = match path.strip_prefix(PREFIX) {
            Some(named) => return Self::named(named),
            None => path.strip_prefix('/')?.split_once('/').unwrap_or((&path[1..], "")),
        };
        let authority: http::uri::Authority = first.parse().ok()?;
        let host = authority.host().to_ascii_lowercase();
        let is_host = host.contains(['.', ':']) || host == "localhost" || authority.port().is_some();
        if !is_host {
            return None;
        }
        let path = format!("/{rest}");
        // What is signed as a webhook is one, whatever its path looks like.
        let is_signed = headers.contains_key(webhook::ID);
        let owner = find(|http| (http.owns_host)(&host));
        let owner = owner.or_else(|| find(|http| !is_signed && (http.owns_path)(&path)));
        Some(Self::to(owner, Some(host), path))
    }

    fn named(named: &str) -> Option<Self> {
        let (name, rest) = named.split_once('/').unwrap_or((named, ""));
        let fake = FAKES.iter().find(|fake| fake.service.name() == name)?;
        Some(Self { fake, http: fake.http.as_ref()?, host: None, path: format!("/{rest}") })
    }

    /// By the path alone, where every path belongs to some fake.
    pub(crate) fn by_path(uri: &Uri, headers: &HeaderMap) -> Self {
        let path = uri.path();
        Self::of(uri, headers).unwrap_or_else(|| Self::to(find(|http| (http.owns_path)(path)), None, path.to_owned()))
    }

    /// A request that belongs to no fake is a webhook.
    fn to(owner: Option<(&'static Fake, &'static Http)>, host: Option<String>, path: String) -> Self {
        let (fake, http) = owner.unwrap_or((&webhook::FAKE, &webhook::HTTP));
        Self { fake, http, host, path }
    }
}

fn find(owns: impl Fn(&Http) -> bool) -> Option<(&'static Fake, &'static Http)> {
    FAKES.iter().filter_map(|fake| Some((*fake, fake.http.as_ref()?))).find(|(_, http)| owns(http))
}
