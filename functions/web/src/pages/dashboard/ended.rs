//! What has ended in the last 24 hours: news to whoever looks after a night.
use std::{cmp::Reverse, time::Duration};

use jiff::Timestamp;
use maud::{Markup, html};
use status::{page_summary::EndedItem, snapshot::Kind};

use crate::{
    layout::{durations::duration, times::ago},
    model::overview::ProviderRow,
    urls,
};

const NEWS: Duration = Duration::from_secs(24 * 3600);
const MAX_SHOWN: usize = 8;

/// Of these providers. Nothing if nothing has ended.
pub(in crate::pages) fn section(rows: &[&ProviderRow], now: Timestamp) -> Markup {
    let ended = rows
        .iter()
        .flat_map(|row| row.page_summary.iter().flat_map(move |it| it.ended.iter().map(move |it| (*row, it))));
    let mut ended: Vec<(&ProviderRow, &EndedItem)> = ended.filter(|(_, item)| item.ended_at + NEWS > now).collect();
    ended.sort_by_key(|(_, item)| Reverse(item.ended_at));
    html! {
        @if !ended.is_empty() {
            h2 { "Ended in the last 24 hours" }
            div.panel { ul.rows { @for (row, item) in ended.iter().take(MAX_SHOWN) { li { (line(row, item)) } } } }
            @if ended.len() > MAX_SHOWN {
                p.small { a href="/incidents?days=1" { (ended.len() - MAX_SHOWN) " more" } }
            }
        }
    }
}

fn line(row: &ProviderRow, item: &EndedItem) -> Markup {
    let path = urls::incident(&row.provider.id, Kind::Incident, &item.id);
    html! {
        div.row {
            a href=(path) { (item.title) }
            span.small.soft { "ended " (ago(item.ended_at)) }
            div.what {
                (row.provider.name) " · lasted " (duration(item.ended_at.duration_since(item.since).as_secs()))
            }
        }
    }
}
