//! One alert as a Discord message: an embed that shows the present state, or the short line that follows an edit.
//! Vendor text is escaped everywhere, and no message mentions anybody. The footer is the only place without markdown.
use serde_json::{Value, json};
use status::{
    alert::Alert,
    snapshot::Update,
    words::{Event, Severity},
};

use super::markdown::{date, escape, length, link, relative};
use crate::{Job, facts, text};

// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>, `CONTENT` at
// <https://docs.discord.com/developers/resources/webhook#execute-webhook>; measured in UTF-16 units.
const CONTENT: usize = 2_000;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELD_VALUE: usize = 1_024;
/// Of titles, descriptions, fields and footers over all embeds.
const TOTAL: usize = 6_000;

const NOTE: usize = 300;
/// Of each update.
const BODY: usize = 2_000;
/// An earlier update is not begun with less room.
const LEAST_BODY: usize = 200;
const UPDATES: usize = 10;
const PARAGRAPH: &str = "\n\n";
/// Room for the sentence about updates that are left out.
const LEFT_OUT: usize = 60;
/// The first list of components that fits is shown; a line is never more than 450 units.
const COMPONENTS: [usize; 4] = [20, 12, 6, 2];
const FOOTER: &str = "Last change seen";
const TOLD_BEFORE: &str = "Updates told before are on the incident page.";

const RED: u32 = 0xD3_2F_2F;
const AMBER: u32 = 0xF5_9E_0B;
const BLUE: u32 = 0x3B_82_F6;
const GREEN: u32 = 0x2E_9E_5B;
const GREY: u32 = 0x6B_72_80;

/// `edited`: it takes the place of an earlier state.
pub(super) fn living(job: &Job<'_>, edited: bool) -> Value {
    let alert = job.alert;
    let (title, fields) = (headline(alert), fields(alert));
    let footer = if alert.event.is_notice() { "" } else { FOOTER };
    let around = [title.as_str(), footer].into_iter().chain(fields.iter().flat_map(|(name, value, _)| [*name, value]));
    let room = DESCRIPTION.min(TOTAL.saturating_sub(around.map(length).sum()));

    let fields: Vec<Value> =
        fields.iter().map(|(name, value, inline)| json!({ "name": name, "value": value, "inline": inline })).collect();
    let description = description(job, edited, room);
    let mut embed = json!({
        "title": title,
        "color": colour(alert),
        "fields": fields,
        "timestamp": alert.seen_at,
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
    let lines = [
        Some(headline(job.alert)),
        job.alert.widened.then(|| text::WIDENED.to_owned()),
        facts::links(job, link).first().cloned(),
    ];
    let content = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    debug_assert!(length(&content) <= CONTENT, "a title, a sentence and a link are short");
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// Shortened before it is escaped, so that what happened stands at its end.
fn headline(alert: &Alert) -> String {
    [TITLE, TITLE * 3 / 4]
        .into_iter()
        .map(|limit| escape(&text::headline(alert, limit), usize::MAX))
        .find(|headline| length(headline) <= TITLE)
        // No character takes more than two units.
        .unwrap_or_else(|| escape(&text::headline(alert, TITLE / 2), TITLE))
}

/// The states are told in words too.
fn colour(alert: &Alert) -> u32 {
    match (alert.event, alert.severity) {
        (event, _) if event.is_notice() => GREY,
        (event, _) if event.is_end() => GREEN,
        (Event::Unreadable, _) => GREY,
        (_, Severity::Major) => RED,
        (_, Severity::Minor) => AMBER,
        (_, Severity::Maintenance) => BLUE,
    }
}

/// Name, value and whether it may stand beside others.
fn fields(alert: &Alert) -> Vec<(&'static str, String, bool)> {
    let incident = &alert.incident;
    let mut fields = Vec::new();
    if alert.event.is_notice() {
        return fields;
    }
    let mut fact = |name, value| fields.push((name, value, true));
    if alert.severity != Severity::Maintenance {
        fact("Severity", alert.severity.as_str().to_owned());
    }
    if let Some(impact) = incident.impact {
        fact("Vendor's impact", text::impact(impact).to_owned());
    }
    match incident.window.map(|window| (window.starts_at, window.ends_at)) {
        Some((Some(starts), Some(ends))) => {
            fact("Planned", format!("{} to {} ({})", date(starts), date(ends), relative(starts)));
        }
        Some((Some(starts), None)) => fact("Planned from", format!("{} ({})", date(starts), relative(starts))),
        _ => match incident.started_at {
            Some(started) => fact("Started", format!("{} ({})", date(started), relative(started))),
            None => {
                let seen = incident.first_seen_at;
                fact("First seen", format!("{} ({})", date(seen), relative(seen)));
            }
        },
    }
    if let Some(ended) = incident.ended_at {
        fact("Ended", date(ended));
    }
    if let Some(time) = text::lasted(incident) {
        fact("Lasted", time);
    }
    if !alert.tags_everything && !alert.components.is_empty() {
        fields.push(("Components", components(alert), false));
    }
    fields
}

fn components(alert: &Alert) -> String {
    let list = |most| text::component_lines(&alert.components, most).join("\n");
    COMPONENTS
        .into_iter()
        .map(|most| escape(&list(most), usize::MAX))
        .find(|lines| length(lines) <= FIELD_VALUE)
        .unwrap_or_else(|| escape(&list(1), FIELD_VALUE))
}

fn description(job: &Job<'_>, edited: bool, room: usize) -> String {
    let alert = job.alert;
    let note = text::note(alert).filter(|note| !note.is_empty()).map(|note| escape(&note, NOTE));
    let above = note.into_iter().chain(alert.widened.then(|| text::WIDENED.to_owned()));
    let links = facts::links(job, link);
    let told_before = edited && job.incident_url.is_some();
    let below = [
        told_before.then(|| TOLD_BEFORE.to_owned()),
        alert.tags_everything.then(|| text::TAGS_EVERYTHING.to_owned()),
        job.unknown.then(|| text::UNKNOWN.to_owned()),
        (!links.is_empty()).then(|| links.join(" · ")),
    ];
    let (above, below): (Vec<String>, Vec<String>) = (above.collect(), below.into_iter().flatten().collect());
    let taken: usize = above.iter().chain(&below).map(|part| length(part) + PARAGRAPH.len()).sum();
    let timeline = timeline(&alert.updates, room.saturating_sub(taken));
    [above, timeline, below].concat().join(PARAGRAPH)
}

/// The newest updates that fit, oldest first.
fn timeline(updates: &[Update], room: usize) -> Vec<String> {
    let mut left = room.saturating_sub(LEFT_OUT);
    let mut told = Vec::new();
    for update in updates.iter().rev().take(UPDATES) {
        let head = facts::update_line(update, "**", " · ", date);
        let around = length(&head) + "\n".len() + PARAGRAPH.len();
        if left < around + LEAST_BODY {
            break;
        }
        let body = text::clean(update.body.as_deref().unwrap_or_default());
        let part = match escape(&body, BODY.min(left - around)) {
            body if body.is_empty() => head,
            body => format!("{head}\n{body}"),
        };
        left -= length(&part) + PARAGRAPH.len();
        told.push(part);
    }
    let earlier = updates.len() - told.len();
    if earlier > 0 {
        told.push(format!("{earlier} earlier updates are left out."));
    }
    told.reverse();
    told
}
