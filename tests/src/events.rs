//! The world that the files of `tests/events` speak of: one page with an incident that was committed and has moved on
//! since, and a destination for each channel; the mail recipient has agreed.
use jiff::Timestamp;
use status::ids::AccountId;
use store::Consent;

use crate::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, SECRET, World, destination, group, monitor, page},
};

/// Where mails link to.
pub const PUBLIC_URL: &str = "https://status.example.com";
/// Of the destination `acme-email`.
pub const ADDRESS: &str = "acme-email@example.com";
/// Of that recipient's links.
const TOKEN: &str = "0f8fad5bd9cb469fa16570867728950e";

/// Nothing is routed or delivered yet.
pub async fn world() -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let instance = NETWORK.to_owned() + &world::mail(&receiver, PUBLIC_URL);
    let settings = instance.clone() + &settings(&server, &receiver);
    let world = World::with(server, receiver, &instance, None).await;
    // Before anything names the address, so that no question is queued.
    let (account, now) = (AccountId::new("local"), Timestamp::now());
    let (recipient, _) = world.app.store.recipient_or_new(&account, ADDRESS, TOKEN, now).await.unwrap();
    world.app.store.answer(&recipient, Consent::Confirmed, now).await.unwrap();
    world.apply(&settings).await;
    let operational = StatusPage::operational(&["API", "Web"]);
    world.server.show("acme", &operational);
    world.poll(Timestamp::now()).await;
    let incident = Incident::new("inc-1", &["API"]).post("investigating");
    world.server.show("acme", &operational.clone().with(incident.clone()));
    world.poll(Timestamp::now()).await;
    // While something is open the page is due in every round.
    world.server.show("acme", &operational.with(incident.post("monitoring")));
    world
}

/// A destination for each channel, called after it.
fn settings(server: &StatusPageServer, receiver: &Receiver) -> String {
    let names: Vec<String> = channels::channels().iter().map(|channel| format!("acme-{}", channel.name)).collect();
    let destinations = channels::channels().iter().map(|channel| {
        let url = |path: &str| format!("url = '{}'", receiver.url(path));
        let settings = match channel.name {
            "discord" => url("/api/webhooks/1234567890/acme-discord"),
            "email" => format!("address = '{ADDRESS}'"),
            "slack" => url("/services/T0/B0/acme-slack"),
            "teams" => url("/workflows/acme-teams/triggers/manual/paths/invoke?sig=acme"),
            "webhook" => format!("{}\nsecret = '{SECRET}'", url("/acme-webhook")),
            other => panic!("say where the destination of the channel {other} is"),
        };
        destination(&format!("acme-{}", channel.name), channel.name, &settings)
    });
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    page(server, "acme")
        + &monitor("acme", "acme", "")
        + &destinations.collect::<String>()
        + &group("everyone", &names, EVERYTHING)
}
