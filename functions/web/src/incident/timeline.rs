//! The updates of an incident in the vendor's own words. Each shows the components that it named itself, with the states that
//! it gave them, and no other.
use std::{cmp::Reverse, collections::BTreeMap};

use maud::{Markup, html};
use status::{ids::digest, snapshot::Update, words::ComponentStatus};

use super::{Known, capital};
use crate::{
    said::said,
    shell::{component_state, in_a_line, time},
};

const MOST: usize = 400;
const LONGEST_TEXT: usize = 20_000;
/// Names of one update: up to `FEW` they stand open.
const FEW: usize = 30;
const MOST_NAMES: usize = 300;

pub(super) fn list(known: &Known<'_>, own_path: &str, is_oldest_first: bool) -> Markup {
    let all = &known.incident_state.incident.updates;
    // Of too many the newest stay.
    let more = all.len().saturating_sub(MOST);
    let mut shown: Vec<&Update> = all.iter().skip(more).collect();
    if !is_oldest_first {
        shown.reverse();
    }
    html! {
        div.head.updates {
            h2 #updates { "Updates" @if !all.is_empty() { " (" (all.len()) ")" } }
            @if all.len() > 1 {
                @if is_oldest_first { a.small href={ (own_path) "#updates" } { "Newest first" } }
                @else { a.small href={ (own_path) "?order=oldest#updates" } { "Oldest first" } }
            }
        }
        @if all.is_empty() { p.soft { "There are none." } }
        @if more > 0 { p.soft { "The oldest " (more) " are left out." } }
        ol.timeline { @for update in shown { li { (entry(known, update)) } } }
    }
}

fn entry<'a>(known: &Known<'a>, update: &'a Update) -> Markup {
    html! {
        div.when {
            span.strong { (capital(update.phase.map_or("update", |phase| phase.as_str()))) }
            span.soft { @match update.posted_at { Some(at) => (time(at)), None => "time not given" } }
            @if let Some(noticed_at) = known.incident_state.edited.get(&update.id) {
                span.soft.small { "changed by the vendor later, seen " (time(*noticed_at)) }
            }
        }
        @match &update.body {
            Some(body) if !body.trim().is_empty() => (said(body, LONGEST_TEXT)),
            Some(_) => {},
            None => p.soft { "The page did not give a text." },
        }
        (named(known, update))
    }
}

/// The worst first.
fn named<'a>(known: &Known<'a>, update: &'a Update) -> Markup {
    let components = &update.components;
    let mut by_state: BTreeMap<Reverse<Option<ComponentStatus>>, Vec<&str>> = BTreeMap::new();
    for affected in components.iter().take(MOST_NAMES) {
        by_state.entry(Reverse(affected.status)).or_default().push(known.name(&affected.id));
    }
    by_state.values_mut().for_each(|names| names.sort_unstable());
    let more = components.len().saturating_sub(MOST_NAMES);
    let states = html! {
        ul.named {
            @for (Reverse(status), names) in &by_state {
                li {
                    @match status { Some(status) => (component_state(*status)), None => span.soft { "Named" } }
                    " (" (names.len()) "): " (in_a_line(names.iter().copied()))
                }
            }
        }
        @if more > 0 { p.soft { "and " (more) " more" } }
    };
    html! {
        @if components.len() > FEW {
            details id={ "named-" (&digest(&[update.id.as_str()])[..12]) } { summary { (components.len()) " components named" } (states) }
        } @else if !components.is_empty() {
            (states)
        }
    }
}
