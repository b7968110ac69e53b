//! `[[destination]]`: addresses on channels. Which keys there are is the channel's to say; URLs and secrets may be given
//! as `env:NAME`, and whatever they hold appears in no message.
use channels::{Channel, Setting, SettingKind};
use outbound::Guard;
use status::{
    ids::DestinationId,
    monitor::{Destination, Settings},
};
use url::Url;

use super::{
    account,
    document::{Entry, Found, Table},
    network,
    words::{one_of, quoted},
};

pub(super) fn read(
    tables: &[Table<'_>],
    guard: &Guard,
    env: &dyn Fn(&str) -> Option<String>,
    found: &mut Found<'_>,
) -> Vec<Destination> {
    let mut destinations = Vec::with_capacity(tables.len());
    for table in tables {
        let id = table.id(found);
        let Some(channel) = channel(table, found) else { continue };
        let settings = settings(table, channel, env, found);
        tell_unfit(table, channel, &settings, guard, found);
        if let Some(id) = id {
            destinations.push(Destination {
                id: DestinationId::new(id),
                account: account(),
                channel: channel.name.to_owned(),
                settings,
            });
        }
    }
    destinations
}

fn channel(table: &Table<'_>, found: &mut Found<'_>) -> Option<&'static Channel> {
    let entry = table.require("channel", "channel = \"webhook\"", found)?;
    let name = entry.text(found)?;
    let channel = channels::channel(name);
    if channel.is_none() {
        let known = channels::channels().iter().map(|channel| channel.name);
        let way_out = one_of(name, "channels", known);
        found.add(&entry.place, format!("unknown channel {}", quoted(name)), way_out);
    }
    channel
}

fn settings(
    table: &Table<'_>,
    channel: &Channel,
    env: &dyn Fn(&str) -> Option<String>,
    found: &mut Found<'_>,
) -> Settings {
    let keys = channel.settings.iter().map(|setting| setting.key);
    table.only(&["id", "channel"].into_iter().chain(keys).collect::<Vec<_>>(), found);
    let mut settings = Settings::default();
    for setting in channel.settings {
        let entry = if setting.required {
            let example = format!("{} = \"...\": {}", setting.key, setting.help);
            table.require(setting.key, &example, found)
        } else {
            table.get(setting.key)
        };
        if let Some(value) = entry.and_then(|entry| value(&entry, setting, env, found)) {
            settings.0.insert(setting.key.to_owned(), value);
        }
    }
    settings
}

fn value(
    entry: &Entry<'_>,
    setting: &Setting,
    env: &dyn Fn(&str) -> Option<String>,
    found: &mut Found<'_>,
) -> Option<String> {
    match setting.kind {
        SettingKind::Table => {
            let named = entry.named_texts(&format!("{} = {{ Name = \"text\" }}", setting.key), found);
            let lines = named.iter().filter_map(|(entry, name)| {
                let text = secret(entry, env, found)?;
                let broken = |c: char| c.is_control();
                if text.contains(broken) || name.contains(broken) {
                    found.add(&entry.place, "has a line break or another control character", "remove it");
                    return None;
                }
                Some(format!("{name}: {text}"))
            });
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
        SettingKind::Url => secret(entry, env, found),
        SettingKind::Text if setting.secret => secret(entry, env, found),
        SettingKind::Text => Some(entry.text(found)?.to_owned()),
    }
}

/// A text that may stand in the environment.
pub(super) fn secret(entry: &Entry<'_>, env: &dyn Fn(&str) -> Option<String>, found: &mut Found<'_>) -> Option<String> {
    let text = entry.text(found)?;
    let Some(variable) = text.strip_prefix("env:") else {
        return Some(text.to_owned());
    };
    let value = env(variable).filter(|value| !value.trim().is_empty());
    if value.is_none() {
        // Anything else may be the secret itself.
        let is_name =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let name = if is_name(variable) { variable } else { "..." };
        let message = format!("the environment variable \"{name}\" is not set");
        found.add(&entry.place, message, "set it, or write the value here");
    }
    value
}

/// Tells what the channel or the network guard refuses.
fn tell_unfit(table: &Table<'_>, channel: &Channel, settings: &Settings, guard: &Guard, found: &mut Found<'_>) {
    let unread = |setting: &Setting| {
        let expected = setting.required || table.get(setting.key).is_some() || found.may_be_lost(setting.key);
        expected && settings.get(setting.key).is_none()
    };
    // What the channel says of keys without a value is to be believed only if every value could be read.
    let complete = !channel.settings.iter().any(unread);
    let unfit = (channel.check)(settings);
    for setting in channel.settings {
        let key = setting.key;
        let value = settings.get(key);
        if let Some((_, message)) = unfit.iter().find(|(unfit, _)| *unfit == key) {
            if complete || value.is_some() {
                let way_out = format!("write {key} = \"...\": {}", setting.help);
                found.add(&table.place_of(key), message, way_out);
            }
        } else if setting.kind == SettingKind::Url
            && let Some(url) = value.and_then(|value| Url::parse(value).ok())
        {
            network::vet(&url, &table.place_of(key), guard, found);
        }
    }
}
