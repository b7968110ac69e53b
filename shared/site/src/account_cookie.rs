//! The name of the cookie of an account's session. The console sets it; whoever serves other pages sees by it whether
//! they lead to the account or to signing in, and nothing else.
use http::{HeaderMap, header};

use crate::transport::Transport;

/// Of the session of an account.
pub const NAMES: Names = Names { encrypted: "__Host-statuswire-account", loopback: "statuswire-account" };

/// The names of a cookie by the connection it comes over. The prefix `__Host-` binds it to this host and path, and to
/// encrypted connections: <https://www.rfc-editor.org/rfc/rfc6265bis>.
#[derive(Clone, Copy)]
pub struct Names {
    pub encrypted: &'static str,
    pub loopback: &'static str,
}

impl Names {
    /// `None`: browsers would not keep it.
    pub fn of(self, transport: Transport) -> Option<&'static str> {
        match transport {
            Transport::Encrypted => Some(self.encrypted),
            Transport::Loopback => Some(self.loopback),
            Transport::Plain => None,
        }
    }

    /// The values of all cookies of this name.
    pub fn values(self, headers: &HeaderMap, transport: Transport) -> impl Iterator<Item = &str> {
        let name = self.of(transport);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(move |(found, _)| name == Some(*found)).map(|(_, value)| value)
    }
}
