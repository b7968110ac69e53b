//! `GET /receiver.json`: what was received, for people, oldest first: the newest requests that fit into 2 MB. It may be
//! shown around, so it holds no header, no query and no secret of a path or a body.
use std::collections::BTreeSet;

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    call::credentials,
    received::{HIDDEN, Received},
    world::Fakes,
};

#[derive(Serialize)]
struct Entry {
    channel: &'static str,
    received_at: Timestamp,
    destination: String,
    /// Our alert's id, where the message carries it.
    alert_id: Option<String>,
    /// `null`: it was never answered, or not completely.
    status: Option<u16>,
    body: Value,
}

/// Of the whole answer.
const MAX_BYTES: usize = 2 << 20;
/// Of one entry; the body of a larger one is left out.
const MAX_ENTRY_BYTES: usize = 256 << 10;

pub(crate) async fn list(State(fakes): State<Fakes>) -> Json<Vec<Box<RawValue>>> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for received in fakes.received().iter().rev() {
        let entry = written(received);
        bytes += entry.get().len();
        if bytes > MAX_BYTES {
            break;
        }
        entries.push(entry);
    }
    entries.reverse();
    Json(entries)
}

fn written(received: &Received) -> Box<RawValue> {
    let write = |entry: &Entry| serde_json::value::to_raw_value(entry).expect("an entry is plain data");
    let mut entry = entry(received);
    // Before it is written: control characters take six times their bytes.
    if received.body.len() <= MAX_ENTRY_BYTES {
        let written = write(&entry);
        if written.get().len() <= MAX_ENTRY_BYTES {
            return written;
        }
    }
    entry.body = format!("{} bytes", received.body.len()).into();
    entry.destination.truncate(entry.destination.floor_char_boundary(1000));
    entry.alert_id = entry.alert_id.filter(|id| id.len() <= 1000);
    write(&entry)
}

fn entry(received: &Received) -> Entry {
    let redaction = received.redaction;
    let mut body = (redaction.body)(received);
    mask(&mut body, &secrets(received), redaction.secret_keys);
    Entry {
        channel: received.service().name(),
        received_at: received.received_at,
        destination: (redaction.destination)(received),
        alert_id: (redaction.alert_id)(&body).map(str::to_owned),
        status: Some(received.answered).filter(|status| *status != 0),
        body,
    }
}

/// Shorter values, and words such as `status` in a path, occur in a body by chance.
fn is_telling(secret: &str) -> bool {
    secret.len() >= 12 && secret.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// The secrets the request carries outside its body: credentials, query values, and what the destination hides.
fn secrets(received: &Received) -> BTreeSet<String> {
    let shown = (received.redaction.destination)(received);
    let hidden = received.path.split('/').filter(|segment| !shown.split('/').any(|it| it == *segment));
    let query = received.query.iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.split_once('='));
    let all = credentials(&received.headers).into_iter().chain(hidden).chain(query.map(|(_, value)| value));
    all.filter(|secret| is_telling(secret)).map(str::to_owned).collect()
}

/// Hides secrets in every string, and the values of secret keys.
fn mask(body: &mut Value, secrets: &BTreeSet<String>, secret_keys: &[&str]) {
    match body {
        Value::String(text) => {
            for secret in secrets.iter().filter(|secret| text.contains(secret.as_str())).collect::<Vec<_>>() {
                *text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets, secret_keys)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if secret_keys.contains(&key.as_str()) {
                    *value = HIDDEN.into();
                } else {
                    mask(value, secrets, secret_keys);
                }
            }
        }
        _ => {}
    }
}
