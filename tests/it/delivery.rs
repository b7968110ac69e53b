//! From an alert to the message that arrives, channel by channel: form and content, consent, disabled destinations, and
//! deliveries that are redriven.
mod caught_up;
mod caught_up_again;
mod consent;
mod discord;
mod email;
mod gone;
mod maintenance;
mod rates;
mod redrive;
mod refused;
mod sealed;
mod ses;
mod suppressed;
mod teams;
mod tested;
mod told;
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

/// Watches the whole page `acme`. `destinations` is TOML, with any other tables before it.
fn settings(server: &StatusPageServer, destinations: &str, ids: &[&str]) -> String {
    let group = world::group("everyone", ids, EVERYTHING);
    [NETWORK, &page(server, "acme"), &monitor("acme", "acme", ""), destinations, &group].concat()
}

/// A world in which `acme` was read once and all its alerts go to these destinations.
async fn world_with(receiver: Receiver, destinations: &str, ids: &[&str]) -> World {
    let server = StatusPageServer::start().await;
    let settings = settings(&server, destinations, ids);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    world
}

/// The states of an incident that opens, gets an update, gets worse and ends.
fn course(id: &str) -> [Incident; 4] {
    let opened = Incident { impact: "minor".to_owned(), ..Incident::new(id, &["API"]).post("investigating") };
    let updated = opened.clone().post("identified");
    let worse = Incident { impact: "major".to_owned(), ..updated.clone().post("identified") };
    let resolved = worse.clone().post("resolved");
    [opened, updated, worse, resolved]
}

/// The beginnings of the headlines of its alerts.
const COURSE: [&str; 4] = ["🟡", "🟡", "🔴", "✅ Resolved –"];

fn headline(incident: &str, state: &str) -> String {
    format!("{state} Acme: Trouble {incident}")
}

/// Runs a round for each state, and delivers before the next.
async fn play(world: &World, id: &str) {
    for state in course(id) {
        show(world, &state);
        world.round().await;
    }
}

/// Like [`play`], without delivering anything.
async fn queue(world: &World, id: &str) {
    for state in course(id) {
        show(world, &state);
        assert_eq!(world.poll(Timestamp::now()).await.alerts, 1);
    }
}

/// `newest`: the newest update in the alert, `open` or `end`.
fn alert_id(incident: &str, event: &str, newest: &str) -> AlertId {
    AlertId::derive(&"acme".into(), &incident.into(), event, newest, 1)
}
