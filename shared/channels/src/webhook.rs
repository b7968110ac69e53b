//! Webhooks by the rules of Standard Webhooks 1.0.0, so that any of its libraries can verify them:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>. Every attempt of one
//! delivery carries the same id and the same body; only the time and so the signature are of the attempt.
mod headers;
mod key;
mod payload;
#[cfg(test)]
pub(crate) mod tests;
mod words;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Uri};
use status::monitor::Settings;

use crate::{
    Blame, Channel, Job, Outcome, Response, Setting, SettingKind, Setup, Step,
    classify::{asks_to_sign_in, classify, is_web_page},
    redacted,
    request::{http_uri, post_json},
    settings::{Problems, unusable},
};
use key::Key;

pub use headers::own_headers;
pub use key::public_key;

/// JSON Schema (draft 2020-12) of the body of every webhook.
pub const WEBHOOK_SCHEMA: &str = include_str!("../webhook.schema.json");

pub(crate) const CHANNEL: Channel = Channel {
    name: "webhook",
    setup: Setup {
        title: "Webhook",
        summary: "Signed JSON to a server of yours",
        steps: &[
            "Make an address on your server that takes POST requests over HTTPS.",
            "Store the signing key there: it is shown here once.",
            "Check the header webhook-signature of each request with a library of Standard Webhooks.",
        ],
    },
    settings: &[
        Setting {
            key: "url",
            label: "URL",
            required: true,
            secret: true,
            kind: SettingKind::Url,
            help: "address that takes the POST requests",
            suggest: None,
        },
        Setting {
            key: "secret",
            label: "Signing key",
            required: true,
            secret: true,
            kind: SettingKind::Text,
            help: "key of the signatures: `whsec_` and the base64 of 24 to 64 random bytes, or `whsk_` and the base64 \
                   of an ed25519 private key",
            suggest: Some(key::shared),
        },
        Setting {
            key: "previous_secret",
            label: "Previous signing key",
            required: false,
            secret: true,
            kind: SettingKind::Text,
            help: "while the key is being changed: the key before, which signs as well until all receivers know the \
                   new one",
            suggest: None,
        },
        Setting {
            key: "headers",
            label: "More headers",
            required: false,
            secret: true,
            kind: SettingKind::Table,
            help: "more headers for every request, like an Authorization that a gateway asks for",
            suggest: None,
        },
    ],
    check: |settings| Receiver::read(settings).err().unwrap_or_default(),
    deliver,
    min_interval: Duration::ZERO,
    keeps_handle: false,
    recipient: |_| None,
    samples: &[
        &[
            ("url", "https://hooks.example/in/s3cretPath?key=s3cretQuery"),
            ("secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ],
        &[
            ("url", "https://hooks.example/in/s3cretPath"),
            ("secret", "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="),
            ("previous_secret", "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="),
            ("headers", "Authorization: Bearer s3cret-key\nX-Route: s3cretRoute"),
        ],
    ],
};

struct Receiver {
    uri: Uri,
    /// The current one first.
    keys: Vec<Key>,
    headers: HeaderMap,
}

fn deliver(job: &Job<'_>, responses: &[Response]) -> Step {
    let receiver = match Receiver::read(job.settings) {
        Ok(receiver) => receiver,
        Err(problems) => return unusable(&problems),
    };
    match responses.first() {
        None => Step::Send(receiver.request(job)),
        Some(response) => Step::Done(outcome(job, response)),
    }
}

/// Standard Webhooks: 2xx is success, whatever the body, and a redirect is failure. But a page that asks to sign in is
/// that of a portal or a proxy: the receiver behind it got nothing.
fn outcome(job: &Job<'_>, response: &Response) -> Outcome {
    match (classify(&CHANNEL, job, response), response) {
        (Outcome::Delivered { .. }, Response::Http { headers, body, .. })
            if is_web_page(headers, body) && asks_to_sign_in(body) =>
        {
            let reason = redacted(&CHANNEL, response, job.settings);
            Outcome::refused(Blame::Destination, format!("answered {reason} (a page that asks to sign in)"))
        }
        (outcome, _) => outcome,
    }
}

impl Receiver {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let uri = settings.get("url").and_then(http_uri);
        if uri.is_none() {
            problems.push(("url", "must be an absolute URL, like https://example.com/hooks/status".to_owned()));
        }
        let current = settings.get("secret").and_then(Key::read);
        if current.is_none() {
            problems.push(("secret", key::RIGHT.to_owned()));
        }
        let previous = settings.get("previous_secret").map(Key::read);
        if matches!(previous, Some(None)) {
            problems.push(("previous_secret", key::RIGHT.to_owned()));
        }
        let headers = own_headers(settings.get("headers").unwrap_or_default());
        match (uri, current, headers) {
            (Some(uri), Some(current), Ok(headers)) if problems.is_empty() => {
                let keys = [Some(current), previous.flatten()].into_iter().flatten().collect();
                Ok(Self { uri, keys, headers })
            }
            (_, _, headers) => {
                problems.extend(headers.err().map(|problem| ("headers", problem)));
                Err(problems)
            }
        }
    }

    fn request(&self, job: &Job<'_>) -> Request<Bytes> {
        let (id, seconds, body) = (job.id.as_str(), job.now.as_second().to_string(), payload::render(job));
        let signed = [id.as_bytes(), b".", seconds.as_bytes(), b".", &body].concat();
        let signatures: Vec<String> = self.keys.iter().map(|key| key.sign(&signed)).collect();

        let mut request = post_json(self.uri.clone(), body);
        request.headers_mut().extend(self.headers.clone());
        let ours = [("webhook-id", id), ("webhook-timestamp", &seconds), ("webhook-signature", &signatures.join(" "))];
        for (name, value) in ours {
            let value = HeaderValue::from_str(value).expect("derived ids, numbers and base64 are ASCII");
            request.headers_mut().insert(name, value);
        }
        request
    }
}
