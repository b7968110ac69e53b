//! What we cannot see at present: said wherever states are shown, since they may be outdated.
use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    states::{last_known_state, provider_state},
    times::time,
};
use crate::model::{
    freshness::not_polled_since,
    overview::{Overview, ProviderRow},
};

/// No poller, no internet, and platforms of which most pages cannot be read.
pub(crate) fn notes(overview: &Overview) -> Markup {
    html! {
        @if let Some(since) = not_polled_since(overview, Timestamp::now()) {
            p.note {
                strong { "No status page has been checked since " (time(since)) "." }
                " The poller does not run; the last known states are shown."
            }
        }
        @if let Some(since) = overview.no_internet_since() {
            p.note {
                strong { "This installation has had no internet since " (time(since)) "." }
                " No status page is checked; the last known states are shown."
            }
        }
        @for fault in &overview.platform_faults {
            p.note {
                strong { "Most status pages on " (fault.name) " unreachable since " (time(fault.since)) "." }
                " " (fault.pages) @if fault.pages == 1 { " page" } @else { " pages" } " affected; the last known states are shown."
            }
        }
    }
}

/// The state of a provider, and of when it is if the page cannot be read now.
pub(crate) fn state_as_of(row: &ProviderRow) -> Markup {
    html! {
        @match row.as_of() {
            Some(at) => { (last_known_state(row.state())) span.soft.small { " as of " (time(at)) } }
            None => (provider_state(row.state())),
        }
    }
}
