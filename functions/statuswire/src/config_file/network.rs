//! `[network]`: the private networks this instance may connect to. All other private addresses are refused.
use std::net::IpAddr;

use ipnet::IpNet;
use outbound::{Guard, Refused};
use url::Url;

use super::{
    diagnostics::{Diagnostics, Location},
    tables::Table,
};

pub(super) fn read(table: Option<&Table<'_>>, diagnostics: &mut Diagnostics<'_>) -> Vec<IpNet> {
    let Some(table) = table else { return Vec::new() };
    table.reject_unknown_keys(&["allow"], diagnostics);
    let Some(allow) = table.get("allow") else {
        return Vec::new();
    };
    let mut networks = Vec::new();
    for (location, text) in allow.strings("allow = [\"127.0.0.0/8\"]", diagnostics) {
        match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(network), _) => networks.push(network),
            (Err(_), Ok(address)) => {
                let hint = format!("write \"{}\" to allow only this address", IpNet::from(address));
                diagnostics.add(&location, "is an address, not a network", hint);
            }
            (Err(_), Err(_)) => {
                let hint = "write an address and a prefix length, such as \"127.0.0.0/8\" or \"fd00::/8\"";
                diagnostics.add(&location, "is not a network", hint);
            }
        }
    }
    networks
}

/// Reports if the guard refuses `url`. The message names only scheme and host, since a path may be a secret.
pub(super) fn check_url(url: &Url, location: &Location, guard: &Guard, diagnostics: &mut Diagnostics<'_>) {
    let Err(refused) = guard.check_url(url) else { return };
    let (message, hint) = match refused {
        Refused::NotWeb => ("is not an http or https URL".to_owned(), "write https:// and a host".to_owned()),
        Refused::UserInfo { host } => (
            format!("the URL of {host} contains a user name or a password"),
            "remove everything before the @".to_owned(),
        ),
        Refused::PortZero { host } => (format!("port 0 of {host} is not valid"), "write the real port".to_owned()),
        // The entry that would allow it may be in a part of the file that is not TOML.
        Refused::NotPublic { .. } | Refused::PlainHttp { .. } if diagnostics.may_be_unparsed("allow") => return,
        Refused::NotPublic { host, address } => (
            format!("{host} is not on the public internet"),
            format!("to allow it, add \"{}\" to [network] allow", IpNet::from(address)),
        ),
        Refused::PlainHttp { host } => (
            format!("the connection to {host} would not be encrypted"),
            "write https://, or add its address to [network] allow if the host is yours".to_owned(),
        ),
    };
    diagnostics.add(location, message, hint);
}
