//! Somebody's receiver of Standard Webhooks, at any path that is no other service's: it takes what is signed as
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md> says, and checks the
//! signature where it was told the secret.
use std::collections::HashMap;

use http::Method;
use jiff::Timestamp;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use crate::{
    call::Call,
    fake::{Fake, Http},
    fault::Reply,
    received::{HIDDEN, Received, Redaction, json_or_text},
    service::Service,
    world::{Fakes, World},
};

impl Service {
    pub const WEBHOOK: Self = Self::new("webhook");
}

pub(crate) const HTTP: Http = Http {
    owns_host: |_| false,
    owns_path: |_| false,
    names: |_, call| names(call),
    respond,
    example: "/example.com/SECRET",
};

pub(crate) const FAKE: Fake = Fake {
    service: Service::WEBHOOK,
    http: Some(HTTP),
    limits: &[],
    redaction: Redaction {
        destination,
        body: json_or_text,
        secret_keys: &[],
        alert_id: |body| body["data"]["alert"]["id"].as_str(),
    },
};

/// The path of somebody's own receiver may be a secret as a whole.
fn destination(received: &Received) -> String {
    match &received.host {
        Some(host) => format!("{host}/{HIDDEN}"),
        None => received.path.clone(),
    }
}

pub(crate) const ID: &str = HEADER_WEBHOOK_ID;

/// Seconds that a message's time may be off, as in all libraries of Standard Webhooks.
const TOLERANCE: i64 = 5 * 60;

#[derive(Default)]
struct Receivers {
    secrets: HashMap<String, String>,
    take_unsigned: bool,
}

impl Fakes {
    /// Who listens at this path (`https://host/path` if it was meant for another host) knows this secret from now on.
    pub fn set_webhook_secret(&self, path: &str, secret: &str) {
        self.world().states.get::<Receivers>().secrets.insert(path.to_owned(), secret.to_owned());
    }

    /// From now on also what carries none of the headers is taken, where no secret is known.
    pub fn take_unsigned_webhooks(&self) {
        self.world().states.get::<Receivers>().take_unsigned = true;
    }
}

fn names(call: &Call) -> Vec<String> {
    let whole = call.host.as_ref().map(|host| format!("https://{host}{}", call.path));
    std::iter::once(call.path.clone()).chain(whole).collect()
}

fn respond(world: &mut World, call: &Call, names: &[String]) -> Reply {
    if world.is_deleted(names) {
        return Reply::empty(410);
    }
    if call.method != Method::POST {
        return Reply::empty(405).with("allow", "POST");
    }
    let is_signed = [HEADER_WEBHOOK_ID, HEADER_WEBHOOK_TIMESTAMP, HEADER_WEBHOOK_SIGNATURE]
        .iter()
        .any(|name| call.headers.contains_key(*name));
    let receivers = world.states.get::<Receivers>();
    let secret = names.iter().find_map(|name| receivers.secrets.get(name));
    if receivers.take_unsigned && !is_signed && secret.is_none() {
        return Reply::text(200, "ok");
    }
    let checked = well_formed(call).and_then(|()| match secret {
        None => Ok(()),
        Some(secret) => Webhook::new(secret)
            .and_then(|key| key.verify(&call.body, &call.headers))
            .map_err(|err| Reply::text(401, &err.to_string())),
    });
    checked.map_or_else(|refusal| refusal, |()| Reply::text(200, "ok"))
}

/// What can be checked without the secret.
fn well_formed(call: &Call) -> Result<(), Reply> {
    let header = |name| {
        let value = call.header(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Reply::text(400, &format!("the header {name} is missing")))
    };
    header(HEADER_WEBHOOK_ID)?;
    let signatures = header(HEADER_WEBHOOK_SIGNATURE)?;
    let is_signature = |text: &str| text.starts_with("v1,") || text.starts_with("v1a,");
    if !signatures.split(' ').any(is_signature) {
        return Err(Reply::text(400, &format!("{HEADER_WEBHOOK_SIGNATURE} holds no signature of version 1")));
    }
    let timestamp: Result<i64, _> = header(HEADER_WEBHOOK_TIMESTAMP)?.parse();
    match timestamp {
        Err(_) => Err(Reply::text(400, &format!("{HEADER_WEBHOOK_TIMESTAMP} is no number"))),
        Ok(seconds) if (Timestamp::now().as_second() - seconds).abs() > TOLERANCE => {
            Err(Reply::text(401, "the message is too old or from the future"))
        }
        Ok(_) => Ok(()),
    }
}
