//! `[[destination]]`: addresses on channels. Each channel defines its own keys. URLs and secrets may be given as
//! `env:NAME`; no message repeats their values.
use std::collections::BTreeMap;

use channels::{Channel, Setting, SettingKind};
use settings::{Code, Context, DestinationDraft, quoted, suggest};
use status::monitor::Destination;

use super::{
    diagnostics::{Diagnostics, Location},
    drafts::report,
    tables::{Entry, Table},
};

pub(super) fn read(
    tables: &[Table<'_>],
    context: &Context<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Vec<Destination> {
    tables.iter().filter_map(|table| destination(table, context, env, diagnostics)).collect()
}

fn destination(
    table: &Table<'_>,
    context: &Context<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<Destination> {
    let id = table.id(diagnostics);
    let channel = channel(table, diagnostics)?;
    let draft = DestinationDraft {
        id: id.unwrap_or_default().to_owned(),
        label: table.string("label", diagnostics).map(str::to_owned),
        channel: channel.name.to_owned(),
        settings: settings(table, channel, env, diagnostics),
    };
    let mut problems = match draft.validate(context) {
        Ok(destination) => return Some(destination),
        Err(problems) => problems,
    };
    let is_unread = |setting: &Setting| {
        let expected = setting.required || table.get(setting.key).is_some() || diagnostics.may_be_unparsed(setting.key);
        expected && !draft.settings.contains_key(setting.key)
    };
    // The channel's errors about absent keys are right only if every value was read.
    let is_complete = !channel.settings.iter().any(is_unread);
    problems.retain(|problem| is_complete || draft.settings.contains_key(&problem.field) || problem.field == "label");
    for problem in problems.iter_mut().filter(|problem| problem.code == Code::Invalid) {
        if let Some(setting) = channel.settings.iter().find(|setting| setting.key == problem.field) {
            problem.hint = format!("write {} = \"...\": {}", setting.key, setting.help);
        }
    }
    report(table, &[], problems, |_, _| false, diagnostics);
    None
}

/// Reports destinations on channels other than these.
pub(super) fn report_undeployed(tables: &[Table<'_>], deployed: &[&str], diagnostics: &mut Diagnostics<'_>) {
    for entry in tables.iter().filter_map(|table| table.get("channel")) {
        let channel = entry.value.as_str().and_then(channels::channel);
        if let Some(channel) = channel.filter(|channel| !deployed.contains(&channel.name)) {
            add_undeployed(&entry.location, channel.name, diagnostics);
        }
    }
}

/// The parameter is the one that template.yaml has for the channel.
pub(super) fn add_undeployed(location: &Location, channel: &str, diagnostics: &mut Diagnostics<'_>) {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let parameter: String = channel.split('_').map(capital).collect();
    let hint = format!("deploy it, with the parameter Channel{parameter}=on, or use another channel");
    diagnostics.add(location, format!("this stack leaves out the channel {}", quoted(channel)), hint);
}

fn channel(table: &Table<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<&'static Channel> {
    let entry = table.require("channel", "channel = \"webhook\"", diagnostics)?;
    let name = entry.string(diagnostics)?;
    let channel = channels::channel(name);
    if channel.is_none() {
        let known = channels::channels().iter().map(|channel| channel.name);
        let hint = suggest(name, "channels", known);
        diagnostics.add(&entry.location, format!("unknown channel {}", quoted(name)), hint);
    }
    channel
}

fn settings(
    table: &Table<'_>,
    channel: &Channel,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> BTreeMap<String, String> {
    let keys = channel.settings.iter().map(|setting| setting.key);
    table.reject_unknown_keys(&["id", "label", "channel"].into_iter().chain(keys).collect::<Vec<_>>(), diagnostics);
    let mut settings = BTreeMap::new();
    for setting in channel.settings {
        let entry = if setting.required {
            let example = format!("{} = \"...\": {}", setting.key, setting.help);
            table.require(setting.key, &example, diagnostics)
        } else {
            table.get(setting.key)
        };
        if let Some(value) = entry.and_then(|entry| value(&entry, setting, env, diagnostics)) {
            settings.insert(setting.key.to_owned(), value);
        }
    }
    settings
}

fn value(
    entry: &Entry<'_>,
    setting: &Setting,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<String> {
    match setting.kind {
        SettingKind::Table => {
            let entries = entry.entries(&format!("{} = {{ Name = \"text\" }}", setting.key), diagnostics);
            let lines = entries.iter().filter_map(|(entry, name)| {
                let text = secret(entry, env, diagnostics)?;
                let is_control = |c: char| c.is_control();
                if text.contains(is_control) || name.contains(is_control) {
                    diagnostics.add(&entry.location, "contains a line break or another control character", "remove it");
                    return None;
                }
                Some(format!("{name}: {text}"))
            });
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
        SettingKind::Url => secret(entry, env, diagnostics),
        SettingKind::Text if setting.secret => secret(entry, env, diagnostics),
        SettingKind::Text => Some(entry.string(diagnostics)?.to_owned()),
    }
}

/// A string, or the value of the environment variable that `env:NAME` names.
pub(super) fn secret(
    entry: &Entry<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Diagnostics<'_>,
) -> Option<String> {
    let text = entry.string(diagnostics)?;
    let Some(variable) = text.strip_prefix("env:") else {
        return Some(text.to_owned());
    };
    let value = env(variable).filter(|value| !value.trim().is_empty());
    if value.is_none() {
        // What is not a variable's name may be the secret itself.
        let is_name =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let name = if is_name(variable) { variable } else { "..." };
        let message = format!("the environment variable \"{name}\" is not set");
        diagnostics.add(&entry.location, message, "set it, or write the value here");
    }
    value
}
