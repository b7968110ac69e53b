//! States as icon and words. The CSS class adds the colour, which is never the only sign.
use maud::{Markup, html};
use status::words::{ComponentStatus, Severity};

use crate::provider_state::ProviderState;

pub fn provider_state(state: ProviderState) -> Markup {
    html! { span class={ "state " (state.as_str()) } { (icon(state)) (state.label()) } }
}

/// A state that may have changed since: nothing is green then, and a circle is hollow.
pub fn last_known_state(state: ProviderState) -> Markup {
    let shown = state.if_outdated();
    html! { span class={ "state " (shown.as_str()) } { (icon(shown)) (state.label()) } }
}

pub fn component_status(status: ComponentStatus) -> Markup {
    match ProviderState::of_component(status) {
        Some(state) => provider_state(state),
        None => provider_state(ProviderState::Unknown),
    }
}

/// `Major`: an incident's severity, capitalized.
pub fn severity(severity: Severity) -> String {
    capitalized(severity.as_str())
}

/// The word with a capital first letter.
pub fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Circle, triangle, half circle, octagon, square: distinguishable without colour.
pub fn icon(state: ProviderState) -> Markup {
    let path = match state {
        ProviderState::Operational => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.4L7.3 11 4.5 8.3l1.1-1.1 1.7 1.6 3.2-3.5Z"
        }
        ProviderState::DegradedPerformance => "M8 1 15.5 14.5H.5Zm-.8 5v4h1.6V6Zm0 5.2v1.6h1.6v-1.6Z",
        ProviderState::PartialOutage => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2v10A5 5 0 0 1 8 3Z",
        ProviderState::MajorOutage => {
            "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1ZM5 6.1 6.9 8 5 9.9 6.1 11 8 9.1 9.9 11 11 9.9 9.1 8 11 6.1 9.9 5 8 6.9 6.1 5Z"
        }
        ProviderState::UnderMaintenance => "M2 2h12v12H2Zm3 5.2v1.6h6V7.2Z",
        ProviderState::Unreadable => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 0 1 3.3 1.1L3.7 11.3A5.4 5.4 0 0 1 8 2.6Zm0 10.8a5.4 5.4 0 0 1-3.3-1.1l7.6-7.6A5.4 5.4 0 0 1 8 13.4Z"
        }
        ProviderState::Unknown | ProviderState::NoStatusPage | ProviderState::NotWatched => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6Z"
        }
    };
    html! { svg viewBox="0 0 16 16" aria-hidden="true" { path fill="currentColor" fill-rule="evenodd" d=(path) {} } }
}
