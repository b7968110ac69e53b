//! Pages that need a login: they are read with it, it goes to their own origin only, and it is shown nowhere.
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use accounts::audit::{AuditEntry, Values};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller};
use queue::send::AlertsQueue;
use status::provider::{Login, Provider};
use statuswire::local_app::TABLE;
use store::{Edit, Keyring, Store, Visibility};
use tests::{
    http_client,
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{EVERYTHING, NETWORK, World, group, hook, monitor},
};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

const ID: &str = "private-acme";
const SUMMARY: &str = "/p/private-acme/api/v2/summary.json";
const PASSWORD: &str = "hunter2-of-the-page";
/// `me` and the password.
const BASIC: &str = "Basic bWU6aHVudGVyMi1vZi10aGUtcGFnZQ==";
const KEY: &str = "k3y-of-the-page";
/// In every form.
const SECRETS: [&str; 3] = [PASSWORD, "bWU6aHVudGVyMi1vZi10aGUtcGFnZQ", KEY];

fn settings(server: &StatusPageServer, receiver: &Receiver, login: &str) -> String {
    let url = server.url(ID);
    let page = format!("[[page]]\nid = '{ID}'\nname = 'Hushed'\nurl = '{url}'\nformat = 'statuspage'\n{login}\n");
    [
        NETWORK.to_owned(),
        page,
        monitor("acme", ID, ""),
        hook(receiver, "hook"),
        group("everyone", &["hook"], EVERYTHING),
    ]
    .concat()
}

fn login() -> String {
    format!("username = 'me'\npassword = '{PASSWORD}'\nheaders = {{ X-Api-Key = '{KEY}' }}")
}

/// The page is there for those who have the login.
async fn world(login: &str) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.require(&[("authorization", BASIC), ("x-api-key", KEY)]);
    let settings = settings(&server, &receiver, login);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show(ID, &StatusPage::operational(&["API", "Web"]));
    world
}

fn show_incident(world: &World) {
    let incident = Incident::new("1nc1dent", &["API"]).post("investigating");
    world.server.show(ID, &StatusPage::operational(&["API", "Web"]).with(incident));
}

fn check_hidden(text: &str, what: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {what}: {text}");
    }
}

#[tokio::test]
async fn page_is_read_with_its_login_and_not_without() {
    let locked = world("").await;
    locked.round().await;
    assert!(locked.health(ID).await.is_some_and(|health| health.failures == 1), "it needs the login");
    locked.finish().await;

    let world = world(&login()).await;
    world.round().await;
    assert_eq!(world.health(ID).await.map_or(0, |health| health.failures), 0);
    show_incident(&world);
    assert_eq!(world.round_events().await, ["opened 1nc1dent"]);
    assert_eq!(world.server.requests_with(BASIC), world.server.request_count());
    world.finish().await;
}

#[tokio::test]
async fn keys_are_asked_for_once_a_page_needs_them_and_without_them_it_is_not_to_blame() {
    let world = world(&login()).await;
    let keys = world.app.stack.keys(Keyring::generate).unwrap().to_owned();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let poller = another_poller(&world).with_keys(move || {
        let is_first = count.fetch_add(1, SeqCst) == 0;
        let keyring = Keyring::parse(&keys).map_err(anyhow::Error::from);
        Box::pin(async move { if is_first { Err(anyhow::anyhow!("no answer")) } else { keyring } })
    });
    let now = Timestamp::now();
    let poll = async |at| poller.handle(PollEvent { all: true, ..PollEvent::default() }, at).await.unwrap();
    let without = poll(now).await;
    assert_eq!((without.hindered, without.unreadable), (1, 0));
    assert!(world.health(ID).await.is_none(), "the page has not failed");
    let with = poll(now + SignedDuration::from_mins(6)).await;
    assert_eq!((with.hindered, with.changed), (0, 1));
    poll(now + SignedDuration::from_mins(12)).await;
    assert_eq!(asked.load(SeqCst), 2, "they are kept");
    world.finish().await;

    let open = World::start().await;
    open.server.show("acme", &StatusPage::operational(&["API", "Web"]));
    let poller = another_poller(&open).with_keys(|| panic!("nobody needs the keys"));
    assert_eq!(poller.handle(PollEvent::default(), now).await.unwrap().changed, 1);
    open.finish().await;
}

/// Beside the world's, without keys.
fn another_poller(world: &World) -> Poller {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let stack = &world.app.stack;
    Poller::new(
        Outbound::new(Settings::new(guard, HeaderValue::from_static("another poller"))),
        Store::new(&stack.dynamodb, TABLE),
        AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts),
        Options { catalogue: false, ..Options::default() },
    )
}

#[tokio::test]
async fn page_that_moves_to_another_origin_takes_no_login_along() {
    let world = world(&login()).await;
    world.round().await;
    let other = StatusPageServer::start().await;
    other.show(ID, &StatusPage::operational(&["API", "Web"]));
    world.server.set(SUMMARY, Reply::redirect(&format!("http://{}{SUMMARY}", other.address)));
    world.round().await;
    assert!(other.request_count() > 0, "it was followed");
    assert_eq!(SECRETS.map(|secret| other.requests_with(secret)), [0; 3]);
    world.finish().await;
}

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn login_is_in_no_log_error_queue_or_message() {
    let log = Log::default();
    let writer = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(writer.finish());
    let world = world(&login()).await;
    world.round().await;
    for reply in [Reply::status(401), Reply::status(500), Reply::json("{}"), Reply::redirect("https://hidden.invalid/")]
    {
        world.server.set(SUMMARY, reply);
        let summary = world.poll(Timestamp::now()).await;
        assert_eq!(summary.unreadable, 1);
        check_hidden(&format!("{:?}", world.health(ID).await), "an error");
    }
    show_incident(&world);
    world.poll(Timestamp::now()).await;
    let queue = &world.app.stack.queues.alerts;
    let waiting = world.app.stack.sqs.receive_message().queue_url(queue).visibility_timeout(0).send().await.unwrap();
    assert!(!waiting.messages().is_empty());
    check_hidden(&format!("{:?}", waiting.messages()), "a queue");
    world.deliver().await;
    let messages = world.receiver.messages();
    assert!(!messages.is_empty());
    messages.iter().for_each(|message| check_hidden(&message.json().to_string(), "a message"));
    world.finish().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(ID), "something was logged: {log}");
    check_hidden(&log, "the log");
}

/// Everything that another instance gets.
async fn exported(world: &World) -> String {
    let (mut exported, mut cursor) = (String::new(), None);
    loop {
        let (items, next) = world.app.store.export_page(cursor.as_deref()).await.unwrap();
        exported += &serde_json::to_string(&items).unwrap();
        let Some(next) = next else { return exported };
        cursor = Some(next);
    }
}

fn edit(account: &str) -> Edit {
    Edit::of(AuditEntry {
        account: account.into(),
        at: Timestamp::now(),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "page.added".to_owned(),
        target: String::new(),
        before: Values::new(),
        after: Values::new(),
    })
}

/// As the pages and the API store it.
#[tokio::test]
async fn page_of_an_account_is_read_with_its_login_until_it_is_removed() {
    let world = world(&login()).await;
    let (store, account) = (&world.app.store, "account_1".into());
    let page = Provider {
        id: "private-0123456789abcdef0123456789abcdef".into(),
        name: "Theirs".to_owned(),
        page_url: world.server.url("theirs"),
        format: None,
        interval: None,
    };
    let headers = [("Authorization", BASIC), ("X-Api-Key", KEY)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    let login = Login::of_headers(headers.into());
    let saved = (&page, Visibility::Private, Some(&login));
    let version = store.save_page(&account, saved, None, &edit("account_1")).await.unwrap();
    world.server.show("theirs", &StatusPage::operational(&["Their API"]));
    world.round().await;
    assert_eq!(world.health(page.id.as_str()).await.map_or(0, |health| health.failures), 0);
    assert!(store.page(&page.id).await.unwrap().is_some(), "it was read");
    assert!(world.server.requests_to("/p/theirs/api/v2/summary.json") > 0);
    assert_eq!(world.server.requests_with(BASIC), world.server.request_count());
    assert!(store.public_pages().await.unwrap().is_empty(), "no other account sees it");
    let exported = exported(&world).await;
    assert!(exported.contains("Theirs") && !has_login(&exported), "{exported}");
    check_hidden(&exported, "an export");

    store.remove_page(&account, &page.id, version, &edit("account_1")).await.unwrap();
    let left = store.directory().await.unwrap();
    assert!(!left.logins.contains_key(&page.id) && !left.pages.contains(&page));
    world.finish().await;
}

/// A private Statuspage, as the documentation of its API says.
#[tokio::test]
async fn statuspage_that_wants_the_key_of_its_owner_is_read_by_a_header() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.require(&[("authorization", &format!("OAuth {KEY}"))]);
    let settings = settings(&server, &receiver, &format!("headers = {{ Authorization = 'OAuth {KEY}' }}"));
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show(ID, &StatusPage::operational(&["API", "Web"]));
    world.round().await;
    show_incident(&world);
    assert_eq!(world.round_events().await, ["opened 1nc1dent"]);
    world.finish().await;
}

const TOKEN: &str = "t0ken-of-an-hour";

/// A page that takes the token of this endpoint.
async fn world_with_token(endpoint: &StatusPageServer) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.require(&[("authorization", &format!("Bearer {TOKEN}"))]);
    let oauth = format!(
        "oauth = {{ token_url = 'http://{}/token', client_id = 'me', client_secret = '{PASSWORD}' }}",
        endpoint.address
    );
    let settings = settings(&server, &receiver, &oauth);
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show(ID, &StatusPage::operational(&["API", "Web"]));
    world
}

#[tokio::test]
async fn page_is_read_with_a_token_that_is_asked_for_once() {
    let endpoint = StatusPageServer::start().await;
    // `me` and the password.
    endpoint.require(&[("authorization", BASIC)]);
    let given = format!(r#"{{"access_token": "{TOKEN}", "token_type": "Bearer", "expires_in": 3600}}"#);
    endpoint.set("/token", Reply::json(given));
    let world = world_with_token(&endpoint).await;
    world.round().await;
    show_incident(&world);
    assert_eq!(world.round_events().await, ["opened 1nc1dent"]);
    // The list of pages is loaded again, and nothing of the login has changed.
    world.poll(Timestamp::now() + SignedDuration::from_mins(6)).await;
    assert_eq!(endpoint.request_count(), 1);
    assert_eq!(world.server.requests_with(TOKEN), world.server.request_count());
    check_hidden(&exported(&world).await, "an export");
    world.finish().await;
}

#[tokio::test]
async fn page_whose_token_is_refused_is_not_asked_and_the_reason_is_said() {
    let endpoint = StatusPageServer::start().await;
    let refused = format!(r#"{{"error": "invalid_client", "error_description": "{PASSWORD}"}}"#);
    endpoint.set("/token", Reply::Plain(401, Vec::new(), refused.into()));
    let world = world_with_token(&endpoint).await;
    let summary = world.poll(Timestamp::now()).await;
    assert_eq!((summary.unreadable, world.server.request_count()), (1, 0));
    let health = world.health(ID).await.unwrap();
    let reason = format!("{health:?}");
    assert!(reason.contains("127.0.0.1: no access token (status 401 (invalid_client))"), "{reason}");
    check_hidden(&reason, "a reason");
    world.finish().await;
}

/// Whether an export has more of a login than the mark that there was one.
fn has_login(exported: &str) -> bool {
    const MARK: &str = r#""login":{"S":"missing"}"#;
    assert!(exported.contains(MARK), "{exported}");
    exported.replace(MARK, "").contains("\"login\"")
}

#[tokio::test]
async fn login_is_in_no_export_and_on_no_page() {
    let world = world(&login()).await;
    world.round().await;
    show_incident(&world);
    world.round().await;
    let exported = exported(&world).await;
    assert!(exported.contains("Hushed"), "the page itself is in it");
    assert!(!has_login(&exported), "nor in encrypted form: {exported}");
    check_hidden(&exported, "an export");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    world.serve_pages(listener);
    for (path, status) in [
        ("/".to_owned(), 200),
        ("/incidents".to_owned(), 200),
        ("/api/v1/providers".to_owned(), 200),
        ("/api/v1/incidents".to_owned(), 200),
        ("/incidents.atom".to_owned(), 200),
        (format!("/providers/{ID}"), 404),
        (format!("/incidents/{ID}/1nc1dent"), 404),
    ] {
        let answer = http_client::get(&format!("{base}{path}")).await;
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!(answer.status, status, "{path}");
        check_hidden(&body, &path);
        assert!(!body.contains("Hushed"), "{path} shows a private page: {body}");
    }
    world.finish().await;
}
