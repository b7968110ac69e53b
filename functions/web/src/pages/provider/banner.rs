//! The first thing on the page: how the provider is and since when; and what one may do from here.
use maud::{Markup, html};
use status::{availability::StateSince, health::HealthState};

use super::{components, view::ProviderView};
use crate::{
    layout::{
        durations::duration,
        frame::{Visitor, visitor},
        states::icon,
        times::{ago, lasting, time},
    },
    model::provider_state::ProviderState,
    provider_markdown::{external_link, http_url},
    urls,
};

pub(super) fn banner(view: &ProviderView<'_>) -> Markup {
    let row = view.row;
    let state = row.state();
    let is_failing = view.health.as_ref().is_some_and(|health| health.state != HealthState::Readable);
    html! {
        section.banner.(state.as_str()) aria-label="State" {
            (icon(state))
            p.kicker { (state.label()) (how_long(view, state)) }
            h1 { (row.provider.name) }
            p.small.soft.facts-line {
                @if let Some(summary) = row.page_summary.as_ref().filter(|summary| summary.components > 0) {
                    span { (components::count(summary.in_trouble, summary.components)) }
                }
                @if let Some(at) = view.last_polled.filter(|_| view.record.is_some() && !is_failing) {
                    span { "Checked " (ago(at)) }
                }
                @if row.watched { span.tag { "Watched" } }
                @if !row.category.is_empty() { span { (row.category) } }
            }
        }
    }
}

/// ` for 31 min`, ` for at least 81 d`, or as of when it was so.
fn how_long(view: &ProviderView<'_>, state: ProviderState) -> Markup {
    let since = || -> Option<StateSince> {
        let summary = view.row.page_summary.as_ref()?;
        let is_of_summary = ProviderState::of_component(summary.state) == Some(state);
        view.over_time(view.page_state()?).since(summary.state).filter(|_| is_of_summary)
    };
    html! {
        @if let Some(at) = view.row.as_of() {
            (if state == ProviderState::Unreadable { ", last read " } else { " as of " }) (time(at))
        } @else if let Some(StateSince { at, is_at_least }) = since() {
            @if is_at_least { " for at least " (duration(view.now.duration_since(at).as_secs())) }
            @else { " for " (lasting(at, view.now)) }
        }
    }
}

pub(super) fn actions(view: &ProviderView<'_>) -> Markup {
    let provider = &view.row.provider;
    // A page of the file is its account's alone.
    let is_in_catalogue = catalogue::find(provider.id.as_str()).is_some();
    html! {
        div.actions {
            @if http_url(&provider.page_url).is_some() {
                span.button.main { (external_link(&provider.page_url, "Status page")) }
            }
            // Whoever has no account yet signs in on the way.
            @if visitor().is_some_and(Visitor::may_have_account) && is_in_catalogue {
                a.button href=(urls::watch(&provider.id)) { "Watch" }
            }
            a.button href=(urls::history(&provider.id)) { "History by month" }
            a.button href=(urls::calendar(&provider.id)) { "Maintenance calendar (iCal)" }
        }
    }
}
