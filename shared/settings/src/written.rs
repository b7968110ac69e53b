//! Settings as the text of a configuration file, which is read as the same settings. A secret is written as
//! `env:NAME`, unless it is asked for.
use std::{collections::BTreeMap, fmt::Write as _};

use channels::SettingKind;
use status::{
    board::Board,
    digest::Every,
    ids::ProviderId,
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, WhenUnknown},
    notice,
    provider::{ClientCredentials, Login, Provider},
};

/// How secrets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As the name of an environment variable, which whoever applies the file has to set.
    Named,
    InClear,
}

/// The settings of an account, in clear.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub pages: &'a [Provider],
    pub logins: &'a BTreeMap<ProviderId, Login>,
    pub destinations: &'a [Destination],
    pub groups: &'a [Group],
    pub monitors: &'a [Monitor],
    pub boards: &'a [Board],
}

impl Written<'_> {
    /// The tables of pages, destinations, groups, monitors and boards. The destination of the instance's owner is left
    /// out, since `[instance]` declares it.
    pub fn to_toml(self, secrets: Secrets) -> String {
        let mut text = String::new();
        self.pages.iter().for_each(|it| page(it, self.logins.get(&it.id), secrets, &mut text));
        let destinations = self.destinations.iter().filter(|it| it.id.as_str() != notice::OWNER);
        destinations.for_each(|it| destination(it, secrets, &mut text));
        self.groups.iter().for_each(|it| group(it, &mut text));
        self.monitors.iter().for_each(|it| monitor(it, self.pages, &mut text));
        self.boards.iter().for_each(|it| board(it, &mut text));
        text
    }
}

fn page(page: &Provider, login: Option<&Login>, secrets: Secrets, text: &mut String) {
    header("page", text);
    line("id", page.id.as_str(), text);
    line("name", &page.name, text);
    line("url", &page.page_url, text);
    optional("format", page.format.as_deref(), text);
    optional("interval", page.interval.map(|interval| format!("{}s", interval.as_secs())).as_deref(), text);
    let Some(Login { headers, oauth }) = login else { return };
    let written = |part: &str, value: &str| match secrets {
        Secrets::Named => quoted(&format!("env:{}", variable(page.id.as_str(), part))),
        Secrets::InClear => quoted(value),
    };
    if !headers.is_empty() {
        let written = |name: &str, value: &str| written(&format!("headers_{name}"), value);
        let headers = headers.iter().map(|(name, value)| format!("{} = {}", quoted(name), written(name, value)));
        let _ = writeln!(text, "headers = {{ {} }}", headers.collect::<Vec<_>>().join(", "));
    }
    if let Some(ClientCredentials { token_url, client_id, client_secret, scope }) = oauth {
        text.push_str("[page.oauth]\n");
        line("token_url", token_url, text);
        line("client_id", client_id, text);
        let _ = writeln!(text, "client_secret = {}", written("oauth_client_secret", client_secret));
        optional("scope", scope.as_deref(), text);
    }
}

fn destination(destination: &Destination, secrets: Secrets, text: &mut String) {
    header("destination", text);
    line("id", destination.id.as_str(), text);
    optional("label", destination.label.as_deref(), text);
    line("channel", &destination.channel, text);
    let known = channels::channel(&destination.channel).map_or(&[][..], |channel| channel.settings);
    for (key, value) in &destination.settings.0 {
        let kind = known.iter().find(|setting| setting.key == key).map(|setting| setting.kind);
        let is_named = secrets == Secrets::Named && channels::is_secret(&destination.channel, key);
        let written = |part: &str, value: &str| match is_named {
            true => quoted(&format!("env:{}", variable(destination.id.as_str(), part))),
            false => quoted(value),
        };
        if kind == Some(SettingKind::Table) {
            let entries = value.lines().filter_map(|entry| entry.split_once(": "));
            let entries =
                entries.map(|(name, value)| format!("{} = {}", quoted(name), written(&format!("{key}_{name}"), value)));
            let _ = writeln!(text, "{key} = {{ {} }}", entries.collect::<Vec<_>>().join(", "));
        } else {
            let _ = writeln!(text, "{key} = {}", written(key, value));
        }
    }
}

/// `OPS_HOOK_URL`
fn variable(id: &str, part: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{id}_{part}").chars().map(plain).collect()
}

/// A group that alerts nobody is one that a file must not declare: it is left in the file as a comment, for whoever
/// adds what it lacks.
fn group(group: &Group, text: &mut String) {
    let lack = match &group.scope {
        _ if group.destinations.is_empty() => "has no destination",
        Scope::Monitors(monitors) if monitors.is_empty() => "covers no monitor",
        _ => return group_table(group, text),
    };
    let mut table = String::new();
    group_table(group, &mut table);
    let before = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{before}# This group alerts nobody, since it {lack}:");
    table.lines().for_each(|line| {
        let _ = writeln!(text, "# {line}");
    });
}

fn group_table(group: &Group, text: &mut String) {
    header("group", text);
    line("id", group.id.as_str(), text);
    optional("name", group.name.as_deref(), text);
    list("destinations", group.destinations.iter().map(|id| id.as_str()), text);
    list("severities", group.severities.iter().map(|it| it.as_str()), text);
    list("events", group.events.iter().map(|it| it.as_str()), text);
    if let Scope::Monitors(monitors) = &group.scope {
        list("monitors", monitors.iter().map(|id| id.as_str()), text);
    }
    if let Some(quiet) = &group.quiet_hours {
        text.push_str("[group.quiet_hours]\n");
        line("zone", &quiet.zone, text);
        list("days", quiet.days.iter().map(|day| day.as_str()), text);
        line("from", &quiet.from.strftime("%H:%M").to_string(), text);
        line("until", &quiet.until.strftime("%H:%M").to_string(), text);
        let _ = writeln!(text, "major_bypass = {}", quiet.major_bypass);
    }
    if let Some(digest) = &group.digest {
        text.push_str("[group.digest]\n");
        match &digest.every {
            Every::Hour => line("every", "hour", text),
            Every::Day { zone, at } => {
                line("every", "day", text);
                line("zone", zone, text);
                line("at", &at.strftime("%H:%M").to_string(), text);
            }
        }
        let _ = writeln!(text, "major_bypass = {}", digest.major_bypass);
    }
    if let Some(follow_up) = &group.follow_up {
        text.push_str("[group.follow_up]\n");
        let _ = writeln!(text, "minutes = {}", follow_up.minutes);
        optional("destination", follow_up.destination.as_ref().map(|id| id.as_str()), text);
    }
}

fn monitor(monitor: &Monitor, pages: &[Provider], text: &mut String) {
    header("monitor", text);
    line("id", monitor.id.as_str(), text);
    let is_own = pages.iter().any(|page| page.id == monitor.provider);
    line(if is_own { "page" } else { "provider" }, monitor.provider.as_str(), text);
    if let ComponentFilter::Chosen(chosen) = &monitor.components {
        list("components", chosen.iter().map(ToString::to_string), text);
    }
    if monitor.unknown == WhenUnknown::Drop {
        line("unknown", "drop", text);
    }
}

fn board(board: &Board, text: &mut String) {
    header("board", text);
    line("id", board.id.as_str(), text);
    line("name", &board.name, text);
    line("address", board.address.as_str(), text);
    list("providers", board.providers.iter().map(|id| id.as_str()), text);
}

fn header(name: &str, text: &mut String) {
    let before = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{before}[[{name}]]");
}

fn line(key: &str, value: &str, text: &mut String) {
    let _ = writeln!(text, "{key} = {}", quoted(value));
}

fn optional(key: &str, value: Option<&str>, text: &mut String) {
    if let Some(value) = value {
        line(key, value, text);
    }
}

fn list<T: AsRef<str>>(key: &str, values: impl Iterator<Item = T>, text: &mut String) {
    let values: Vec<String> = values.map(|value| quoted(value.as_ref())).collect();
    let _ = writeln!(text, "{key} = [{}]", values.join(", "));
}

/// A basic string of TOML.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04X}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_string_of_toml() {
        for value in ["a\"b\\c", "a\nb\tc\u{7f}\u{1}", "Ä€😀", "'''\"\"\""] {
            let text = format!("a = {}", quoted(value));
            let read = toml::de::DeTable::parse(&text).unwrap();
            assert_eq!(read.get_ref().get("a").unwrap().get_ref().as_str(), Some(value));
        }
    }
}
