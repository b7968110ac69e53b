//! One alert as an Adaptive Card. Foreign text stands in text runs only, which know no markdown; text blocks hold our
//! own words and local times. The `{{` of date macros is broken up in foreign text, because some renderers expand it
//! anywhere. A mention would need an entity beside the card, and none is ever sent.
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Form;
use crate::{
    Job,
    message::{Link, MAX_NAMES, Message, SizeBudget, Tone, not_shown},
    text::{Dates, UTC, utc},
};

/// The newest that every Teams client shows.
const VERSION: &str = "1.4";
const TOO_OLD: &str = "Status update. Open in a newer version of Teams to see it.";
/// Of the request in bytes, with every character beyond ASCII counted as a `\u` escape. Teams allows 28 KB after it has
/// rewritten the card, about a sixth longer: <https://github.com/MicrosoftDocs/msteams-docs/issues/11274>.
const MAX_REQUEST: usize = 20_000;
/// Characters. The schema gives no lengths; this keeps a card readable.
const MAX_HEADLINE: usize = 200;
const BUDGET: SizeBudget = SizeBudget { body: 3_000, updates: 10, names: MAX_NAMES };

pub(super) fn render(job: &Job<'_>, form: Form) -> Value {
    let message = Message::of(job);
    let body = |budget: &SizeBudget| match form {
        Form::Bare => card(&message, budget),
        Form::Wrapped => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": card(&message, budget),
            }],
        }),
    };
    BUDGET.shrink(body, |body| escaped_length(&body.to_string()) <= MAX_REQUEST)
}

fn escaped_length(json: &str) -> usize {
    json.chars().map(|c| if c.is_ascii() { 1 } else { c.len_utf16() * r"\u0000".len() }).sum()
}

fn card(message: &Message, budget: &SizeBudget) -> Value {
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{
            "type": "TextRun",
            "text": inert(&message.headline(MAX_HEADLINE)),
            "size": "Large",
            "weight": "Bolder",
            "color": colour(message),
        }],
    })];
    body.extend(message.facts_line("**", &DATES).map(|line| ours(&line, true)));
    body.extend(message.changes.iter().chain(&message.note).chain(&message.advice).map(|text| foreign(text)));

    let (earlier, posts) = message.posts(budget);
    body.extend(not_shown(earlier).map(|line| ours(&line, true)));
    for post in posts {
        if message.has_heads() {
            body.push(ours(&post.head("**", &DATES), false));
        }
        if !post.body.is_empty() {
            body.push(foreign(&post.body));
        }
    }
    body.extend(message.component_lines(budget).iter().map(|line| foreign(line)));
    body.extend(message.reasons.iter().map(|reason| ours(reason, true)));
    json!({
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        // May be read as markdown, so it holds no foreign text.
        "fallbackText": TOO_OLD,
        "msteams": { "width": "Full" },
        "body": body,
        "actions": message.links.iter().map(open).collect::<Vec<_>>(),
    })
}

/// One of the card's own colours.
fn colour(message: &Message) -> &'static str {
    match message.tone {
        _ if message.is_notice() => "default",
        Tone::Major => "attention",
        Tone::Minor => "warning",
        Tone::Planned => "accent",
        Tone::Good => "good",
        Tone::Quiet => "default",
    }
}

/// Shown in the reader's zone where the client can, and in UTC:
/// <https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features>.
const DATES: Dates = Dates {
    at: |time| format!("{} {} ({})", macros(time, "DATE"), macros(time, "TIME"), utc(time)),
    range: |from, to| {
        let times = format!("{} {}–{}", macros(from, "DATE"), macros(from, "TIME"), macros(to, "TIME"));
        format!("{times} ({})", (UTC.range)(from, to))
    },
};

fn macros(time: Timestamp, function: &str) -> String {
    let short = if function == "DATE" { ", SHORT" } else { "" };
    format!("{{{{{function}({}{short})}}}}", time.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn open(link: &Link) -> Value {
    json!({ "type": "Action.OpenUrl", "title": inert(&link.label), "url": link.url })
}

/// Without two braces in a row.
fn inert(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut inert, c| {
        if c == '{' && inert.ends_with('{') {
            inert.push(' ');
        }
        inert.push(c);
        inert
    })
}

fn foreign(text: &str) -> Value {
    json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": inert(text) }] })
}

fn ours(markdown: &str, subtle: bool) -> Value {
    json!({ "type": "TextBlock", "text": markdown, "wrap": true, "isSubtle": subtle })
}
