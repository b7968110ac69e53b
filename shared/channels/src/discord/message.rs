//! One alert as a Discord message: an embed that shows the present state, or the short line that follows an edit.
//! Foreign text is escaped everywhere, and no message mentions anybody. The footer is the only place without markdown.
use jiff::Timestamp;
use serde_json::{Value, json};
use status::words::Severity;

use super::markdown::{date, escape, length, link, relative};
use crate::{
    Job,
    message::{Fact, Message, SizeBudget, Tone, not_shown},
};

// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>, `MAX_CONTENT` at
// <https://docs.discord.com/developers/resources/webhook#execute-webhook>; measured in UTF-16 units.
const MAX_CONTENT: usize = 2_000;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 4_096;
const MAX_FIELD_VALUE: usize = 1_024;
/// Of titles, descriptions, fields and footers over all embeds.
const MAX_EMBED: usize = 6_000;
const BUDGET: SizeBudget = SizeBudget { body: 2_000, updates: 10, components: 20 };

const PARAGRAPH: &str = "\n\n";
/// Discord puts the time of the alert after it.
const FOOTER: &str = "Last change detected";
const EARLIER_UPDATES: &str = "Earlier updates: see the incident page.";

const RED: u32 = 0xD3_2F_2F;
const AMBER: u32 = 0xF5_9E_0B;
const BLUE: u32 = 0x3B_82_F6;
const GREEN: u32 = 0x2E_9E_5B;
const GREY: u32 = 0x6B_72_80;

struct Field {
    name: &'static str,
    value: String,
    /// May stand beside others.
    inline: bool,
}

/// `edited`: it replaces an earlier state.
pub(super) fn living(job: &Job<'_>, edited: bool) -> Value {
    let message = Message::of(job);
    let (title, fields) = (title(&message), fields(&message));
    let footer = if message.is_notice() { "" } else { FOOTER };
    let around = length(&title) + length(footer);
    let around: usize = around + fields.iter().map(|field| length(field.name) + length(&field.value)).sum::<usize>();
    let room = MAX_DESCRIPTION.min(MAX_EMBED.saturating_sub(around));
    let refers_back = edited && job.incident_url.is_some();
    let render = |budget: &SizeBudget| description(&message, refers_back, budget);
    let description = BUDGET.shrink(render, |description| length(description) <= room);

    let fields: Vec<Value> = fields
        .iter()
        .map(|Field { name, value, inline }| json!({ "name": name, "value": value, "inline": inline }))
        .collect();
    let mut embed = json!({
        "title": title,
        "color": colour(&message),
        "fields": fields,
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

pub(super) fn follow_up(job: &Job<'_>) -> Value {
    let message = Message::of(job);
    let link = message.links.first().and_then(link);
    let lines = [Some(title(&message)), message.escalated.map(str::to_owned), link];
    let content = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    debug_assert!(length(&content) <= MAX_CONTENT, "a title, a sentence and a link are short");
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// Shortened before it is escaped, so that the state stays at its end.
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

fn fields(message: &Message) -> Vec<Field> {
    let facts = message.facts.iter().filter(|fact| !matches!(fact, Fact::Severity(Severity::Maintenance)));
    let facts = facts.map(|fact| Field { name: fact.label(), value: value(fact), inline: true });
    let components = (!message.components.is_empty()).then(|| Field {
        name: "Components",
        value: components(message),
        inline: false,
    });
    facts.chain(components).collect()
}

/// Beginnings also say how far away they are.
fn value(fact: &Fact) -> String {
    let away = |time: &Timestamp| format!(" ({})", relative(*time));
    let away = match fact {
        Fact::Started(at) | Fact::Detected(at) => away(at),
        Fact::Planned { starts, .. } => starts.as_ref().map(away).unwrap_or_default(),
        _ => String::new(),
    };
    fact.value(date) + &away
}

fn components(message: &Message) -> String {
    let render = |budget: &SizeBudget| escape(&message.component_lines(budget.components), usize::MAX);
    let lines = BUDGET.shrink(render, |lines| length(lines) <= MAX_FIELD_VALUE);
    if length(&lines) <= MAX_FIELD_VALUE { lines } else { escape(&message.component_lines(1), MAX_FIELD_VALUE) }
}

fn description(message: &Message, refers_back: bool, budget: &SizeBudget) -> String {
    let escaped = |text: &String| escape(text, usize::MAX);
    let mut parts: Vec<String> = message.note.iter().chain(&message.advice).map(escaped).collect();
    parts.extend(message.escalated.map(str::to_owned));
    let (earlier, posts) = message.posts(budget);
    parts.extend(not_shown(earlier));
    for post in posts {
        let head = post.head("**", " · ", date);
        parts.push(match escape(&post.body, budget.body) {
            body if body.is_empty() => head,
            body => format!("{head}\n{body}"),
        });
    }
    parts.extend(refers_back.then(|| EARLIER_UPDATES.to_owned()));
    parts.extend(message.reasons.iter().map(|reason| (*reason).to_owned()));
    let links: Vec<String> = message.links.iter().filter_map(link).collect();
    if !links.is_empty() {
        parts.push(links.join(" · "));
    }
    parts.join(PARAGRAPH)
}
