//! API tokens: made, used, revoked.
use accounts::{
    ApiToken, Member,
    audit::{AuditEntry, Values},
    credential::{API_TOKEN_PREFIX, Credential},
    role::Role,
    sign_up::SignUp,
};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::{
    members::joined,
    world::{OWNER, World},
};

const AL: &str = "al@example.com";
const JO: &str = "jo@example.com";

#[tokio::test]
async fn token_is_shown_once_and_kept_as_a_digest() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "read").await;
    assert!(client.token.starts_with("sw_"), "{}", client.token);
    let secret = client.token.rsplit('.').next().unwrap();
    assert!(!world.stored().await.contains(secret));
    let page = jo.open("/account/tokens").await;
    assert!(page.body.contains("token read") && page.body.contains("Never") && !page.body.contains(secret));
    assert_eq!(client.get("").await.status, StatusCode::OK);
    assert!(!jo.open("/account/tokens").await.body.contains("Never"), "its use is noted");
    let export = jo.open("/account/export").await;
    assert!(export.body.contains("token read") && !export.body.contains("\"digest\":\""));
}

#[tokio::test]
async fn revoked_token_is_refused_at_once() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    let page = jo.open("/account/tokens").await;
    let (_, rest) = page.body.split_once("href=\"/account/tokens/").unwrap();
    let path = format!("/account/tokens/{}/revoke", rest.split('/').next().unwrap());
    assert!(jo.open(&path).await.body.contains("token write"));
    assert_eq!(client.get("/monitors").await.status, StatusCode::OK, "asking changes nothing");
    let mut evil = world.signed_in("evil@example.com", 2).await;
    assert_eq!(evil.open(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(evil.post(&path, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/monitors").await.status, StatusCode::OK);
    let revoked = jo.post(&path, "").await;
    assert_eq!(revoked.leads_to(), (StatusCode::SEE_OTHER, "/account/tokens?done=revoked"));
    let refused = client.get("/monitors").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.named("www-authenticate"), "Bearer realm=\"statuswire\", error=\"invalid_token\"");
    let log = jo.open("/account/audit").await;
    assert!(log.body.contains("token made") && log.body.contains("token revoked"));
}

#[tokio::test]
async fn token_that_has_ended_is_refused_also_before_its_row_goes() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "read").await;
    assert_eq!(client.get("/monitors").await.status, StatusCode::OK);
    let given = Credential::parse(client.token.strip_prefix(API_TOKEN_PREFIX).unwrap()).unwrap();
    let now = Timestamp::now();
    let token = world.store.api_token(&given, now).await.unwrap().unwrap();
    let end = token.ends_at.expect("it was made for 30 days");
    let left = end.duration_since(now);
    assert!(left > SignedDuration::from_hours(29 * 24) && left <= SignedDuration::from_hours(30 * 24), "{left}");
    let before_it = end - SignedDuration::from_secs(1);
    assert!(world.store.api_token(&given, before_it).await.unwrap().is_some());
    assert!(world.store.api_token(&given, end).await.unwrap().is_none());
    let entry = AuditEntry {
        account: token.account.clone(),
        at: now,
        id: "1".to_owned(),
        who: JO.to_owned(),
        action: "token.made".to_owned(),
        target: "it".to_owned(),
        before: Values::new(),
        after: Values::new(),
    };
    world.store.put_api_token(&ApiToken { ends_at: Some(now), ..token }, entry).await.unwrap();
    assert_eq!(client.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn token_does_no_more_than_whoever_made_it_may_now() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = joined(&world, &mut owner, "al@example.com", "owner", 2).await;
    let client = world.token(&mut al, "write").await;
    let watch = r#"{"provider": "github"}"#;
    assert_eq!(client.post("/monitors", watch).await.status, StatusCode::CREATED);
    owner.post("/account/members/role", "address=al%40example.com&role=reader&was=owner").await;
    assert_eq!(client.post("/monitors", watch).await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get("/monitors").await.status, StatusCode::OK);
    owner.post("/account/members/remove", "address=al%40example.com").await;
    assert_eq!(client.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn token_of_somebody_who_was_removed_or_left_stays_dead_when_they_come_back() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let others = world.token(&mut owner, "read").await;
    let mut al = joined(&world, &mut owner, AL, "owner", 2).await;
    for by_themselves in [false, true] {
        let client = world.token(&mut al, "write").await;
        assert_eq!(client.get("/monitors").await.status, StatusCode::OK);
        let team = world.store.team(&"local".into(), Timestamp::now()).await.unwrap().unwrap();
        let kept = team.tokens.into_iter().find(|token| token.by == AL).unwrap();
        let whoever = if by_themselves { &mut al } else { &mut owner };
        let removed = whoever.post("/account/members/remove", "address=al%40example.com").await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
        let now = Timestamp::now();
        let member = Member { account: "local".into(), address: AL.to_owned(), role: Role::Owner, since: now };
        world.store.add_member(&member, entry("member.added", now)).await.unwrap();
        assert_eq!(client.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
        let team = world.store.team(&"local".into(), now).await.unwrap().unwrap();
        assert!(team.tokens.iter().all(|token| token.by == OWNER), "{:?}", team.tokens);
        // As an earlier release left it.
        world.store.put_api_token(&kept, entry("token.made", now)).await.unwrap();
        assert_eq!(client.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
        world.store.remove_api_token(&kept, entry("token.revoked", now)).await.unwrap();
        al = world.signed_in(AL, 2).await;
    }
    assert_eq!(others.get("/monitors").await.status, StatusCode::OK, "those of others are as they were");
}

fn entry(action: &str, at: Timestamp) -> AuditEntry {
    AuditEntry {
        account: "local".into(),
        at,
        id: format!("{action}{at}"),
        who: OWNER.to_owned(),
        action: action.to_owned(),
        target: AL.to_owned(),
        before: Values::new(),
        after: Values::new(),
    }
}

#[tokio::test]
async fn wrong_fields_are_told_and_kept() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    world.token(&mut jo, "read").await;
    for (form, text) in [
        ("name=&scope=read&days=30", "Enter 1 to 60 characters"),
        ("name=%3Cb%3E&scope=root&days=30", "Choose read, write or admin"),
        ("name=CI&scope=read&days=100000", "Choose 1 to 3660 days"),
        ("name=CI&scope=read&days=x", "Choose 1 to 3660 days"),
        ("name=CI&scope=admin&days=365", "Choose 1 to 90 days"),
        ("name=CI&scope=admin&days=", "Choose 1 to 90 days"),
        ("name=token+read&scope=read&days=30", "Another token has this name"),
    ] {
        let refused = jo.post("/account/tokens", form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(refused.body.contains(text) && !refused.body.contains("<b>"), "{form}: {}", refused.body);
    }
}
