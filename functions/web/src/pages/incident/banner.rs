//! The first thing on the page: how it is, of what, since when and for how long; and what one may do from here.
use maud::{Markup, html};
use status::{incident_timeline::IncidentTimeline, page_summary::since, words::Phase};

use super::view::{IncidentView, Source};
use crate::{
    layout::{
        durations::duration,
        incident_words::{kind, phase, state},
        states::{capitalized, icon},
        times::{ago, lasting, time},
    },
    provider_markdown::external_link,
    urls,
};

pub(super) fn banner(view: &IncidentView<'_>, timeline: &IncidentTimeline) -> Markup {
    let state = state(view.incident_state, timeline);
    html! {
        section.banner.(state.as_str()) aria-label="State" {
            (icon(state))
            p.kicker {
                a href=(urls::provider(view.provider)) { (view.provider_name) }
                " · " (kind(view.incident_state)) " · " (phase(view.incident_state)) " · " (how_long(view))
            }
            h1 { (view.incident_state.incident.title) }
            p.small.soft { (times(view)) }
        }
    }
}

fn how_long(view: &IncidentView<'_>) -> Markup {
    let (incident_state, began_at) = (view.incident_state, since(view.incident_state));
    html! {
        @if let Some(ended) = incident_state.ended {
            "lasted " (duration(ended.at.duration_since(began_at).as_secs()))
        } @else if let Some(since) = incident_state.no_news_since {
            "no news since " (time(since))
        } @else if began_at > view.now {
            "starts in " (duration(began_at.duration_since(view.now).as_secs()))
        } @else if view.is_ahead() {
            "due " (ago(began_at))
        } @else {
            "ongoing for " (lasting(began_at, view.now))
        }
    }
}

fn times(view: &IncidentView<'_>) -> Markup {
    let began_at = since(view.incident_state);
    html! {
        @match view.incident_state.ended {
            Some(ended) => { (time(began_at)) " to " (time(ended.at)) },
            None if view.is_ahead() => { "Planned for " (time(began_at)) },
            None => { "Started " (time(began_at)) },
        }
        @match view.source {
            _ if !view.incident_state.is_open() => {},
            Source::Readable(Some(at)) => { " · checked " (ago(at)) },
            Source::Readable(None) => {},
            Source::Failing(at) => { " · " strong { "status page unreachable, last read " (time(at)) } },
        }
    }
}

/// Copying needs the script, which shows the button.
pub(super) fn actions(view: &IncidentView<'_>, own_path: &str) -> Markup {
    let incident = &view.incident_state.incident;
    let link = incident.url.as_ref().filter(|url| crate::provider_markdown::http_url(url).is_some());
    html! {
        div.actions {
            @if let Some(url) = link {
                span.button.main { (external_link(url, &format!("View on {}'s status page", view.provider_name))) }
            }
            button type="button" hidden data-copy=(own_path) { "Copy link" }
            a.button href={ (urls::provider(view.provider)) "#past" } { "All incidents of " (view.provider_name) }
        }
    }
}

/// The newest update in short: on a phone it is on the first screen.
pub(super) fn latest(view: &IncidentView<'_>) -> Markup {
    let incident = &view.incident_state.incident;
    html! {
        @if let Some(update) = incident.updates.last() {
            section.latest aria-labelledby="latest" {
                p.small.soft {
                    strong #latest { "Latest update" @if let Some(phase) = update.phase.map(Phase::as_str) { ": " (capitalized(phase)) } }
                    @if let Some(at) = update.posted_at { " · " (ago(at)) " (" (time(at)) ")" }
                }
                (super::timeline::text(update))
            }
        }
    }
}
