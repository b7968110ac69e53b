//! The world of the files in `tests/events`: one page with an incident that is committed and has been updated since,
//! and a destination for each channel; the mail recipient has agreed.
use std::path::Path;

use channels::{Channel, Setting, SettingKind};
use jiff::Timestamp;
use status::{
    ids::AccountId,
    page_state::PageState,
    snapshot::{self, Coverage, Kind, Listing, Page, Snapshot},
    words::Phase,
};
use store::{Commit, Consent, PageHead, PageRecord, Store};
use url::{Position, Url};

use crate::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, destination, group, monitor, page},
};

/// Where mails link to.
pub const PUBLIC_URL: &str = "https://status.example.com";
/// Of the destination `acme-email`.
pub const ADDRESS: &str = "acme-email@example.com";
/// The id of an incident that links cannot hold as it is.
pub const ARN: &str = "arn:aws:health:us-east-1::event/EC2/EC2_LOST/1";
/// Of that recipient's links.
const TOKEN: &str = "0f8fad5bd9cb469fa16570867728950e";

/// Nothing is routed or delivered yet.
pub async fn world() -> World {
    world_in(None).await.0
}

/// The same in a data folder, with the text of its configuration file.
pub async fn world_in(folder: Option<&Path>) -> (World, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let instance = NETWORK.to_owned() + &world::mail(&receiver, PUBLIC_URL);
    let settings = instance.clone() + &settings(&server, &receiver);
    let world = World::with(server, receiver, &instance, folder).await;
    // Before anything names the address, so that no question is queued.
    let (account, now) = (AccountId::new("local"), Timestamp::now());
    let (recipient, _) = world.app.store.recipient_or_new(&account, ADDRESS, TOKEN, now).await.unwrap();
    world.app.store.answer(&recipient, Consent::Confirmed, now).await.unwrap();
    world.apply(&settings).await;
    show(&world, 0);
    world.poll(Timestamp::now()).await;
    show(&world, 1);
    world.poll(Timestamp::now()).await;
    // While something is open the page is due in every round.
    show(&world, 2);
    (world, settings)
}

const PHASES: [&str; 3] = ["investigating", "monitoring", "resolved"];

/// Shows the incident on the page with so many of its updates: none, then its opening, an update and its end.
pub fn show(world: &World, updates: usize) {
    let page = StatusPage::operational(&["API", "Web"]);
    let phases = &PHASES[..updates.min(PHASES.len())];
    let incident = phases.iter().fold(Incident::new("inc-1", &["API"]), |incident, phase| incident.post(phase));
    world.server.show("acme", &if phases.is_empty() { page } else { page.with(incident) });
}

/// Stores an incident with the id [`ARN`], of another page, `cloud`, that nobody polls.
pub async fn add_incident_with_slashes(store: &Store) {
    let now = Timestamp::now();
    let incident = snapshot::Incident {
        id: ARN.into(),
        kind: Kind::Incident,
        title: format!("Trouble {ARN}"),
        phase: Some(Phase::Investigating),
        impact: None,
        url: None,
        started_at: Some(now),
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    };
    let coverage = Coverage { components: Listing::Complete, incidents: Listing::Complete };
    let snapshot = Snapshot { page: Page::default(), components: Vec::new(), incidents: vec![incident], coverage };
    let (provider, page_state) = ("cloud".into(), PageState::baseline(&snapshot, now));
    let head = PageHead::of_read(&provider, 1, "digest".to_owned(), &page_state);
    let commit = Commit {
        incidents: page_state.incidents.clone(),
        page: PageRecord { head, page_state },
        read_version: None,
        page_summary: None,
        alerts: Vec::new(),
        now,
    };
    store.commit(&commit).await.expect("nothing is stored of it");
}

/// A destination for each channel, called after it.
fn settings(server: &StatusPageServer, receiver: &Receiver) -> String {
    let names: Vec<String> = channels::channels().iter().map(|channel| format!("acme-{}", channel.name)).collect();
    let destinations = channels::channels()
        .iter()
        .map(|channel| destination(&format!("acme-{}", channel.name), channel.name, &sample(channel, receiver)));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    page(server, "acme")
        + &monitor("acme", "acme", "")
        + &destinations.collect::<String>()
        + &group("everyone", &names, EVERYTHING)
}

/// The channel's first sample, with its URLs led to the inbox and its mail address replaced by ours.
fn sample(channel: &Channel, receiver: &Receiver) -> String {
    let sample = channel.sample_settings().next().expect("every channel has a sample");
    let recipient = (channel.recipient)(&sample).is_some();
    let line = |setting: &Setting| {
        let value = sample.get(setting.key)?;
        let value = match setting.kind {
            SettingKind::Url => {
                let url = Url::parse(value).expect("a sample is valid");
                receiver.url(&url[Position::BeforePath..])
            }
            _ if recipient && value.contains('@') => ADDRESS.to_owned(),
            _ => value.to_owned(),
        };
        Some(format!("{} = '{value}'\n", setting.key))
    };
    channel.settings.iter().filter_map(line).collect()
}
