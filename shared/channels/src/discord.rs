//! Discord, through a webhook. One living message per incident: the first alert posts it, later ones edit it to the
//! present state. An edit notifies nobody, so urgent news is also posted as one short line. The edit comes first
//! because only an edit may be repeated: a delivery that is tried again must not post twice. A webhook cannot reply,
//! and its responses do not name the server, so that line links to the incident instead of the message.
mod markdown;
mod message;
mod response;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri};
use serde_json::Value;
use status::{ids::digest, monitor::Settings, words::Event};
use url::Url;

use crate::{
    Channel, Handle, Job, Outcome, Response, Setting, SettingKind, Setup, Step,
    request::post_json,
    settings::{Problems, unusable},
};
use response::Edit;

pub(crate) const CHANNEL: Channel = Channel {
    name: "discord",
    setup: Setup {
        title: "Discord",
        summary: "One message per incident in a Discord channel",
        steps: &[
            "Open the settings of the Discord channel (the cog beside its name).",
            "Choose “Integrations”, “Webhooks”, “New Webhook”.",
            "Choose “Copy Webhook URL”.",
        ],
    },
    settings: &[
        Setting {
            key: "url",
            label: "Webhook URL",
            required: true,
            secret: true,
            kind: SettingKind::Url,
            help: "URL of a webhook, from the Discord channel's settings: Integrations, Webhooks, Copy Webhook URL",
            suggest: None,
        },
        Setting {
            key: "thread",
            label: "Thread",
            required: false,
            secret: false,
            kind: SettingKind::Text,
            help: "id of a thread of that Discord channel to post to; a forum channel needs one",
            suggest: None,
        },
    ],
    check: |settings| Webhook::read(settings).err().unwrap_or_default(),
    deliver,
    min_interval: MIN_INTERVAL,
    keeps_handle: true,
    recipient: |_| None,
    samples: &[
        &[("url", "https://discord.com/api/webhooks/112233445566/s3cretHookToken")],
        &[
            ("url", "http://127.0.0.1:4000/api/v10/webhooks/112233445566/s3cretHookToken?key=s3cretQuery"),
            ("thread", "998877665544"),
        ],
    ],
};

/// 30 messages a minute per Discord channel, as users report; Discord neither documents it nor shows it in a header:
/// <https://wisechecker.com/discord-webhook-30-messages-per-minute-limit/>. Limits that headers do show are obeyed as
/// well.
const MIN_INTERVAL: Duration = Duration::from_secs(2);

const HOSTS: &[&str] = &["discord.com", "discordapp.com"];
const SUBDOMAINS: &[&str] = &["", "canary.", "ptb."];
/// Digits of an id, a 64-bit number: <https://docs.discord.com/developers/reference#snowflakes>.
const ID_DIGITS: usize = 20;
/// Far longer than any real one, and short enough for a request after ids are added and its query is rewritten.
const MAX_URL: usize = 2_000;

struct Webhook {
    /// Without `wait` and without a fragment.
    url: Url,
    /// The host is Discord's own. A stand-in's limits for everybody are not believed.
    discord: bool,
    /// Digest of webhook and thread: a handle of other settings has another one.
    identity: String,
}

/// What Discord cannot read is sent once more as plain text: a plain message is better than none.
fn deliver(job: &Job<'_>, responses: &[Response]) -> Step {
    let Some(at) = responses.iter().position(response::is_malformed) else { return deliver_as(job, responses) };
    match deliver_as(job, &responses[at + 1..]) {
        Step::Send(request) => Step::Send(request.map(message::without_embeds)),
        step => step,
    }
}

fn deliver_as(job: &Job<'_>, responses: &[Response]) -> Step {
    let webhook = match Webhook::read(job.settings) {
        Ok(webhook) => webhook,
        Err(problems) => return unusable(&problems),
    };
    let step = match responses {
        // A notice is about a destination, not about an incident: each is a message of its own.
        _ if job.alert.event.is_notice() => post(job, &webhook, responses),
        _ => match job.handle.and_then(|handle| webhook.living(handle)) {
            Some(message) => edit(job, &webhook, message, responses),
            None => post(job, &webhook, responses),
        },
    };
    match step {
        Step::Done(Outcome::Delivered { handle, .. }) => {
            let cooldown = responses.iter().filter_map(response::cooldown).max();
            Step::Done(Outcome::Delivered { handle, cooldown })
        }
        step => step,
    }
}

fn post(job: &Job<'_>, webhook: &Webhook, responses: &[Response]) -> Step {
    let Some(response) = responses.first() else {
        return Step::Send(webhook.post(&message::living(job, false)));
    };
    match response::of_post(job, response, webhook.discord) {
        // An alert that is not the newest gets a message that is never edited.
        Outcome::Delivered { .. } if !job.alert.event.is_notice() && !job.superseded => {
            let handle = response::message_id(response).map(|id| webhook.handle(id));
            Step::Done(Outcome::delivered(handle))
        }
        outcome => Step::Done(outcome),
    }
}

fn edit(job: &Job<'_>, webhook: &Webhook, message: &str, responses: &[Response]) -> Step {
    let Some((edited, responses)) = responses.split_first() else {
        return Step::Send(webhook.patch(message, &message::living(job, true)));
    };
    match response::of_edit(job, edited, webhook.discord) {
        Edit::Done if is_urgent(job) => {}
        Edit::Done => return Step::Done(Outcome::delivered(job.handle.cloned())),
        Edit::NotPossible => return post(job, webhook, responses),
        Edit::Failed(outcome) => return Step::Done(outcome),
    }
    let Some(followed) = responses.first() else {
        return Step::Send(webhook.post(&message::follow_up(job)));
    };
    Step::Done(match response::of_post(job, followed, webhook.discord) {
        Outcome::Delivered { .. } => Outcome::delivered(job.handle.cloned()),
        outcome => outcome,
    })
}

/// All but updates of an incident and changes of a maintenance that are known to be under way.
fn is_urgent(job: &Job<'_>) -> bool {
    job.alert.widened || job.alert.is_follow_up() || !matches!(job.alert.event, Event::Updated | Event::Changed)
}

impl Webhook {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let Some((mut url, discord)) = settings.get("url").and_then(webhook_url) else {
            let message = "must be the URL of a webhook, like https://discord.com/api/webhooks/1234567890/XXXX";
            return Err(vec![("url", message.to_owned())]);
        };
        let kept: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| name != "wait" && name != "thread_id").collect();
        let in_url = url.query_pairs().find(|(name, _)| name == "thread_id").map(|(_, thread)| thread.into_owned());
        let thread = match (settings.get("thread").map(str::to_owned), in_url) {
            (Some(thread), _) if !is_id(&thread) => {
                return Err(vec![("thread", "must be the id of a thread, digits like 1234567890".to_owned())]);
            }
            (Some(thread), Some(other)) if thread != other => {
                return Err(vec![("thread", "differs from `thread_id` in `url`: give one of them".to_owned())]);
            }
            (None, Some(thread)) if !is_id(&thread) => {
                return Err(vec![("url", "`thread_id` must be the id of a thread, digits like 1234567890".to_owned())]);
            }
            (thread, in_url) => thread.or(in_url),
        };
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(&kept);
        }
        if let Some(thread) = &thread {
            url.query_pairs_mut().append_pair("thread_id", thread);
        }
        Ok(Self { identity: digest(&[url.as_str()]), url, discord })
    }

    /// The message that these settings posted; those of other settings must not be edited.
    fn living<'a>(&self, handle: &'a Handle) -> Option<&'a str> {
        let ours = handle.0.get("webhook") == Some(&self.identity);
        handle.0.get("message").map(String::as_str).filter(|id| ours && is_id(id))
    }

    fn handle(&self, message: String) -> Handle {
        Handle([("webhook".to_owned(), self.identity.clone()), ("message".to_owned(), message)].into())
    }

    fn post(&self, body: &Value) -> Request<Bytes> {
        let mut url = self.url.clone();
        // Only then does the response name the message, and say whether it was saved.
        url.query_pairs_mut().append_pair("wait", "true");
        request(&url, body)
    }

    fn patch(&self, message: &str, body: &Value) -> Request<Bytes> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/messages/{message}", self.url.path().trim_end_matches('/')));
        let mut request = request(&url, body);
        *request.method_mut() = Method::PATCH;
        request
    }
}

fn request(url: &Url, body: &Value) -> Request<Bytes> {
    let uri: Uri =
        url.as_str().parse().expect("it was read as a URI and is short; only ids and encoded pairs were added");
    post_json(uri, body.to_string().into())
}

/// The URL, and whether it is Discord's own. Discord's hosts have webhooks under one path only; any other host may be a
/// stand-in.
fn webhook_url(value: &str) -> Option<(Url, bool)> {
    let mut url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    url.as_str().parse::<Uri>().ok().filter(|_| url.as_str().len() <= MAX_URL)?;
    let host = url.host_str()?;
    let mut subdomains = HOSTS.iter().filter_map(|own| host.strip_suffix(own));
    let Some(subdomain) = subdomains.find(|sub| sub.is_empty() || sub.ends_with('.')) else {
        return Some((url, false));
    };
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let version = |segment: &str| segment.strip_prefix('v').is_some_and(is_id);
    let (id, token) = match segments[..] {
        ["api", "webhooks", id, token] => (id, token),
        ["api", v, "webhooks", id, token] if version(v) => (id, token),
        _ => return None,
    };
    let right = SUBDOMAINS.contains(&subdomain) && url.scheme() == "https" && is_id(id) && !token.is_empty();
    right.then_some((url, true))
}

fn is_id(text: &str) -> bool {
    (1..=ID_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
