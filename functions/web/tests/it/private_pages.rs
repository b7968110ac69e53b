//! A page that an account keeps to itself is on no page of everybody's, neither while it is watched nor afterwards.
use http::StatusCode;
use jiff::ToSpan as _;
use status::{
    ids::AccountId,
    provider::Provider,
    snapshot::{Kind, Window},
    words::Phase,
};
use store::Visibility;

use crate::world::{World, at, component, edit, incident, provider, snapshot};

const ID: &str = "page_0123456789abcdef0123456789abcdef";
/// Of the configuration file.
const FILE_ID: &str = "private-hushed";

/// An account that has a private page with an open and an ended incident, and a planned maintenance.
async fn world(id: &str) -> (World, AccountId) {
    let (world, account) = (World::start(&["acme"]).await, AccountId::new("theirs"));
    let page = Provider { name: "Hushed".into(), ..provider(id) };
    if id == FILE_ID {
        world.declare(&[page]).await;
    } else {
        world.store.save_page(&account, (&page, Visibility::Private, None), None, &edit(&account)).await.unwrap();
    }
    let api = component("api", "Hushed API");
    world.read(id, &snapshot(std::slice::from_ref(&api), &[]), at("07:00:00")).await;
    let open = incident("open", "Hushed is slow", at("08:00:00"));
    let mut ended = incident("ended", "Hushed was down", at("08:00:00"));
    let mut planned = incident("planned", "Hushed moves", at("08:00:00"));
    planned.kind = Kind::Maintenance;
    planned.phase = Some(Phase::Scheduled);
    let starts_at = jiff::Timestamp::now() + 24.hours();
    planned.window = Some(Window { starts_at: Some(starts_at), ends_at: Some(starts_at + 1.hour()) });
    let all = [open.clone(), ended.clone(), planned.clone()];
    world.read(id, &snapshot(std::slice::from_ref(&api), &all), at("08:00:30")).await;
    ended.phase = Some(Phase::Resolved);
    ended.resolved_at = Some(at("09:00:00"));
    world.read(id, &snapshot(&[api], &[open, ended, planned]), at("09:00:30")).await;
    (world, account)
}

async fn check_nothing_is_shown(world: &World, id: &str) {
    for path in [
        "/".to_owned(),
        "/?q=hushed".to_owned(),
        "/incidents".to_owned(),
        format!("/incidents?provider={id}"),
        "/incidents.atom".to_owned(),
        "/watched.atom".to_owned(),
        "/watched.ics".to_owned(),
        "/watched/badge.svg".to_owned(),
        "/embed/watched".to_owned(),
        "/calendar".to_owned(),
        "/calendar.ics".to_owned(),
        "/api/v1/providers?q=hushed".to_owned(),
        "/api/v1/incidents".to_owned(),
        "/api/v1/incidents?open=true".to_owned(),
        "/api/v1/incidents?open=false".to_owned(),
        "/api/v1/maintenances".to_owned(),
    ] {
        let (status, _, body) = world.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        let shown = body.replace("q=hushed", "").replace("“hushed”", "").replace("value=\"hushed\"", "");
        for said in ["Hushed is slow", "Hushed was down", "Hushed moves", "Hushed API", ">Hushed<"] {
            assert!(!shown.contains(said), "{path} shows {said}");
        }
    }
    for path in [
        format!("/providers/{id}"),
        format!("/providers/{id}/badge.svg"),
        format!("/providers/{id}/badge.json"),
        format!("/embed/providers/{id}"),
        format!("/embed/providers/{id}/card.png"),
        format!("/embed/incidents/{id}/open"),
        format!("/embed/incidents/{id}/ended/card.png"),
        format!("/oembed?url=http://localhost/incidents/{id}/open"),
        format!("/providers/{id}/calendar.ics"),
        format!("/providers/{id}/incidents.atom"),
        format!("/incidents/{id}/open"),
        format!("/incidents/{id}/ended"),
        format!("/maintenances/{id}/planned"),
        format!("/api/v1/providers/{id}"),
        format!("/api/v1/incidents/{id}/open"),
        format!("/api/v1/incidents/{id}/ended"),
        format!("/api/v1/maintenances?provider={id}"),
    ] {
        let (status, _, body) = world.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
        assert!(!body.contains("Hushed"), "{path}: {body}");
    }
}

#[tokio::test]
async fn private_page_is_shown_to_nobody_else_also_when_it_is_gone() {
    let (world, account) = world(ID).await;
    check_nothing_is_shown(&world, ID).await;
    world.store.remove_page(&account, &ID.into(), 1, &edit(&account)).await.unwrap();
    check_nothing_is_shown(&world, ID).await;
}

#[tokio::test]
async fn private_page_of_the_file_is_shown_to_nobody_also_when_it_is_gone() {
    let (world, _) = world(FILE_ID).await;
    check_nothing_is_shown(&world, FILE_ID).await;
    world.declare(&[]).await;
    check_nothing_is_shown(&world, FILE_ID).await;
}

#[tokio::test]
async fn page_that_its_account_makes_public_is_shown() {
    let (world, account) = world(ID).await;
    let page = Provider { name: "Hushed".into(), ..provider(ID) };
    world.store.save_page(&account, (&page, Visibility::Public, None), Some(1), &edit(&account)).await.unwrap();
    let (status, _, body) = world.get(&format!("/incidents/{ID}/ended")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("Hushed was down"));
    assert!(world.get("/incidents").await.2.contains("Hushed is slow"));
}
