//! The data of an account: all of it is exported, and its deletion leaves no person behind.
use accounts::sign_up::SignUp;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Consent, DeliveryEnd, SuppressionCause, Verdict};

use crate::{
    destinations::{SECRET, add_mail, add_slack, path_of},
    members::joined,
    mutes::claimed,
    world::{Browser, World, account_of, settings_of},
};

const JO: &str = "jo@example.com";
const AL: &str = "al@example.com";

async fn answered(world: &World, address: &str, consent: Consent) -> String {
    let account = account_of(world, JO).await;
    let recipient = world.store.recipient(&account, address).await.unwrap().0.unwrap();
    world.store.answer(&recipient, consent, Timestamp::now()).await.unwrap();
    recipient.token
}

async fn exported(browser: &mut Browser) -> (Value, String) {
    let export = browser.open("/account/export").await;
    assert_eq!(export.status, StatusCode::OK, "{}", export.body);
    (export.json(), export.body)
}

#[tokio::test]
async fn deleted_account_keeps_no_address_but_those_that_refused() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    joined(&world, &mut jo, AL, "editor", 2).await;
    let account = account_of(&world, JO).await;
    for (address, consent) in [
        ("on-call@example.org", Some(Consent::Confirmed)),
        ("waits@example.org", None),
        ("refused@example.org", Some(Consent::Unsubscribed)),
        ("complained@example.org", Some(Consent::Confirmed)),
    ] {
        assert_eq!(add_mail(&mut jo, address).await.status, StatusCode::SEE_OTHER, "{address}");
        if let Some(consent) = consent {
            answered(&world, address, consent).await;
        }
    }
    let former = path_of(&add_mail(&mut jo, "former@example.org").await);
    assert_eq!(jo.post(&format!("{former}/remove"), "version=1").await.status, StatusCode::SEE_OTHER);
    let (complained, reason) = ("complained@example.org", "reported as spam");
    world.store.suppress(complained, SuppressionCause::Complained, reason, Timestamp::now()).await.unwrap();

    assert_eq!(jo.post("/account/delete", "name=jo%40example.com").await.status, StatusCode::SEE_OTHER);
    let known = async |address: &str| world.store.recipient(&account, address).await.unwrap();
    for address in ["on-call@example.org", "waits@example.org", "former@example.org"] {
        assert_eq!(known(address).await, (None, None), "{address}");
    }
    assert_eq!(known("refused@example.org").await.0.unwrap().consent, Consent::Unsubscribed);
    // Only the link in an earlier mail lifts it.
    let (recipient, suppression) = known(complained).await;
    assert_eq!(suppression.unwrap().cause(), SuppressionCause::Complained);
    assert!(world.store.recipient_by_token(&recipient.unwrap().token).await.unwrap().is_some());
    let now = Timestamp::now();
    for address in [JO, AL] {
        assert_eq!(world.store.sessions_of(address, now).await.unwrap(), [], "{address}");
    }
    assert!(!world.stored().await.contains(AL));
}

/// A session goes on to the other account of its person when a page is opened.
#[tokio::test]
async fn who_has_another_account_stays_signed_in_when_one_is_deleted() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    world.signed_in(AL, 2).await;
    let mut al = joined(&world, &mut jo, AL, "editor", 3).await;
    assert_eq!(jo.post("/account/delete", "name=jo%40example.com").await.status, StatusCode::SEE_OTHER);
    assert_eq!(al.open("/alerts").await.leads_to(), (StatusCode::SEE_OTHER, "/account?done=moved"));
    assert_eq!(al.open("/alerts").await.status, StatusCode::OK);
}

#[tokio::test]
async fn export_has_all_that_is_stored_and_no_secret() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    add_mail(&mut jo, "on-call@example.org").await;
    let link = answered(&world, "on-call@example.org", Consent::Confirmed).await;
    jo.post("/alerts/feed", "").await;
    let client = world.token(&mut jo, "write").await;
    let page = r#"{"name": "Hushed", "url": "https://status.example.com", "login": {"headers": {"X-Key": "hush"}}}"#;
    assert_eq!(client.post("/pages", page).await.status, StatusCode::CREATED);
    let slack = settings_of(&world, JO).await.destinations.remove(0).value.id;
    let (alert, _, claim) = claimed(&world, &slack).await;
    let store::Claim::Yours(record) = claim else { panic!("nobody else has it") };
    let now = Timestamp::now();
    world.store.record(&record, Verdict::Ended(DeliveryEnd::GivenUp), None, None, now).await.unwrap();

    let (all, text) = exported(&mut jo).await;
    let [recipient] = &all["recipients"].as_array().unwrap()[..] else { panic!("{text}") };
    assert_eq!((&recipient["address"], &recipient["consent"]), (&json!("on-call@example.org"), &json!("confirmed")));
    assert!(recipient["answered_at"].is_string(), "{recipient}");
    assert_eq!(all["feeds"], json!([{"group": null}]));
    let page = &all["settings"]["pages"][0];
    assert_eq!((&page["visibility"], &page["has_login"]), (&json!("private"), &json!(true)), "{page}");
    for kind in ["pages", "destinations", "groups"] {
        assert_eq!(all["settings"][kind][0]["managed_by"], "web", "{kind}");
    }
    let destinations = all["settings"]["destinations"].as_array().unwrap();
    assert!(destinations.iter().all(|it| it["state"]["disabled"].is_null() && it["state"].is_object()), "{text}");
    let token = &all["tokens"][0];
    assert!(token["by"] == JO && token["used_at"].is_string() && token["id"].is_string(), "{token}");
    let [delivery] = &all["deliveries"].as_array().unwrap()[..] else { panic!("{text}") };
    assert_eq!((&delivery["alert"], &delivery["state"]), (&json!(alert.id), &json!("given_up")));
    let feed = world.store.feeds(&account_of(&world, JO).await).await.unwrap().remove(0).value;
    let feed = world.store.address_of_feed(&feed).unwrap();
    for secret in [SECRET, "hush\"", &link, &feed, client.token.as_str()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
