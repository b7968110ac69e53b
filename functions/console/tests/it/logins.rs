//! Own pages that need a login, by the API and by the forms: it is stored encrypted, kept, replaced and removed, and
//! shown nowhere.
use accounts::sign_up::SignUp;
use http::StatusCode;
use serde_json::{Value, json};
use status::{ids::ProviderId, provider::has_private_id};

use crate::world::{World, account_of, hidden, settings_of};

const JO: &str = "jo@example.com";
const AL: &str = "al@example.com";
/// `me` and the password.
const BASIC: &str = "Basic bWU6aHVudGVyMi1vZi10aGUtcGFnZQ==";
const PAGE: &str = r#"{"url": "https://status.example.com", "name": "Hushed",
    "login": {"username": "me", "password": "hunter2-of-the-page"}}"#;
/// In every form.
const SECRETS: [&str; 2] = ["hunter2", "bWU6aHVudGVyMi1vZi10aGUtcGFnZQ"];

fn check_hidden(text: &str, what: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {what}: {text}");
    }
}

/// The headers that the poller would send, by name.
async fn login(world: &World, address: &str, id: &str) -> Option<Vec<(String, String)>> {
    let page = world.store.stored_page(&account_of(world, address).await, &id.into()).await.unwrap();
    let (page, login) = page.unwrap();
    login.map(|login| world.store.login(&page.value.0, &login).unwrap().headers.into_iter().collect())
}

fn header(name: &str, text: &str) -> Option<Vec<(String, String)>> {
    Some(vec![(name.to_owned(), text.to_owned())])
}

#[tokio::test]
async fn login_by_the_api_is_kept_replaced_and_removed_and_never_shown() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    let made = client.post("/pages", PAGE).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let mut page = made.json();
    assert_eq!((&page["has_login"], &page["visibility"], page.get("login")), (&json!(true), &json!("private"), None));
    let id = page["id"].as_str().unwrap().to_owned();
    assert!(has_private_id(&id.as_str().into()), "{id}");
    assert_eq!(login(&world, JO, &id).await, header("Authorization", BASIC));
    let directory = world.store.directory().await.unwrap();
    let of_page = |ids: Vec<&ProviderId>| ids.iter().any(|it| it.as_str() == id);
    assert!(of_page(directory.logins.keys().collect()) && of_page(directory.private.iter().collect()));

    let path = format!("/pages/{id}");
    let mut answers = vec![made.body];
    let mut put = async |page: &Value| {
        let answer = client.send("PUT", &path, &[("if-match", "*")], &page.to_string()).await;
        answers.push(answer.body.clone());
        answer
    };
    page["name"] = "Quiet".into();
    let kept = put(&page).await;
    assert_eq!((kept.status, &kept.json()["has_login"]), (StatusCode::OK, &json!(true)), "{}", kept.body);
    assert_eq!(login(&world, JO, &id).await, header("Authorization", BASIC), "it was left out");
    page = kept.json();
    page["login"] = json!({"headers": {"X-Api-Key": "hunter2-of-the-key"}});
    let replaced = put(&page).await;
    assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.body);
    assert_eq!(login(&world, JO, &id).await, header("X-Api-Key", "hunter2-of-the-key"));
    page = replaced.json();
    page["login"] = json!({"username": "me", "password": "hunter2\n"});
    let wrong = put(&page).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    assert_eq!(wrong.json()["problems"][0]["field"], "login.password");
    page["login"] = Value::Null;
    let removed = put(&page).await;
    assert_eq!((removed.status, &removed.json()["has_login"]), (StatusCode::OK, &json!(false)), "{}", removed.body);
    assert_eq!((removed.json()["id"].as_str(), login(&world, JO, &id).await), (Some(&*id), None));

    let log = world.store.audit_log(&account_of(&world, JO).await, None, 100).await.unwrap().entries;
    let entries: Vec<_> = log.iter().filter(|entry| entry.after.contains_key("changed")).collect();
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert!(entries.iter().all(|entry| entry.before["login"] == "(redacted)" && entry.after["changed"] == "login"));
    check_hidden(&answers.concat(), "an answer");
    check_hidden(&world.stored().await, "the table");
}

#[tokio::test]
async fn page_with_a_login_is_shared_with_no_account() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, mut al) = (world.signed_in(JO, 1).await, world.signed_in(AL, 2).await);
    let (ours, theirs) = (world.token(&mut jo, "write").await, world.token(&mut al, "write").await);
    let without = r#"{"url": "https://status.example.com", "name": "Hushed"}"#;
    let ids = [
        ours.post("/pages", PAGE).await.json()["id"].clone(),
        theirs.post("/pages", PAGE).await.json()["id"].clone(),
        theirs.post("/pages", without).await.json()["id"].clone(),
    ];
    assert!(ids.iter().all(Value::is_string) && ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
    let taken = ours.post("/pages", PAGE).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", taken.body);
    let path = format!("/pages/{}", ids[0].as_str().unwrap());
    assert_eq!(theirs.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(theirs.send("PUT", &path, &[("if-match", "*")], without).await.status, StatusCode::NOT_FOUND);
    let monitor = theirs.post("/monitors", &json!({"page": ids[0]}).to_string()).await;
    assert_eq!(monitor.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", monitor.body);
    assert_eq!(al.open(&format!("/watch/{}/login", ids[0].as_str().unwrap())).await.status, StatusCode::NOT_FOUND);

    // None is added to one that is shared.
    let public = format!("/pages/{}", ids[2].as_str().unwrap());
    let refused = theirs.send("PUT", &public, &[("if-match", "*")], PAGE).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert_eq!(refused.json()["problems"][0]["field"], "login");
    assert_eq!(theirs.send("DELETE", &public, &[("if-match", "*")], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ours.send("DELETE", &path, &[("if-match", "*")], "").await.status, StatusCode::NO_CONTENT);
    let left = world.store.directory().await.unwrap();
    assert_eq!((left.pages.len(), left.logins.len()), (1, 1), "what was removed has no login either");
}

const FIELDS: &str = "url=status.example.com&name=Hushed";

#[tokio::test]
async fn form_adds_a_page_with_its_login_and_says_what_is_wrong_at_the_field() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    for (typed, field) in [
        ("login.username=me", "login.password"),
        ("login.username=me%3Ax&login.password=hunter2", "login.username"),
        ("login.headers=hunter2", "login.headers"),
        ("login.headers=Host%3A+hunter2", "login.headers"),
    ] {
        let wrong = jo.post("/watch/from/address", &format!("{FIELDS}&{typed}")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
        assert!(wrong.body.contains(&format!("id=\"{field}-problem\"")), "{field}: {}", wrong.body);
        assert!(wrong.body.contains("<details open>"), "it is in sight: {}", wrong.body);
        check_hidden(&wrong.body, "a form");
    }
    let typed = "login.username=me&login.password=hunter2-of-the-page";
    let added = jo.post("/watch/from/address", &format!("{FIELDS}&{typed}")).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let settings = settings_of(&world, JO).await;
    let (page, monitor) = (&settings.pages[0].value.0, &settings.monitors[0].value);
    assert!(has_private_id(&page.id) && monitor.provider == page.id);
    assert_eq!(login(&world, JO, page.id.as_str()).await, header("Authorization", BASIC));
    let sheet = jo.open(&format!("/watch/{}", page.id)).await.body;
    assert!(sheet.contains(&format!("/watch/{}/login", page.id)), "{sheet}");
    check_hidden(&sheet, "a page");
    let again = jo.post("/watch/from/address", &format!("{FIELDS}&{typed}")).await;
    assert_eq!(again.leads_to().1, format!("/watch/{}?done=known", page.id));
}

#[tokio::test]
async fn form_keeps_a_login_that_is_left_blank_replaces_it_and_removes_it() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    let id = client.post("/pages", PAGE).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/watch/{id}/login");
    let mut save = async |typed: &str| {
        let form = jo.open(&path).await.body;
        check_hidden(&form, "a form");
        let saved = jo.post(&path, &format!("version={}&{typed}", hidden(&form, "version"))).await;
        check_hidden(&saved.body, "a form");
        saved
    };
    assert_eq!(save("").await.leads_to(), (StatusCode::SEE_OTHER, &*format!("{path}?done=saved")));
    assert_eq!(login(&world, JO, &id).await, header("Authorization", BASIC), "it was left blank");
    let both = save("remove=yes&login.headers=X-Key%3A+hunter2").await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", both.body);
    assert_eq!(save("login.headers=X-Key%3A+hunter2").await.status, StatusCode::SEE_OTHER);
    assert_eq!(login(&world, JO, &id).await, header("X-Key", "hunter2"));
    assert_eq!(save("remove=yes").await.status, StatusCode::SEE_OTHER);
    assert_eq!(login(&world, JO, &id).await, None);
    check_hidden(&jo.open("/account/audit").await.body, "the log");
}

#[tokio::test]
async fn export_of_an_account_has_no_login_and_its_deletion_leaves_none() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let client = world.token(&mut jo, "write").await;
    assert_eq!(client.post("/pages", PAGE).await.status, StatusCode::CREATED);
    let exported = jo.open("/account/export").await;
    assert!(exported.status == StatusCode::OK && exported.body.contains("Hushed"), "{}", exported.body);
    assert!(!exported.body.contains("sealed"), "nor in encrypted form: {}", exported.body);
    check_hidden(&exported.body, "the export");
    let file = jo.open("/account/export.toml").await;
    assert!(
        file.body.contains("Hushed") && file.body.contains("headers = { \"Authorization\" = \"env:"),
        "{}",
        file.body
    );
    check_hidden(&file.body, "the file");
    world.store.remove_settings(&account_of(&world, JO).await).await.unwrap();
    let left = world.store.directory().await.unwrap();
    assert_eq!((left.pages.len(), left.logins.len()), (0, 0));
}
