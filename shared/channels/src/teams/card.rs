//! One alert as an Adaptive Card. Vendor text stands in text runs only, which know no markdown; text blocks hold our own
//! words and local times. The `{{` of date macros is broken up in vendor text because some renderers expand it
//! anywhere. A mention would need an entity beside the card, and none is ever sent.
use jiff::Timestamp;
use serde_json::{Value, json};
use status::{
    alert::Alert,
    snapshot::Update,
    words::{Event, Severity},
};
use url::Url;

use super::Form;
use crate::{Job, text};

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
    let facts = facts(alert);
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
        body.push(ours(&update_line(update), false));
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
        "actions": actions(job),
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

fn facts(alert: &Alert) -> Vec<String> {
    let incident = &alert.incident;
    if alert.event.is_notice() {
        return Vec::new();
    }
    let mut facts = vec![match alert.severity {
        Severity::Maintenance => "Maintenance".to_owned(),
        severity => format!("Severity {}", severity.as_str()),
    }];
    facts.extend(incident.impact.map(|impact| format!("vendor's impact {}", text::impact(impact))));
    match incident.window.map(|window| (window.starts_at, window.ends_at)) {
        Some((Some(starts), Some(ends))) => facts.push(format!("planned {} to {}", date(starts), date(ends))),
        Some((Some(starts), None)) => facts.push(format!("planned from {}", date(starts))),
        _ => facts.push(match incident.started_at {
            Some(started) => format!("started {}", date(started)),
            None => format!("first seen {}", date(incident.first_seen_at)),
        }),
    }
    facts.extend(incident.ended_at.map(|ended| format!("ended {}", date(ended))));
    facts.extend(text::lasted(incident).map(|time| format!("lasted {time}")));
    facts.extend(alert.widened.then(|| text::WIDENED.to_owned()));
    facts
}

/// `**monitoring**, 8/6/2026 2:00 PM (2026-08-06 12:00 UTC)`
fn update_line(update: &Update) -> String {
    let what = update.phase.map_or("update", |phase| phase.as_str());
    match update.posted_at {
        Some(posted) => format!("**{what}**, {}", date(posted)),
        None => format!("**{what}**"),
    }
}

/// Shown in the reader's zone where the client can, and in UTC:
/// <https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features>.
fn date(time: Timestamp) -> String {
    let macros = time.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{{{{DATE({macros}, SHORT)}}}} {{{{TIME({macros})}}}} ({})", text::utc(time))
}

/// Ours first; none for a notice, which has no page.
fn actions(job: &Job<'_>) -> Vec<Value> {
    if job.alert.event.is_notice() {
        return Vec::new();
    }
    let vendor = match &job.alert.incident.url {
        Some(url) => open(url, "Vendor's incident page"),
        None => open(&job.alert.page_url, "Vendor's status page"),
    };
    let ours = job.incident_url.and_then(|url| open(url, "Incident page"));
    ours.into_iter().chain(vendor).collect()
}

fn open(url: &str, title: &str) -> Option<Value> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
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
