//! Boards: made, changed, given another address and removed, on the pages and by the API.
use accounts::sign_up::SignUp;
use http::StatusCode;
use settings::page_id;
use status::board::{Board, BoardAddress};
use store::{AccountSettings, Stored, StoredBoard};

use crate::world::{Browser, OWNER, World, account_of, hidden};

const JO: &str = "jo@example.com";

async fn board(world: &World) -> Stored<StoredBoard> {
    let mut boards = world.store.boards(&account_of(world, JO).await).await.unwrap();
    assert_eq!(boards.len(), 1);
    boards.remove(0)
}

async fn address(world: &World) -> String {
    world.store.address_of(&board(world).await.value).unwrap()
}

/// Signed in, watching GitHub and Stripe, with a board of GitHub at a secret address. Returns the path of its page.
async fn with_board(world: &World) -> (Browser, String) {
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/watch", "provider=github&provider=stripe").await;
    let made = jo.post("/account/boards/new", "name=Our+%3Cvendors%3E&address=secret&providers=github").await;
    let (status, to) = made.leads_to();
    assert_eq!(status, StatusCode::SEE_OTHER, "{}", made.body);
    let path = to.trim_end_matches("?done=made").to_owned();
    (jo, path)
}

#[tokio::test]
async fn board_is_made_with_a_secret_address_that_is_nowhere_in_clear() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, path) = with_board(&world).await;
    let secret = address(&world).await;
    assert_eq!(secret.len(), 64);
    assert!(!world.stored().await.contains(&secret), "the table has the secret in clear");
    assert_eq!(world.store.board_at(&secret).await.unwrap(), Some(board(&world).await.value.board));
    let page = jo.open(&path).await.body;
    assert!(page.contains(&format!("/boards/{secret}/calendar.ics")) && page.contains("&lt;vendors&gt;"), "{page}");
    assert!(page.contains("value=\"github\" checked") && !page.contains("value=\"stripe\" checked"), "{page}");
    let log = jo.open("/account/audit").await.body;
    assert!(log.contains("board made") && !log.contains(&secret), "{log}");
    let export = jo.open("/account/export").await.body;
    assert!(export.contains("\"boards\":[{") && !export.contains(&secret), "{export}");
}

#[tokio::test]
async fn new_address_leaves_the_one_before_without_a_board() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, path) = with_board(&world).await;
    let first = address(&world).await;
    let version = hidden(&jo.open(&path).await.body, "version");
    let renewed = jo.post(&format!("{path}/address"), &format!("version={version}")).await;
    assert_eq!(renewed.leads_to(), (StatusCode::SEE_OTHER, &*format!("{path}?done=renewed")));
    let second = address(&world).await;
    assert_ne!(first, second);
    assert_eq!(world.store.board_at(&first).await.unwrap(), None);
    // A change of what it shows keeps it.
    let fields = "version=2&name=Ours&address=secret&providers=stripe";
    assert_eq!(jo.post(&path, fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(address(&world).await, second);
    // What was secret is not published, and what was public is known.
    assert_eq!(
        jo.post(&path, "version=3&name=Ours&address=public&providers=stripe").await.status,
        StatusCode::SEE_OTHER
    );
    let public = address(&world).await;
    assert!(public.starts_with("ours-"), "{public}");
    assert_eq!(world.store.board_at(&second).await.unwrap(), None);
    assert_eq!(world.store.board_at(&public).await.unwrap().unwrap().address, BoardAddress::Public);
    let removed = jo.post(&format!("{path}/remove"), "version=4").await;
    assert_eq!(removed.leads_to().1, "/account/boards?done=removed", "{}", removed.body);
    assert_eq!(world.store.board_at(&public).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_who_edit_a_board_one_is_shown_both() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, path) = with_board(&world).await;
    assert_eq!(
        jo.post(&path, "version=1&name=First&address=secret&providers=github").await.status,
        StatusCode::SEE_OTHER
    );
    let late = jo.post(&path, "version=1&name=Second&address=secret&providers=github").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("<td>First</td><td>Second</td>"), "{}", late.body);
    assert_eq!(hidden(&late.body, "version"), "2", "saving once more replaces theirs");
}

#[tokio::test]
async fn private_page_is_on_no_board() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, _) = with_board(&world).await;
    let token = world.token(&mut jo, "write").await;
    let url = "https://status.vendor.example";
    assert_eq!(token.post("/pages", &format!("{{\"url\": \"{url}\"}}")).await.status, StatusCode::CREATED);
    let id = page_id(&url.parse().unwrap());
    assert_eq!(token.post("/monitors", &format!("{{\"page\": \"{id}\"}}")).await.status, StatusCode::CREATED);
    let refused = jo.post("/account/boards/new", &format!("name=B&address=secret&providers={id}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("only your account sees"), "{}", refused.body);
    assert!(!jo.open("/account/boards/new").await.body.contains(id.as_str()));
}

#[tokio::test]
async fn boards_of_another_account_do_not_exist_and_readers_change_none() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, path) = with_board(&world).await;
    let token = world.token(&mut jo, "read").await;
    let mut other = world.signed_in("al@example.com", 2).await;
    for at in ["", "/remove"] {
        assert_eq!(other.open(&format!("{path}{at}")).await.status, StatusCode::NOT_FOUND);
    }
    for at in ["", "/address", "/remove"] {
        let sent = other.post(&format!("{path}{at}"), "version=1&name=Mine&address=public&providers=github").await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{at}");
    }
    assert_eq!(
        token.post("/boards", "{\"name\": \"B\", \"providers\": [\"github\"]}").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(board(&world).await.version, 1);
}

#[tokio::test]
async fn board_is_made_once_changed_and_removed_by_the_api() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let token = world.token(&mut jo, "write").await;
    let body = "{\"name\": \"Vendors\", \"address\": \"public\", \"providers\": [\"github\"]}";
    let key = [("idempotency-key", "1")];
    let made = token.send("POST", "/boards", &key, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(token.send("POST", "/boards", &key, body).await.json(), made.json());
    let made = made.json();
    let (id, path) = (made["id"].as_str().unwrap(), made["path"].as_str().unwrap());
    assert!(path.starts_with("/boards/vendors-"), "{path}");
    let one = format!("/boards/{id}");
    let put = |tag: &'static str, body: &'static str| {
        let (token, one) = (&token, &one);
        async move { token.send("PUT", one, &[("if-match", tag)], body).await }
    };
    let changed = put("\"1\"", "{\"name\": \"V\", \"address\": \"public\", \"providers\": [\"stripe\"]}").await;
    assert_eq!((changed.status, changed.json()["path"].as_str().unwrap()), (StatusCode::OK, path));
    assert_eq!(
        put("\"1\"", "{\"name\": \"V\", \"providers\": [\"npm\"]}").await.status,
        StatusCode::PRECONDITION_FAILED
    );
    let wrong = put("\"2\"", "{\"name\": \"\", \"address\": \"x\", \"providers\": [\"nobody-has\"]}").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(token.get("/boards").await.json()["boards"].as_array().unwrap().len(), 1);
    assert_eq!(token.send("DELETE", &one, &[("if-match", "*")], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(token.get(&one).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn deleted_account_leaves_no_board_behind() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, _) = with_board(&world).await;
    let secret = address(&world).await;
    let gone = jo.post("/account/delete", &format!("name={}", "jo%40example.com")).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    assert_eq!(world.store.board_at(&secret).await.unwrap(), None);
    let stored = world.stored().await;
    assert!(!stored.contains("BOARDS#") && !stored.contains("SHARED#"), "{stored}");
}

#[tokio::test]
async fn board_of_the_file_is_shown_with_its_address_and_not_changed() {
    let world = World::start(SignUp::Invitation).await;
    let declared = Board {
        id: "vendors".into(),
        account: "local".into(),
        name: "Vendors".to_owned(),
        address: BoardAddress::Secret,
        providers: vec!["github".into()],
    };
    let file = AccountSettings { boards: vec![declared], ..AccountSettings::default() };
    world.store.apply(&"local".into(), &file).await.unwrap();
    let mut owner = world.signed_in(OWNER, 1).await;
    let page = owner.open("/account/boards/vendors").await.body;
    assert!(page.contains("declared in the configuration file") && page.contains("/boards/"), "{page}");
    assert!(!page.contains("Save board") && !page.contains("Make a new address"), "{page}");
    for (path, form) in [
        ("/account/boards/vendors", "name=Mine&address=secret&providers=github&version=0"),
        ("/account/boards/vendors/address", "version=0"),
        ("/account/boards/vendors/remove", "version=0"),
    ] {
        assert_eq!(owner.post(path, form).await.status, StatusCode::CONFLICT, "{path}");
    }
    let client = world.token(&mut owner, "write").await;
    assert_eq!(client.get("/boards/vendors").await.json()["managed_by"], "file");
    let removed = client.send("DELETE", "/boards/vendors", &[("if-match", "*")], "").await;
    assert_eq!(removed.status, StatusCode::CONFLICT);
}
