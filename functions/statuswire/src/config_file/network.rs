//! `[network]`: the private networks this instance may connect to. All other private addresses are refused.
use std::net::IpAddr;

use ipnet::IpNet;
use outbound::{Guard, Refused, canonical_network};
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
            (Ok(network), _) => networks.push(canonical_network(network)),
            (Err(_), Ok(address)) => {
                let only = canonical_network(IpNet::from(address));
                let hint = format!("write \"{only}\" to allow only this address");
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

/// Warns of networks that hold every address.
pub(super) fn warn_unbounded(table: Option<&Table<'_>>, warnings: &mut Diagnostics<'_>) {
    let mut ignored = Diagnostics::new("");
    let Some(allow) = table.and_then(|table| table.get("allow")) else { return };
    for (location, text) in allow.strings("", &mut ignored) {
        if text.parse::<IpNet>().is_ok_and(|network| canonical_network(network).prefix_len() == 0) {
            let message = "allows every address, also those of this machine and of the metadata service of a cloud";
            warnings.add(&location, message, "name the networks of your own, such as \"10.1.0.0/16\"");
        }
    }
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
            format!("to allow it, add \"{}\" to [network] allow", canonical_network(IpNet::from(address))),
        ),
        Refused::PlainHttp { host } => (
            format!("the connection to {host} would not be encrypted"),
            "write https://, or add its address to [network] allow if the host is yours".to_owned(),
        ),
    };
    diagnostics.add(location, message, hint);
}
