//! Starts with the same settings as before: what they cost, and what they must not leave out.
use statuswire::config_file::ACCOUNT;
use store::Consent;
use tests::{
    faults::{Fault, Faults},
    receiver::Receiver,
    status_page::StatusPage,
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, WorldOptions, destination, group, hook, monitor, page, parse_settings},
};

const ADDRESS: &str = "ops@customer.test";

/// A page with two monitors, one of them with this filter; a webhook and a mailbox.
fn settings(server: &StatusPageServer, receiver: &Receiver, filter: &str) -> String {
    [
        NETWORK.to_owned(),
        world::mail(receiver, "http://127.0.0.1:1"),
        page(server, "acme"),
        hook(receiver, "hook"),
        destination("mail", "email", &format!("address = '{ADDRESS}'")),
        monitor("all", "acme", ""),
        monitor("some", "acme", filter),
        group("everyone", &["hook", "mail"], EVERYTHING),
    ]
    .concat()
}

/// A world that was started once, and its settings.
async fn started(filter: &str) -> (World, String) {
    started_with(filter, WorldOptions::default()).await
}

async fn started_with(filter: &str, options: WorldOptions<'_>) -> (World, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &receiver, filter);
    let world = World::with_options(server, receiver, &settings, options).await;
    world.server.show("acme", &StatusPage::operational(&["API", "Web"]));
    world.round().await;
    (world, settings)
}

#[tokio::test]
async fn start_with_the_same_settings_reads_a_mark_and_no_settings() {
    let (world, same) = started("components = ['API']").await;
    let before = world.app.store_counts();
    world.apply(&same).await;
    let after = world.app.store_counts();
    // The mark, those who were asked for consent, and the filters that fit nothing; the question is queued once more.
    assert_eq!((after.reads - before.reads, after.writes - before.writes), (3, 1));
    world.answer(ACCOUNT, ADDRESS, Consent::Confirmed).await;
    let before = world.app.store_counts();
    world.apply(&same).await;
    let after = world.app.store_counts();
    assert_eq!((after.reads - before.reads, after.writes - before.writes), (3, 0));
    world.deliver().await;
    assert_eq!(world.receiver.fakes.mails_to(ADDRESS).len(), 1, "the first question");
    world.finish().await;
}

#[tokio::test]
async fn start_that_stopped_after_the_settings_is_made_up_for_by_the_next() {
    let (world, _) = started("components = ['API']").await;
    let other = "other@customer.test";
    let changed = settings(&world.server, &world.receiver, "components = ['Aip']").replace(ADDRESS, other);
    world.app.store.apply(&ACCOUNT.into(), &parse_settings(&changed).settings).await.unwrap();
    assert!(world.receiver.fakes.mails_to(other).is_empty());

    world.apply(&changed).await;
    world.round().await;
    assert_eq!(world.receiver.fakes.mails_to(other).len(), 1, "the recipient is asked");
    assert_eq!(world.receiver.events_at("/hook"), ["unmatched monitor@some"], "the filter is checked");
    world.finish().await;
}

#[tokio::test]
async fn question_that_could_not_be_queued_is_queued_by_the_next_start() {
    let faults = Faults::new(0);
    let options = WorldOptions { faults: Some(faults.clone()), ..WorldOptions::default() };
    let (world, _) = started_with("", options).await;
    let other = "other@customer.test";
    let changed = settings(&world.server, &world.receiver, "").replace(ADDRESS, other);
    faults.choose(Fault::Throttled, "SendMessageBatch", "", 1);
    world.app.apply(ACCOUNT, &parse_settings(&changed).settings).await.unwrap_err();
    assert_eq!(faults.chosen_left(), 0);

    world.apply(&changed).await;
    world.deliver().await;
    assert_eq!(world.receiver.fakes.mails_to(other).len(), 1);
    world.finish().await;
}
