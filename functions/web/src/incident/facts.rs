//! What is known of an incident besides its updates: how bad, when by whose clock, for how long, and what makes it doubtful.
use maud::{Markup, html};
use status::{
    page_state::{HowEnded, Origin},
    page_summary::since,
    snapshot::Kind,
    words::{Impact, Phase, Severity},
};

use super::{Known, capital};
use crate::{
    said::outside,
    shell::{duration, planned, time},
};

pub(super) fn state_line(known: &Known<'_>) -> Markup {
    let incident_state = known.incident_state;
    let phase = incident_state.incident.phase.map(Phase::as_str);
    let severity = match incident_state.severity {
        Severity::Maintenance => "Maintenance".to_owned(),
        severity => format!("Severity {}", severity.as_str()),
    };
    html! {
        p.facts-line {
            span.tag { (severity) }
            span.strong { (capital(phase.unwrap_or(if incident_state.is_open() { "open" } else { "over" }))) }
            @if let (Some(ended), Some(phase)) = (incident_state.ended, incident_state.incident.phase)
                && !phase.is_over() { span.soft { "over since " (time(ended.at)) } }
        }
    }
}

/// What one must know to read the rest right.
pub(super) fn remarks(known: &Known<'_>) -> Markup {
    let incident_state = known.incident_state;
    html! {
        @if incident_state.origin == Origin::Components {
            p.note { "The vendor posted no incident: components of its page were in trouble, which is told here as one incident." }
        }
        @if incident_state.backfilled {
            p.note { "First seen after the fact: it was on the page before it could be noticed as it happened." }
        }
        @if incident_state.episode > 1 {
            p.note { "Opened again after its end: this is episode " (incident_state.episode) "." }
        }
        @match incident_state.ended.map(|ended| ended.how) {
            Some(HowEnded::NoLongerListed) => {
                p.note { "The vendor did not post an end: the page listed it no longer, which was seen twice." }
            }
            Some(HowEnded::Merged) => p.note { "An incident that the vendor posted names these components now." },
            Some(HowEnded::ByProvider | HowEnded::Recovered) | None => {}
        }
    }
}

pub(super) fn list(known: &Known<'_>) -> Markup {
    let incident_state = known.incident_state;
    let incident = &incident_state.incident;
    let began = since(incident_state);
    let first_said = incident.updates.iter().filter_map(|update| update.posted_at).min();
    let ahead = began > known.now;
    html! {
        dl.facts.block {
            @if let Some(impact) = incident.impact { div { dt { "Vendor's impact" } dd { (impact_word(impact)) } } }
            @if incident.kind == Kind::Maintenance { div { dt { "Planned" } dd { (planned(incident.window)) } } }
            @if let Some(started_at) = incident.started_at {
                div { dt { "Began (vendor's clock)" } dd { (time(started_at)) } }
            }
            @if let Some(said_at) = first_said { div { dt { "Vendor's first word" } dd { (time(said_at)) } } }
            div {
                dt { "First seen here" }
                dd {
                    (time(incident_state.first_seen_at))
                    @if let Some(lag) = lag(known) { br; span.soft.small { (lag) } }
                }
            }
            @if let Some(ended) = incident_state.ended {
                div { dt { (ended_by(ended.how)) } dd { (time(ended.at)) } }
                div { dt { "Took" } dd { (duration(ended.at.duration_since(began).as_secs())) } }
            } @else if ahead {
                div { dt { "Begins in" } dd { (duration(began.duration_since(known.now).as_secs())) } }
            } @else {
                div { dt { "Goes on for" } dd { (duration(known.now.duration_since(began).as_secs())) } }
            }
            @if let Some(url) = &incident.url { div { dt { "Vendor's page of it" } dd { (outside(url, "Open")) } } }
        }
    }
}

/// How long after the vendor's first word it was seen; nothing where that measures nobody's speed.
fn lag(known: &Known<'_>) -> Option<String> {
    let incident_state = known.incident_state;
    let said_at = incident_state.incident.updates.iter().filter_map(|update| update.posted_at).min()?;
    let seconds = incident_state.first_seen_at.duration_since(said_at).as_secs();
    (!incident_state.backfilled && seconds >= 0).then(|| format!("{} after the vendor's first word", duration(seconds)))
}

fn ended_by(how: HowEnded) -> &'static str {
    match how {
        HowEnded::ByProvider => "Ended",
        HowEnded::NoLongerListed => "No longer listed since",
        HowEnded::Recovered => "Recovered",
        HowEnded::Merged => "Explained since",
    }
}

fn impact_word(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "None",
        Impact::Minor => "Minor",
        Impact::Major => "Major",
        Impact::Critical => "Critical",
    }
}

/// The plans that were given up.
pub(super) fn moved(known: &Known<'_>) -> Markup {
    let moved = &known.incident_state.rescheduled;
    html! {
        @if !moved.is_empty() {
            h2 { "Moved" }
            ol.remarks {
                @for moved in moved {
                    li { "Was planned " (planned(Some(moved.from))) "; the change was seen " (time(moved.noticed_at)) }
                }
                li { "Now planned " (planned(known.incident_state.incident.window)) }
            }
        }
    }
}
