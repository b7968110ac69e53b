//! What others must not be able to do.
use accounts::sign_up::SignUp;
use http::{Method, Request, StatusCode, header};
use jiff::Timestamp;

use crate::world::{OWNER, World};

const JO: &str = "jo@example.com";
const EVIL: &str = "evil@example.com";

/// Every route that changes something, with a form that would.
const FORMS: [(&str, &str); 26] = [
    ("/account/sign-out", ""),
    ("/account/switch", "account=local"),
    ("/account/members/role", "address=jo%40example.com&role=reader"),
    ("/account/members/remove", "address=jo%40example.com"),
    ("/account/invitations", "address=x%40example.com&role=owner"),
    ("/account/invitations/1/withdraw", ""),
    ("/account/sessions/1/end", ""),
    ("/account/sessions/others/end", ""),
    ("/account/tokens", "name=Mine&scope=write&days=30"),
    ("/account/tokens/1/revoke", ""),
    ("/account/rename", "name=Mine"),
    ("/account/delete", "name=jo%40example.com"),
    ("/alerts/destinations/new", "channel=email&setting.address=x%40example.com"),
    ("/alerts/destinations/1", "channel=email&setting.address=x%40example.com&version=1"),
    ("/alerts/destinations/1/test", ""),
    ("/alerts/destinations/1/resend", ""),
    ("/alerts/destinations/1/remove", "version=1"),
    ("/alerts/groups/new", "scope=all&severities=major&events=opened"),
    ("/alerts/groups/group_default", "scope=all&severities=major&events=opened&version=1"),
    ("/alerts/groups/group_default/remove", "version=1"),
    ("/alerts/log/again", "alert=1&destination=1"),
    ("/watch", "provider=github"),
    ("/watch/from/address", "url=status.example.com"),
    ("/watch/from/list", "list=github"),
    ("/watch/github", "submit=save&which=all"),
    ("/watch/github/remove", "monitor=1&version=1"),
];

#[tokio::test]
async fn form_of_another_site_or_without_its_token_changes_nothing() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let mut evil = world.signed_in(EVIL, 2).await;
    let (own, others) = (jo.token().await, evil.token().await);
    let before = world.stored().await.len();
    for (path, form) in FORMS {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
        {
            let request = Request::builder().method(Method::POST).uri(path).header(name, value);
            let sent = jo.send(request, &format!("form={own}&{form}")).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path} {value}");
        }
        for token in ["", &others, "x"] {
            let sent = jo.submit(path, &format!("form={token}&{form}")).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path} {token}");
        }
    }
    assert_eq!(jo.open("/account").await.status, StatusCode::OK);
    assert_eq!(world.stored().await.len(), before, "nothing was written");
}

#[tokio::test]
async fn nothing_is_open_without_signing_in() {
    let world = World::start(SignUp::Open).await;
    let mut nobody = world.browser(1);
    for path in [
        "/account",
        "/account/sessions",
        "/account/audit",
        "/account/export",
        "/account/tokens",
        "/account/tokens/1/revoke",
        "/account/rename",
        "/account/delete",
        "/alerts",
        "/alerts/log",
        "/alerts/mutes",
        "/alerts/destinations/new",
        "/alerts/destinations/1",
        "/alerts/groups/new",
        "/alerts/groups/group_default",
        "/alerts/groups/group_default/preview",
        "/account/members/remove?address=jo%40example.com",
        "/watch",
        "/watch?q=github",
        "/watch/github",
        "/watch/github/remove",
        "/welcome",
    ] {
        let led = nobody.open(path).await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}");
        assert!(led.header(header::LOCATION).starts_with("/account/sign-in"), "{path}");
    }
    for (path, form) in FORMS {
        assert_eq!(nobody.submit(path, form).await.status, StatusCode::SEE_OTHER, "{path}");
    }
}

#[tokio::test]
async fn ids_of_another_account_do_not_exist() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let mut evil = world.signed_in(EVIL, 2).await;
    jo.post("/account/invitations", "address=al%40example.com&role=reader").await;
    let account = world.store.user(JO).await.unwrap().unwrap().accounts[0].clone();
    let team = world.store.team(&account, Timestamp::now()).await.unwrap().unwrap();
    let session = world.store.sessions_of(JO, Timestamp::now()).await.unwrap()[0].id.clone();
    let invitation = &team.invitations[0].id;
    for (path, form) in [
        (format!("/account/invitations/{invitation}/withdraw"), String::new()),
        (format!("/account/sessions/{session}/end"), String::new()),
        ("/account/members/role".to_owned(), "address=jo%40example.com&role=reader".to_owned()),
        ("/account/members/remove".to_owned(), "address=jo%40example.com".to_owned()),
        ("/account/switch".to_owned(), format!("account={account}")),
    ] {
        let foreign = evil.post(&path, &form).await;
        let absent = evil.post("/account/sessions/0/end", "").await;
        assert_eq!((foreign.status, foreign.body), (StatusCode::NOT_FOUND, absent.body), "{path}");
    }
    assert_eq!(evil.open("/account/members/remove?address=jo%40example.com").await.status, StatusCode::NOT_FOUND);
    let log = evil.open(&format!("/account/audit?before=AUDIT%23{account}")).await;
    assert!(!log.body.contains(JO), "{}", log.body);
    assert!(!evil.open(&format!("/account/export?account={account}")).await.body.contains(JO));
    let after = world.store.team(&account, Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(after, team);
    assert_eq!(jo.open("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn session_cannot_be_chosen_beforehand() {
    let world = World::start(SignUp::Open).await;
    let evil = world.signed_in(EVIL, 2).await;
    let planted = evil.cookie.clone();
    let mut jo = world.browser(1);
    jo.cookie.clone_from(&planted);
    let link = console::sign_in_link(&world.store, "", JO, Timestamp::now()).await.unwrap();
    jo.submit(&link, "").await;
    assert_ne!(jo.cookie, planted);
    assert!(jo.open("/account").await.body.contains(JO));
    let mut copy = world.browser(3);
    copy.cookie = planted;
    assert_eq!(copy.open("/account").await.status, StatusCode::SEE_OTHER, "the session before is over");
}

#[tokio::test]
async fn forged_cookies_are_no_session() {
    let world = World::start(SignUp::Open).await;
    let jo = world.signed_in(JO, 1).await;
    let right = jo.cookie.clone().unwrap();
    let (name, value) = right.split_once('=').unwrap();
    let parts: Vec<&str> = value.split('.').collect();
    let other = world.signed_in(EVIL, 2).await.cookie.unwrap();
    let others: Vec<&str> = other.split_once('=').unwrap().1.split('.').collect();
    for forged in [
        format!("{}.{}.{}", parts[0], parts[1], others[2]),
        format!("{}.{}.{}", parts[0], others[1], others[2]),
        format!("{}.{}.{}", others[0], parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], "0".repeat(64)),
        format!("{}.{}.", parts[0], parts[1]),
        String::new(),
    ] {
        let mut browser = world.browser(3);
        browser.cookie = Some(format!("{name}={forged}"));
        assert_eq!(browser.open("/account").await.status, StatusCode::SEE_OTHER, "{forged}");
    }
}

#[tokio::test]
async fn nothing_but_an_own_path_is_gone_to_after_signing_in() {
    let world = World::start(SignUp::Open).await;
    for (number, to) in [
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%09%2Fevil.example",
        "%2Faccount%2Fsign-in%2Fx",
        "javascript%3Aalert(1)",
    ]
    .into_iter()
    .enumerate()
    {
        let mut browser = world.browser(10 + u8::try_from(number).unwrap());
        let form = browser.open(&format!("/account/sign-in?to={to}")).await;
        assert!(!form.body.contains("evil") && !form.body.contains("javascript"), "{to}");
        let address = format!("to{number}@example.com");
        browser.submit("/account/sign-in", &format!("address={}&to={to}", address.replace('@', "%40"))).await;
        let entered = browser.submit(&world.link_to(&address), "").await;
        assert_eq!(entered.leads_to(), (StatusCode::SEE_OTHER, "/welcome"), "{to}");
    }
}

#[tokio::test]
async fn guesses_of_links_are_throttled() {
    let world = World::start(SignUp::Open).await;
    let mut evil = world.browser(66);
    let mut statuses = Vec::new();
    for number in 0..12 {
        statuses.push(evil.open(&format!("/account/sign-in/{number:064x}")).await.status);
    }
    assert_eq!(statuses[..10], [StatusCode::NOT_FOUND; 10]);
    assert_eq!(statuses[10..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    let guess = evil.open(&format!("/account/join/local.1.{:064x}", 1)).await;
    assert_eq!((guess.status, guess.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "10"));
    world.signed_in(JO, 1).await;
}

#[tokio::test]
async fn oversized_and_broken_forms_are_refused() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let large = format!("name={}", "x".repeat(20_000));
    assert_eq!(jo.post("/account/rename", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.browser(2).submit("/account/sign-in", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for name in ["", "+", "%00", &"x".repeat(61)] {
        let refused = jo.post("/account/rename", &format!("name={name}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    let broken = jo.submit("/account/rename", "%%%=&&&;form").await;
    assert_eq!(broken.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn more_fields_than_a_form_has_change_nothing_more() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/account/rename", "name=Acme&id=local&in_file=true&owners=0&account=local").await;
    let account = world.store.user(JO).await.unwrap().unwrap().accounts[0].clone();
    let row = world.store.account(&account).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.owners, row.in_file), ("Acme", 1, false));
    assert_eq!(world.store.account(&"local".into()).await.unwrap(), None);
}

#[tokio::test]
async fn no_text_of_a_member_becomes_markup() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/account/rename", "name=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    for path in ["/account", "/account/audit", "/account/delete", "/account/rename", "/account?done=%3Cscript%3E"] {
        let page = jo.open(path).await;
        assert!(!page.body.contains("<script>"), "{path}");
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn owner_of_the_instance_is_no_member_of_other_accounts() {
    let world = World::start(SignUp::Open).await;
    world.signed_in(JO, 1).await;
    let mut owner = world.signed_in(OWNER, 2).await;
    let account = world.store.user(JO).await.unwrap().unwrap().accounts[0].clone();
    assert_eq!(owner.post("/account/switch", &format!("account={account}")).await.status, StatusCode::NOT_FOUND);
}
