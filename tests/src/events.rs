//! The world that the files of `tests/events` speak of: one page with an incident that was committed and has moved on
//! since, and a destination for each channel.
use jiff::Timestamp;

use crate::{
    inbox::Inbox,
    page::{Incident, StatusPage},
    vendor::Vendor,
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

/// Nothing is routed or delivered yet.
pub async fn world() -> World {
    let (vendor, inbox) = (Vendor::start().await, Inbox::start().await);
    let settings = settings(&vendor, &inbox);
    let world = World::with(vendor, inbox, &settings, None).await;
    let calm = StatusPage::calm(&["API", "Web"]);
    world.vendor.show("acme", &calm);
    world.poll(Timestamp::now()).await;
    let incident = Incident::new("inc-1", &["API"]).say("investigating");
    world.vendor.show("acme", &calm.clone().with(incident.clone()));
    world.poll(Timestamp::now()).await;
    // While something is open the page is due in every round.
    world.vendor.show("acme", &calm.with(incident.say("monitoring")));
    world
}

/// A destination for each channel, at the path that its id names.
fn settings(vendor: &Vendor, inbox: &Inbox) -> String {
    let slack = inbox.url("/acme-slack");
    NETWORK.to_owned()
        + &page(vendor, "acme")
        + &monitor("acme", "acme", "")
        + &hook(inbox, "acme-webhook")
        + &format!("[[destination]]\nid = 'acme-slack'\nchannel = 'slack'\nurl = '{slack}'\n")
        + &group("everyone", &["acme-slack", "acme-webhook"], EVERYTHING)
}
