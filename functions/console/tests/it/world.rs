//! A store per test, browsers that keep their cookie, and the mails that were sent.
use std::net::SocketAddr;

use accounts::sign_up::SignUp;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{self, ConnectInfo},
    middleware::{Next, from_fn},
};
use console::{Console, Demo, OpenIdSettings, Settings};
use fakes::{Fakes, MailServer};
use http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::Timestamp;
use local::stack::{Stack, StackOptions};
use mail::{MailSender, Mailer, Smtp};
use outbound::Guard;
use queue::queues::Queues;
use status::ids::AccountId;
use store::{Keyring, Store, StoredSettings};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

pub(crate) const OWNER: &str = "owner@example.com";
pub(crate) const BASE: &str = "http://localhost:8080";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) fakes: Fakes,
    pub(crate) router: Router,
    pub(crate) stack: Stack,
}

impl World {
    pub(crate) async fn start(sign_up: SignUp) -> Self {
        let channels: Vec<&str> = channels::channels().iter().map(|channel| channel.name).collect();
        let mut stack = Stack::start(StackOptions { folder: None, channels: &channels }).await.unwrap();
        stack.dynamodb = roles::asking(&stack.dynamodb);
        store::table::create_if_absent(&stack.dynamodb, "statuswire").await.unwrap();
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let store = Store::new(&stack.dynamodb, "statuswire").with_keys(keyring, channels::is_secret);
        let fakes = Fakes::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        let server = fakes.clone();
        tokio::spawn(async move { server.serve_mail(listener, MailServer::default()).await });
        let mailer = Mailer::Smtp(Smtp::new(url.parse().unwrap(), &[]).unwrap());
        let mail = MailSender { mailer, from: "Status <alerts@example.com>".to_owned() };
        let router = router(&store, &stack, sign_up, Some(mail));
        Self { store, fakes, router, stack }
    }

    /// The same instance without a mail server.
    pub(crate) fn without_mail(self) -> Self {
        Self { router: router(&self.store, &self.stack, SignUp::Open, None), ..self }
    }

    /// The same instance, on which this demo runs.
    pub(crate) fn with_demo(self, demo: Demo) -> Self {
        let console = Console::new(self.store.clone(), settings(SignUp::Open, None)).with_demo(Some(demo));
        Self { router: router_of(console), ..self }
    }

    /// The same instance, which reads no page of the catalogue.
    pub(crate) fn without_catalogue(self) -> Self {
        let console = Console::new(self.store.clone(), settings(SignUp::Open, None)).with_catalogue(false);
        Self { router: router_of(console), ..self }
    }

    /// The same instance, on which people may sign in at this provider too.
    pub(crate) fn with_openid(self, sign_up: SignUp, openid: OpenIdSettings) -> Self {
        let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
        let settings = Settings { guard, ..settings(sign_up, None) };
        let console = Console::new(self.store.clone(), settings).with_openid(Some(openid)).unwrap();
        Self { router: router_of(console), ..self }
    }

    /// Another browser, at an address of its own.
    pub(crate) fn browser(&self, from: u8) -> Browser {
        Browser { router: self.router.clone(), cookie: None, from: format!("192.0.2.{from}") }
    }

    /// A browser that signed in by a link on the terminal.
    pub(crate) async fn signed_in(&self, address: &str, from: u8) -> Browser {
        let mut browser = self.browser(from);
        let link = console::sign_in_link(&self.store, "", address, Timestamp::now()).await.unwrap();
        let entered = browser.submit(&link, "").await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.body);
        browser
    }

    /// An API token that this browser's owner makes.
    pub(crate) async fn token(&self, browser: &mut Browser, scope: &str) -> Client {
        let made = browser.post("/account/tokens", &format!("name=token+{scope}&scope={scope}&days=30")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let (_, rest) = made.body.split_once("<code id=\"token\">").unwrap();
        self.client(rest.split('<').next().unwrap())
    }

    pub(crate) fn client(&self, token: &str) -> Client {
        Client { router: self.router.clone(), token: token.to_owned() }
    }

    /// The path of the link in the newest mail to an address.
    pub(crate) fn link_to(&self, address: &str) -> String {
        let mails = self.fakes.mails_to(address);
        let text = mails.last().expect("a mail was sent").text().unwrap();
        let (_, rest) = text.split_once(BASE).unwrap_or_else(|| panic!("no link in {text}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// All that is stored, as text.
    pub(crate) async fn stored(&self) -> String {
        let items = self.stack.dynamodb.scan().table_name("statuswire").send().await.unwrap().items.unwrap();
        format!("{items:?}")
    }
}

/// The pages, which may do in the table what the role of the function allows.
fn router_of(console: Console) -> Router {
    let in_role = |request: extract::Request, next: Next| roles::acting("ConsoleRole", next.run(request));
    console::router(console).layer(from_fn(in_role))
}

fn router(store: &Store, stack: &Stack, sign_up: SignUp, mail: Option<MailSender>) -> Router {
    let queues = Queues::of(&stack.sqs, &stack.queues, &stack.dead_letters);
    router_of(Console::new(store.clone(), settings(sign_up, mail)).with_queues(queues.channels))
}

fn settings(sign_up: SignUp, mail: Option<MailSender>) -> Settings {
    Settings {
        sign_up,
        owner: Some(OWNER.to_owned()),
        public_url: Some(BASE.to_owned()),
        mail,
        guard: Guard::default(),
        max_monitors: Some(5),
        file_account: "local".into(),
    }
}

pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: Option<String>,
    from: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn leads_to(&self) -> (StatusCode, &str) {
        (self.status, self.header(header::LOCATION))
    }
}

impl Browser {
    pub(crate) async fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let mut request = request.header(header::HOST, "localhost:8080");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.from.parse().unwrap(), 1)));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            self.cookie = (!attributes.contains("Max-Age=0")).then(|| pair.to_owned());
        }
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    /// A form as it is, from a page of ours.
    pub(crate) async fn submit(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::builder().method(Method::POST).uri(path).header("sec-fetch-site", "same-origin");
        self.send(request, form).await
    }

    /// A form with the token that the account's page has.
    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let token = self.token().await;
        self.submit(path, &format!("form={token}&{form}")).await
    }

    pub(crate) async fn token(&mut self) -> String {
        let page = self.open("/account").await;
        let (_, rest) = page.body.split_once("name=\"form\" value=\"").unwrap_or_else(|| panic!("{}", page.body));
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A program with an API token.
pub(crate) struct Client {
    router: Router,
    pub(crate) token: String,
}

impl Client {
    /// `headers`: names and values.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1/account{path}"));
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(&self.router, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[], body).await
    }
}

pub(crate) async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn named(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The value of a hidden field on a page.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) async fn account_of(world: &World, address: &str) -> AccountId {
    world.store.user(address).await.unwrap().unwrap().accounts[0].clone()
}

pub(crate) async fn settings_of(world: &World, address: &str) -> StoredSettings {
    world.store.stored_settings(&account_of(world, address).await).await.unwrap()
}
