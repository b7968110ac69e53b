//! The provider's updates. Each shows the components that it mentions itself: the states it gives them, and those
//! before.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use maud::{Markup, html};
use status::{
    ids::{ComponentId, digest},
    snapshot::Update,
    words::ComponentStatus,
};

use super::view::IncidentView;
use crate::{
    layout::{
        names::comma_separated,
        states::{capitalized, component_status},
        times::time,
    },
    provider_markdown,
};

const MAX_UPDATES: usize = 400;
const MAX_TEXT_LENGTH: usize = 20_000;
/// Of all updates, as HTML.
const MAX_BYTES: usize = 1 << 20;
/// An update with more components than this shows them collapsed.
const MAX_EXPANDED: usize = 30;
const MAX_NAMES: usize = 300;

pub(super) fn list(view: &IncidentView<'_>, own_path: &str, is_oldest_first: bool) -> Markup {
    let all = &view.incident_state.incident.updates;
    let mut room = MAX_BYTES;
    let fits = |entry: &Markup| {
        let left = room.checked_sub(entry.0.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let before = states_before(all);
    let newest = all.iter().zip(&before).rev().take(MAX_UPDATES).map(|(update, before)| entry(view, update, before));
    // The oldest are left out.
    let mut updates: Vec<Markup> = newest.take_while(fits).collect();
    let not_shown = all.len() - updates.len();
    if is_oldest_first {
        updates.reverse();
    }
    html! {
        div.head.updates {
            h2 #updates { "Updates" @if !all.is_empty() { " (" (all.len()) ")" } }
            @if all.len() > 1 {
                @if is_oldest_first { a.small href={ (own_path) "#updates" } { "Newest first" } }
                @else { a.small href={ (own_path) "?order=oldest#updates" } { "Oldest first" } }
            }
        }
        @if all.is_empty() { p.soft { "No updates yet." } }
        @if not_shown > 0 { p.soft { (not_shown) " older update" @if not_shown > 1 { "s" } " not shown." } }
        ol.timeline { @for update in &updates { li { (update) } } }
    }
}

fn entry(view: &IncidentView<'_>, update: &Update, before: &States<'_>) -> Markup {
    html! {
        div.when {
            span.strong { (capitalized(update.phase.map_or("update", |phase| phase.as_str()))) }
            span.soft { @match update.posted_at { Some(at) => (time(at)), None => "no time given" } }
            @if let Some(noticed_at) = view.incident_state.edited.get(&update.id) {
                span.soft.small { "edited by the provider, noticed " (time(*noticed_at)) }
            }
        }
        (text(update))
        (components(view, update, before))
    }
}

/// What the provider wrote.
pub(super) fn text(update: &Update) -> Markup {
    html! {
        @match &update.body {
            Some(body) if !body.trim().is_empty() => (provider_markdown::render(body, MAX_TEXT_LENGTH)),
            Some(_) => {},
            None => p.soft { "No text." },
        }
    }
}

/// The states that the components of an update had before it, as earlier updates say.
type States<'a> = HashMap<&'a ComponentId, ComponentStatus>;

/// For each of `updates`, oldest first.
fn states_before(updates: &[Update]) -> Vec<States<'_>> {
    let mut now = States::new();
    let mut all = Vec::with_capacity(updates.len());
    for update in updates {
        let shown = update.components.iter().take(MAX_NAMES);
        all.push(shown.filter_map(|named| Some((&named.id, now.insert(&named.id, named.status?)?))).collect());
    }
    all
}

/// The components of an update by what it says of them, the worst state first.
fn components(view: &IncidentView<'_>, update: &Update, before: &States<'_>) -> Markup {
    let all = &update.components;
    let mut by_change: BTreeMap<Reverse<Change>, Vec<&str>> = BTreeMap::new();
    for affected in all.iter().take(MAX_NAMES) {
        let change = (affected.status, before.get(&affected.id).copied());
        by_change.entry(Reverse(change)).or_default().push(view.name(&affected.id));
    }
    by_change.values_mut().for_each(|names| names.sort_unstable());
    let more = all.len().saturating_sub(MAX_NAMES);
    let states = html! {
        ul.named {
            @for (Reverse(change), names) in &by_change {
                li { (change_of_state(*change)) " (" (names.len()) "): " (comma_separated(names.iter())) }
            }
        }
        @if more > 0 { p.soft { "and " (more) " more" } }
    };
    html! {
        @if all.len() > MAX_EXPANDED {
            details id={ "named-" (&digest(&[update.id.as_str()])[..12]) } {
                summary { (all.len()) " components mentioned" }
                (states)
            }
        } @else if !all.is_empty() {
            (states)
        }
    }
}

/// The state that an update gives a component, and the one before.
type Change = (Option<ComponentStatus>, Option<ComponentStatus>);

fn change_of_state((status, before): Change) -> Markup {
    html! {
        @match (status, before) {
            (None, _) => span.soft { "Mentioned" },
            (Some(status), Some(before)) if before == status => { span.soft { "Still" } " " (component_status(status)) }
            (Some(status), Some(before)) => {
                (component_status(before)) " " span.soft aria-label="then" { "→" } " " (component_status(status))
            }
            (Some(status), None) => (component_status(status)),
        }
    }
}
