//! Slack, through an incoming webhook or as a bot. A webhook's response holds no message id, so each alert is a message
//! of its own. A bot keeps one living message per incident: the first alert posts it, later ones edit it to the
//! present state and then reply in its thread. The edit comes first because only an edit may be repeated: a delivery
//! that is tried again must not reply twice.
mod message;
mod response;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header::AUTHORIZATION};
use serde_json::{Value, json};
use status::{ids::digest, monitor::Settings, words::Event};

use crate::{
    Channel, Handle, Job, Outcome, Response, Setting, SettingKind, Setup, Step,
    request::{http_uri, post_json},
    settings::{Problems, unusable},
};
use response::{Refusal, Root};

pub(crate) const CHANNEL: Channel = Channel {
    name: "slack",
    setup: Setup {
        title: "Slack",
        summary: "Messages in a Slack channel",
        steps: &[
            "Open api.slack.com/apps and choose your app, or create one for your workspace.",
            "Open “Incoming Webhooks”, switch them on, and choose “Add New Webhook to Workspace”.",
            "Choose the Slack channel, then copy the webhook URL. It begins with https://hooks.slack.com/services/.",
            "To have one message per incident that is edited, give the token of a bot instead: see “More settings”.",
        ],
    },
    settings: &[
        Setting {
            key: "url",
            label: "Webhook URL",
            required: false,
            secret: true,
            kind: SettingKind::Url,
            help: "URL of an incoming webhook, from the Slack app's page \"Incoming Webhooks\"; in place of `token`",
            suggest: None,
        },
        Setting {
            key: "token",
            label: "Bot token",
            required: false,
            secret: true,
            kind: SettingKind::Text,
            help: "bot token of a Slack app with the scope chat:write (`xoxb-...`); allows one living message per incident",
            suggest: None,
        },
        Setting {
            key: "conversation",
            label: "Slack channel",
            required: false,
            secret: false,
            kind: SettingKind::Text,
            help: "with `token`: id or name of the Slack channel to post to; the bot must have been invited to it",
            suggest: None,
        },
        Setting {
            key: "api",
            label: "Web API",
            required: false,
            secret: false,
            kind: SettingKind::Url,
            help: "with `token`: root of Slack's Web API, if it is not https://slack.com/api",
            suggest: None,
        },
    ],
    check: |settings| Access::read(settings).err().unwrap_or_default(),
    deliver,
    min_interval: MIN_INTERVAL,
    keeps_handle: true,
    recipient: |_| None,
    samples: &[
        &[("url", "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/s3cretHookKey")],
        &[
            ("token", "xoxb-1234567890-s3cretBotKey"),
            ("conversation", "#provider-status"),
            ("api", "http://127.0.0.1:4000/api/"),
        ],
    ],
};

/// One message a second per conversation; bursts are tolerated without promise:
/// <https://docs.slack.dev/apis/web-api/rate-limits>.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

const API: &str = "https://slack.com/api";

/// How we may post.
enum Access {
    Webhook(Uri),
    Bot(Bot),
}

struct Bot {
    /// `Bearer xoxb-...`, marked as sensitive.
    authorization: HeaderValue,
    conversation: String,
    /// Digest of token and conversation: a handle of other settings has another one.
    identity: String,
    post: Uri,
    update: Uri,
}

/// What Slack cannot read is sent once more without its blocks: a plain message is better than none.
fn deliver(job: &Job<'_>, responses: &[Response]) -> Step {
    let Some(at) = responses.iter().position(response::is_malformed) else { return deliver_as(job, responses) };
    match deliver_as(job, &responses[at + 1..]) {
        Step::Send(request) => Step::Send(request.map(without_blocks)),
        step => step,
    }
}

fn without_blocks(body: Bytes) -> Bytes {
    let mut message: Value = serde_json::from_slice(&body).expect("we render JSON");
    if let Some(fields) = message.as_object_mut() {
        fields.remove("blocks");
    }
    message.to_string().into()
}

fn deliver_as(job: &Job<'_>, responses: &[Response]) -> Step {
    match Access::read(job.settings) {
        Ok(Access::Webhook(uri)) => match responses.first() {
            None => Step::Send(post_json(uri, message::render(job).to_string().into())),
            Some(response) => Step::Done(response::of_webhook(job, response)),
        },
        Ok(Access::Bot(bot)) => deliver_as_bot(job, &bot, responses),
        Err(problems) => unusable(&problems),
    }
}

fn deliver_as_bot(job: &Job<'_>, bot: &Bot, responses: &[Response]) -> Step {
    let mut responses = responses.iter();
    // A notice is about a destination, not about an incident: each is a message of its own.
    let handle = job.handle.filter(|handle| !job.alert.event.is_notice() && bot.posted(handle));
    if let Some(root) = handle.and_then(Root::of)
        && let Some(step) = continue_thread(job, bot, &root, &mut responses)
    {
        return step;
    }
    match responses.next() {
        None => Step::Send(bot.request(&bot.post, message::render(job))),
        Some(response) => Step::Done(match response::of_bot(job, response) {
            // An alert that is not the newest gets a message that is never edited.
            Ok(root) => Outcome::delivered(root.filter(|_| !job.superseded).map(|root| bot.handle(root))),
            Err(refusal) => refusal.outcome,
        }),
    }
}

/// `None` if Slack responds that the root message does not exist any more: the alert then starts a new one.
fn continue_thread<'a>(
    job: &Job<'_>,
    bot: &Bot,
    root: &Root,
    responses: &mut impl Iterator<Item = &'a Response>,
) -> Option<Step> {
    let Some(edited) = responses.next() else {
        let mut body = message::render(job);
        body["channel"] = json!(root.channel);
        body["ts"] = json!(root.ts);
        return Some(Step::Send(bot.request(&bot.update, body)));
    };
    match response::of_bot(job, edited) {
        Err(refusal) if refusal.root_is_gone() => return None,
        // The root stays as it is; the reply carries the news.
        Err(refusal) if refusal.may_not_edit() => {}
        Err(Refusal { outcome, .. }) => return Some(Step::Done(outcome)),
        Ok(_) => {}
    }

    let Some(replied) = responses.next() else {
        let mut body = message::render(job);
        body["channel"] = json!(root.channel);
        body["thread_ts"] = json!(root.ts);
        body["reply_broadcast"] = json!(is_broadcast(job));
        return Some(Step::Send(bot.request(&bot.post, body)));
    };
    match response::of_bot(job, replied) {
        Err(refusal) if refusal.root_is_gone() => None,
        Err(Refusal { outcome, .. }) => Some(Step::Done(outcome)),
        Ok(_) => Some(Step::Done(Outcome::delivered(job.handle.cloned()))),
    }
}

/// An edit notifies nobody and a reply only those in the thread, so urgent news is shown to the whole channel.
fn is_broadcast(job: &Job<'_>) -> bool {
    job.alert.widened || job.alert.is_follow_up() || job.alert.event.is_end() || job.alert.event == Event::Opened
}

impl Bot {
    /// A message of other settings must not be edited; it may be in another workspace.
    fn posted(&self, handle: &Handle) -> bool {
        handle.0.get("bot") == Some(&self.identity)
    }

    fn handle(&self, root: Root) -> Handle {
        let mut handle = Handle::from(root);
        handle.0.insert("bot".to_owned(), self.identity.clone());
        handle
    }

    /// `body` goes to our conversation unless it names one: an edit needs the id that Slack gave in its response.
    fn request(&self, method: &Uri, mut body: Value) -> Request<Bytes> {
        if body.get("channel").is_none() {
            body["channel"] = json!(self.conversation);
        }
        let mut request = post_json(method.clone(), body.to_string().into());
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        request
    }
}

impl Access {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let bot = ["token", "conversation", "api"].iter().any(|key| settings.get(key).is_some());
        let about_url = |message: &str| Err(vec![("url", message.to_owned())]);
        match settings.get("url") {
            Some(_) if bot => {
                about_url("give either `url` (incoming webhook) or `token` and `conversation` (bot), not both")
            }
            None if !bot => {
                about_url("missing: give either `url` (incoming webhook) or `token` and `conversation` (bot)")
            }
            None => Bot::read(settings).map(Self::Bot),
            Some(url) => match webhook_uri(url) {
                Some(uri) => Ok(Self::Webhook(uri)),
                None => about_url(
                    "must be the URL of an incoming webhook, like https://hooks.slack.com/services/T000/B000/XXXX",
                ),
            },
        }
    }
}

/// Slack's own hosts have webhooks under one path only; any other host may be a stand-in for Slack.
fn webhook_uri(value: &str) -> Option<Uri> {
    let uri = http_uri(value)?;
    let host = uri.host()?;
    let slack = host == "slack.com" || host.ends_with(".slack.com");
    let right = !slack || (host == "hooks.slack.com" && uri.path().starts_with("/services/"));
    right.then_some(uri)
}

impl Bot {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let token = settings.get("token").unwrap_or_default();
        if !token.starts_with("xoxb-") || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            problems.push(("token", "must be a bot token, which starts with `xoxb-`".to_owned()));
        }
        let conversation = settings.get("conversation").unwrap_or_default();
        if conversation.is_empty() || conversation.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let message = "must be the id or the name of a Slack channel, like C0123456789 or #status";
            problems.push(("conversation", message.to_owned()));
        }
        let api = settings.get("api").unwrap_or(API).trim_end_matches('/');
        let method = |name: &str| http_uri(&format!("{api}/{name}")).filter(|_| !api.contains(['?', '#']));
        let uris = method("chat.postMessage").zip(method("chat.update"));
        if uris.is_none() {
            let message = format!("must be an absolute URL without a query or a fragment, like {API}");
            problems.push(("api", message));
        }
        match (HeaderValue::from_str(&format!("Bearer {token}")), uris) {
            (Ok(mut authorization), Some((post, update))) if problems.is_empty() => {
                authorization.set_sensitive(true);
                let identity = digest(&[token, conversation]);
                Ok(Self { authorization, conversation: conversation.to_owned(), identity, post, update })
            }
            _ => Err(problems),
        }
    }
}
