//! What other formats need of the poller beyond a Statuspage: pages of several documents, and pages whose meaning
//! changes with time although their bytes stay the same.
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::{
    receiver::Receiver,
    status_page_server::{Reply, StatusPageServer},
    world::{self, EVERYTHING, NETWORK, World},
};

async fn of_format(format: &str, server: StatusPageServer) -> World {
    let receiver = Receiver::start().await;
    let settings = NETWORK.to_owned()
        + &world::page(&server, "acme").replace("statuspage", format)
        + &world::monitor("acme", "acme", "")
        + &world::hook(&receiver, "hook")
        + &world::group("everyone", &["hook"], EVERYTHING);
    World::with(server, receiver, &settings, None).await
}

fn cacheable(document: &Value) -> Reply {
    Reply::Cacheable(document.to_string().into())
}

/// An Instatus page, whose components are in a second document.
fn show_instatus(server: &StatusPageServer, api: &str) {
    let summary = json!({"page": {"name": "Acme", "url": "https://status.acme.test", "status": "HASISSUES"}});
    let component =
        |id: &str, name: &str, status: &str| json!({"id": id, "name": name, "status": status, "group": null});
    let components = [component("c1", "API", api), component("c2", "Web", "DEGRADEDPERFORMANCE")];
    server.set("/p/acme/v3/summary.json", cacheable(&summary));
    server.set("/p/acme/v3/components.json", cacheable(&json!({"components": components})));
}

#[tokio::test]
async fn a_change_in_the_second_document_of_a_page_is_noticed() {
    let server = StatusPageServer::start().await;
    show_instatus(&server, "OPERATIONAL");
    let world = of_format("instatus", server).await;
    world.round().await;
    world.round_events().await;
    let summary = world.round().await;
    assert_eq!((summary.unchanged, summary.requests), (1, 2), "one request for each document that may change");

    show_instatus(&world.server, "MAJOROUTAGE");
    let told = world.round_events().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("updated components@") || told[0].starts_with("opened components@"), "{told:?}");
    assert_eq!(world.round().await.unchanged, 1);
    world.finish().await;
}

/// A Better Stack page with a maintenance, which has no phase there.
fn better_stack(starts_at: Timestamp, ends_at: Timestamp) -> Value {
    let resource = json!({"id": "801", "type": "status_page_resource",
        "attributes": {"status_page_section_id": 901, "public_name": "API", "status": "operational"}});
    let update = json!({"id": "9", "type": "status_update", "attributes": {"message": "We move house.",
        "published_at": starts_at - SignedDuration::from_hours(2), "affected_resources": [], "status_report_id": 5}});
    let report = json!({"id": "5", "type": "status_report",
        "attributes": {"title": "Move", "report_type": "maintenance", "starts_at": starts_at, "ends_at": ends_at,
            "affected_resources": [{"status_page_resource_id": "801", "status": "maintenance"}], "aggregate_state": "maintenance"},
        "relationships": {"status_updates": {"data": [{"id": "9", "type": "status_update"}]}}});
    let section = json!({"id": "901", "type": "status_page_section", "attributes": {"name": "Core", "position": 0}});
    let listed = |kind: &str, id: &str| json!({"data": [{"id": id, "type": kind}]});
    json!({
        "data": {"id": "1", "type": "status_page", "attributes": {"company_name": "Acme", "aggregate_state": "operational"},
            "relationships": {"sections": listed("status_page_section", "901"), "resources": listed("status_page_resource", "801"),
                "status_reports": listed("status_report", "5")}},
        "included": [section, resource, report, update],
    })
}

#[tokio::test]
async fn maintenance_starts_and_ends_with_time_on_a_page_that_stays_the_same() {
    let start = Timestamp::now();
    let at = |minutes: i64| start + SignedDuration::from_mins(minutes);
    let server = StatusPageServer::start().await;
    server.set("/p/acme/index.json", cacheable(&better_stack(at(30), at(60))));
    let world = of_format("betterstack", server).await;
    let mut told = Vec::new();
    for minutes in [0, 10, 20, 31, 32, 45, 61, 62, 63] {
        world.poll(at(minutes)).await;
        world.deliver().await;
        let events = world.receiver.events().split_off(told.len());
        told.extend(events.into_iter().map(|event| format!("{minutes}: {event}")));
    }
    assert_eq!(told, ["10: reminder 5", "31: started 5", "61: completed 5"]);
    world.finish().await;
}

const US: &str = "01KKUS0N1Y0000000000000001";

/// A parent page of incident.io, which has nothing but links to two others. `open` is on one of them.
fn show_parent(server: &StatusPageServer, open: &[Value]) {
    let parent = json!({"summary": {"id": "01K0PARENT0000000000000000", "name": "Acme", "page_type": "parent",
        "components": [], "affected_components": [], "ongoing_incidents": [], "scheduled_maintenances": []}});
    server.set(&format!("/p/acme/proxy/{}", server.address), cacheable(&parent));
    let links = r#"<a href="/p/acme/eu">Europe</a><a href="/p/acme/us">America</a>"#;
    server.set("/p/acme", Reply::of_type("text/html", links));
    for (segment, open) in [("eu", &[][..]), ("us", open)] {
        let widget = json!({"page_title": "Acme", "page_url": format!("{}/{segment}", server.url("acme")),
            "ongoing_incidents": open, "in_progress_maintenances": [], "scheduled_maintenances": []});
        server.set(&format!("/p/acme/{segment}/api/v1/summary"), cacheable(&widget));
    }
}

#[tokio::test]
async fn a_page_that_leads_to_others_costs_a_request_for_each_and_tells_what_is_on_them() {
    let server = StatusPageServer::start().await;
    show_parent(&server, &[]);
    let world = of_format("incidentio", server).await;
    world.round().await;
    let summary = world.round().await;
    assert_eq!((summary.unchanged, summary.requests), (1, 2));

    let incident = json!({"id": US, "name": "No invoices", "status": "investigating",
        "last_update_at": Timestamp::now(), "last_update_message": "We look for them.", "affected_components":
            [{"id": "c1", "name": "Billing", "current_status": "full_outage"}]});
    show_parent(&world.server, std::slice::from_ref(&incident));
    assert_eq!(world.round_events().await, [format!("opened {US}")]);
    let component = &world.page("acme").await.page_state.components[0];
    assert_eq!((component.id.as_str(), component.group.as_deref()), ("us/c1", Some("America")));

    world.server.set("/p/acme/us/api/v1/summary", Reply::status(503));
    assert!(world.round_events().await.is_empty());
    assert_eq!(world.page("acme").await.head.open.len(), 1, "what cannot be read ends nothing");

    show_parent(&world.server, &[]);
    let feed = format!(
        "<feed><generator>incident.io</generator><entry><id>https://status.acme.test//incidents/{US}</id>\
         <title>No invoices</title><updated>{}</updated><content type=\"html\">&lt;b&gt;Status: Resolved&lt;/b&gt;\
         &lt;br/&gt;&lt;br/&gt;They are back.</content></entry></feed>",
        Timestamp::now()
    );
    world.server.set("/p/acme/us/feed.atom", Reply::of_type("application/atom+xml", feed));
    assert_eq!(world.round_events().await, [format!("resolved {US}")]);
    world.finish().await;
}
