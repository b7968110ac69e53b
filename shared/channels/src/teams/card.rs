//! One alert as an Adaptive Card. Vendor text stands in text runs only, which know no markdown; text blocks hold our own
//! words and local times. The `{{` of date macros is broken up in vendor text because some renderers expand it
//! anywhere. A mention would need an entity beside the card, and none is ever sent.
use jiff::Timestamp;
use serde_json::{Value, json};
use status::{
    alert::Alert,
    words::{Event, Severity},
};

use super::Form;
use crate::{Job, facts, text};

/// The newest that every client of Teams shows.
const VERSION: &str = "1.4";
const TOO_OLD: &str = "There is news of a status page, but this version of Teams cannot show the card.";
/// Of the request in bytes, with all but ASCII counted as `\u` escapes: Teams allows 28 KB after it has written the
/// card anew, about a sixth longer: <https://github.com/MicrosoftDocs/msteams-docs/issues/11274>.
const TOTAL: usize = 20_000;
// The schema gives no lengths; these keep a card readable. Characters.
const HEADLINE: usize = 200;
const NOTE: usize = 200;
/// A longer link is left out: cut it would lead elsewhere.
const LINK: usize = 1_000;

/// How much of the vendor's text is shown.
struct Fit {
    /// Characters of each update.
    body: usize,
    /// Newest updates.
    updates: usize,
    components: usize,
}

/// The first that keeps the request within [`TOTAL`] is taken, else [`LEAST`].
#[rustfmt::skip]
const FITS: [Fit; 4] = [
    Fit { body: 3_000, updates: 10, components: 30 },
    Fit { body: 1_500, updates: 5, components: 20 },
    Fit { body: 800, updates: 3, components: 10 },
    Fit { body: 500, updates: 2, components: 5 },
];
/// Small enough whatever the vendor wrote.
const LEAST: Fit = Fit { body: 300, updates: 1, components: 2 };

pub(super) fn render(job: &Job<'_>, form: Form) -> Value {
    let body = |fit| match form {
        Form::Bare => card(job, fit),
        Form::Wrapped => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": card(job, fit),
            }],
        }),
    };
    FITS.iter().map(body).find(|body| escaped_length(&body.to_string()) <= TOTAL).unwrap_or_else(|| body(&LEAST))
}

fn escaped_length(json: &str) -> usize {
    json.chars().map(|c| if c.is_ascii() { 1 } else { c.len_utf16() * r"\u0000".len() }).sum()
}

fn card(job: &Job<'_>, fit: &Fit) -> Value {
    let alert = job.alert;
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{
            "type": "TextRun",
            "text": inert(&text::headline(alert, HEADLINE)),
            "size": "Large",
            "weight": "Bolder",
            "color": colour(alert),
        }],
    })];
    let facts = facts::facts(alert, date);
    if !facts.is_empty() {
        body.push(ours(&facts.join(" · "), true));
    }
    let note = text::note(alert).filter(|note| !note.is_empty());
    body.extend(note.map(|note| theirs(&text::cut(&note, NOTE))));

    let earlier = alert.updates.len().saturating_sub(fit.updates);
    if earlier > 0 {
        body.push(ours(&format!("{earlier} earlier updates are left out."), true));
    }
    for update in &alert.updates[earlier..] {
        body.push(ours(&facts::update_line(update, "**", ", ", date), false));
        let said = text::clean(update.body.as_deref().unwrap_or_default());
        if !said.is_empty() {
            body.push(theirs(&text::cut(&said, fit.body)));
        }
    }

    if alert.tags_everything {
        body.push(ours(text::TAGS_EVERYTHING, true));
    } else if !alert.components.is_empty() {
        body.push(ours("**Components**", false));
        body.push(theirs(&text::component_lines(&alert.components, fit.components).join("\n")));
    }
    if job.unknown {
        body.push(ours(text::UNKNOWN, true));
    }
    json!({
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        // May hold markdown, so none of the vendor's words.
        "fallbackText": TOO_OLD,
        "msteams": { "width": "Full" },
        "body": body,
        "actions": facts::links(job, open),
    })
}

/// One of the card's own colours; the states are told in words too.
fn colour(alert: &Alert) -> &'static str {
    match (alert.event, alert.severity) {
        (event, _) if event.is_notice() => "default",
        (event, _) if event.is_end() => "good",
        (Event::Unreadable, _) => "default",
        (_, Severity::Major) => "attention",
        (_, Severity::Minor) => "warning",
        (_, Severity::Maintenance) => "accent",
    }
}

/// Shown in the reader's zone where the client can, and in UTC:
/// <https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features>.
fn date(time: Timestamp) -> String {
    let macros = time.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{{{{DATE({macros}, SHORT)}}}} {{{{TIME({macros})}}}} ({})", text::utc(time))
}

/// Ours first; none for a notice, which has no page.
fn open(url: &str, title: &str) -> Option<Value> {
    let url = text::web_url(url)?;
    let fits = url.as_str().len() <= LINK;
    fits.then(|| json!({ "type": "Action.OpenUrl", "title": title, "url": url.as_str() }))
}

/// Without two braces in a row.
fn inert(vendor_text: &str) -> String {
    vendor_text.chars().fold(String::with_capacity(vendor_text.len()), |mut inert, c| {
        if c == '{' && inert.ends_with('{') {
            inert.push(' ');
        }
        inert.push(c);
        inert
    })
}

fn theirs(vendor_text: &str) -> Value {
    json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": inert(vendor_text) }] })
}

fn ours(markdown: &str, subtle: bool) -> Value {
    json!({ "type": "TextBlock", "text": markdown, "wrap": true, "isSubtle": subtle })
}
