//! One alert as a Block Kit message. Foreign text stands in `plain_text` only, where mentions, links, emoji codes and
//! markup are inert; `mrkdwn` holds our own words, local times and vetted links, whose labels may hold the letters of a
//! provider's name. The fallback text, which only notifications show, is escaped. The first block's `block_id` is the
//! alert's id.
//!
//! Links are no buttons: Slack puts a warning sign beside each button of an app that answers no clicks, and neither a
//! webhook nor this bot can answer: <https://github.com/slackapi/node-slack-sdk/issues/869>.
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    Job,
    message::{Link, MAX_NAMES, Message, SizeBudget, not_shown},
    text::{Dates, MAX_URL, cut, utc},
};

// <https://docs.slack.dev/reference/block-kit/blocks>; lengths are in characters.
const MAX_HEADER: usize = 150;
const MAX_BLOCK_ID: usize = 255;
const MAX_SECTION: usize = 3_000;
/// Of the message as JSON, in bytes, which are never fewer than characters. Slack refuses somewhat above 13,000
/// characters over all blocks: <https://github.com/slackapi/bolt-js/issues/2509>.
const MAX_MESSAGE: usize = 12_000;
/// Each update takes two of the 50 blocks that a message may have.
const BUDGET: SizeBudget = SizeBudget { body: MAX_SECTION, updates: 10, names: MAX_NAMES };

/// Shown in the reader's zone: <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.
const DATES: Dates = Dates {
    at: |time| date(time, "{date_short_pretty} at {time}", &utc(time)),
    range: |from, to| {
        let from = date(from, "{date_short_pretty}, {time}", &utc(from));
        format!("{from}–{}", date(to, "{time}", &to.strftime("%H:%M UTC").to_string()))
    },
};

/// Without a conversation or a thread: the caller adds those.
pub(super) fn render(job: &Job<'_>) -> Value {
    let message = Message::of(job);
    BUDGET.shrink(|budget| body(job, &message, budget), |body| body.to_string().len() <= MAX_MESSAGE)
}

fn body(job: &Job<'_>, message: &Message, budget: &SizeBudget) -> Value {
    let mut blocks = vec![json!({
        "type": "header",
        "block_id": cut(job.alert.id.as_str(), MAX_BLOCK_ID),
        "text": plain(&message.headline(MAX_HEADER)),
    })];
    blocks.extend(message.facts_line("*", &DATES).map(|line| context(&line)));
    blocks.extend(lines(&message.changes));
    blocks.extend(message.note.iter().chain(&message.advice).map(|text| section(text)));

    let (earlier, posts) = message.posts(budget);
    blocks.extend(not_shown(earlier).map(|line| context(&line)));
    for post in posts {
        if message.has_heads() {
            blocks.push(context(&post.head("*", &DATES)));
        }
        if !post.body.is_empty() {
            blocks.push(section(&post.body));
        }
    }
    blocks.extend(lines(&message.component_lines(budget)));
    blocks.extend(message.reasons.iter().map(|reason| context(reason)));
    let links: Vec<String> = message.links.iter().filter_map(link).collect();
    if !links.is_empty() {
        blocks.push(context(&links.join(" · ")));
    }
    json!({
        "text": escape(&message.notification(MAX_HEADER)),
        "blocks": blocks,
        // An edit would otherwise turn names in `text` into mentions.
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn link(link: &Link) -> Option<String> {
    let url = escape(&link.url).replace('|', "%7C");
    (url.len() <= MAX_URL).then(|| format!("<{url}|{}>", inert(&link.label)))
}

/// Without anything that `mrkdwn` could read as markup.
fn inert(label: &str) -> String {
    let kept: String =
        label.chars().map(|c| if c.is_alphanumeric() || " '.,-+()".contains(c) { c } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn date(time: Timestamp, form: &str, fallback: &str) -> String {
    format!("<!date^{}^{form}|{fallback}>", time.as_second())
}

/// For `mrkdwn` and for `text`: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn section(foreign: &str) -> Value {
    json!({ "type": "section", "text": plain(foreign) })
}

fn lines(foreign: &[String]) -> Option<Value> {
    (!foreign.is_empty()).then(|| section(&cut(&foreign.join("\n"), MAX_SECTION)))
}

/// `verbatim`: only what is marked up becomes a link or a mention.
fn context(ours: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": ours, "verbatim": true }] })
}
