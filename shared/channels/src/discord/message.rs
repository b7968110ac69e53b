//! One alert as a Discord message: an embed that shows the present state, or the short line that follows an edit.
//! Foreign text is escaped everywhere, and no message mentions anybody. The footer is the only place without markdown.
use bytes::Bytes;
use serde_json::{Value, json};

use super::markdown::{DATES, escape, length, link};
use crate::{
    Job,
    message::{MAX_NAMES, Message, SizeBudget, Tone, not_shown},
};

// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>, `MAX_CONTENT` at
// <https://docs.discord.com/developers/resources/webhook#execute-webhook>; measured in UTF-16 units.
const MAX_CONTENT: usize = 2_000;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 4_096;
/// Of titles, descriptions, fields and footers over all embeds.
const MAX_EMBED: usize = 6_000;
const BUDGET: SizeBudget = SizeBudget { body: 2_000, updates: 10, names: MAX_NAMES };

const PARAGRAPH: &str = "\n\n";
/// Discord puts the time of the alert after it.
const FOOTER: &str = "Last change detected";
const EARLIER_UPDATES: &str = "Earlier updates: see the incident page.";

const RED: u32 = 0xD3_2F_2F;
const AMBER: u32 = 0xF5_9E_0B;
const BLUE: u32 = 0x3B_82_F6;
const GREEN: u32 = 0x2E_9E_5B;
const GREY: u32 = 0x6B_72_80;

/// `edited`: it replaces an earlier state.
pub(super) fn living(job: &Job<'_>, edited: bool) -> Value {
    let message = Message::of(job);
    let title = title(&message);
    let footer = if message.is_notice() { "" } else { FOOTER };
    let room = MAX_DESCRIPTION.min(MAX_EMBED.saturating_sub(length(&title) + length(footer)));
    let refers_back = edited && job.incident_url.is_some() && message.event.has_incident_page();
    let render = |budget: &SizeBudget| description(&message, refers_back, budget);
    let description = BUDGET.shrink(render, |description| length(description) <= room);

    let mut embed = json!({
        "title": title,
        "color": colour(&message),
        "timestamp": job.alert.seen_at,
    });
    if !description.is_empty() {
        embed["description"] = json!(description);
    }
    if !footer.is_empty() {
        embed["footer"] = json!({ "text": footer });
    }
    json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } })
}

/// The title of an embed as the text of the message, without the embed.
pub(super) fn without_embeds(body: Bytes) -> Bytes {
    let mut message: Value = serde_json::from_slice(&body).expect("we render JSON");
    if let Some(title) = message["embeds"][0]["title"].as_str().map(str::to_owned) {
        message["content"] = json!(title);
        message["embeds"] = json!([]);
    }
    message.to_string().into()
}

pub(super) fn follow_up(job: &Job<'_>) -> Value {
    let message = Message::of(job);
    let render = |budget: &SizeBudget| {
        let mut lines = vec![title(&message)];
        lines.extend(message.facts_line("**", &DATES));
        lines.extend(message.changes.iter().map(|line| escape(line, usize::MAX)));
        lines.extend(components(&message, budget));
        lines.extend(message.links.first().and_then(link));
        lines.join("\n")
    };
    let content = BUDGET.shrink(render, |content| length(content) <= MAX_CONTENT);
    let content = if length(&content) <= MAX_CONTENT { content } else { title(&message) };
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// Shortened before it is escaped, so that what happened stays whole.
fn title(message: &Message) -> String {
    [MAX_TITLE, MAX_TITLE * 3 / 4]
        .into_iter()
        .map(|limit| escape(&message.headline(limit), usize::MAX))
        .find(|title| length(title) <= MAX_TITLE)
        // No character takes more than two units.
        .unwrap_or_else(|| escape(&message.headline(MAX_TITLE / 2), MAX_TITLE))
}

fn colour(message: &Message) -> u32 {
    match message.tone {
        _ if message.is_notice() => GREY,
        Tone::Major => RED,
        Tone::Minor => AMBER,
        Tone::Planned => BLUE,
        Tone::Good => GREEN,
        Tone::Quiet => GREY,
    }
}

fn components(message: &Message, budget: &SizeBudget) -> Vec<String> {
    message.component_lines(budget).iter().map(|line| escape(line, usize::MAX)).collect()
}

fn description(message: &Message, refers_back: bool, budget: &SizeBudget) -> String {
    let escaped = |text: &String| escape(text, usize::MAX);
    let mut parts: Vec<String> = message.facts_line("**", &DATES).into_iter().collect();
    parts.push(message.changes.iter().map(escaped).collect::<Vec<_>>().join("\n"));
    parts.extend(message.note.iter().chain(&message.advice).map(escaped));
    let (earlier, posts) = message.posts(budget);
    parts.extend(not_shown(earlier));
    for post in posts {
        let head = message.has_heads().then(|| post.head("**", &DATES));
        let body = Some(escape(&post.body, budget.body)).filter(|body| !body.is_empty());
        parts.push(head.into_iter().chain(body).collect::<Vec<_>>().join("\n"));
    }
    parts.push(components(message, budget).join("\n"));
    parts.extend(refers_back.then(|| EARLIER_UPDATES.to_owned()));
    parts.extend(message.reasons.iter().map(|reason| (*reason).to_owned()));
    parts.push(message.links.iter().filter_map(link).collect::<Vec<_>>().join(" · "));
    parts.retain(|part| !part.is_empty());
    parts.join(PARAGRAPH)
}
