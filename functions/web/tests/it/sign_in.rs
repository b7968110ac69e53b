//! Signing in to a private instance with a browser.
use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt as _;
use web::{Password, Web};

use crate::world::{World, router};

const PASSWORD: &str = "correct horse battery";
/// As browsers send it when a page is opened.
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORM: &str = "password=correct+horse+battery";

/// A browser at one address, which keeps the cookie.
struct Browser {
    router: Router,
    host: &'static str,
    cookie: Option<String>,
    from: &'static str,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn leads_to(&self) -> (StatusCode, &str) {
        (self.status, self.header(header::LOCATION))
    }
}

impl Browser {
    async fn new(world: &World, host: &'static str) -> Self {
        let web = Web::new(world.store.clone(), false, None).private(Some(Password::new(PASSWORD)));
        Self { router: router(web), host, cookie: None, from: "192.0.2.1" }
    }

    async fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let mut request = request.header(header::HOST, self.host);
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

    async fn open(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).header(header::ACCEPT, HTML), "").await
    }

    async fn submit(&mut self, path: &str, form: &str) -> Answer {
        self.send(Request::post(path).header("sec-fetch-site", "same-origin").header(header::ACCEPT, HTML), form).await
    }
}

#[tokio::test]
async fn browser_is_led_to_the_form_and_back_to_what_it_asked_for() {
    let world = World::start(&["acme"]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    let led = browser.open("/providers/acme?before=2026").await;
    assert_eq!(led.leads_to(), (StatusCode::SEE_OTHER, "/sign-in?to=%2Fproviders%2Facme%3Fbefore%3D2026"));
    assert_eq!(led.header(header::CACHE_CONTROL), "no-store");
    assert!(!led.headers.contains_key(header::WWW_AUTHENTICATE), "the browser would ask as well");

    let form = browser.open("/sign-in?to=%2Fproviders%2Facme").await;
    assert_eq!((form.status, form.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(form.body.contains("name=\"to\" value=\"/providers/acme\""), "{}", form.body);
    assert!(!form.body.contains("<script") && form.body.contains("<form"), "it works without a script");

    let wrong = browser.submit("/sign-in", "password=wrong&to=%2Fproviders%2Facme").await;
    assert_eq!((wrong.status, &browser.cookie), (StatusCode::FORBIDDEN, &None));
    assert!(wrong.body.contains("Wrong password.") && wrong.body.contains("value=\"/providers/acme\""));
    assert!(!wrong.headers.contains_key(header::WWW_AUTHENTICATE));

    let right = browser.submit("/sign-in", &format!("{FORM}&to=%2Fproviders%2Facme")).await;
    assert_eq!(right.leads_to(), (StatusCode::SEE_OTHER, "/providers/acme"));
    let page = browser.open("/providers/acme").await;
    assert_eq!((page.status, page.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-store"));
    assert!(page.body.contains("Sign out"));
    assert_eq!(browser.open("/sign-in?to=%2Fapi").await.leads_to(), (StatusCode::SEE_OTHER, "/api"));
    let listed = browser.send(Request::get("/api/v1/providers"), "").await;
    assert_eq!(listed.status, StatusCode::OK, "the session is good for all paths");
}

#[tokio::test]
async fn nothing_but_an_own_path_is_gone_back_to() {
    let world = World::start(&[]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    for to in
        ["//evil.example", "/\\evil.example", "https://evil.example", "/%09/evil.example", "/%0d%0aset-cookie:a=b", ""]
    {
        let to = to.replace('/', "%2F");
        let form = browser.open(&format!("/sign-in?to={}", to.replace('\\', "%5C"))).await;
        assert!(!form.body.contains("evil.example"), "{to}");
        let led = browser.submit("/sign-in", &format!("{FORM}&to={to}")).await;
        assert_eq!(led.leads_to(), (StatusCode::SEE_OTHER, "/"), "{to}");
        browser.cookie = None;
    }
    let led = browser.open("//evil.example/..").await;
    assert_eq!(led.leads_to(), (StatusCode::SEE_OTHER, "/sign-in"));
}

#[tokio::test]
async fn session_ends_by_signing_out_and_by_another_password() {
    let world = World::start(&[]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    browser.submit("/sign-in", FORM).await;
    let copy = browser.cookie.clone();
    assert!(copy.as_ref().is_some_and(|cookie| cookie.starts_with("statuswire=")), "{copy:?}");
    let out = browser.submit("/sign-out", "").await;
    assert_eq!((out.leads_to(), &browser.cookie), ((StatusCode::SEE_OTHER, "/sign-in"), &None));
    assert_eq!(browser.open("/").await.status, StatusCode::SEE_OTHER);

    browser.cookie = copy;
    assert_eq!(browser.open("/").await.status, StatusCode::OK);
    let other = Web::new(world.store.clone(), false, None).private(Some(Password::new("another password")));
    browser.router = router(other);
    assert_eq!(browser.open("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn form_of_another_site_is_refused() {
    let world = World::start(&[]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")]
    {
        let sent = browser.send(Request::post("/sign-in").header(name, value), FORM).await;
        assert_eq!((sent.status, &browser.cookie), (StatusCode::FORBIDDEN, &None), "{value}");
    }
    let origin = Request::post("/sign-in").header("origin", "http://localhost:8080");
    assert_eq!(browser.send(origin, FORM).await.status, StatusCode::SEE_OTHER);
    let sent = browser.send(Request::post("/sign-out").header("sec-fetch-site", "cross-site"), "").await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert!(browser.cookie.is_some(), "the session goes on");
    assert_eq!(browser.send(Request::get("/sign-out"), "").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn programs_get_401_and_basic_goes_on() {
    let world = World::start(&["acme"]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    for path in ["/api/v1/providers", "/incidents.atom", "/calendar.ics", "/providers/acme/badge.svg"] {
        let refused = browser.open(path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(refused.headers.contains_key(header::WWW_AUTHENTICATE), "{path}");
    }
    for accept in ["*/*", "application/json", ""] {
        let refused = browser.send(Request::get("/").header(header::ACCEPT, accept), "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{accept}");
    }
    let posted = browser.send(Request::builder().method(Method::POST).uri("/").header(header::ACCEPT, HTML), "").await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
    // any:correct horse battery
    let basic = Request::get("/").header(header::AUTHORIZATION, "Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==");
    let page = browser.send(basic.header(header::ACCEPT, HTML), "").await;
    assert_eq!((page.status, page.header(header::CACHE_CONTROL)), (StatusCode::OK, "private, no-cache"));
    assert!(!page.body.contains("Sign out"), "there is no session to end");
    let wrong = Request::get("/").header(header::AUTHORIZATION, "Basic YW55Ondyb25n").header(header::ACCEPT, HTML);
    assert_eq!(browser.send(wrong, "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guesses_in_the_form_and_by_basic_are_counted_together() {
    let world = World::start(&[]).await;
    let mut browser = Browser::new(&world, "localhost:8080").await;
    for _ in 0..5 {
        assert_eq!(browser.submit("/sign-in", "password=wrong").await.status, StatusCode::FORBIDDEN);
        let basic = Request::get("/").header(header::AUTHORIZATION, "Basic YW55Ondyb25n");
        assert_eq!(browser.send(basic, "").await.status, StatusCode::UNAUTHORIZED);
    }
    // A slow machine may have earned one more by now.
    browser.submit("/sign-in", "password=wrong").await;
    let refused = browser.submit("/sign-in", FORM).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key(header::RETRY_AFTER) && refused.body.contains("Too many wrong passwords."));
    browser.from = "198.51.100.7";
    assert_eq!(browser.submit("/sign-in", FORM).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn cookie_is_secure_behind_https_and_plain_networks_keep_basic() {
    let world = World::start(&[]).await;
    let mut browser = Browser::new(&world, "status.example.com").await;
    let encrypted = |request: http::request::Builder| request.header("x-forwarded-proto", "https");
    let signed_in = browser.send(encrypted(Request::post("/sign-in")), FORM).await;
    let cookie = signed_in.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-statuswire=") && cookie.ends_with("; Secure"), "{cookie}");
    assert_eq!(browser.send(encrypted(Request::get("/")), "").await.status, StatusCode::OK);
    assert_eq!(browser.send(Request::get("/"), "").await.status, StatusCode::UNAUTHORIZED, "it came in plain text");

    let mut browser = Browser::new(&world, "192.168.0.9:8080").await;
    let asked = browser.open("/").await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert!(asked.headers.contains_key(header::WWW_AUTHENTICATE));
    assert_eq!(browser.open("/sign-in?to=%2Fapi").await.leads_to(), (StatusCode::SEE_OTHER, "/api"));
    let led = browser.submit("/sign-in", FORM).await;
    assert_eq!((led.leads_to(), &browser.cookie), ((StatusCode::SEE_OTHER, "/"), &None));
}

#[tokio::test]
async fn public_instance_has_no_sign_in() {
    let world = World::start(&[]).await;
    for (method, path) in [(Method::GET, "/sign-in"), (Method::POST, "/sign-in"), (Method::POST, "/sign-out")] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_eq!(world.ask(request).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let (_, _, body) = world.get("/").await;
    assert!(!body.contains("Sign out"));
}
