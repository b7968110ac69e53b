//! What a stranger can reach of a running instance, and what that costs it.
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use super::serving::{Answer, Serving, ask, until};

const PRIVATE: &str = "[instance]\npassword = 'correct horse battery'\n";
// any:correct horse battery
const RIGHT: &str = "authorization: Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==\r\n";
const WRONG: &str = "authorization: Basic YW55Ondyb25n\r\n";
/// Of the built-in fakes, and of deliveries that are redirected to them.
const DOORS: [&str; 6] = [
    "/pretend/slack/services/T0/B0/x",
    "/pretend/webhook/hook",
    "/pretend/pigeon/x",
    "/hooks.slack.com/services/T0/B0/x",
    "/example.com/hook",
    "/localhost:8080/hook",
];

fn assert_is_our_own_page(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 404, "{path}: {}", answer.head);
    assert!(answer.body.contains("Page not found"), "{path}: {}", answer.body);
    assert_has_security_headers(answer, path);
}

fn assert_has_security_headers(answer: &Answer, path: &str) {
    for name in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert!(answer.has_header(name), "{path}: {name} is missing: {}", answer.head);
    }
    assert!(!answer.has_header("access-control-allow-origin"), "{path}: {}", answer.head);
}

fn providers(serving: &Serving, headers: &str) -> Vec<String> {
    let list = serving.ask("GET", "/api/v1/providers", headers).json();
    list["providers"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn strangers_cannot_post_to_the_fakes() {
    for arguments in [&[][..], &["--no-network"]] {
        let serving = Serving::start("", arguments, None);
        for path in DOORS {
            for method in ["GET", "POST"] {
                assert_is_our_own_page(&serving.ask(method, path, "content-length: 0\r\n"), path);
            }
        }
        // The demo has a listener of its own, whose address everybody can see.
        let provider = serving.get("/api/v1/providers/clerk-replay").json();
        let page = provider["page_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let (address, _) = page.split_once('/').unwrap();
        assert_ne!(address, serving.address);
        for path in DOORS.iter().chain(&["/receiver.json", "/x/pretend/webhook/hook"]) {
            assert_eq!(ask(address, "POST", path, "content-length: 0\r\n").status, 404, "{path}");
        }
        let listing = serving.ask("GET", "/receiver.json", "origin: https://evil.test\r\n");
        assert_has_security_headers(&listing, "/receiver.json");
        let shown = listing.json();
        let strange = |it: &serde_json::Value| it["destination"].as_str().unwrap().contains("hook");
        assert!(!shown.as_array().unwrap().iter().any(strange), "{shown}");
    }
}

#[test]
fn large_bodies_are_neither_read_nor_kept() {
    let serving = Serving::start("", &[], None);
    assert_eq!(serving.get("/").status, 200);
    let before = serving.peak_memory();
    let piece = vec![b'x'; 1 << 20];
    for path in DOORS.iter().chain(&["/", "/receiver.json", "/mail/x/confirm", "/api/v1/providers"]) {
        let mut stream = TcpStream::connect(&serving.address).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", 32 << 20);
        stream.write_all(head.as_bytes()).unwrap();
        // It answers and closes long before the end.
        for _ in 0..32 {
            if stream.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let grown = serving.peak_memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more");
    assert!(serving.get("/receiver.json").body.len() < 3 << 20);
}

#[test]
fn password_covers_everything_and_switches_the_demo_off() {
    let serving = Serving::start(PRIVATE, &[], None);
    for path in DOORS.iter().chain(&["/", "/receiver.json", "/replay/clerk", "/no/such/page", "/api/v1/search?q=a"]) {
        assert_eq!(serving.get(path).status, 401, "{path}");
    }
    for path in DOORS.iter().chain(&["/receiver.json", "/replay/clerk"]) {
        assert_is_our_own_page(&serving.ask("GET", path, RIGHT), path);
    }
    assert!(providers(&serving, RIGHT).is_empty(), "the demo is not watched");
}

#[test]
fn demo_that_is_asked_for_works_behind_a_password() {
    let serving = Serving::start(PRIVATE, &["--replay"], None);
    assert_eq!(serving.get("/receiver.json").status, 401);
    assert_eq!(providers(&serving, RIGHT), ["clerk-replay"]);
    until("the demo is delivered", || serving.log().contains("delivered opened"));
    let shown = serving.ask("GET", "/receiver.json", RIGHT).json();
    assert!(!shown.as_array().unwrap().is_empty());
    assert!(!serving.log().contains("cannot be read"), "{}", serving.log());
}

#[test]
fn demo_is_off_where_the_network_can_come() {
    let serving = Serving::start("", &["--listen", "0.0.0.0:0"], None);
    assert_is_our_own_page(&serving.get("/receiver.json"), "/receiver.json");
    assert!(providers(&serving, "").is_empty());
}

#[test]
fn guesses_are_throttled_and_nobody_else_is_kept_out() {
    let serving = Serving::start(PRIVATE, &[], None);
    let answers: Vec<Answer> = (0..200).map(|_| serving.ask("GET", "/api/v1/providers", WRONG)).collect();
    let heard = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(heard < 50, "{heard}");
    let last = answers.last().unwrap();
    assert!(last.status == 429 && last.has_header("retry-after"), "{}", last.head);
    assert_eq!(serving.ask("GET", "/", RIGHT).status, 429, "an answer would tell whether it is right");
    // As a proxy on this machine forwards others.
    let other = format!("{RIGHT}x-forwarded-for: 198.51.100.7\r\n");
    assert_eq!(serving.ask("GET", "/", &other).status, 200);
    assert_eq!(serving.get("/health").status, 200);
}
