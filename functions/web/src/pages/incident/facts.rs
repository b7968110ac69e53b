//! The facts of an incident besides its updates: state, severity, times by which clock, duration, and what limits them.
use maud::{Markup, html};
use status::{
    page_state::{HowEnded, Origin},
    page_summary::since,
    snapshot::Kind,
    words::{Impact, Phase, Severity},
};

use super::view::IncidentView;
use crate::{
    layout::{
        durations::duration,
        states::{capitalized, severity},
        times::{time, window},
    },
    provider_markdown::external_link,
};

pub(super) fn state_line(view: &IncidentView<'_>) -> Markup {
    let incident_state = view.incident_state;
    let phase = incident_state.incident.phase.map(Phase::as_str);
    html! {
        p.facts-line {
            span.tag { (severity(incident_state.severity)) }
            span.strong { (capitalized(phase.unwrap_or(if incident_state.is_open() { "open" } else { "ended" }))) }
            @if let (Some(ended), Some(phase)) = (incident_state.ended, incident_state.incident.phase)
                && !phase.is_over() { span.soft { "ended " (time(ended.at)) } }
        }
    }
}

/// Notes that qualify the facts.
pub(super) fn notes(view: &IncidentView<'_>) -> Markup {
    let incident_state = view.incident_state;
    let is_ahead = incident_state.severity == Severity::Maintenance && since(incident_state) > view.now;
    html! {
        @if incident_state.origin == Origin::Components {
            p.note {
                "The provider changed component states without posting an incident. statuswire groups them as one."
            }
        }
        @if incident_state.backfilled && !is_ahead {
            p.note { "Imported from the provider's history: this started before statuswire began watching." }
        }
        @if incident_state.episode > 1 {
            p.note { "Reopened (" (ordinal(incident_state.episode)) " time)." }
        }
        @match incident_state.ended.map(|ended| ended.how) {
            Some(HowEnded::NoLongerListed) => {
                p.note { "The provider removed this incident without posting a resolution." }
            }
            Some(HowEnded::Merged) => p.note { "Replaced by an incident the provider posted later." },
            Some(HowEnded::ByProvider | HowEnded::Recovered) | None => {}
        }
    }
}

/// `2nd`, `3rd`, `4th`.
fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

pub(super) fn list(view: &IncidentView<'_>) -> Markup {
    let incident_state = view.incident_state;
    let incident = &incident_state.incident;
    let first_posted = incident.updates.iter().filter_map(|update| update.posted_at).min();
    html! {
        dl.facts.block {
            @if let Some(impact) = incident.impact {
                div { dt { "Provider's own rating" } dd { (impact_label(impact)) } }
            }
            @if incident.kind == Kind::Maintenance { div { dt { "Planned" } dd { (window(incident.window)) } } }
            @if let Some(started_at) = incident.started_at { div { dt { "Started" } dd { (time(started_at)) } } }
            @if let Some(posted_at) = first_posted { div { dt { "First posted" } dd { (time(posted_at)) } } }
            div {
                dt { "Detected" }
                dd {
                    (time(incident_state.first_seen_at))
                    @if let Some(delay) = detection_delay(view) { br; span.soft.small { (delay) } }
                }
            }
            (end(view))
            @if let Some(url) = &incident.url {
                div {
                    dt { "Status page" }
                    dd { (external_link(url, &format!("View on {}'s status page", view.provider_name))) }
                }
            }
        }
    }
}

/// When it ended and how long it lasted, or how long it has lasted, or when it starts.
fn end(view: &IncidentView<'_>) -> Markup {
    let began_at = since(view.incident_state);
    let seconds = |from, to: jiff::Timestamp| duration(to.duration_since(from).as_secs());
    html! {
        @if let Some(ended) = view.incident_state.ended {
            div { dt { (end_label(ended.how)) } dd { (time(ended.at)) } }
            div { dt { "Duration" } dd { (seconds(began_at, ended.at)) } }
        } @else if began_at > view.now {
            div { dt { "Starts in" } dd { (seconds(view.now, began_at)) } }
        } @else {
            div { dt { "Ongoing for" } dd { (seconds(began_at, view.now)) } }
        }
    }
}

/// `30 s after the provider posted`; `None` for imported incidents, where it would measure nothing.
fn detection_delay(view: &IncidentView<'_>) -> Option<String> {
    let incident_state = view.incident_state;
    let posted_at = incident_state.incident.updates.iter().filter_map(|update| update.posted_at).min()?;
    let seconds = incident_state.first_seen_at.duration_since(posted_at).as_secs();
    (!incident_state.backfilled && seconds >= 0).then(|| format!("{} after the provider posted", duration(seconds)))
}

fn end_label(how: HowEnded) -> &'static str {
    match how {
        HowEnded::ByProvider => "Ended",
        HowEnded::NoLongerListed => "Removed by provider",
        HowEnded::Recovered => "Recovered",
        HowEnded::Merged => "Merged",
    }
}

fn impact_label(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "None",
        Impact::Minor => "Minor",
        Impact::Major => "Major",
        Impact::Critical => "Critical",
    }
}

/// The earlier planned windows of a maintenance.
pub(super) fn reschedules(view: &IncidentView<'_>) -> Markup {
    let reschedules = &view.incident_state.rescheduled;
    html! {
        @if !reschedules.is_empty() {
            h2 { "Rescheduled" }
            ol.remarks {
                @for it in reschedules {
                    li { "Previously " (window(Some(it.from))) "; changed " (time(it.noticed_at)) }
                }
                li { "Now planned " (window(view.incident_state.incident.window)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        assert_eq!([2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).join(" "), "2nd 3rd 4th 11th 12th 13th 21st 112th");
    }
}
