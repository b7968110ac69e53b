//! The instances whose month is simulated: what they watch, and what happens on the pages.
use status::{
    ids::FILE_ACCOUNT,
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, WhenUnknown},
    provider::Provider,
    schedule::{PollCost, interval},
    words::{Event, Severity},
};
use store::AccountSettings;

use super::outside::Outside;

/// Updates of an incident after its opening; the last one ends it.
pub(super) const UPDATES: usize = 5;
/// Minutes between two of them.
const UPDATE_EVERY: usize = 9;
/// A simulated run, in minutes: a sixth of a day, so that every page is read at least 16 times.
pub(super) const ROUNDS: usize = 240;
pub(super) const RUNS_PER_MONTH: f64 = 30.0 * 24.0 * 60.0 / ROUNDS as f64;

pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) pages: usize,
    /// The first ones.
    pub(super) watched: usize,
    pub(super) accounts: usize,
    pub(super) monitors_per_account: usize,
    pub(super) destinations_per_account: usize,
    /// In a run.
    pub(super) incidents: usize,
    /// The simulated instance is this part of the whole: as many times the pages, accounts and incidents.
    pub(super) scale: f64,
}

pub(super) const SMALL: Load = Load {
    name: "small: 5,150 pages of which 100 are watched, 20 destinations, 30 incidents a day",
    pages: 5_150,
    watched: 100,
    accounts: 1,
    monitors_per_account: 100,
    destinations_per_account: 20,
    incidents: 5,
    scale: 1.0,
};

pub(super) const LARGE: Load = Load {
    name: "large: 5,150 watched pages, 10,000 accounts with 50 monitors and a destination each, 300 incidents a day",
    pages: 515,
    watched: 515,
    accounts: 1_000,
    monitors_per_account: 50,
    destinations_per_account: 1,
    incidents: 5,
    scale: 10.0,
};

/// Channels that are reached by HTTPS; mail has a price of its own.
pub(super) fn channels() -> Vec<&'static channels::Channel> {
    let is_mail = |channel: &channels::Channel| {
        channel.sample_settings().any(|settings| (channel.recipient)(&settings).is_some())
    };
    channels::channels().iter().filter(|channel| !is_mail(channel)).collect()
}

impl Load {
    /// Each account's settings. The pages belong to the first account; see `directory` for what they would be.
    pub(super) fn settings(&self, outside: &Outside) -> impl Iterator<Item = (String, AccountSettings)> {
        (0..self.accounts).map(move |account| {
            let pages =
                if account == 0 { (0..self.pages).map(|page| self.page(page, outside)).collect() } else { Vec::new() };
            let watched = |monitor| (account * self.monitors_per_account + monitor) % self.watched;
            (name(account), self.account(account, pages, |monitor| page_id(watched(monitor))))
        })
    }

    /// An account's settings, with the provider that each of its monitors watches.
    pub(super) fn account(
        &self,
        account: usize,
        pages: Vec<Provider>,
        watched: impl Fn(usize) -> String,
    ) -> AccountSettings {
        let id = name(account);
        let destinations = (0..self.destinations_per_account).map(|number| {
            let channel = channels()[(account + number) % channels().len()];
            Destination {
                label: None,
                id: format!("{id}-{number}").as_str().into(),
                account: id.as_str().into(),
                channel: channel.name.to_owned(),
                settings: channel.sample_settings().next().expect("every channel has a sample"),
            }
        });
        let destinations: Vec<Destination> = destinations.collect();
        let monitor = |number| Monitor {
            id: format!("m{number}").as_str().into(),
            account: id.as_str().into(),
            provider: watched(number).as_str().into(),
            components: ComponentFilter::All,
            unknown: WhenUnknown::Tell,
        };
        let group = Group {
            name: None,
            quiet_hours: None,
            digest: None,
            follow_up: None,
            id: "everyone".into(),
            account: id.as_str().into(),
            destinations: destinations.iter().map(|destination| destination.id.clone()).collect(),
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Updated, Event::Resolved],
            scope: Scope::All,
        };
        let monitors = (0..self.monitors_per_account).map(monitor).collect();
        AccountSettings { pages, destinations, groups: vec![group], monitors, ..AccountSettings::default() }
    }

    fn page(&self, number: usize, outside: &Outside) -> Provider {
        let page = Provider {
            id: page_id(number).as_str().into(),
            name: format!("Page {number}"),
            page_url: outside.page(number),
            format: Some("statuspage".to_owned()),
            interval: None,
        };
        // A page of an account counts as watched, one of the catalogue does not.
        let interval = (number >= self.watched).then(|| interval(&page, false, false, PollCost::Low));
        Provider { interval, ..page }
    }

    /// What happens in this minute of a run: pages, and what they post.
    pub(super) fn posts(&self, minute: usize) -> Vec<(usize, &'static str)> {
        let every = ROUNDS / self.incidents;
        let post = |incident: usize| {
            let since = minute.checked_sub(incident * every + 1)?;
            let what = match since / UPDATE_EVERY {
                _ if since % UPDATE_EVERY != 0 => return None,
                0 => "open",
                UPDATES => "end",
                1..UPDATES => "update",
                _ => return None,
            };
            Some((incident, what))
        };
        (0..self.incidents).filter_map(post).collect()
    }
}

/// The first is that of the configuration file, whose pages the dashboard lists first.
fn name(account: usize) -> String {
    if account == 0 { FILE_ACCOUNT.to_owned() } else { format!("a{account}") }
}

fn page_id(number: usize) -> String {
    format!("page-{number}")
}
