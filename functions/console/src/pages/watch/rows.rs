//! Rows about providers: how one is, its open incidents, and what is watched of it.
use maud::{Markup, html};
use site::{
    paths,
    provider_state::ProviderState,
    states::{last_known_state, provider_state},
    times::{ago, time},
};
use status::{
    ids::ProviderId,
    monitor::{ComponentChoice, ComponentFilter, Monitor},
    page_summary::{OpenItem, PageSummary},
};
use store::{ManagedBy, Stored};

use super::watched::{Found, States, Watched};

const MAX_INCIDENTS: usize = 3;

pub(super) fn state(states: &States, id: &ProviderId) -> Markup {
    let state = states.state(id);
    html! {
        @match states.as_of(id) {
            Some(at) => { (last_known_state(state)) span.soft.small { " as of " (time(at)) } },
            None => (provider_state(state)),
        }
    }
}

/// Of the account's list.
pub(super) fn watched(watched: &Watched<'_>, states: &States) -> Markup {
    let summary = states.summary(watched.id);
    html! {
        div.row {
            @match &watched.found {
                Some(found) => {
                    a.who href=(page_about(found)) { (found.provider.name) }
                    span { (state(states, watched.id)) }
                    @if let Some(summary) = summary { (incidents(found, summary)) }
                },
                None => {
                    strong { (watched.id) }
                    span { (provider_state(ProviderState::NotWatched)) }
                    div.what { "It is no longer in the catalogue, so that nobody reads its page. Stop watching it." }
                }
            }
            div.what {
                (what(&watched.monitors))
                @match &watched.found {
                    Some(found) => {
                        " · " a href=(paths::watch(watched.id)) {
                            @if is_of_file(&watched.monitors) { "Show" } @else { "Change" }
                            span.hidden { " " (found.provider.name) }
                        }
                    },
                    // There is nothing to choose from any more.
                    None => @if !is_of_file(&watched.monitors) {
                        " · " a href={ (paths::watch(watched.id)) "/remove" } {
                            "Stop watching" span.hidden { " " (watched.id) }
                        }
                    }
                }
            }
        }
    }
}

/// The public page about a provider; of one that only this account has, where it chooses what it watches.
pub(super) fn page_about(found: &Found) -> String {
    if found.is_public() { paths::provider(&found.provider.id) } else { paths::watch(&found.provider.id) }
}

pub(super) fn incidents(found: &Found, summary: &PageSummary) -> Markup {
    let open: Vec<&OpenItem> = summary.incidents().collect();
    let running = summary.maintenances().find(|item| item.is_running_maintenance());
    html! {
        @for item in open.iter().take(MAX_INCIDENTS) {
            div.what {
                (title(found, item))
                @if let Some(phase) = item.phase { " · " (phase.as_str()) }
                " · started " (ago(item.since))
                @if let Some(since) = item.no_news_since { " · no news since " (time(since)) }
            }
        }
        @let more = open.len().saturating_sub(MAX_INCIDENTS) + summary.more_open;
        @if more > 0 { div.what { "and " (more) " more" } }
        @if let Some(item) = running { div.what { "Maintenance: " (title(found, item)) } }
    }
}

fn title(found: &Found, item: &OpenItem) -> Markup {
    html! {
        @if found.is_public() {
            a href=(paths::incident(&found.provider.id, item.kind, &item.id)) { (item.title) }
        } @else {
            bdi { (item.title) }
        }
    }
}

pub(super) fn is_of_file(monitors: &[&Stored<Monitor>]) -> bool {
    monitors.iter().all(|monitor| monitor.managed_by == ManagedBy::File)
}

/// `All components`, `3 components`, `2 monitors`.
fn what(monitors: &[&Stored<Monitor>]) -> String {
    let text = match monitors {
        [one] => chosen(&one.value.components),
        several => format!("{} monitors", several.len()),
    };
    if is_of_file(monitors) { format!("{text}, in the configuration file") } else { text }
}

/// What a filter chooses, in a few words.
pub(super) fn chosen(filter: &ComponentFilter) -> String {
    let ComponentFilter::Chosen(entries) = filter else { return "All components".to_owned() };
    let groups = entries.iter().filter(|entry| matches!(entry, ComponentChoice::Group(_))).count();
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let parts = [counted(groups, "group"), counted(entries.len() - groups, "component")];
    parts.into_iter().flatten().collect::<Vec<String>>().join(" and ")
}
