//! Members and tokens by the API: what a token with the scope `admin` decides, and what it does not.
use accounts::sign_up::SignUp;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    members::joined,
    world::{Answer, Client, OWNER, World},
};

const AL: &str = "al@example.com";
const EVIL: &str = "evil@example.com";

async fn world() -> (World, Client) {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let admin = world.token(&mut owner, "admin").await;
    (world, admin)
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json()["code"].clone())
}

#[tokio::test]
async fn colleague_is_invited_and_whoever_made_the_token_is_told() {
    let (world, admin) = world().await;
    let invited = admin.post("/invitations", &json!({"address": AL, "role": "editor"}).to_string()).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{}", invited.body);
    let shown = invited.json();
    assert_eq!((&shown["address"], &shown["role"], &shown["by"]), (&json!(AL), &json!("editor"), &json!(OWNER)));
    assert_eq!(admin.get("/invitations").await.json()["invitations"], json!([shown]));
    let told = world.fakes.mails_to(OWNER);
    let subject = told.last().unwrap().subject().unwrap();
    assert!(subject.contains(AL) && subject.starts_with("A token of yours"), "{subject}");
    let mut al = world.browser(2);
    assert_eq!(al.submit(&world.link_to(AL), "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.get(&format!("/members/{AL}")).await.json()["role"], "editor");

    let again = admin.post("/invitations", &json!({"address": AL, "role": "editor"}).to_string()).await;
    assert_eq!(
        (again.status, &again.json()["problems"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("address"))
    );
    let other = admin.post("/invitations", r#"{"address": "jo@example.com", "role": "reader"}"#).await.json();
    let path = format!("/invitations/{}", other["id"].as_str().unwrap());
    assert_eq!(admin.send("DELETE", &path, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.send("DELETE", &path, &[], "").await.status, StatusCode::NOT_FOUND);
    let mut owner = world.signed_in(OWNER, 3).await;
    assert!(owner.open("/account/audit").await.body.contains("token admin"), "the log names the token");
}

#[tokio::test]
async fn role_is_changed_of_the_version_that_was_read() {
    let (world, admin) = world().await;
    let mut owner = world.signed_in(OWNER, 1).await;
    joined(&world, &mut owner, AL, "editor", 2).await;
    let path = format!("/members/{AL}");
    let read = admin.get(&path).await;
    let tag = read.named("etag").to_owned();
    assert_eq!(admin.send("GET", &path, &[("if-none-match", &tag)], "").await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(admin.send("PUT", &path, &[], r#"{"role": "reader"}"#).await.status, StatusCode::PRECONDITION_REQUIRED);
    let changed = admin.send("PUT", &path, &[("if-match", &tag)], r#"{"role": "reader"}"#).await;
    assert_eq!((changed.status, &changed.json()["role"]), (StatusCode::OK, &json!("reader")), "{}", changed.body);
    for method in ["PUT", "DELETE"] {
        let late = admin.send(method, &path, &[("if-match", &tag)], r#"{"role": "editor"}"#).await;
        assert_eq!(code(&late), (412, json!("changed_meanwhile")), "{method}");
        assert_eq!((&late.json()["given_version"], &late.json()["current"]["role"]), (&json!(tag), &json!("reader")));
    }
    let unknown = admin.send("PUT", &path, &[("if-match", "*")], r#"{"role": "king"}"#).await;
    assert_eq!(unknown.json()["problems"][0]["field"], "role");
    let removed = admin.send("DELETE", &path, &[("if-match", changed.named("etag"))], "").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.get(&path).await.status, StatusCode::NOT_FOUND);
}

/// Whoever finds one in a log must not be able to take the account over.
#[tokio::test]
async fn token_decides_about_no_owner() {
    let (world, admin) = world().await;
    let mut owner = world.signed_in(OWNER, 1).await;
    joined(&world, &mut owner, AL, "editor", 2).await;
    let any = [("if-match", "*")];
    let own = format!("/members/{OWNER}");
    for (method, path, body) in [
        ("PUT", own.as_str(), r#"{"role": "reader"}"#),
        ("DELETE", own.as_str(), ""),
        ("PUT", "/members/al@example.com", r#"{"role": "owner"}"#),
    ] {
        assert_eq!(code(&admin.send(method, path, &any, body).await), (409, json!("owners_only")), "{method} {path}");
    }
    for (path, body, field) in [
        ("/invitations", r#"{"address": "x@example.com", "role": "owner"}"#, "role"),
        ("/tokens", r#"{"name": "x", "scope": "admin", "days": 1}"#, "scope"),
    ] {
        let refused = admin.post(path, body).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["problems"][0]["field"]), (422, &json!(field)), "{path}");
    }
    let members = admin.get("/members").await.json();
    let roles: Vec<&Value> = members["members"].as_array().unwrap().iter().map(|it| &it["role"]).collect();
    assert_eq!(roles.len(), 2);
    assert!(roles.contains(&&json!("owner")) && roles.contains(&&json!("editor")), "{members}");
    assert!(world.fakes.mails_to("x@example.com").is_empty());
}

#[tokio::test]
async fn token_of_a_token_ends_with_it() {
    let (world, admin) = world().await;
    let made = admin.post("/tokens", r#"{"name": "Nightly", "scope": "write", "days": 3000}"#).await;
    assert_eq!((made.status, made.named("cache-control")), (StatusCode::CREATED, "no-store"), "{}", made.body);
    let shown = made.json();
    let all = admin.get("/tokens").await.json();
    let of = |name: &str| all["tokens"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    assert_eq!(of("Nightly")["made_with"], of("token admin")["id"]);
    assert_eq!(shown["token"]["ends_at"], of("token admin")["ends_at"], "no later than the token that made it");
    let text = shown["text"].as_str().unwrap();
    assert!(!all.to_string().contains(text) && !world.stored().await.contains(text.rsplit('.').next().unwrap()));
    let nightly = world.client(text);
    assert_eq!(nightly.post("/monitors", r#"{"provider": "github"}"#).await.status, StatusCode::CREATED);
    assert_eq!(nightly.post("/tokens", r#"{"name": "y", "scope": "read"}"#).await.status, StatusCode::FORBIDDEN);
    let same = admin.post("/tokens", r#"{"name": "Nightly", "scope": "write"}"#).await;
    assert_eq!(same.json()["problems"][0]["field"], "name", "a repeated request makes no second");

    let path = format!("/tokens/{}", of("token admin")["id"].as_str().unwrap());
    assert_eq!(admin.send("DELETE", &path, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.get("").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nightly.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn lesser_scopes_and_other_accounts_decide_nothing() {
    let (world, admin) = world().await;
    let mut owner = world.signed_in(OWNER, 1).await;
    joined(&world, &mut owner, AL, "reader", 2).await;
    let any = [("if-match", "*")];
    let id = admin.get("/tokens").await.json()["tokens"][0]["id"].as_str().unwrap().to_owned();
    let (member, token) = (format!("/members/{AL}"), format!("/tokens/{id}"));
    let operations = [
        ("POST", "/invitations", r#"{"address": "x@example.com", "role": "reader"}"#),
        ("POST", "/tokens", r#"{"name": "x", "scope": "read"}"#),
        ("PUT", member.as_str(), r#"{"role": "editor"}"#),
        ("DELETE", member.as_str(), ""),
        ("DELETE", "/invitations/1", ""),
        ("DELETE", token.as_str(), ""),
        // The pages show these to owners alone, too.
        ("GET", "/invitations", ""),
        ("GET", "/tokens", ""),
    ];
    for scope in ["read", "write"] {
        let client = world.token(&mut owner, scope).await;
        for (method, path, body) in operations {
            assert_eq!(
                code(&client.send(method, path, &any, body).await),
                (403, json!("forbidden")),
                "{method} {path}"
            );
        }
    }
    let elsewhere = World::start(SignUp::Open).await;
    let mut evil = elsewhere.signed_in(EVIL, 1).await;
    let mut jo = elsewhere.signed_in("jo@example.com", 2).await;
    let jo = elsewhere.token(&mut jo, "admin").await;
    let evil = elsewhere.token(&mut evil, "admin").await;
    let theirs = jo.get("/tokens").await.json()["tokens"][0]["id"].as_str().unwrap().to_owned();
    assert!(!evil.get("/tokens").await.body.contains(&theirs));
    for (method, path) in [
        ("GET", "/members/jo@example.com".to_owned()),
        ("PUT", "/members/jo@example.com".to_owned()),
        ("DELETE", "/members/jo@example.com".to_owned()),
        ("DELETE", format!("/tokens/{theirs}")),
    ] {
        let body = if method == "PUT" { r#"{"role": "reader"}"# } else { "" };
        assert_eq!(evil.send(method, &path, &any, body).await.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    assert_eq!(jo.get("").await.status, StatusCode::OK);
}

#[tokio::test]
async fn token_decides_nothing_once_whoever_made_it_is_no_owner() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let mut al = joined(&world, &mut owner, AL, "owner", 2).await;
    let admin = world.token(&mut al, "admin").await;
    let made = admin.post("/tokens", r#"{"name": "Nightly", "scope": "write"}"#).await.json();
    owner.post("/account/members/role", "address=al%40example.com&role=editor&was=owner").await;
    assert_eq!(code(&admin.post("/tokens", r#"{"name": "x", "scope": "read"}"#).await), (403, json!("forbidden")));
    let nightly = world.client(made["text"].as_str().unwrap());
    assert_eq!(nightly.post("/monitors", r#"{"provider": "github"}"#).await.status, StatusCode::CREATED);
    owner.post("/account/members/remove", "address=al%40example.com").await;
    assert_eq!(nightly.get("/monitors").await.status, StatusCode::UNAUTHORIZED);
}
