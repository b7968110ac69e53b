//! When what happened by which clock, and notes that qualify it.
use maud::{Markup, html};
use status::{
    page_state::{HowEnded, Origin},
    snapshot::Kind,
    words::Impact,
};

use super::view::IncidentView;
use crate::layout::{
    durations::duration,
    times::{time, window},
};

pub(super) fn notes(view: &IncidentView<'_>) -> Markup {
    let incident_state = view.incident_state;
    html! {
        @if incident_state.origin == Origin::Components {
            p.note {
                "The provider changed component states without posting an incident. statuswire groups them as one."
            }
        }
        @if incident_state.backfilled && !view.is_ahead() {
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
        h2 { "Timing" }
        dl.timing {
            @if let Some(impact) = incident.impact {
                dt { "Provider's own rating" } dd { (impact_label(impact)) }
            }
            @if incident.kind == Kind::Maintenance { dt { "Planned" } dd { (window(incident.window)) } }
            @if let Some(started_at) = incident.started_at { dt { "Started" } dd { (time(started_at)) } }
            @if let Some(posted_at) = first_posted { dt { "First posted" } dd { (time(posted_at)) } }
            dt { "Detected" }
            dd {
                (time(incident_state.first_seen_at))
                @if let Some(delay) = detection_delay(view) { br; span.soft.small { (delay) } }
            }
            @if let Some(ended) = incident_state.ended { dt { (end_label(ended.how)) } dd { (time(ended.at)) } }
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
