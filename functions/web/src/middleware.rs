//! What happens to every request and response, whatever the route.
pub(crate) mod access;
pub(crate) mod concurrency;
pub(crate) mod cors;
pub(crate) mod etag;
pub(crate) mod kept;
pub(crate) mod origin;
pub(crate) mod same_origin;
pub(crate) mod security_headers;
pub(crate) mod sender;
pub(crate) mod session;
pub(crate) mod transport;
