//! A destination that is no more: it is left alone, and its account hears of it by another route.
use serde_json::json;
use status::{
    ids::AccountId,
    monitor::{Destination, Group, Monitor},
};
use store::{AccountSettings, Consent};
use tests::{
    receiver::Receiver,
    world::{self, World, destination, hook},
};

use super::{course, play, show, world_with};

const ADDRESS: &str = "ops@customer.test";
const WEBHOOK: &str = "112233445566778899";

fn mail(receiver: &Receiver) -> String {
    world::mail(receiver, "https://status.customer.test")
        + &destination("mail", "email", &format!("address = '{ADDRESS}'"))
}

/// The same settings as another account would have them.
fn of_account(account: &str, settings: AccountSettings) -> AccountSettings {
    let account = AccountId::new(account);
    let destinations = settings.destinations.into_iter().map(|it| Destination { account: account.clone(), ..it });
    let groups = settings.groups.into_iter().map(|it| Group { account: account.clone(), ..it });
    let monitors = settings.monitors.into_iter().map(|it| Monitor { account: account.clone(), ..it });
    AccountSettings {
        pages: Vec::new(),
        destinations: destinations.collect(),
        groups: groups.collect(),
        monitors: monitors.collect(),
    }
}

/// What was disabled and why, as the hook was told.
fn notices(world: &World, path: &str) -> Vec<(String, String)> {
    let bodies = world.receiver.messages_at(path).into_iter().map(|message| message.json());
    let notices = bodies.filter(|body| body["type"] == "destination.disabled");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    notices.map(|body| (text(&body["data"]["destination"]), text(&body["data"]["alert"]["note"]))).collect()
}

#[tokio::test]
async fn mailbox_that_does_not_exist_is_disabled_suppressed_for_all_and_told_by_another_route() {
    let receiver = Receiver::start().await;
    let settings = mail(&receiver) + &hook(&receiver, "hook");
    let world = world_with(receiver, &settings, &["mail", "hook"]).await;
    // Another account writes to the same address, spelt another way, and of ends only.
    let other = [
        world::NETWORK,
        &world::mail(&world.receiver, "https://status.customer.test"),
        &destination("other-mail", "email", "address = ' ops@Customer.Test '"),
        &hook(&world.receiver, "other-hook"),
        &world::page(&world.server, "acme"),
        &world::monitor("acme", "acme", ""),
        &world::group("ends", &["other-mail", "other-hook"], "events = ['resolved']"),
    ]
    .concat();
    let other = of_account("other", world::parse_settings(&other).settings);
    world.app.apply("other", &other).await.unwrap();
    world.deliver().await;
    for account in ["local", "other"] {
        world.answer(account, ADDRESS, Consent::Confirmed).await;
    }
    let asked = world.receiver.fakes.received_at(ADDRESS).len();

    world.receiver.fakes.delete(ADDRESS);
    play(&world, "i1").await;
    play(&world, "i2").await;

    let refused = world.receiver.fakes.received_at(ADDRESS).split_off(asked);
    assert_eq!(refused.iter().map(|it| it.answered).collect::<Vec<_>>(), [550], "the address is left alone");
    let disabled = world.destination("mail").await.disabled.unwrap();
    assert!(disabled.reason.contains("550") && !disabled.reason.contains("ops"), "{}", disabled.reason);
    let (_, suppression) = world.app.store.recipient(&"other".into(), ADDRESS).await.unwrap();
    assert_eq!(suppression.unwrap().reason, disabled.reason);
    assert!(world.destination("other-mail").await.disabled.is_some());

    assert_eq!(notices(&world, "/hook"), [("mail".to_owned(), disabled.reason)]);
    let [(other, reason)] = &notices(&world, "/other-hook")[..] else { panic!("one notice") };
    assert!(other == "other-mail" && reason.contains("nobody writes to this address any more"), "{reason}");
    let told = world.receiver.events_at("/hook");
    assert_eq!(told.iter().filter(|event| event.ends_with("i1") || event.ends_with("i2")).count(), 8, "{told:?}");
    world.finish().await;
}

#[tokio::test]
async fn discord_webhook_that_was_deleted_is_disabled_and_told_once() {
    let receiver = Receiver::start().await;
    let url = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    let settings = destination("discord", "discord", &format!("url = '{url}'")) + &hook(&receiver, "hook");
    let world = world_with(receiver, &settings, &["discord", "hook"]).await;
    world.receiver.fakes.delete(WEBHOOK);
    play(&world, "i1").await;
    let refused = world.receiver.fakes.received_at(WEBHOOK);
    assert_eq!(refused.iter().map(|request| request.answered).collect::<Vec<_>>(), [404]);
    let reason = world.destination("discord").await.disabled.unwrap().reason;
    assert!(reason.contains("Unknown Webhook") && !reason.contains("s3cretToken"), "{reason}");
    assert_eq!(notices(&world, "/hook"), [("discord".to_owned(), reason)]);
    world.finish().await;
}

#[tokio::test]
async fn account_without_another_destination_is_told_nothing_and_nothing_breaks() {
    let receiver = Receiver::start().await;
    let settings = hook(&receiver, "hook");
    let world = world_with(receiver, &settings, &["hook"]).await;
    world.receiver.fakes.delete("/hook");
    play(&world, "i1").await;
    assert_eq!(world.receiver.messages().len(), 1);
    assert!(world.destination("hook").await.disabled.is_some());
    // Set right, it gets alerts again.
    world.receiver.fakes.restore("/hook");
    world.app.store.enable(&"hook".into()).await.unwrap();
    let [opened, ..] = course("i2");
    show(&world, &opened);
    assert_eq!(world.round_events().await, ["opened i2"]);
    world.finish().await;
}

#[tokio::test]
async fn another_route_is_any_destination_where_no_group_has_one() {
    let receiver = Receiver::start().await;
    let settings = hook(&receiver, "hook") + &hook(&receiver, "spare");
    let world = world_with(receiver, &settings, &["hook"]).await;
    world.receiver.fakes.delete("/hook");
    play(&world, "i1").await;
    let [message] = &world.receiver.messages_at("/spare")[..] else { panic!("one notice") };
    assert_eq!(message.json()["data"]["destination"], json!("hook"));
    world.finish().await;
}
