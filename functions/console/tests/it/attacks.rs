//! What others must not be able to do.
use std::{fs, path::Path};

use accounts::sign_up::SignUp;
use http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use site::paths;

use crate::world::{OWNER, World};

const JO: &str = "jo@example.com";
const EVIL: &str = "evil@example.com";

/// Every route that changes something, with a form that would.
const FORMS: [(&str, &str); 37] = [
    ("/account/sign-out", ""),
    ("/account/switch", "account=local"),
    ("/account/members/role", "address=jo%40example.com&role=reader&was=owner"),
    ("/account/members/remove", "address=jo%40example.com"),
    ("/account/invitations", "address=x%40example.com&role=owner"),
    ("/account/invitations/1/withdraw", ""),
    ("/account/sessions/1/end", ""),
    ("/account/sessions/others/end", ""),
    ("/account/boards/new", "name=Mine&provider=github"),
    ("/account/boards/1", "name=Mine&provider=github&version=1"),
    ("/account/boards/1/address", "version=1"),
    ("/account/boards/1/remove", "version=1"),
    ("/account/tokens", "name=Mine&scope=write&days=30"),
    ("/account/tokens/1/revoke", ""),
    ("/account/rename", "name=Mine&was=jo%40example.com"),
    ("/account/delete", "name=jo%40example.com"),
    ("/alerts/destinations/new", "channel=email&setting.address=x%40example.com"),
    ("/alerts/destinations/1", "channel=email&setting.address=x%40example.com&version=1"),
    ("/alerts/destinations/1/test", ""),
    ("/alerts/destinations/1/resend", ""),
    ("/alerts/destinations/1/remove", "version=1"),
    ("/alerts/groups/new", "scope=all&severities=major&events=opened"),
    ("/alerts/groups/group_default", "scope=all&severities=major&events=opened&version=1"),
    ("/alerts/groups/group_default/remove", "version=1"),
    ("/alerts/feed", ""),
    ("/alerts/feed/remove", "version=1"),
    ("/alerts/groups/group_default/feed", ""),
    ("/alerts/groups/group_default/feed/remove", "version=1"),
    ("/alerts/mutes", "provider=github&incident=1&muted=alerts"),
    ("/alerts/mutes/undo", "id=1"),
    ("/alerts/log/again", "alert=1&destination=1"),
    ("/watch", "provider=github"),
    ("/watch/from/address", "url=status.example.com"),
    ("/watch/from/list", "list=github"),
    ("/watch/github", "submit=save&which=all"),
    ("/watch/github/login", "login.username=jo&login.password=x&version=1"),
    ("/watch/github/remove", "monitor=1&version=1"),
];

/// Forms of people who are not signed in. Each has tests of its own.
const OPEN_FORMS: [&str; 4] = ["/account/sign-in", "/account/sign-in/1", "/account/join/1", "/alerts/incident/1/1/1/1"];

/// Pages for those who are signed in, beside those of [`FORMS`].
const PAGES: [&str; 15] = [
    "/account",
    "/account/audit",
    "/account/boards",
    "/account/export",
    "/account/export.toml",
    "/account/members/remove?address=jo%40example.com",
    "/account/sessions",
    "/alerts",
    "/alerts/groups/group_default/preview",
    "/alerts/log",
    "/watch",
    "/watch?q=github",
    "/watch/github",
    "/watch/github/remove",
    "/welcome",
];

/// Pages that everybody may open.
const OPEN_PAGES: [&str; 2] = ["/account/sign-in/openid", "/account/sign-in/openid/callback"];

/// What the routes of the pages are, by their source: those with a form, and all that can be opened.
fn routes() -> (Vec<String>, Vec<String>) {
    let (mut forms, mut pages) = (Vec::new(), Vec::new());
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for (at, _) in source.match_indices(".route(") {
                let call = arguments(&source[at + ".route(".len()..]);
                let route = route(&source, call);
                // A handler with layers is put together before.
                let handler = match call.rsplit(", ").next().unwrap() {
                    call if call.contains('(') => call,
                    name => source.split_once(&format!("let {name} = ")).unwrap().1.split(';').next().unwrap(),
                };
                forms.extend(handler.contains("post(").then(|| route.clone()));
                pages.extend(handler.contains("get(").then_some(route));
            }
        }
    }
    (forms, pages)
}

/// Up to the bracket that ends them.
fn arguments(rest: &str) -> &str {
    let mut open = 1;
    let end = rest.find(|char| {
        open += match char {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open == 0
    });
    &rest[..end.unwrap()]
}

/// Constants are of the same file, or of `site::paths`.
fn route(source: &str, call: &str) -> String {
    if let Some(literal) = call.trim_start().strip_prefix('"') {
        return literal.split('"').next().unwrap().to_owned();
    }
    let argument = call.split(',').next().unwrap().trim();
    let constant = match argument.strip_prefix("&format!(\"{") {
        Some(rest) => rest.split('}').next().unwrap(),
        None => argument.rsplit("::").next().unwrap(),
    };
    let declared = format!("const {constant}: &str = \"");
    let rest = argument.split_once('}').map_or("", |(_, rest)| rest.trim_end_matches(['"', ')']));
    let found = source.split_once(&declared).map(|(_, value)| value.split('"').next().unwrap().to_owned());
    let known = match constant {
        "WATCH" => paths::WATCH,
        "WELCOME" => paths::WELCOME,
        "ACCOUNT_SIGN_IN" => paths::ACCOUNT_SIGN_IN,
        "ACCOUNT_OPENID" => paths::ACCOUNT_OPENID,
        "BOARDS" => paths::BOARDS,
        _ => "",
    };
    let route = found.unwrap_or_else(|| known.to_owned()) + rest;
    assert!(route.starts_with('/'), "{call}: name the constant here");
    route
}

/// Whether the path is one of this route, which has parameters.
fn is_of(path: &str, route: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let (path, route): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), route.split('/').collect());
    let fits = |(part, of): (&&str, &&str)| of.starts_with('{') || part == of;
    path.len() == route.len() && path.iter().zip(&route).all(fits)
}

#[test]
fn every_route_is_attacked() {
    let (forms, pages) = routes();
    assert!(forms.len() > 30 && pages.len() > 25, "{forms:?} {pages:?}");
    let known: Vec<&str> = FORMS.iter().map(|(path, _)| *path).chain(OPEN_FORMS).collect();
    for route in &forms {
        assert!(known.iter().any(|path| is_of(path, route)), "{route}: put it into FORMS");
    }
    let known: Vec<&str> = known.into_iter().chain(PAGES).chain(OPEN_PAGES).collect();
    for route in &pages {
        assert!(known.iter().any(|path| is_of(path, route)), "{route}: put it into PAGES");
    }
}

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
    let (_, routes) = routes();
    let is_page = |path: &&str| routes.iter().any(|route| is_of(path, route));
    for path in PAGES.into_iter().chain(FORMS.map(|(path, _)| path).into_iter().filter(is_page)) {
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
        ("/account/members/role".to_owned(), "address=jo%40example.com&role=reader&was=owner".to_owned()),
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
    let form = "name=Acme&was=jo%40example.com&id=local&in_file=true&owners=0&account=local";
    assert_eq!(jo.post("/account/rename", form).await.status, StatusCode::SEE_OTHER);
    let account = world.store.user(JO).await.unwrap().unwrap().accounts[0].clone();
    let row = world.store.account(&account).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.owners, row.in_file), ("Acme", 1, false));
    assert_eq!(world.store.account(&"local".into()).await.unwrap(), None);
}

#[tokio::test]
async fn no_text_of_a_member_becomes_markup() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/account/rename", "name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&was=jo%40example.com").await;
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
