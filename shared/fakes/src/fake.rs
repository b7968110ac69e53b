//! What a fake is: the contract that every service's file fulfils.
use crate::{
    call::Call,
    fault::Reply,
    rate::{Limit, Rate},
    received::Redaction,
    service::Service,
    world::World,
};

/// One fake service.
pub(crate) struct Fake {
    pub(crate) service: Service,
    /// `None`: it is not reached over HTTP.
    pub(crate) http: Option<Http>,
    /// How often one destination may be used, as the real service limits it.
    pub(crate) limits: &'static [(Limit, Rate)],
    pub(crate) redaction: Redaction,
}

/// How a service is reached and answers over HTTP.
pub(crate) struct Http {
    pub(crate) owns_host: fn(host: &str) -> bool,
    /// Whether its paths look like this, for requests that name no host.
    pub(crate) owns_path: fn(path: &str) -> bool,
    /// The names of the destination, the most telling first: see [`crate::Fakes::set_faults_at`].
    pub(crate) names: fn(&mut World, &Call) -> Vec<String>,
    pub(crate) respond: fn(&mut World, &Call, names: &[String]) -> Reply,
    /// A request path as the router takes it, `/<host>/<path>`, with `SECRET` wherever a path holds a secret.
    pub(crate) example: &'static str,
}

/// Whether `host` is this domain or below it.
pub(crate) fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
