//! Incidents are muted and acknowledged: by members, by links in mails, and by nobody else.
use std::time::Duration;

use accounts::{
    audit::{AuditEntry, Values},
    sign_up::SignUp,
};
use http::{Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use status::{
    alert::{Alert, IncidentFacts},
    ids::{DeliveryId, DestinationId},
    mute::{Mute, Muted},
    paths::incident_link,
    provider::Provider,
    snapshot::Kind,
    words::Event,
};
use store::{Claim, DeliveryClaim, Edit, IncidentLink, Owner, Told};

use crate::{
    destinations::add_slack,
    pages::{component, incident, read},
    watch::{ago, save},
    world::{Answer, Browser, World, account_of, settings_of},
};

const JO: &str = "jo@example.com";
const AL: &str = "al@example.com";
const EVIL: &str = "evil@example.com";
const MUTE: &str = "provider=stripe&incident=i1&muted=alerts";
const ACKNOWLEDGE: &str = "provider=stripe&incident=i1&muted=follow_up";

/// Stripe has an open incident, `i1`, which Jo watches.
async fn world() -> (World, Browser) {
    let world = World::start(SignUp::Open).await;
    let api = [component("api", "API", None)];
    read(&world.store, "stripe", &api, &[], ago(9)).await;
    read(&world.store, "stripe", &api, &[incident("i1", "Payments <b>fail</b>", ago(2), &["api"])], ago(1)).await;
    let mut jo = world.signed_in(JO, 1).await;
    save(&mut jo, "which=all").await;
    (world, jo)
}

fn entry(mute: &Mute) -> AuditEntry {
    AuditEntry {
        account: mute.account.clone(),
        at: mute.at,
        id: mute.id(),
        who: mute.by.clone(),
        action: "incident.muted".to_owned(),
        target: mute.title.clone(),
        before: Values::new(),
        after: Values::new(),
    }
}

async fn is_over(world: &World) {
    let over = status::snapshot::Incident {
        phase: Some(status::words::Phase::Resolved),
        resolved_at: Some(Timestamp::now()),
        ..incident("i1", "Payments <b>fail</b>", ago(2), &["api"])
    };
    read(&world.store, "stripe", &[component("api", "API", None)], &[over], Timestamp::now()).await;
}

/// The opening of `i1`, and its delivery to a destination, which is claimed.
pub(crate) async fn claimed(world: &World, destination: &DestinationId) -> (Alert, DeliveryClaim, Claim) {
    let facts = IncidentFacts {
        id: "i1".into(),
        episode: 1,
        kind: Kind::Incident,
        title: "Payments <b>fail</b>".to_owned(),
        phase: None,
        impact: None,
        url: None,
        started_at: Some(ago(2)),
        ended_at: None,
        window: None,
        first_seen_at: ago(1),
    };
    let (id, name) = ("stripe".into(), "Stripe".to_owned());
    let provider = Provider { id, name, page_url: String::new(), format: None, interval: None };
    let alert = Alert::new(&provider, Event::Opened, facts, "update", ago(1));
    world.store.tell_held(Told { summary: Some(&alert), ..Told::default() }, ago(1)).await.unwrap();
    let delivery = DeliveryClaim {
        delivery: DeliveryId::derive(&alert.id, destination),
        alert: alert.id.clone(),
        destination: destination.clone(),
        provider: alert.provider.clone(),
        incident: alert.incident.id.clone(),
        unknown: false,
    };
    let owner = Owner { host: "here".to_owned(), instance: "1".to_owned() };
    let claim = world.store.claim(&delivery, &owner, Duration::ZERO, ago(1)).await.unwrap();
    (alert, delivery, claim)
}

/// The opening, as it was sent to Jo's destination.
async fn told(world: &World, jo: &mut Browser) -> (Alert, DeliveryClaim) {
    add_slack(jo, "Ops").await;
    let destination = settings_of(world, JO).await.destinations[0].value.id.clone();
    let (alert, delivery, _) = claimed(world, &destination).await;
    (alert, delivery)
}

fn link(world: &World, told: &(Alert, DeliveryClaim), days: i64) -> String {
    let ends_at = Timestamp::now() + SignedDuration::from_hours(days * 24);
    let link = IncidentLink { alert: told.0.id.clone(), destination: told.1.destination.clone(), ends_at };
    let signature = world.store.sign_link(&link).unwrap();
    incident_link(&link.alert, &link.destination, ends_at, &signature)
}

async fn mutes_of(world: &World, address: &str) -> Vec<Mute> {
    world.store.mutes(&account_of(world, address).await).await.unwrap()
}

async fn mutes(world: &World) -> Vec<Mute> {
    mutes_of(world, JO).await
}

async fn audited(browser: &mut Browser, action: &str) -> usize {
    browser.open("/account/audit").await.body.matches(action).count()
}

#[tokio::test]
async fn member_mutes_and_acknowledges_from_the_log_and_undoes_it() {
    let (world, mut jo) = world().await;
    told(&world, &mut jo).await;
    let log = "/alerts/log?incident=i1";
    let page = jo.open(log).await.body;
    assert!(page.contains("Mute until its end") && page.contains(">Acknowledge<"), "{page}");
    assert!(page.contains("Payments &lt;b&gt;fail"), "{page}");
    let muted = jo.post("/alerts/mutes", MUTE).await;
    assert_eq!(muted.leads_to(), (StatusCode::SEE_OTHER, "/alerts/log?incident=i1&done=muted"), "{}", muted.body);
    jo.post("/alerts/mutes", MUTE).await;
    jo.post("/alerts/mutes", ACKNOWLEDGE).await;
    let known = mutes(&world).await;
    assert_eq!(known.len(), 2, "once each: {known:?}");
    assert!(known.iter().all(|mute| mute.by == JO && mute.episode == 1 && mute.incident.as_str() == "i1"));
    assert_eq!((audited(&mut jo, "incident muted").await, audited(&mut jo, "incident acknowledged").await), (1, 1));
    let page = jo.open(log).await.body;
    assert!(page.contains("Muted by") && page.contains("Acknowledged by") && page.contains(JO), "{page}");
    assert!(!page.contains("Mute until its end"), "{page}");
    let list = jo.open("/alerts/mutes").await.body;
    assert!(list.contains("Payments &lt;b&gt;fail") && list.matches("name=\"id\"").count() == 2, "{list}");
    assert!(jo.open("/account/export").await.body.contains("\"muted\":\"follow_up\""));

    let id = known.iter().find(|mute| mute.muted == Muted::Alerts).unwrap().id();
    let undone = jo.post("/alerts/mutes/undo", &format!("id={id}")).await;
    assert_eq!(undone.leads_to().1, "/alerts/mutes?done=undone", "{}", undone.body);
    assert_eq!(jo.post("/alerts/mutes/undo", &format!("id={id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(mutes(&world).await.len(), 1);
    assert_eq!(audited(&mut jo, "incident unmuted").await, 1);
    is_over(&world).await;
    assert!(jo.open(log).await.body.contains("It is over"));
    let list = jo.open("/alerts/mutes").await.body;
    assert!(list.contains("No incident that goes on") && list.contains(">Over<"), "{list}");
    assert!(list.contains("Acknowledged by") && !list.contains("name=\"id\""), "nothing is left to undo: {list}");
    assert_eq!(jo.post("/alerts/mutes", MUTE).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn nobody_mutes_for_others_or_learns_of_what_they_do_not_watch() {
    let (world, mut jo) = world().await;
    jo.post("/alerts/mutes", MUTE).await;
    let id = mutes(&world).await[0].id();
    let mut evil = world.signed_in(EVIL, 2).await;
    assert_eq!(evil.post("/alerts/mutes", MUTE).await.status, StatusCode::NOT_FOUND, "it watches nothing");
    assert_eq!(evil.post("/alerts/mutes/undo", &format!("id={id}")).await.status, StatusCode::NOT_FOUND);
    assert!(!evil.open("/alerts/mutes").await.body.contains("Payments"));
    assert!(!evil.open("/alerts/log?incident=i1").await.body.contains("Payments"));
    let without_token = jo.submit("/alerts/mutes/undo", &format!("id={id}")).await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
    for wrong in ["provider=stripe&incident=i1&muted=all", "incident=i1&muted=alerts"] {
        assert_eq!(jo.post("/alerts/mutes", wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    jo.post("/account/invitations", "address=al%40example.com&role=reader").await;
    let mut al = world.browser(3);
    al.submit(&world.link_to(AL), "").await;
    assert_eq!(mutes(&world).await.len(), 1);
    assert_eq!(al.post("/alerts/mutes", ACKNOWLEDGE).await.status, StatusCode::FORBIDDEN, "a reader changes nothing");
    assert!(al.open("/alerts/mutes").await.body.contains("Muted by"), "and sees who did");

    let account = account_of(&world, JO).await;
    let name = world.store.account(&account).await.unwrap().unwrap().name;
    jo.post("/account/delete", &format!("name={name}")).await;
    assert_eq!(world.store.mutes(&account).await.unwrap(), []);
}

async fn press(browser: &mut Browser, path: &str, muted: &str) -> Answer {
    browser.submit(path, &format!("muted={muted}")).await
}

#[tokio::test]
async fn link_in_a_mail_acknowledges_once_and_only_by_its_button() {
    let (world, mut jo) = world().await;
    let told = told(&world, &mut jo).await;
    let path = link(&world, &told, 7);
    let mut reader = world.browser(4);
    for _ in 0..3 {
        let page = reader.open(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("Payments &lt;b&gt;fail") && page.body.contains("Acknowledge"), "{}", page.body);
    }
    reader.send(Request::builder().method(Method::HEAD).uri(&path), "").await;
    assert!(mutes(&world).await.is_empty(), "scanners open links");
    // Neither another site's form nor one from nowhere.
    let foreign = Request::post(&path).header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
    assert_eq!(reader.send(foreign, "muted=follow_up").await.status, StatusCode::FORBIDDEN);
    assert!(mutes(&world).await.is_empty());

    assert_eq!(press(&mut reader, &path, "follow_up").await.leads_to(), (StatusCode::SEE_OTHER, path.as_str()));
    press(&mut reader, &path, "follow_up").await;
    let known = mutes(&world).await;
    assert_eq!((known.len(), known[0].muted, known[0].by.as_str()), (1, Muted::FollowUp, "a link in a mail to Ops"));
    assert!(reader.open(&path).await.body.contains("Acknowledged by"));
    assert_eq!(audited(&mut jo, "incident acknowledged").await, 1);

    jo.post("/alerts/mutes/undo", &format!("id={}", known[0].id())).await;
    let replayed = press(&mut reader, &path, "follow_up").await;
    assert_eq!(replayed.status, StatusCode::CONFLICT, "what a member undid stays so");
    assert!(mutes(&world).await.is_empty());
    press(&mut reader, &path, "alerts").await;
    assert_eq!(mutes(&world).await[0].muted, Muted::Alerts);
}

#[tokio::test]
async fn link_takes_back_what_it_did_and_nothing_of_a_member() {
    let (world, mut jo) = world().await;
    let told = told(&world, &mut jo).await;
    let path = link(&world, &told, 7);
    let mut reader = world.browser(4);
    press(&mut reader, &path, "follow_up").await;
    jo.post("/alerts/mutes", MUTE).await;
    let page = reader.open(&path).await.body;
    assert!(page.contains("name=\"undo\" value=\"follow_up\"") && !page.contains("value=\"alerts\""), "{page}");
    let foreign = Request::post(&path).header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
    assert_eq!(reader.send(foreign, "undo=follow_up").await.status, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        let undone = reader.submit(&path, "undo=follow_up").await;
        assert_eq!(undone.leads_to(), (StatusCode::SEE_OTHER, path.as_str()));
        reader.submit(&path, "undo=alerts").await;
    }
    let left = mutes(&world).await;
    assert_eq!((left.len(), left[0].muted, left[0].by.as_str()), (1, Muted::Alerts, JO));
    assert_eq!(audited(&mut jo, "incident unacknowledged").await, 1);
    assert_eq!(press(&mut reader, &path, "follow_up").await.status, StatusCode::CONFLICT, "it counts once");
}

#[tokio::test]
async fn forged_ended_and_foreign_links_lead_nowhere() {
    let (world, mut jo) = world().await;
    let told = told(&world, &mut jo).await;
    let (path, ended) = (link(&world, &told, 7), link(&world, &told, -1));
    let (before, signature) = path.rsplit_once('/').unwrap();
    let (before_end, _) = before.rsplit_once('/').unwrap();
    let flipped = if signature.ends_with('0') { "1" } else { "0" };
    let mut evil = world.signed_in(EVIL, 2).await;
    add_slack(&mut evil, "Mine").await;
    let mine = settings_of(&world, EVIL).await.destinations[0].value.id.clone();
    let forged = [
        ended,
        format!("{before}/{}{flipped}", &signature[..signature.len() - 1]),
        format!("{before}/1-"),
        format!("{before_end}/99999999999/{signature}"),
        path.replace(told.1.destination.as_str(), mine.as_str()),
        path.replace(told.0.id.as_str(), "another"),
    ];
    for path in &forged {
        for from in [10, 11] {
            let mut reader = world.browser(from);
            assert_eq!(reader.open(path).await.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(press(&mut reader, path, "alerts").await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(mutes(&world).await.is_empty() && mutes_of(&world, EVIL).await.is_empty());
    let mut guesser = world.browser(99);
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(guesser.open(&forged[1]).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 0, "whoever guesses is heard no more");

    is_over(&world).await;
    let mut reader = world.browser(20);
    assert!(reader.open(&path).await.body.contains("It is over"));
    press(&mut reader, &path, "alerts").await;
    assert!(mutes(&world).await.is_empty(), "what is over is not muted");
    let version = settings_of(&world, JO).await.destinations[0].version;
    let remove = format!("/alerts/destinations/{}/remove", told.1.destination);
    jo.post(&remove, &format!("version={version}")).await;
    assert_eq!(reader.open(&path).await.status, StatusCode::NOT_FOUND, "the destination is gone, and its links");
}

#[tokio::test]
async fn what_is_over_makes_room_for_what_goes_on() {
    const MOST: usize = 300;
    let (world, mut jo) = world().await;
    let account = account_of(&world, JO).await;
    let fill = async |provider: &str, incident: &str, number: u32, hours| {
        let mute = Mute {
            account: account.clone(),
            provider: provider.into(),
            incident: incident.into(),
            episode: number,
            muted: Muted::Alerts,
            title: "Payments fail".to_owned(),
            by: JO.to_owned(),
            at: ago(hours),
        };
        world.store.save_mute(&mute, &Edit::of(entry(&mute))).await.unwrap();
    };
    // The oldest goes on, and what was before it is over.
    fill("stripe", "i1", 1, 900).await;
    for number in 2..=u32::try_from(MOST).unwrap() {
        fill("stripe", "long-ago", number, i64::from(900 - number)).await;
    }
    let acknowledged = jo.post("/alerts/mutes", ACKNOWLEDGE).await;
    assert_eq!(acknowledged.status, StatusCode::SEE_OTHER, "{}", acknowledged.body);
    let known = mutes(&world).await;
    let of = |incident: &str| known.iter().filter(|mute| mute.incident.as_str() == incident).count();
    assert_eq!((known.len(), of("i1"), of("long-ago")), (MOST, 2, MOST - 2));
    assert!(known.iter().all(|mute| mute.episode != 2), "the oldest that is over is forgotten");
}

#[tokio::test]
async fn program_mutes_lists_and_undoes_by_the_api() {
    let (world, mut jo) = world().await;
    let client = world.token(&mut jo, "write").await;
    let body = r#"{"provider": "stripe", "incident": "i1", "muted": "follow_up"}"#;
    let made = client.post("/mutes", body).await;
    assert_eq!((made.status, made.json()["muted"].as_str()), (StatusCode::OK, Some("follow_up")), "{}", made.body);
    assert_eq!(made.json()["by"], "token token write");
    assert_eq!(client.post("/mutes", body).await.json(), made.json(), "what is muted stays as it is");
    assert_eq!(client.get("/mutes").await.json()["mutes"], serde_json::json!([made.json()]));
    for (body, status) in [
        (r#"{"provider": "github", "incident": "i1", "muted": "alerts"}"#, StatusCode::NOT_FOUND),
        (r#"{"provider": "stripe", "incident": "none", "muted": "alerts"}"#, StatusCode::CONFLICT),
        (r#"{"provider": "stripe", "incident": "i1", "muted": "all"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"provider": "stripe", "incident": "i1", "muted": "alerts", "by": "x"}"#, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(client.post("/mutes", body).await.status, status, "{body}");
    }
    let path = format!("/mutes/{}", made.json()["id"].as_str().unwrap());
    let mut evil = world.signed_in(EVIL, 2).await;
    let foreign = world.token(&mut evil, "write").await;
    assert_eq!(foreign.send("DELETE", &path, &[], "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(foreign.post("/mutes", body).await.status, StatusCode::NOT_FOUND);
    let reader = world.token(&mut jo, "read").await;
    assert_eq!(reader.send("DELETE", &path, &[], "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.send("DELETE", &path, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.send("DELETE", &path, &[], "").await.status, StatusCode::NOT_FOUND);
    assert!(mutes(&world).await.is_empty());
}
