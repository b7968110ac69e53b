//! What happens to every request and response, whatever the route.
pub(crate) mod access;
pub(crate) mod concurrency;
pub(crate) mod cors;
pub(crate) mod etag;
pub(crate) mod kept;
pub(crate) mod origin;
pub(crate) mod session;
pub(crate) mod visitor;

pub(crate) use site::{same_origin, security_headers, sender, transport};
