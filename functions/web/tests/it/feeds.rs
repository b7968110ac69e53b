//! Feeds and badges.
use axum::body::Body;
use http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use status::{
    snapshot::{Incident, Update},
    words::{ComponentStatus, Phase},
};

use crate::world::{World, component, incident, snapshot};

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

fn update(id: &str, body: &str, posted_at: Timestamp) -> Update {
    let (posted_at, body) = (Some(posted_at), Some(body.to_owned()));
    Update { id: id.into(), phase: Some(Phase::Investigating), posted_at, body, components: Vec::new() }
}

#[tokio::test]
async fn an_incident_is_one_entry_that_moves_up_with_every_update() {
    let world = World::start(&["acme", "other"]).await;
    for page in ["acme", "other"] {
        world.read(page, &snapshot(&[], &[]), ago(7_200)).await;
    }
    let mut slow = incident("i1", "Slow <logins> & \u{1}more", ago(3_600));
    slow.url = Some("https://status.acme.example/i1".into());
    slow.updates = vec![update("u1", "We <b>look</b>\ninto it", ago(3_600))];
    world.read("acme", &snapshot(&[], &[slow.clone()]), ago(3_590)).await;
    world.read("other", &snapshot(&[], &[incident("i2", "Other", ago(1_800))]), ago(1_790)).await;
    let entries = async |path: &str| {
        let request = Request::get(path).header(header::HOST, "status.example.com").body(Body::empty()).unwrap();
        let (status, headers, text) = world.ask(request).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "application/atom+xml; charset=utf-8");
        let entries: Vec<String> = text.split("<entry>").skip(1).map(str::to_owned).collect();
        (text, entries)
    };
    let (text, all) = entries("/incidents.atom").await;
    assert!(all.len() == 2 && all[0].contains("Other: Other (investigating)"), "{text}");
    assert!(all[1].contains("Acme: Slow &lt;logins&gt; &amp; more (investigating)"), "{text}");
    assert!(all[1].contains("href=\"http://status.example.com/incidents/acme/i1\""), "{text}");
    assert!(all[1].contains("href=\"https://status.acme.example/i1\""), "{text}");
    assert!(all[1].contains("We &amp;lt;b&amp;gt;look&amp;lt;/b&amp;gt;"), "{text}");

    slow.updates.push(update("u2", "Still at it", ago(60)));
    world.read("acme", &snapshot(&[], &[slow]), ago(50)).await;
    for path in ["/incidents.atom", "/watched.atom", "/providers/acme/incidents.atom"] {
        let (text, after) = entries(path).await;
        assert!(after[0].contains("Acme: Slow") && after[0].contains("Still at it"), "{text}");
        let id = |entry: &str| entry.split("</id>").next().unwrap().to_owned();
        assert_eq!(id(&after[0]), id(&all[1]));
    }
    assert_eq!(entries("/providers/acme/incidents.atom").await.1.len(), 1);
    assert_eq!(world.get("/providers/nobody/incidents.atom").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn unchanged_feeds_are_answered_with_304() {
    let world = World::start(&["acme"]).await;
    world.read("acme", &snapshot(&[], &[incident("i1", "Slow", ago(3_600))]), ago(3_590)).await;
    for path in ["/incidents.atom", "/calendar.ics", "/providers/acme/badge.svg"] {
        let (_, headers, _) = world.get(path).await;
        let request =
            Request::get(path).header(header::IF_NONE_MATCH, &headers[header::ETAG]).body(Body::empty()).unwrap();
        assert_eq!(world.ask(request).await.0, StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn imported_incidents_are_ordered_by_their_own_time() {
    let world = World::start(&["acme"]).await;
    let over = |id: &str, days: i64| Incident {
        phase: Some(Phase::Resolved),
        resolved_at: Some(ago(days * 86_400)),
        ..incident(id, id, ago(days * 86_400 + 60))
    };
    let all: Vec<Incident> = (1..=80).map(|days| over(&format!("i{days}"), days)).collect();
    world.read("acme", &snapshot(&[], &all), ago(60)).await;
    let (_, _, text) = world.get("/providers/acme/incidents.atom").await;
    assert_eq!(text.matches("<entry>").count(), 50);
    assert!(text.contains("/incidents/acme/i50\"") && !text.contains("/incidents/acme/i51\""), "{text}");
}

#[tokio::test]
async fn a_badge_shows_the_state_of_a_provider() {
    let world = World::start(&["acme"]).await;
    assert!(world.get("/providers/acme/badge.svg").await.2.contains("Acme: not checked yet"));
    let mut api = component("api", "API");
    api.status = ComponentStatus::MajorOutage;
    world.read("acme", &snapshot(&[api], &[]), ago(60)).await;
    let (status, headers, badge) = world.get("/providers/acme/badge.svg?label=Our%20%3Cprovider%3E").await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, "image/svg+xml; charset=utf-8")
    );
    assert!(
        badge.contains("<title>Our &lt;provider&gt;: major outage</title>") && badge.contains("role=\"img\""),
        "{badge}"
    );
    let (status, _, unknown) = world.get("/providers/nobody/badge.svg").await;
    assert!(status == StatusCode::NOT_FOUND && unknown.contains("unknown provider"));
}
