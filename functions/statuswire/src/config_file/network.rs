//! `[network]`: the private networks this instance may connect to. All other private addresses are refused.
use std::net::IpAddr;

use ipnet::IpNet;
use outbound::{Guard, canonical_network};
use settings::Problem;
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

/// Reports if the guard refuses `url`.
pub(super) fn check_url(url: &Url, location: &Location, guard: &Guard, diagnostics: &mut Diagnostics<'_>) {
    if let Some(Problem { message, hint, .. }) = settings::check_url("", url, guard)
        && !is_of_network(&hint, diagnostics)
    {
        diagnostics.add(location, message, hint);
    }
}

/// Whether what is missing by this hint may be in a part of the file that is not TOML.
pub(super) fn is_of_network(hint: &str, diagnostics: &Diagnostics<'_>) -> bool {
    hint.contains("[network] allow") && diagnostics.may_be_unparsed("allow")
}
