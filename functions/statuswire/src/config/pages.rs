//! `[[page]]`: status pages that are not in the catalogue. Each becomes a provider of its own id.
use std::{net::IpAddr, time::Duration};

use outbound::Guard;
use status::{ids::ProviderId, provider::Provider};
use toml::de::DeValue;
use url::{Host, Url};

use super::{
    document::{Entry, Found, Table},
    network,
    words::{one_of, quoted},
};

/// Politeness towards other people's pages; one inside `[network] allow` is our own.
const FLOOR: u64 = 60;
const FLOOR_IF_ALLOWED: u64 = 1;
const CEILING: u64 = 24 * 60 * 60;

pub(super) fn read(tables: &[Table<'_>], guard: &Guard, found: &mut Found<'_>) -> Vec<Provider> {
    tables.iter().filter_map(|table| page(table, guard, found)).collect()
}

fn page(table: &Table<'_>, guard: &Guard, found: &mut Found<'_>) -> Option<Provider> {
    table.only(&["id", "name", "url", "format", "interval"], found);
    let id = id(table, found);
    let name = table.text("name", found);
    let url =
        table.require("url", "url = \"https://status.example.com\"", found).and_then(|entry| url(&entry, guard, found));
    let format = table.get("format").and_then(|entry| format(&entry, found));
    let interval = table.get("interval").and_then(|entry| interval(&entry, url.as_ref(), guard, found));
    let id = id?;
    Some(Provider {
        id: ProviderId::new(id),
        name: name.unwrap_or(id).to_owned(),
        page_url: url?.as_str().trim_end_matches('/').to_owned(),
        format,
        interval,
    })
}

fn id<'t>(table: &Table<'t>, found: &mut Found<'_>) -> Option<&'t str> {
    let id = table.id(found)?;
    if catalogue::find(id).is_some() {
        let way_out = format!("write provider = \"{id}\" in the monitor, or choose another id");
        found.add(&table.place_of("id"), format!("\"{id}\" is a provider of the catalogue"), way_out);
    }
    Some(id)
}

fn url(entry: &Entry<'_>, guard: &Guard, found: &mut Found<'_>) -> Option<Url> {
    let text = entry.text(found)?;
    let Ok(url) = Url::parse(text) else {
        let way_out = "write the page's address, such as \"https://status.example.com\"";
        found.add(&entry.place, "is not a URL", way_out);
        return None;
    };
    network::vet(&url, &entry.place, guard, found);
    Some(url)
}

fn format(entry: &Entry<'_>, found: &mut Found<'_>) -> Option<String> {
    let name = entry.text(found)?;
    if formats::format(name).is_none() {
        let known = formats::formats().iter().map(|format| format.name);
        let way_out = one_of(name, "formats", known);
        found.add(&entry.place, format!("unknown format {}", quoted(name)), way_out);
    }
    Some(name.to_owned())
}

fn interval(entry: &Entry<'_>, url: Option<&Url>, guard: &Guard, found: &mut Found<'_>) -> Option<Duration> {
    let seconds = match entry.value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) => seconds(text),
        _ => None,
    };
    let Some(seconds) = seconds else {
        let way_out = "write \"30s\", \"5m\", \"1h\" or a number of seconds";
        found.add(&entry.place, "is not a length of time", way_out);
        return None;
    };
    let allowed = url.is_none_or(|url| is_allowed_address(url, guard)) || found.may_be_lost("allow");
    let floor = if allowed { FLOOR_IF_ALLOWED } else { FLOOR };
    if seconds < floor {
        let way_out = "write at least \"60s\" (\"1s\" for a page whose address is in [network] allow)";
        found.add(&entry.place, "is too short", way_out);
    } else if seconds > CEILING {
        found.add(&entry.place, "is too long", "write at most \"24h\"");
    }
    Some(Duration::from_secs(seconds))
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    number.trim_end().parse::<u64>().ok()?.checked_mul(unit)
}

fn is_allowed_address(url: &Url, guard: &Guard) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        _ => return false,
    };
    guard.allow.iter().any(|network| network.contains(&address))
}
