//! What is open on a page: incidents with what the vendor said last, and maintenance that is planned or under way.
use std::cmp::Reverse;

use maud::{Markup, html};
use status::{
    belief::{Belief, Origin, Tracked},
    glance::since,
    snapshot::Kind,
    words::Phase,
};

use super::Known;
use crate::{
    paths,
    said::said,
    shell::{ago, component_name, in_a_line, planned},
};

/// More than that are counted.
const MOST: usize = 20;
const MOST_NAMES: usize = 12;
/// Of the newest update.
const LONGEST_TEXT: usize = 700;

pub(super) fn incidents(known: &Known<'_>, belief: &Belief) -> Markup {
    let mut open: Vec<&Tracked> = of_kind(belief, Kind::Incident).collect();
    open.sort_by_key(|tracked| Reverse(since(tracked)));
    html! {
        @if !open.is_empty() {
            h2 #open { "Open incidents" }
            @for tracked in open.iter().take(MOST) { (card(known, tracked)) }
            (rest(open.len()))
        }
    }
}

/// Running ones first, then by their start.
pub(super) fn maintenances(known: &Known<'_>, belief: &Belief) -> Markup {
    let mut open: Vec<&Tracked> = of_kind(belief, Kind::Maintenance).collect();
    open.sort_by_key(|tracked| (!is_running(tracked), since(tracked)));
    html! {
        @if !open.is_empty() {
            h2 #maintenance { "Maintenance" }
            div.panel { ul.rows {
                @for tracked in open.iter().take(MOST) {
                    li { div.row {
                        a.who href=(address(known, tracked)) { (tracked.incident.title) }
                        span.tag { (phase(tracked).unwrap_or("planned")) }
                        div.what {
                            (planned(tracked.incident.window))
                            @if let Some(names) = names(known, tracked) { " · " (names) }
                        }
                    } }
                }
            } }
            (rest(open.len()))
        }
    }
}

fn of_kind(belief: &Belief, kind: Kind) -> impl Iterator<Item = &Tracked> {
    belief.incidents.iter().filter(move |tracked| tracked.is_open() && tracked.incident.kind == kind)
}

fn is_running(tracked: &Tracked) -> bool {
    matches!(tracked.incident.phase, Some(Phase::InProgress | Phase::Verifying))
}

fn card(known: &Known<'_>, tracked: &Tracked) -> Markup {
    let incident = &tracked.incident;
    let newest = incident.updates.iter().max_by_key(|update| update.posted_at);
    html! {
        article.card {
            h3 { a href=(address(known, tracked)) { (incident.title) } }
            p.small.soft {
                span.tag { (tracked.severity.as_str()) }
                @if let Some(phase) = phase(tracked) { " " (phase) }
                " · began " (ago(since(tracked)))
                @if let Some(names) = names(known, tracked) { " · " (names) }
                @if tracked.origin == Origin::Components { " · the vendor posted no incident" }
            }
            @if let Some((update, body)) = newest.and_then(|update| Some((update, update.body.as_ref()?))) {
                (said(body, LONGEST_TEXT))
                @if let Some(posted_at) = update.posted_at { p.small.soft { "Said " (ago(posted_at)) } }
            }
        }
    }
}

fn address(known: &Known<'_>, tracked: &Tracked) -> String {
    paths::incident(&known.row.provider.id, tracked.incident.kind, &tracked.incident.id)
}

fn phase(tracked: &Tracked) -> Option<&'static str> {
    tracked.incident.phase.map(Phase::as_str)
}

fn names(known: &Known<'_>, tracked: &Tracked) -> Option<Markup> {
    let all = &tracked.incident.components;
    let named = all.iter().take(MOST_NAMES).map(|affected| component_name(known.belief(), &affected.id));
    let more = all.len().saturating_sub(MOST_NAMES);
    (!all.is_empty()).then(|| html! { (in_a_line(named)) @if more > 0 { " and " (more) " more" } })
}

fn rest(all: usize) -> Markup {
    html! { @if all > MOST { p.soft { "and " (all - MOST) " more" } } }
}
