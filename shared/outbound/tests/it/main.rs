//! The crate against real sockets on this machine, with fake status pages and receivers, friendly and hostile.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails, in what the tests share too")]

mod exhausted;
mod fetch;
mod kept;
mod posts;
mod redirects;
mod send;
mod server;
mod tls;
mod tokens;

use std::time::Duration;

use http::HeaderValue;
use outbound::{Guard, Outbound, Settings};

/// May reach loopback addresses, over plain http too.
fn settings() -> Settings {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    Settings::new(guard, HeaderValue::from_static("statuswire-test (ops@example.com)"))
}

fn outbound() -> Outbound {
    Outbound::new(settings())
}

/// With a short time-out, for tests that end with it.
fn impatient() -> Outbound {
    Outbound::new(Settings { timeout: Duration::from_millis(200), ..settings() })
}
