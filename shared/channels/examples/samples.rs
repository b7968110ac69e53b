//! Prints what every channel sends, as one JSON document, for `.ci/outside.py` to show to others' software: every
//! event and every hostile text, with each form of settings. Signed and dated now, because verifiers ask for that.
use std::io::{self, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use channels::{Blame, Channel, Handle, Job, MailJob, Outcome, Response, Step};
use jiff::Timestamp;
use serde_json::{Value, json};
use status::{alert::Alert, monitor::Settings, words::Event};

#[path = "../src/tests/alerts.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod alerts;

use alerts::{Case, filled, hostile_texts, of_event, resolved, response, scheduled, updated};

/// No delivery takes more, and a contract test holds every channel to it.
const MAX_REQUESTS: usize = 3;
/// Accepts the message, in the words of all platforms that keep a handle.
const ACCEPTED: &str = r#"{"ok":true,"channel":"C0123456789","ts":"1786017900.000100","id":"998877665544332211"}"#;

fn main() -> io::Result<()> {
    let now = Timestamp::now();
    let mut samples = Vec::new();
    for channel in channels::channels() {
        for (form, settings) in channel.sample_settings().enumerate() {
            let settings = &settings;
            for (name, alert) in every_alert() {
                let common = json!({
                    "channel": channel.name,
                    "form": form,
                    "alert": name,
                    "event": alert.event.as_str(),
                    "settings": settings.0,
                    "public_key": channels::public_key(settings),
                });
                samples.extend(sent(channel, settings, &alert, now).into_iter().map(|one| merged(&common, one)));
            }
        }
    }
    writeln!(io::stdout(), "{}", json!({ "samples": samples, "recipient_page": alerts::RECIPIENT_PAGE }))
}

fn every_alert() -> Vec<(String, Alert)> {
    let mut alerts = vec![
        ("updated".to_owned(), updated()),
        ("resolved".to_owned(), resolved()),
        ("scheduled".to_owned(), scheduled()),
    ];
    alerts.extend(Event::ALL.map(|event| (format!("of event {}", event.as_str()), of_event(event))));
    for (n, text) in hostile_texts().iter().enumerate() {
        // As long as a provider likes, and so short that no channel needs to cut it.
        alerts.push((format!("hostile {n}"), filled(text)));
        let mut short = filled(&text.chars().take(60).collect::<String>());
        short.updates.truncate(1);
        short.components.truncate(1);
        alerts.push((format!("hostile and short {n}"), short));
    }
    alerts
}

/// The requests or mails of the first message of an incident and, where a handle is kept, of the one after.
fn sent(channel: &Channel, settings: &Settings, alert: &Alert, now: Timestamp) -> Vec<Value> {
    let mut sent = Vec::new();
    let mut handle = None;
    for _ in 0..2 {
        let case = Case { alert, settings, handle: handle.as_ref(), unknown: true, superseded: false };
        match deliver(channel, &case, now, &mut sent) {
            Some(next) => handle = Some(next),
            None => break,
        }
    }
    sent
}

fn deliver(channel: &Channel, case: &Case<'_>, now: Timestamp, sent: &mut Vec<Value>) -> Option<Handle> {
    let mut responses = Vec::new();
    for _ in 0..=MAX_REQUESTS {
        match case.step_at(channel, &responses, now) {
            Step::Send(request) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let headers = request.headers().iter().map(|(name, value)| (name.as_str(), text(value.as_bytes())));
                sent.push(json!({ "request": {
                    "method": request.method().as_str(),
                    "url": request.uri().to_string(),
                    "headers": headers.collect::<Vec<_>>(),
                    "body": STANDARD.encode(request.body()),
                }}));
                responses.push(response(200, ACCEPTED));
            }
            Step::Mail(mail) => {
                let message = STANDARD.encode(&mail.message);
                sent.push(json!({ "mail": { "from": mail.from, "to": mail.to, "message": message } }));
                responses.push(Response::Mail { code: 250, text: "2.0.0 Ok".to_owned(), to_recipient: false });
            }
            Step::Done(Outcome::Delivered { handle, .. }) => return handle,
            Step::Done(Outcome::Skipped { reason }) => {
                sent.push(json!({ "skipped": reason }));
                return None;
            }
            Step::Done(other) => panic!("{}: an accepted message ended as {other:?}", channel.name),
        }
    }
    panic!("{}: more than {MAX_REQUESTS} requests for one alert", channel.name)
}

fn merged(common: &Value, one: Value) -> Value {
    let mut sample = common.clone();
    if let (Value::Object(sample), Value::Object(one)) = (&mut sample, one) {
        sample.extend(one);
    }
    sample
}
