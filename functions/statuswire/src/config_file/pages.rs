//! `[[page]]`: status pages that are not in the catalogue. Each becomes a provider with its own id.
use std::{net::IpAddr, time::Duration};

use jiff::SignedDuration;
use outbound::Guard;
use status::{ids::ProviderId, provider::Provider};
use toml::de::DeValue;
use url::{Host, Url};

use super::{
    diagnostics::Diagnostics,
    network,
    tables::{Entry, Table},
    words::{quoted, suggest},
};

/// In seconds. It spares other people's servers.
const MIN_INTERVAL: u64 = 60;
/// In seconds, for a page whose address is in `[network] allow`.
const MIN_INTERVAL_ALLOWED: u64 = 1;
/// In seconds.
const MAX_INTERVAL: u64 = 24 * 60 * 60;

pub(super) fn read(tables: &[Table<'_>], guard: &Guard, diagnostics: &mut Diagnostics<'_>) -> Vec<Provider> {
    tables.iter().filter_map(|table| page(table, guard, diagnostics)).collect()
}

fn page(table: &Table<'_>, guard: &Guard, diagnostics: &mut Diagnostics<'_>) -> Option<Provider> {
    table.reject_unknown_keys(&["id", "name", "url", "format", "interval"], diagnostics);
    let id = id(table, diagnostics);
    let name = table.string("name", diagnostics);
    let url = table
        .require("url", "url = \"https://status.example.com\"", diagnostics)
        .and_then(|entry| url(&entry, guard, diagnostics));
    let format = table.get("format").and_then(|entry| format(&entry, diagnostics));
    let interval = table.get("interval").and_then(|entry| interval(&entry, url.as_ref(), guard, diagnostics));
    let id = id?;
    Some(Provider {
        id: ProviderId::new(id),
        name: name.unwrap_or(id).to_owned(),
        page_url: url?.as_str().trim_end_matches('/').to_owned(),
        format,
        interval,
    })
}

fn id<'t>(table: &Table<'t>, diagnostics: &mut Diagnostics<'_>) -> Option<&'t str> {
    let id = table.id(diagnostics)?;
    if catalogue::find(id).is_some() {
        let hint = format!("write provider = \"{id}\" in the monitor, or choose another id");
        diagnostics.add(&table.location_of("id"), format!("\"{id}\" is a provider in the catalogue"), hint);
    }
    Some(id)
}

fn url(entry: &Entry<'_>, guard: &Guard, diagnostics: &mut Diagnostics<'_>) -> Option<Url> {
    let text = entry.string(diagnostics)?;
    let Ok(url) = Url::parse(text) else {
        let hint = "write the URL of the status page, such as \"https://status.example.com\"";
        diagnostics.add(&entry.location, "is not a URL", hint);
        return None;
    };
    network::check_url(&url, &entry.location, guard, diagnostics);
    Some(url)
}

fn format(entry: &Entry<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let name = entry.string(diagnostics)?;
    if formats::format(name).is_none() {
        let known = formats::formats().iter().map(|format| format.name);
        let hint = suggest(name, "formats", known);
        diagnostics.add(&entry.location, format!("unknown format {}", quoted(name)), hint);
    }
    Some(name.to_owned())
}

fn interval(
    entry: &Entry<'_>,
    url: Option<&Url>,
    guard: &Guard,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<Duration> {
    let seconds = match entry.value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) => seconds(text),
        _ => None,
    };
    let Some(seconds) = seconds else {
        let hint = "write \"30s\", \"5m\", \"1h\" or a number of seconds";
        diagnostics.add(&entry.location, "is not a duration in whole seconds", hint);
        return None;
    };
    let is_allowed = url.is_none_or(|url| is_allowed_address(url, guard)) || diagnostics.may_be_unparsed("allow");
    let min = if is_allowed { MIN_INTERVAL_ALLOWED } else { MIN_INTERVAL };
    if seconds < min {
        let hint = "write at least \"60s\" (\"1s\" for a page whose address is in [network] allow)";
        diagnostics.add(&entry.location, "is too short", hint);
    } else if seconds > MAX_INTERVAL {
        diagnostics.add(&entry.location, "is too long", "write at most \"24h\"");
    }
    Some(Duration::from_secs(seconds))
}

/// Of a duration such as `90s`, `5m` or `1h 30m`. A fraction of a second or a negative duration is `None`.
fn seconds(text: &str) -> Option<u64> {
    let duration = text.parse::<SignedDuration>().ok()?;
    (duration.subsec_nanos() == 0).then(|| duration.as_secs().try_into().ok())?
}

fn is_allowed_address(url: &Url, guard: &Guard) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        _ => return false,
    };
    guard.allows(address)
}
