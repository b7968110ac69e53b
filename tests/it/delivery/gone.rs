//! A destination that no longer exists is disabled, and its account is notified through its other destinations.
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
        ..AccountSettings::default()
    }
}

/// The destination and the reason in each notice that the hook got.
fn notices(world: &World, path: &str) -> Vec<(String, String)> {
    let bodies = world.receiver.messages_at(path).into_iter().map(|message| message.json());
    let notices = bodies.filter(|body| body["type"] == "destination.disabled");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    notices.map(|body| (text(&body["data"]["destination"]), text(&body["data"]["alert"]["note"]))).collect()
}

#[tokio::test]
async fn unknown_mailbox_is_disabled_suppressed_for_all_accounts_and_its_accounts_are_notified() {
    let receiver = Receiver::start().await;
    let settings = mail(&receiver) + &hook(&receiver, "hook");
    let world = world_with(receiver, &settings, &["mail", "hook"]).await;
    // Another account has the same address in another spelling, for ends only.
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
    let before = world.receiver.fakes.received_at(ADDRESS).len();

    world.receiver.fakes.delete(ADDRESS);
    play(&world, "i1").await;
    play(&world, "i2").await;

    let refused = world.receiver.fakes.received_at(ADDRESS).split_off(before);
    assert_eq!(refused.iter().map(|it| it.answered).collect::<Vec<_>>(), [550], "no second mail to the address");
    let disabled = world.destination("mail").await.disabled.unwrap();
    assert!(disabled.reason.contains("550") && !disabled.reason.contains("ops"), "{}", disabled.reason);
    let (_, suppression) = world.app.store.recipient(&"other".into(), ADDRESS).await.unwrap();
    assert_eq!(suppression.unwrap().reason, disabled.reason);
    assert!(world.destination("other-mail").await.disabled.is_some());

    assert_eq!(notices(&world, "/hook"), [("mail".to_owned(), disabled.reason)]);
    let [(other, reason)] = &notices(&world, "/other-hook")[..] else { panic!("one notice") };
    assert!(other == "other-mail" && reason.contains("mail to this address is suppressed"), "{reason}");
    let events = world.receiver.events_at("/hook");
    assert_eq!(events.iter().filter(|event| event.ends_with("i1") || event.ends_with("i2")).count(), 8, "{events:?}");
    world.finish().await;
}

#[tokio::test]
async fn deleted_discord_webhook_is_disabled_with_one_notice() {
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
async fn account_without_another_destination_gets_no_notice() {
    let receiver = Receiver::start().await;
    let settings = hook(&receiver, "hook");
    let world = world_with(receiver, &settings, &["hook"]).await;
    world.receiver.fakes.delete("/hook");
    play(&world, "i1").await;
    assert_eq!(world.receiver.messages().len(), 1);
    assert!(world.destination("hook").await.disabled.is_some());
    // With a corrected setting it gets alerts again.
    world.receiver.fakes.restore("/hook");
    world.app.store.enable(&"hook".into()).await.unwrap();
    let [opened, ..] = course("i2");
    show(&world, &opened);
    assert_eq!(world.round_events().await, ["opened i2", "resolved i1"], "and the end that it missed");
    world.finish().await;
}

#[tokio::test]
async fn notice_goes_to_any_destination_of_the_account_if_the_groups_have_no_other() {
    let receiver = Receiver::start().await;
    let settings = hook(&receiver, "hook") + &hook(&receiver, "spare");
    let world = world_with(receiver, &settings, &["hook"]).await;
    world.receiver.fakes.delete("/hook");
    play(&world, "i1").await;
    let [message] = &world.receiver.messages_at("/spare")[..] else { panic!("one notice") };
    assert_eq!(message.json()["data"]["destination"], json!("hook"));
    world.finish().await;
}
