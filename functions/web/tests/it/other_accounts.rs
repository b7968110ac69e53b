//! What other accounts watch, and whom they alert, is on no page of everybody's, nor behind the password of a private
//! instance.
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use status::{
    component_match::PageNames,
    monitor::{ComponentChoice, ComponentFilter, Destination, Monitor, Settings, WhenUnknown},
};
use store::{AccountSettings, Store};
use tower::ServiceExt as _;
use web::{Password, Web};

use crate::world::{World, at, component, provider, router, snapshot};

/// An account that watches a provider of the catalogue, by a filter that fits nothing, with a destination that fails.
async fn declare(store: &Store, account: &str, watched: &str, destination: &str) {
    let monitor = Monitor {
        id: "m".into(),
        account: account.into(),
        provider: watched.into(),
        components: ComponentFilter::Chosen(vec![ComponentChoice::Component(format!("Part of {account}"))]),
        unknown: WhenUnknown::Tell,
    };
    let receiver = Destination {
        id: destination.into(),
        account: account.into(),
        label: None,
        channel: "slack".to_owned(),
        settings: Settings::default(),
    };
    let settings =
        AccountSettings { monitors: vec![monitor.clone()], destinations: vec![receiver], ..AccountSettings::default() };
    store.apply(&account.into(), &settings).await.unwrap();
    let read = store.page(&watched.into()).await.unwrap().unwrap();
    let names = PageNames::of(&read.page_state, true);
    store.check_filters(&provider(watched), &names, &[monitor], &[], at("10:00:00")).await.unwrap();
    let record = store.destination(&destination.into()).await.unwrap().unwrap();
    store.note_failing(&record.destination, at("10:00:00"), at("10:00:00")).await.unwrap();
}

async fn get(store: &Store, path: &str, password: bool) -> String {
    let web = Web::new(store.clone(), true, None).private(password.then(|| Password::new("correct horse battery")));
    // any:correct horse battery
    let request = Request::get(path).header(header::AUTHORIZATION, "Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==");
    let answer = router(web).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8(to_bytes(answer.into_body(), 16 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn what_another_account_watches_and_whom_it_alerts_is_told_to_nobody() {
    let world = World::start(&[]).await;
    for page in ["github", "stripe"] {
        world.read(page, &snapshot(&[component("api", "API")], &[]), at("09:00:00")).await;
    }
    declare(&world.store, "local", "github", "our-call").await;
    let paths = ["/", "/?show=mine", "/providers/stripe", "/providers/github", "/watched/badge.json"];
    let mut before = Vec::new();
    for password in [false, true] {
        for path in paths {
            before.push(get(&world.store, path, password).await);
        }
    }
    assert!(before[0].contains("our-call") && before[0].contains("Part of local"), "{}", before[0]);
    assert!(before[3].contains(">Watched<") && !before[2].contains(">Watched<"), "{}", before[2]);
    declare(&world.store, "theirs", "stripe", "their-call").await;
    let mut after = Vec::new();
    for password in [false, true] {
        for path in paths {
            after.push(get(&world.store, path, password).await);
        }
    }
    for (before, after) in before.iter().zip(&after) {
        assert!(!after.contains("Part of theirs") && !after.contains("their-call"), "{after}");
        // How long something has lasted grows in between.
        let lasting = |page: &str| page.replace(|c: char| c.is_ascii_digit(), "");
        assert_eq!(lasting(before), lasting(after), "the page shows that somebody watches");
    }
}

/// The layer of the tests that stands for roles does refuse.
#[tokio::test]
async fn what_the_role_of_the_pages_does_not_allow_is_refused() {
    let world = World::start(&["acme"]).await;
    let sessions = || world.store.sessions_of("jo@example.com", Timestamp::UNIX_EPOCH);
    assert!(sessions().await.unwrap().is_empty(), "nobody acts in a role");
    let refused = roles::acting("WebRole", sessions()).await.unwrap_err();
    assert!(format!("{refused:?}").contains("WebRole does not allow"), "{refused:?}");
}
