//! `[instance]`: the URL, the password, the owner and the heartbeat of this instance.
use outbound::Guard;
use poller::Heartbeat;
use status::{
    monitor::{Destination, Settings},
    notice,
};
use url::Url;
use web::{MIN_PASSWORD_CHARS, Password};

use super::{destinations, diagnostics::Diagnostics, network, tables::Table};

const OWNER_CHANNEL: &str = "email";

/// What `[instance]` declares.
#[derive(Debug, Default)]
pub(super) struct InstanceConfig {
    /// The URL at which people open this instance, without a trailing slash.
    pub(super) public_url: Option<String>,
    /// Required to read the instance's pages; `None` makes them public.
    pub(super) password: Option<Password>,
    /// The address of whoever runs the instance.
    pub(super) owner: Option<String>,
    /// Sent after each finished round.
    pub(super) heartbeat: Option<Heartbeat>,
}

pub(super) fn read(
    table: Option<&Table<'_>>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> InstanceConfig {
    let Some(table) = table else { return InstanceConfig::default() };
    table.reject_unknown_keys(&["public_url", "password", "owner", "heartbeat_url"], diagnostics);
    InstanceConfig {
        public_url: public_url(table, diagnostics),
        password: password(table, env, diagnostics),
        owner: owner(table, diagnostics),
        heartbeat: heartbeat(table, guard, env, diagnostics),
    }
}

fn public_url(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let entry = table.get("public_url")?;
    let text = entry.string(diagnostics)?;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    if plain.is_none() {
        let hint = "write the URL at which people open this instance, such as \"https://status.example.com\"";
        diagnostics.add(&entry.location, "is not a plain http or https URL", hint);
    }
    plain.map(|url| url.as_str().trim_end_matches('/').to_owned())
}

fn owner(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<String> {
    let entry = table.get("owner")?;
    let address = channels::mail_address(entry.string(diagnostics)?);
    if address.is_none() {
        let hint = "write one plain address, such as \"ops@example.com\"";
        diagnostics.add(&entry.location, "is not a mail address", hint);
    }
    address
}

fn heartbeat(
    table: &Table<'_>,
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<Heartbeat> {
    let entry = table.get("heartbeat_url")?;
    let Ok(url) = destinations::secret(&entry, env, diagnostics)?.parse::<Url>() else {
        let hint = "write the URL that your monitoring service gave you, such as \"https://hc-ping.com/...\"";
        diagnostics.add(&entry.location, "is not a URL", hint);
        return None;
    };
    network::check_url(&url, &entry.location, guard, diagnostics);
    Heartbeat::new(url).ok()
}

/// Reports an owner who cannot get mail, since only these channels are deployed.
pub(super) fn report_undeployed(table: Option<&Table<'_>>, deployed: &[&str], diagnostics: &mut Diagnostics<'_>) {
    if let Some(owner) = table.and_then(|table| table.get("owner"))
        && !deployed.contains(&OWNER_CHANNEL)
    {
        destinations::add_undeployed(&owner.location, OWNER_CHANNEL, diagnostics);
    }
}

/// The destination that gets notices about the other destinations; no group has it.
pub(super) fn owner_destination(address: String) -> Destination {
    Destination {
        label: None,
        id: notice::OWNER.into(),
        account: super::account(),
        channel: OWNER_CHANNEL.to_owned(),
        settings: Settings([("address".to_owned(), address)].into()),
    }
}

fn password(
    table: &Table<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<Password> {
    let entry = table.get("password")?;
    let text = destinations::secret(&entry, env, diagnostics)?;
    if text.chars().count() < MIN_PASSWORD_CHARS {
        let hint = "use at least 12 characters, preferably generated, and refer to it as env:NAME";
        diagnostics.add(&entry.location, "is too short", hint);
        return None;
    }
    Some(Password::new(&text))
}
