//! A page that is found elsewhere than at its address, moves later, or changes its format: it is read on, and no alert
//! is sent twice or lost.
use bytes::Bytes;
use serde_json::{Value, json};
use status::health::HealthState;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{self, EVERYTHING, NETWORK, World},
};

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn good() -> StatusPage {
    operational().with(Incident::new("i1", &["API"]).post("investigating"))
}

/// The page `acme`, whose format is to be detected.
async fn detected(server: StatusPageServer) -> World {
    let receiver = Receiver::start().await;
    let settings = NETWORK.to_owned()
        + &world::page(&server, "acme").replace("format = 'statuspage'", "")
        + &world::monitor("acme", "acme", "")
        + &world::hook(&receiver, "hook")
        + &world::group("everyone", &["hook"], EVERYTHING);
    World::with(server, receiver, &settings, None).await
}

/// The same server under another name.
fn elsewhere(server: &StatusPageServer, path: &str) -> String {
    format!("http://localhost:{}{path}", server.address.port())
}

fn for_good(to: &str) -> Reply {
    Reply::Plain(301, vec![("location", to.to_owned())], Bytes::new())
}

#[tokio::test]
async fn address_that_leads_to_a_status_page_is_read_there() {
    let server = StatusPageServer::start().await;
    server.show("real", &operational());
    server.set("/p/acme", Reply::redirect(&elsewhere(&server, "/p/real")));
    server.set("/p/real", Reply::of_type("text/html", "<html>Powered by statuspage.io</html>"));
    let world = detected(server).await;
    assert_eq!(world.round().await.changed, 1);
    let read_at = elsewhere(&world.server, "/p/real");
    assert_eq!(world.health("acme").await.unwrap().read_at.as_deref(), Some(read_at.as_str()));

    let asked = world.server.request_count();
    assert_eq!(world.round().await.unchanged, 1);
    assert_eq!(world.server.request_count() - asked, 1, "an unchanged page costs one request there too");
    world.server.show("real", &good());
    assert_eq!(world.round_events().await, ["opened i1"]);
    world.finish().await;
}

#[tokio::test]
async fn page_that_moved_permanently_is_followed_and_its_new_address_recorded() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    assert!(world.health("acme").await.is_none_or(|health| health.moved_to.is_none()));

    world.server.show("new", &good());
    for document in ["summary.json", "incidents.json"] {
        let to = elsewhere(&world.server, &format!("/p/new/api/v2/{document}"));
        world.server.set(&format!("/p/acme/api/v2/{document}"), for_good(&to));
    }
    assert_eq!(world.round_events().await, ["opened i1"]);
    let health = world.health("acme").await.unwrap();
    assert_eq!(health.moved_to, Some(elsewhere(&world.server, "/p/new")));
    assert_eq!(health.state, HealthState::Readable);

    assert!(world.round_events().await.is_empty());
    assert_eq!(world.health("acme").await.unwrap(), health, "an unchanged page has not moved back");
    world.finish().await;
}

/// The document of incident.io with the incident of `good` as its own.
fn of_another_maker(phase: &str) -> Value {
    let update = |id: &str, phase: &str, text: &str| {
        json!({"id": id, "published_at": "2026-02-25T06:14:20.000Z", "to_status": phase, "message_string": text,
            "component_statuses": [{"component_id": "01KC0", "status": "full_outage"}]})
    };
    let mut updates = vec![update("01KU0", "investigating", "Update 1 of i1")];
    if phase == "resolved" {
        updates.push(update("01KU1", phase, "All is well again"));
    }
    let incident =
        json!({"id": "01KI0", "name": "Trouble i1", "type": "incident", "status": phase, "updates": updates});
    let (open, affected) = match phase {
        "resolved" => (json!([]), json!([])),
        _ => (json!([incident]), json!([{"component_id": "01KC0", "status": "full_outage"}])),
    };
    let names = json!([{"id": "01KC0", "name": "API"}, {"id": "01KC1", "name": "Web"}]);
    let summary = json!({"name": "Acme", "components": names, "affected_components": affected, "ongoing_incidents": open,
        "scheduled_maintenances": []});
    json!({"summary": summary, "incident": incident, "incidents": [incident]})
}

#[tokio::test]
async fn page_that_changes_its_format_keeps_its_open_incident() {
    let server = StatusPageServer::start().await;
    server.show("acme", &operational());
    let world = detected(server).await;
    world.round().await;
    world.server.show("acme", &good());
    assert_eq!(world.round_events().await, ["opened i1"]);

    for document in ["summary.json", "incidents.json"] {
        world.server.set(&format!("/p/acme/api/v2/{document}"), Reply::status(404));
    }
    let proxy = format!("/p/acme/proxy/{}", world.server.address);
    let show = |phase: &str| {
        for path in ["", "/incidents", "/incidents/01KI0"] {
            world.server.set(&format!("{proxy}{path}"), Reply::json(of_another_maker(phase)));
        }
    };
    show("investigating");
    for failures in 1..=2 {
        assert!(world.round_events().await.is_empty());
        assert_eq!(world.health("acme").await.unwrap().failures, failures);
    }
    for _ in 0..3 {
        assert_eq!(world.round_events().await, [""; 0], "it is the incident that was alerted already");
    }
    assert_eq!(world.page("acme").await.head.format, "incidentio");
    assert_eq!(world.health("acme").await.unwrap().state, HealthState::Readable);

    show("resolved");
    assert_eq!(world.round_events().await, ["resolved i1"]);
    assert!(world.round_events().await.is_empty());
    world.finish().await;
}
