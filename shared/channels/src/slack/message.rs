//! One alert as a Block Kit message. Vendor text stands in `plain_text` only, where mentions, links, emoji codes and
//! markup are inert; `mrkdwn` holds our own words, local times and vetted links. The fallback text, which only
//! notifications show, is escaped. The first block's `block_id` is the alert's id.
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Job, facts, text};

// <https://docs.slack.dev/reference/block-kit/blocks>; lengths are in characters.
const HEADER: usize = 150;
const BLOCK_ID: usize = 255;
const SECTION: usize = 3_000;
/// Of the message as JSON, in bytes, which are never fewer than characters. Slack refuses somewhat above 13,000
/// characters over all blocks: <https://github.com/slackapi/bolt-js/issues/2509>.
const TOTAL: usize = 12_000;
/// A longer link is left out: cut it would lead elsewhere.
const LINK: usize = 1_000;
const NOTE: usize = 300;

/// How much of the vendor's text is shown.
struct Fit {
    /// Characters of each update.
    body: usize,
    /// Newest updates; each takes two of the 50 blocks that a message may have.
    updates: usize,
    components: usize,
}

/// The first that keeps the message within [`TOTAL`] is taken, else [`LEAST`].
#[rustfmt::skip]
const FITS: [Fit; 4] = [
    Fit { body: SECTION, updates: 10, components: 30 },
    Fit { body: 1_500, updates: 5, components: 20 },
    Fit { body: 800, updates: 3, components: 10 },
    Fit { body: 500, updates: 2, components: 5 },
];
/// Small enough whatever the vendor wrote.
const LEAST: Fit = Fit { body: 300, updates: 1, components: 3 };

/// Without a conversation or a thread: those are the caller's.
pub(super) fn render(job: &Job<'_>) -> Value {
    FITS.iter()
        .map(|fit| message(job, fit))
        .find(|message| message.to_string().len() <= TOTAL)
        .unwrap_or_else(|| message(job, &LEAST))
}

fn message(job: &Job<'_>, fit: &Fit) -> Value {
    let alert = job.alert;
    let mut blocks = vec![json!({
        "type": "header",
        "block_id": text::cut(alert.id.as_str(), BLOCK_ID),
        "text": plain(&text::headline(alert, HEADER)),
    })];
    let facts = facts::facts(alert, date);
    if !facts.is_empty() {
        blocks.push(context(&facts.join(" · ")));
    }
    let note = text::note(alert).filter(|note| !note.is_empty());
    blocks.extend(note.map(|note| section(&text::cut(&note, NOTE))));

    let earlier = alert.updates.len().saturating_sub(fit.updates);
    if earlier > 0 {
        blocks.push(context(&format!("{earlier} earlier updates are left out.")));
    }
    for update in &alert.updates[earlier..] {
        blocks.push(context(&facts::update_line(update, "*", ", ", date)));
        let body = text::clean(update.body.as_deref().unwrap_or_default());
        if !body.is_empty() {
            blocks.push(section(&text::cut(&body, fit.body)));
        }
    }

    if alert.tags_everything {
        blocks.push(context(text::TAGS_EVERYTHING));
    } else if !alert.components.is_empty() {
        let lines = text::component_lines(&alert.components, fit.components);
        blocks.push(section(&text::cut(&lines.join("\n"), SECTION)));
    }
    if job.unknown {
        blocks.push(context(text::UNKNOWN));
    }
    let links = facts::links(job, link);
    if !links.is_empty() {
        blocks.push(context(&links.join(" · ")));
    }
    json!({
        "text": escape(&text::headline(alert, HEADER)),
        "blocks": blocks,
        // An edit would otherwise turn names in `text` into mentions.
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn link(url: &str, label: &str) -> Option<String> {
    let url = text::web_url(url)?;
    let url = escape(url.as_str()).replace('|', "%7C");
    (url.len() <= LINK).then(|| format!("<{url}|{label}>"))
}

/// Shown in the reader's zone: <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.
fn date(time: Timestamp) -> String {
    let (seconds, fallback) = (time.as_second(), text::utc(time));
    format!("<!date^{seconds}^{{date_short_pretty}} at {{time}}|{fallback}>")
}

/// For `mrkdwn` and for `text`: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn section(vendor_text: &str) -> Value {
    json!({ "type": "section", "text": plain(vendor_text) })
}

/// `verbatim`: nothing but what is marked up becomes a link or a mention.
fn context(ours: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": ours, "verbatim": true }] })
}
