//! What applying a configuration file would change, by name and without values: they may be secret.
use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;
use status::notice;
use store::AccountSettings;

/// `Display` is a line for each setting that changes, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the file, then of what is removed.
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Add(String),
    /// With the fields that differ.
    Change(String, Vec<String>),
    Remove(String),
}

impl Plan {
    /// From what is stored to what is declared.
    pub fn between(stored: &AccountSettings, declared: &AccountSettings) -> Self {
        let (mut before, after) = (rows(stored), rows(declared));
        let mut changes = Vec::new();
        for (name, fields) in after {
            let at = before.iter().position(|(known, _)| *known == name);
            match at.map(|at| before.remove(at).1) {
                None => changes.push(Change::Add(name)),
                Some(known) if known == fields => {}
                Some(known) => changes.push(Change::Change(name, differing(&known, &fields))),
            }
        }
        changes.extend(before.into_iter().map(|(name, _)| Change::Remove(name)));
        Self { changes }
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

type Fields = BTreeMap<String, Value>;

fn rows(settings: &AccountSettings) -> Vec<(String, Fields)> {
    let pages = settings.pages.iter().map(|it| {
        let login = settings.logins.get(&it.id).and_then(|login| serde_json::to_value(login).ok());
        let login = login.map(|login| ("login".to_owned(), login));
        (format!("page {}", it.id), fields(it).into_iter().chain(login).collect())
    });
    // The file declares the owner's by its address in another table.
    let owner = |id: &str| id == notice::OWNER;
    let destinations = settings.destinations.iter().map(|it| match owner(it.id.as_str()) {
        true => ("the owner's mail address".to_owned(), fields(it)),
        false => (format!("destination {}", it.id), fields(it)),
    });
    let groups = settings.groups.iter().map(|it| (format!("group {}", it.id), fields(it)));
    let monitors = settings.monitors.iter().map(|it| (format!("monitor {}", it.id), fields(it)));
    let boards = settings.boards.iter().map(|it| (format!("board {}", it.id), fields(it)));
    pages.chain(destinations).chain(groups).chain(monitors).chain(boards).collect()
}

/// By the words of the file; the settings of a destination one by one.
fn fields(setting: &impl Serialize) -> Fields {
    let Ok(Value::Object(values)) = serde_json::to_value(setting) else { return Fields::new() };
    let mut fields = Fields::new();
    for (name, value) in values {
        match (name.as_str(), value) {
            ("settings", Value::Object(settings)) => fields.extend(settings),
            ("page_url", value) => drop(fields.insert("url".to_owned(), value)),
            ("scope", value) => drop(fields.insert("monitors".to_owned(), value)),
            (_, Value::Null) => {}
            (_, value) => drop(fields.insert(name, value)),
        }
    }
    fields
}

fn differing(before: &Fields, after: &Fields) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut added, mut changed, mut removed) = (0, 0, 0);
        for change in &self.changes {
            match change {
                Change::Add(name) => {
                    added += 1;
                    writeln!(f, "+ {name}")?;
                }
                Change::Change(name, fields) => {
                    changed += 1;
                    writeln!(f, "~ {name}: {}", fields.join(", "))?;
                }
                Change::Remove(name) => {
                    removed += 1;
                    writeln!(f, "- {name}")?;
                }
            }
        }
        match self.is_empty() {
            true => write!(f, "No changes."),
            false => write!(f, "Plan: {added} to add, {changed} to change, {removed} to remove."),
        }
    }
}

#[cfg(test)]
mod tests {
    use status::{
        monitor::{ComponentFilter, Destination, Monitor, Settings, WhenUnknown},
        provider::{Login, Provider},
    };

    use super::*;

    fn settings(url: &str) -> AccountSettings {
        AccountSettings {
            pages: vec![Provider {
                id: "acme".into(),
                name: "Acme".to_owned(),
                page_url: "https://status.acme.test".to_owned(),
                format: None,
                interval: None,
            }],
            logins: [("acme".into(), Login::of_headers([("Cookie".to_owned(), "hunter4".to_owned())].into()))].into(),
            destinations: vec![Destination {
                id: "hook".into(),
                account: "local".into(),
                label: None,
                channel: "webhook".to_owned(),
                settings: Settings([("url".to_owned(), url.to_owned())].into()),
            }],
            groups: Vec::new(),
            monitors: vec![Monitor {
                id: "m".into(),
                account: "local".into(),
                provider: "acme".into(),
                components: ComponentFilter::All,
                unknown: WhenUnknown::Tell,
            }],
            boards: Vec::new(),
        }
    }

    #[test]
    fn the_same_settings_in_another_order_are_no_change() {
        let mut other = settings("https://a.test");
        other.pages.push(Provider { id: "b".into(), ..other.pages[0].clone() });
        let mut same = other.clone();
        same.pages.reverse();
        assert_eq!(Plan::between(&other, &same).to_string(), "No changes.");
    }

    #[test]
    fn plan_names_what_changes_and_no_value() {
        let stored = settings("https://hooks.test/hunter2");
        let mut declared = settings("https://hooks.test/other");
        declared.destinations[0].settings.0.insert("secret".to_owned(), "hunter3".to_owned());
        declared.monitors[0].id = "new".into();
        declared.pages[0].name = "ACME".to_owned();
        declared.logins.clear();
        let plan = Plan::between(&stored, &declared);
        assert_eq!(
            plan.to_string(),
            "~ page acme: login, name\n~ destination hook: url, secret\n+ monitor new\n- monitor m\n\
             Plan: 1 to add, 2 to change, 1 to remove."
        );
        assert!(!format!("{plan:?}").contains("hunter"));
    }
}
