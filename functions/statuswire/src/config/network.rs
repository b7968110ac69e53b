//! `[network]`: the private addresses this instance may talk to. Everything else under its roof stays out of reach.
use std::net::IpAddr;

use ipnet::IpNet;
use outbound::{Guard, Refused};
use url::Url;

use super::document::{Found, Place, Table};

pub(super) fn read(table: Option<&Table<'_>>, found: &mut Found<'_>) -> Vec<IpNet> {
    let Some(table) = table else { return Vec::new() };
    table.only(&["allow"], found);
    let Some(allow) = table.get("allow") else {
        return Vec::new();
    };
    let mut networks = Vec::new();
    for (place, text) in allow.texts("allow = [\"127.0.0.0/8\"]", found) {
        match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(network), _) => networks.push(network),
            (Err(_), Ok(address)) => {
                let way_out = format!("write \"{}\" for this address alone", IpNet::from(address));
                found.add(&place, "is an address, not a network", way_out);
            }
            (Err(_), Err(_)) => {
                let way_out = "write address and prefix length, such as \"127.0.0.0/8\" or \"fd00::/8\"";
                found.add(&place, "is not a network", way_out);
            }
        }
    }
    networks
}

/// Tells if the guard does not let us go to `url`. Only scheme and host are named: a path may be a secret.
pub(super) fn vet(url: &Url, place: &Place, guard: &Guard, found: &mut Found<'_>) {
    let Err(refused) = guard.check_url(url) else { return };
    let (message, way_out) = match refused {
        Refused::NotWeb => ("is no web address".to_owned(), "start it with https:// and a host".to_owned()),
        Refused::UserInfo { host } => {
            (format!("{host} is given with a user name or password"), "remove what stands before the @".to_owned())
        }
        Refused::PortZero { host } => (format!("port 0 of {host} cannot be reached"), "name the real port".to_owned()),
        // What would allow it may stand in a part that could not be read.
        Refused::NotPublic { .. } | Refused::PlainHttp { .. } if found.may_be_lost("allow") => return,
        Refused::NotPublic { host, address } => (
            format!("{host} is not on the public internet"),
            format!("if it is meant, add \"{}\" to [network] allow", IpNet::from(address)),
        ),
        Refused::PlainHttp { host } => (
            format!("{host} would be reached without encryption"),
            "write https://, or add its address to [network] allow if it is your own".to_owned(),
        ),
    };
    found.add(place, message, way_out);
}
