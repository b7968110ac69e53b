//! Another page in the place of the one that was watched: nothing of it is used until somebody says that it is the
//! right one. The same page under another name or address is read on.
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use status::health::HealthState;
use statuswire::commands::follow::follow;
use tests::{
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::World,
};

const DOCUMENTS: [&str; 3] = ["summary.json", "incidents.json", "scheduled-maintenances.json"];

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn good() -> StatusPage {
    operational().with(Incident::new("i1", &["API"]).post("investigating"))
}

/// Another company's page, on which something is down.
fn foreign() -> StatusPage {
    StatusPage::operational(&["CDN"]).with(Incident::new("b1", &["CDN"]).post("investigating"))
}

/// Shows this page under the path, with another id and name.
fn show_as(server: &StatusPageServer, path: &str, page: &StatusPage, id: &str, name: &str) {
    let rename = |mut document: Value| {
        document["page"]["id"] = json!(id);
        document["page"]["name"] = json!(name);
        Reply::json(document)
    };
    let documents = [page.summary(), page.history(), page.maintenance_history()];
    for (document, content) in DOCUMENTS.iter().zip(documents) {
        server.set(&format!("/p/{path}/api/v2/{document}"), rename(content));
    }
}

/// Redirects the page `acme` for good to another host.
fn redirect(server: &StatusPageServer, to: &str) {
    for document in DOCUMENTS {
        let to = format!("http://localhost:{}/p/{to}/api/v2/{document}", server.address.port());
        server.set(&format!("/p/acme/api/v2/{document}"), Reply::Plain(301, vec![("location", to)], Bytes::new()));
    }
}

/// The page `acme` with an incident that was alerted.
async fn with_an_open_incident() -> World {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    world.server.show("acme", &good());
    assert_eq!(world.round_events().await, ["opened i1"]);
    world
}

/// Reads the page until its time as a failing page is over; nothing may be told, and the stored state stays.
async fn is_not_believed(world: &World) {
    let before = world.page("acme").await;
    let now = Timestamp::now();
    for minutes in [0, 6, 12] {
        assert_eq!(world.poll(now + SignedDuration::from_mins(minutes)).await.unreadable, 1);
    }
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);
    assert_eq!(world.page("acme").await.page_state, before.page_state);
    let health = world.health("acme").await.unwrap();
    assert_eq!(health.state, HealthState::Unreadable);
    assert!(health.reason.as_ref().unwrap().starts_with("moved from \"Acme\" (http://127.0.0.1:"), "{health:?}");
    assert!(health.moved.is_some());
}

#[tokio::test]
async fn another_company_behind_a_redirect_is_not_read_until_it_is_followed() {
    let world = with_an_open_incident().await;
    show_as(&world.server, "bigcorp", &foreign(), "zz9other1234", "Bigcorp");
    redirect(&world.server, "bigcorp");
    is_not_believed(&world).await;
    let moved = world.health("acme").await.unwrap().moved.unwrap();
    assert_eq!(moved.to.name.as_deref(), Some("Bigcorp"));
    assert!(moved.to.url.ends_with("/p/bigcorp") && moved.to.url.contains("localhost"), "{}", moved.to.url);

    let to = follow(&world.app.store, &"acme".into(), Timestamp::now()).await.unwrap();
    assert_eq!(to, moved.to);
    assert!(world.round_events().await.is_empty(), "what is there is its baseline");
    assert_eq!(world.health("acme").await.unwrap().state, HealthState::Readable);
    assert!(world.page("acme").await.page_state.find(&"b1".into()).is_some());
    let more = foreign().with(Incident::new("b2", &["CDN"]).post("investigating"));
    show_as(&world.server, "bigcorp", &more, "zz9other1234", "Bigcorp");
    assert_eq!(world.round_events().await, ["opened b2"]);
    assert_eq!(world.round_events().await, ["resolved i1"], "whoever got an opening gets its end");
    assert!(follow(&world.app.store, &"acme".into(), Timestamp::now()).await.is_err(), "nothing is left to follow");
    world.finish().await;
}

#[tokio::test]
async fn page_made_anew_at_its_address_is_not_read_and_its_return_is_no_news() {
    let world = with_an_open_incident().await;
    show_as(&world.server, "acme", &foreign(), "zz9other1234", "Acme");
    is_not_believed(&world).await;
    world.server.show("acme", &good());
    assert!(world.round_events().await.is_empty());
    assert_eq!(world.health("acme").await.unwrap().state, HealthState::Readable);
    world
        .server
        .show("acme", &operational().with(Incident::new("i1", &["API"]).post("investigating").post("resolved")));
    assert_eq!(world.round_events().await, ["resolved i1"]);
    world.finish().await;
}

#[tokio::test]
async fn page_that_is_renamed_or_taken_over_with_its_id_is_read_on() {
    let world = with_an_open_incident().await;
    let more = good().with(Incident::new("i2", &["Web"]).post("investigating"));
    show_as(&world.server, "acme", &more, "tw1xs08pd4j7", "Acme by Bigcorp");
    assert_eq!(world.round_events().await, ["opened i2"]);
    show_as(&world.server, "new", &operational(), "tw1xs08pd4j7", "Bigcorp");
    redirect(&world.server, "new");
    assert!(world.round_events().await.is_empty());
    assert_eq!(world.round_events().await, ["resolved i1", "resolved i2"]);
    world.finish().await;
}

#[tokio::test]
async fn another_configured_address_is_a_confirmation() {
    let world = with_an_open_incident().await;
    show_as(&world.server, "bigcorp", &foreign(), "zz9other1234", "Bigcorp");
    let settings = tests::world::default_settings(&world.server, &world.receiver).replace("/p/acme", "/p/bigcorp");
    world.apply(&settings).await;
    // The list of pages is loaded again after some minutes.
    let later = Timestamp::now() + SignedDuration::from_mins(6);
    assert_eq!(world.poll(later).await.changed, 1);
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"], "what is there is its baseline");
    assert!(world.page("acme").await.page_state.find(&"b1".into()).is_some());
    let head = world.page("acme").await.head;
    assert_eq!(head.identity.unwrap().name.as_deref(), Some("Bigcorp"));
    world.finish().await;
}

#[tokio::test]
async fn feed_behind_a_redirect_to_another_site_is_read_if_it_has_the_same_name() {
    let feed = |title: &str, entry: &str| {
        let now = Timestamp::now();
        Reply::of_type(
            "application/atom+xml",
            format!(
                "<feed xmlns='http://www.w3.org/2005/Atom'><title>{title}</title><entry><id>tag:acme,2026:{entry}</id>\
                 <published>{now}</published><updated>{now}</updated><title>Trouble {entry}</title>\
                 <content type='html'>&lt;strong&gt;Investigating&lt;/strong&gt; - Looking.</content></entry></feed>"
            ),
        )
    };
    let (server, receiver) = (StatusPageServer::start().await, tests::receiver::Receiver::start().await);
    let settings = tests::world::default_settings(&server, &receiver).replace("statuspage", "feed");
    let world = World::with(server, receiver, &settings, None).await;
    world.server.set("/p/acme", feed("Acme Status", "e1"));
    assert_eq!(world.round().await.changed, 1);
    let to = format!("http://localhost:{}/p/elsewhere", world.server.address.port());
    world.server.set("/p/acme", Reply::redirect(&to));

    world.server.set("/p/elsewhere", feed("Bigcorp Status", "b1"));
    assert!(world.round_events().await.is_empty());
    let health = world.health("acme").await.unwrap();
    assert_eq!((health.state, health.moved.is_some()), (HealthState::Failing, true), "{health:?}");

    world.server.set("/p/elsewhere", feed("ACME status page", "e2"));
    assert_eq!(world.round_events().await.len(), 1);
    assert_eq!(world.health("acme").await.unwrap().state, HealthState::Readable);
    world.finish().await;
}
