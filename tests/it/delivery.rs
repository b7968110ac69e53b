//! From an alert to what stands there in the end, channel by channel: who gets what in which form, who agreed to it, who is
//! no more, and what is sent once more.
mod consent;
mod discord;
mod email;
mod gone;
mod maintenance;
mod rates;
mod redrive;
mod ses;
mod teams;
mod webhook;

use jiff::Timestamp;
use status::ids::AlertId;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, monitor, page},
};

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn show(world: &World, incident: &Incident) {
    world.server.show("acme", &operational().with(incident.clone()));
}

/// Page `acme` watched whole; `destinations` is TOML, as is what stands before it.
fn settings(server: &StatusPageServer, destinations: &str, ids: &[&str]) -> String {
    let group = world::group("everyone", ids, EVERYTHING);
    [NETWORK, &page(server, "acme"), &monitor("acme", "acme", ""), destinations, &group].concat()
}

/// Its page was read; everything of it goes to these destinations.
async fn world_with(receiver: Receiver, destinations: &str, ids: &[&str]) -> World {
    let server = StatusPageServer::start().await;
    let settings = settings(&server, destinations, ids);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    world
}

/// The states of an incident that opens, goes on, gets worse and ends.
fn course(id: &str) -> [Incident; 4] {
    let opened = Incident { impact: "minor".to_owned(), ..Incident::new(id, &["API"]).post("investigating") };
    let updated = opened.clone().post("identified");
    let worse = Incident { impact: "major".to_owned(), ..updated.clone().post("identified") };
    let resolved = worse.clone().post("resolved");
    [opened, updated, worse, resolved]
}

/// What the headlines of its alerts say.
const COURSE: [&str; 4] =
    ["investigating (minor)", "updated, identified (minor)", "updated, identified (major)", "resolved"];

fn headline(incident: &str, state: &str) -> String {
    format!("Acme: Trouble {incident} — {state}")
}

/// A round for each state, each delivered before the next.
async fn play(world: &World, id: &str) {
    for state in course(id) {
        show(world, &state);
        world.round().await;
    }
}

/// As [`play`], but nothing is delivered yet.
async fn queue(world: &World, id: &str) {
    for state in course(id) {
        show(world, &state);
        assert_eq!(world.poll(Timestamp::now()).await.alerts, 1);
    }
}

/// `newest`: the update it tells last, `open` or `end`.
fn alert_id(incident: &str, event: &str, newest: &str) -> AlertId {
    AlertId::derive(&"acme".into(), &incident.into(), event, newest, 1)
}
