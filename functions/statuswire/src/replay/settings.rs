//! The settings of the replay: the page, a monitor, a group, and a destination on each of the built-in fakes.
use std::collections::BTreeMap;

use status::{
    monitor::{ComponentFilter, Destination, Group, Monitor, Scope, Settings, WhenUnknown},
    provider::Provider,
    words::{Event, Severity},
};
use store::AccountSettings;

use super::{ACCOUNT, INTERVAL, PAGE_ID};

/// Signs webhooks to the built-in receiver, which shows everything that it receives in `/receiver.json`.
const RECEIVER_SECRET: &str = "whsec_c3RhdHVzd2lyZS1yZXBsYXktcmVjZWl2ZXIta2V5";
/// Exists on the built-in mail server only.
const MAIL_ADDRESS: &str = "you@example.invalid";

/// `page` is the URL of the page's server, `fakes` that of the fakes. `with_mail` adds a mail destination, for when
/// mail goes to the built-in mail server.
pub fn settings(page: &str, fakes: &str, with_mail: bool) -> AccountSettings {
    let destinations = destinations(fakes, with_mail);
    AccountSettings {
        pages: vec![provider(page)],
        logins: BTreeMap::new(),
        groups: vec![Group {
            name: None,
            quiet_hours: None,
            digest: None,
            follow_up: None,
            id: "replay".into(),
            account: ACCOUNT.into(),
            destinations: destinations.iter().map(|destination| destination.id.clone()).collect(),
            severities: vec![Severity::Major, Severity::Minor],
            events: vec![Event::Opened, Event::Updated, Event::Resolved],
            scope: Scope::All,
        }],
        monitors: vec![Monitor {
            id: "replay".into(),
            account: ACCOUNT.into(),
            provider: PAGE_ID.into(),
            components: ComponentFilter::All,
            unknown: WhenUnknown::Tell,
        }],
        destinations,
        boards: Vec::new(),
    }
}

fn destinations(fakes: &str, with_mail: bool) -> Vec<Destination> {
    let fake = |path: &str| format!("{fakes}/pretend/{path}");
    let discord = fake("discord/api/webhooks/1000000000000000001/replay");
    let teams = fake("teams/workflows/replay/triggers/manual/paths/invoke?sig=replay");
    let slack = [
        ("token", "xoxb-replay".to_owned()),
        ("conversation", "#provider-status".to_owned()),
        ("api", fake("slack/api")),
    ];
    let webhook = [("url", fake("webhook/replay")), ("secret", RECEIVER_SECRET.to_owned())];
    let mut destinations = vec![
        destination("replay-discord", "discord", &[("url", discord)]),
        destination("replay-slack", "slack", &slack),
        destination("replay-teams", "teams", &[("url", teams)]),
        destination("replay-webhook", "webhook", &webhook),
    ];
    if with_mail {
        destinations.push(destination("replay-email", "email", &[("address", MAIL_ADDRESS.to_owned())]));
    }
    destinations
}

fn destination(id: &str, channel: &str, settings: &[(&str, String)]) -> Destination {
    Destination {
        label: None,
        id: id.into(),
        account: ACCOUNT.into(),
        channel: channel.to_owned(),
        settings: Settings(settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()),
    }
}

fn provider(page: &str) -> Provider {
    Provider {
        id: PAGE_ID.into(),
        name: "Clerk (demo)".to_owned(),
        page_url: format!("{page}/replay/clerk"),
        format: Some("incidentio".to_owned()),
        interval: Some(INTERVAL),
    }
}
