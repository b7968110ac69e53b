//! Webhooks by the rules of Standard Webhooks 1.0.0, so that any of its libraries can verify them:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>. Every attempt of one
//! delivery carries the same id and the same body; only the time and so the signature are of the attempt.
mod payload;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{HeaderValue, Request, Uri};
use sha2::Sha256;
use status::monitor::Settings;

use crate::{
    Answer, Channel, Job, Setting, SettingKind, Step,
    outcome::classify,
    request::{http_uri, post_json},
    settings::{Problems, unusable},
};

pub(crate) const CHANNEL: Channel = Channel {
    name: "webhook",
    settings: &[
        Setting {
            key: "url",
            required: true,
            secret: true,
            kind: SettingKind::Url,
            help: "address that takes the POST requests",
        },
        Setting {
            key: "secret",
            required: true,
            secret: true,
            kind: SettingKind::Text,
            help: "key of the signatures: `whsec_` and the base64 of 24 to 64 random bytes",
        },
    ],
    check: |settings| Receiver::read(settings).err().unwrap_or_default(),
    deliver,
    pace: Duration::ZERO,
    keeps_handle: false,
    recipient: |_| None,
};

const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a symmetric key, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

struct Receiver {
    uri: Uri,
    key: Vec<u8>,
}

fn deliver(job: &Job<'_>, answers: &[Answer]) -> Step {
    let receiver = match Receiver::read(job.settings) {
        Ok(receiver) => receiver,
        Err(problems) => return unusable(&problems),
    };
    match answers.first() {
        None => Step::Send(receiver.request(job)),
        Some(answer) => Step::Done(classify(job, answer)),
    }
}

impl Receiver {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let uri = settings.get("url").and_then(http_uri);
        let key = settings
            .get("secret")
            .and_then(|secret| secret.strip_prefix(SECRET_PREFIX))
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|key| SECRET_BYTES.contains(&key.len()));
        match (uri, key) {
            (Some(uri), Some(key)) => Ok(Self { uri, key }),
            (uri, key) => {
                let url = "must be an absolute URL, like https://example.com/hooks/status";
                let secret = "must be `whsec_` and the base64 of 24 to 64 random bytes, as made by \
                              `echo whsec_$(openssl rand -base64 32)`";
                let problems = [
                    uri.is_none().then(|| ("url", url.to_owned())),
                    key.is_none().then(|| ("secret", secret.to_owned())),
                ];
                Err(problems.into_iter().flatten().collect())
            }
        }
    }

    fn request(&self, job: &Job<'_>) -> Request<Bytes> {
        let (id, seconds, body) = (job.id.as_str(), job.now.as_second(), payload::render(job));
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(&body);
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));

        let mut request = post_json(self.uri.clone(), body);
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", &seconds.to_string()), ("webhook-signature", &signature)]
        {
            let value = HeaderValue::from_str(value).expect("derived ids, numbers and base64 are ASCII");
            request.headers_mut().insert(name, value);
        }
        request
    }
}
