//! The configuration file `statuswire.toml`: what it declares, and every error in it. [`check`] is pure and reports all
//! errors at once, in the order of the lines. No message repeats a value that may be a secret; a webhook's URL is one.
mod accounts;
mod boards;
mod destinations;
mod diagnostics;
mod drafts;
mod groups;
mod instance;
pub mod load;
mod mail;
mod monitors;
mod network;
mod openid;
mod pages;
mod syntax;
mod tables;
#[cfg(test)]
mod tests;
pub mod write;

use std::collections::{HashMap, HashSet};

use console::OpenIdSettings;
use ipnet::IpNet;
use outbound::Guard;
use poller::Heartbeat;
use settings::{Context, Known};
use status::{
    component_match::PageNames,
    ids::{AccountId, DestinationId, MonitorId, ProviderId},
    monitor::Scope,
};
use store::AccountSettings;
use toml::de::DeTable;

pub use accounts::AccountsConfig;
pub use diagnostics::Diagnostic;
use diagnostics::Diagnostics;
pub use mail::{MailConfig, MailTransport};
use tables::{Table, Tables};

/// The account that owns everything the file declares.
pub const ACCOUNT: &str = status::ids::FILE_ACCOUNT;

/// What the file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The URL at which people open this instance, without a trailing slash.
    pub public_url: Option<String>,
    /// Required to read the instance's pages; `None` makes them public.
    pub password: Option<web::Password>,
    /// Who may sign in; `None`: nobody.
    pub accounts: Option<AccountsConfig>,
    /// Where people may sign in, besides by a mailed link.
    pub openid: Option<OpenIdSettings>,
    /// Sent after each finished round; `None` sends none.
    pub heartbeat: Option<Heartbeat>,
    /// Private networks that may be polled and delivered to.
    pub network: Vec<IpNet>,
    /// How mail is sent; `None` if the file has no `[mail]`.
    pub mail: Option<MailConfig>,
    /// Pages, destinations, groups, monitors and boards, in the order of the file.
    pub settings: AccountSettings,
    /// Declarations that are correct but have no effect.
    pub warnings: Vec<Diagnostic>,
}

/// [`ACCOUNT`] as an id.
pub(crate) fn account() -> AccountId {
    AccountId::new(ACCOUNT)
}

/// Checks the file's text. `env` looks up the variables that secrets name as `env:NAME`.
pub fn check(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<Diagnostic>> {
    let mut errors = Diagnostics::new(text);
    let valid_text = syntax::blank_invalid(text, &mut errors);
    let (root, syntax_errors) = DeTable::parse_recoverable(&valid_text);
    for error in &syntax_errors {
        syntax::report(error, 0..text.len(), &mut errors);
    }
    let tables = Tables::of(root.get_ref(), &mut errors);
    let network = network::read(tables.network.as_ref(), &mut errors);
    let guard = Guard { allow: network.clone(), own: Vec::new() };
    let instance::InstanceConfig { public_url, password, owner, heartbeat } =
        instance::read(tables.instance.as_ref(), &guard, env, &mut errors);
    let elsewhere = accounts::Elsewhere {
        owner: owner.as_deref(),
        is_private: password.is_some(),
        allows_networks: !network.is_empty(),
    };
    let accounts = accounts::read(tables.accounts.as_ref(), &elsewhere, &mut errors);
    let openid = openid::read(tables.openid.as_ref(), tables.accounts.is_some(), env, &mut errors);
    let mail = mail::read(tables.mail.as_ref(), &guard, env, &mut errors);
    mail::check_requirements(&tables, mail.is_some(), public_url.is_some(), &mut errors);
    let (known, account) = (known(&tables), account());
    let context = Context { account: &account, guard: &guard, known: &known, of_file: true };
    let (pages, logins) = pages::read(&tables.pages, &context, env, &mut errors);
    let mut settings = AccountSettings {
        pages,
        logins,
        destinations: destinations::read(&tables.destinations, &context, env, &mut errors),
        groups: groups::read(&tables, &context, &mut errors),
        monitors: monitors::read(&tables, &context, &mut errors),
        boards: boards::read(&tables, &context, &mut errors),
    };
    let errors = errors.into_sorted();
    if !errors.is_empty() {
        return Err(errors);
    }
    let warnings = warnings(text, &tables, &settings);
    settings.destinations.extend(owner.map(instance::owner_destination));
    Ok(Config { public_url, password, accounts, openid, heartbeat, network, mail, settings, warnings })
}

/// The ids that tables declare, valid or not. References are checked against them.
fn known(tables: &Tables<'_>) -> Known {
    let ids = |tables: &[Table<'_>]| tables.iter().filter_map(Table::declared_id).map(str::to_owned).collect();
    Known { pages: ids(&tables.pages), destinations: ids(&tables.destinations), monitors: ids(&tables.monitors) }
}

/// Entries of component filters that fit nothing on the page of their monitor, each where it stands. `names`: of the
/// pages that were read before.
pub fn unmatched(text: &str, names: &HashMap<ProviderId, PageNames>) -> Vec<Diagnostic> {
    let mut warnings = Diagnostics::new(text);
    let (root, _) = DeTable::parse_recoverable(text);
    let tables = Tables::of(root.get_ref(), &mut Diagnostics::new(text));
    monitors::warn_unmatched(&tables, names, &mut warnings);
    warnings.into_sorted()
}

/// Destinations on channels that the stack leaves out, each where it stands. `deployed`: the names of the others.
pub fn undeployed(text: &str, deployed: &[&str]) -> Vec<Diagnostic> {
    let mut errors = Diagnostics::new(text);
    let (root, _) = DeTable::parse_recoverable(text);
    let tables = Tables::of(root.get_ref(), &mut Diagnostics::new(text));
    destinations::report_undeployed(&tables.destinations, deployed, &mut errors);
    instance::report_undeployed(tables.instance.as_ref(), deployed, &mut errors);
    errors.into_sorted()
}

/// The monitors that a scope names one by one.
fn chosen(scope: &Scope) -> &[MonitorId] {
    match scope {
        Scope::All => &[],
        Scope::Monitors(monitors) => monitors,
    }
}

/// Declarations that can never have an effect. The vectors of `declared` are parallel to those of `tables`, since every
/// table was read without an error.
fn warnings(text: &str, tables: &Tables<'_>, declared: &AccountSettings) -> Vec<Diagnostic> {
    let mut warnings = Diagnostics::new(text);
    network::warn_unbounded(tables.network.as_ref(), &mut warnings);
    if let (Some(group), true) = (tables.groups.first(), declared.monitors.is_empty()) {
        let hint = "add a [[monitor]] with a page or a provider";
        warnings.add(&group.location(), "nothing is watched because the file has no monitor", hint);
    }
    let used: HashSet<&DestinationId> = declared.groups.iter().flat_map(|group| &group.destinations).collect();
    for (table, destination) in tables.destinations.iter().zip(&declared.destinations) {
        if !used.contains(&destination.id) {
            let hint = "add it to the destinations of a [[group]]";
            warnings.add(&table.location(), "no group uses this destination", hint);
        }
    }
    let covers_all = declared.groups.iter().any(|group| group.scope == Scope::All);
    let covered: HashSet<&MonitorId> = declared.groups.iter().flat_map(|group| chosen(&group.scope)).collect();
    for (table, monitor) in tables.monitors.iter().zip(&declared.monitors) {
        if !covers_all && !covered.contains(&monitor.id) {
            let hint = "add it to the monitors of a [[group]]";
            warnings.add(&table.location(), "no group covers this monitor, so nobody receives its alerts", hint);
        }
    }
    warnings.into_sorted()
}
