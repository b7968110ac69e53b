//! The name of the cookie of an account's session. The console sets it; whoever serves other pages sees by it whether
//! they lead to the account or to signing in, and nothing else.
use http::{HeaderMap, header};

use crate::transport::Transport;

/// The prefix binds the cookie to this host and path, and to encrypted connections:
/// <https://www.rfc-editor.org/rfc/rfc6265bis>.
const ENCRYPTED_NAME: &str = "__Host-statuswire-account";
const LOOPBACK_NAME: &str = "statuswire-account";

/// `None`: browsers would not keep it.
pub fn name(transport: Transport) -> Option<&'static str> {
    match transport {
        Transport::Encrypted => Some(ENCRYPTED_NAME),
        Transport::Loopback => Some(LOOPBACK_NAME),
        Transport::Plain => None,
    }
}

/// The values of all cookies of this name.
pub fn values(headers: &HeaderMap, transport: Transport) -> impl Iterator<Item = &str> {
    name(transport).into_iter().flat_map(|name| cookies(headers, name))
}

/// The values of all cookies of a name, as the browser sends them.
pub fn cookies<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(found, _)| *found == name).map(|(_, value)| value)
}
