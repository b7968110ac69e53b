//! Settings as code: what `statuswire.toml` declares, checked as a whole. [`check`] is pure, finds every mistake at once
//! and tells them in the order of the lines; no message repeats what may be a secret, and a webhook's URL is one.
mod destinations;
mod document;
mod groups;
mod instance;
mod mail;
mod monitors;
mod network;
mod pages;
mod syntax;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use ipnet::IpNet;
use outbound::Guard;
use status::{
    ids::AccountId,
    monitor::{Group, Scope},
};
use store::AccountSettings;
use toml::de::DeTable;

use document::{Found, Tables};
pub use mail::{MailConfig, Via};

/// What the file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Where people find this instance, without a slash at the end.
    pub public_url: Option<String>,
    /// Makes it readable only to who knows it.
    pub password: Option<web::Password>,
    /// Private addresses that may be polled and delivered to.
    pub network: Vec<IpNet>,
    pub mail: Option<MailConfig>,
    /// What is declared, in the order of the file.
    pub settings: AccountSettings,
    /// Nothing is wrong, but something is without effect.
    pub warnings: Vec<Mistake>,
}

/// Something to correct. `Display` continues a file name: `format!("{file}:{mistake}")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1, in characters.
    pub line: usize,
    pub column: usize,
    /// `destination[0].url`; empty where the text is not TOML.
    pub key: String,
    pub message: String,
    pub way_out: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, way_out, .. } = self;
        write!(f, "{line}:{column}: {message}; {way_out}")
    }
}

/// The account that everything in the file belongs to.
pub fn account() -> AccountId {
    AccountId::new("local")
}

/// Reads the file's text; `env` looks up the variables that secrets name as `env:NAME`.
pub fn check(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<Mistake>> {
    let mut found = Found::new(text);
    let readable = syntax::readable(text, &mut found);
    let (root, errors) = DeTable::parse_recoverable(&readable);
    for error in &errors {
        syntax::tell(error, 0..text.len(), &mut found);
    }
    let tables = Tables::of(root.get_ref(), &mut found);
    let network = network::read(tables.network.as_ref(), &mut found);
    let guard = Guard { allow: network.clone(), own: Vec::new() };
    let instance::Instance { public_url, password } = instance::read(tables.instance.as_ref(), env, &mut found);
    let mail = mail::read(tables.mail.as_ref(), &guard, env, &mut found);
    mail::tell_needed(&tables, mail.is_some(), public_url.is_some(), &mut found);
    let settings = AccountSettings {
        pages: pages::read(&tables.pages, &guard, &mut found),
        destinations: destinations::read(&tables.destinations, &guard, env, &mut found),
        groups: groups::read(&tables, &mut found),
        monitors: monitors::read(&tables, &mut found),
    };
    let mistakes = found.in_order();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let warnings = warnings(text, &tables, &settings);
    Ok(Config { public_url, password, network, mail, settings, warnings })
}

/// What is declared and can never have an effect. The vectors of `declared` are parallel to those of `tables`, since
/// every table was read without a mistake.
fn warnings(text: &str, tables: &Tables<'_>, declared: &AccountSettings) -> Vec<Mistake> {
    let mut found = Found::new(text);
    if let (Some(group), true) = (tables.groups.first(), declared.monitors.is_empty()) {
        let way_out = "add a [[monitor]] with a page or a provider";
        found.add(&group.place(), "nothing is watched: there is no monitor", way_out);
    }
    for (table, destination) in tables.destinations.iter().zip(&declared.destinations) {
        let used = |group: &Group| group.destinations.contains(&destination.id);
        if !declared.groups.iter().any(used) {
            let way_out = "add it to the destinations of a [[group]]";
            found.add(&table.place(), "is used by no group", way_out);
        }
    }
    for (table, monitor) in tables.monitors.iter().zip(&declared.monitors) {
        let covers = |group: &Group| match &group.scope {
            Scope::All => true,
            Scope::Monitors(monitors) => monitors.contains(&monitor.id),
        };
        if !declared.groups.iter().any(covers) {
            let way_out = "add it to the monitors of a [[group]]";
            found.add(&table.place(), "is covered by no group, so nobody is told", way_out);
        }
    }
    found.in_order()
}
