//! TV mode: readable from five metres, the worst first, with a clock.
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    layout::{
        blindness,
        states::icon,
        summary::Summary,
        times::{ago, time},
    },
    model::overview::{Overview, ProviderRow},
    urls,
};

const MAX_TILES: usize = 60;
const MAX_INCIDENTS_PER_TILE: usize = 2;

/// `name`: of the page, for screen readers.
pub(in crate::pages) fn screen(overview: &Overview, name: &str, rows: &[&ProviderRow], summary: &Summary) -> Markup {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|row| row.urgency());
    let now = Timestamp::now();
    html! {
        h1.hidden { (name) }
        div data-live="20" {
            div.tv-head { (summary.line()) span.clock data-clock { (now.strftime("%H:%M UTC").to_string()) } }
            (blindness::notes(overview))
            @if rows.is_empty() { p.empty { "No provider has an open incident." } }
            ul.grid { @for row in rows.iter().take(MAX_TILES) { (tile(row)) } }
            @if rows.len() > MAX_TILES { p.soft { "and " (rows.len() - MAX_TILES) " more" } }
        }
    }
}

fn tile(row: &ProviderRow) -> Markup {
    let incidents = row.page_summary.iter().flat_map(|summary| summary.incidents());
    let shown = if row.as_of().is_some() { row.state().if_outdated() } else { row.state() };
    html! {
        li.tile.(shown.as_str()) {
            a href=(urls::provider(&row.provider.id)) { (icon(shown)) span { (row.provider.name) } }
            p.tile-state { (row.state().label()) @if let Some(at) = row.as_of() { " as of " (time(at)) } }
            @for item in incidents.take(MAX_INCIDENTS_PER_TILE) { p.tile-what { (item.title) " · " (ago(item.since)) } }
        }
    }
}
