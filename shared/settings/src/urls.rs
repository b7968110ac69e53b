//! What the network guard says of a URL, for people.
use outbound::{Guard, Refused, network_of};
use url::Url;

use crate::problem::{Code, Problem};

/// The problem with `url`, if the guard refuses it. It names only scheme and host, since a path may be a secret.
pub fn check_url(field: &str, url: &Url, guard: &Guard) -> Option<Problem> {
    let (message, hint) = match guard.check_url(url).err()? {
        Refused::NotWeb => ("is not an http or https URL".to_owned(), "write https:// and a host".to_owned()),
        Refused::UserInfo { host } => (
            format!("the URL of {host} contains a user name or a password"),
            "remove everything before the @".to_owned(),
        ),
        Refused::PortZero { host } => (format!("port 0 of {host} is not valid"), "write the real port".to_owned()),
        Refused::NotPublic { host, address } => (
            format!("{host} is not on the public internet"),
            format!("to allow it, add \"{}\" to [network] allow", network_of(address)),
        ),
        Refused::PlainHttp { host } => (
            format!("the connection to {host} would not be encrypted"),
            "write https://, or add its address to [network] allow if the host is yours".to_owned(),
        ),
    };
    Some(Problem { field: field.to_owned(), code: Code::Refused, message, hint })
}
