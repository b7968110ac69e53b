//! The providers that the account watches, the worst first, and its custom pages that nobody watches.
use maud::{Markup, html};
use site::{paths, provider_state::ProviderState};
use status::ids::ProviderId;
use store::{ManagedBy, StoreError, StoredSettings};

use super::{
    rows,
    watched::{States, Watched, of_account},
};
use crate::state::Console;

/// Few enough that a phone loads a page at once.
const PAGE_SIZE: usize = 60;

pub(super) async fn section(console: &Console, settings: &StoredSettings, number: usize) -> Result<Markup, StoreError> {
    let mut watched = of_account(settings, console.with_catalogue);
    let ids: Vec<ProviderId> = watched.iter().map(|watched| watched.id.clone()).collect();
    let states = States::read(&console.store, &ids).await?;
    watched.sort_by_cached_key(|watched| (states.urgency(watched.id), name(watched).to_lowercase()));
    let pages = watched.len().div_ceil(PAGE_SIZE).max(1);
    let number = number.clamp(1, pages);
    let on_page = &watched[(number - 1) * PAGE_SIZE..watched.len().min(number * PAGE_SIZE)];
    Ok(html! {
        @if !watched.is_empty() {
            h2 { "Your providers" }
            p { (sentence(&watched, &states)) }
            div.panel {
                ul.rows aria-label="Your providers" {
                    @for watched in on_page { li { (rows::watched(watched, &states)) } }
                }
            }
            @if pages > 1 { (pagination(number, pages)) }
        }
        @if number == 1 { (unwatched_pages(settings)) }
    })
}

fn name<'a>(watched: &'a Watched<'_>) -> &'a str {
    watched.found.as_ref().map_or(watched.id.as_str(), |found| &found.provider.name)
}

/// `2 of 12 have incidents, 1 is not checked yet.`
fn sentence(watched: &[Watched<'_>], states: &States) -> String {
    let all: Vec<ProviderState> = watched.iter().map(|watched| states.state(watched.id)).collect();
    let count = |is: fn(ProviderState) -> bool| all.iter().filter(|state| is(**state)).count();
    let verb = |count: usize, one: &str, several: &str| format!("{count} {}", if count == 1 { one } else { several });
    let total = all.len();
    let mut text = match count(ProviderState::has_incident) {
        0 => format!("None of {total} has an open incident"),
        some => format!("{some} of {total} {}", if some == 1 { "has an open incident" } else { "have open incidents" }),
    };
    let unread = count(|state| matches!(state, ProviderState::NotWatched));
    if unread > 0 {
        text += &format!(", {}", verb(unread, "is not checked yet", "are not checked yet"));
    }
    let unreadable = count(|state| matches!(state, ProviderState::Unreadable | ProviderState::NoStatusPage));
    if unreadable > 0 {
        text += &format!(", {}", verb(unreadable, "cannot be read", "cannot be read"));
    }
    text + "."
}

fn unwatched_pages(settings: &StoredSettings) -> Markup {
    let is_unwatched = |page: &&store::Stored<(status::provider::Provider, store::Visibility)>| {
        page.managed_by == ManagedBy::Web && !settings.watched.contains(&page.value.0.id)
    };
    let pages: Vec<_> = settings.pages.iter().filter(is_unwatched).map(|page| &page.value.0).collect();
    html! {
        @if !pages.is_empty() {
            h2 { "Your pages that nobody watches" }
            div.panel {
                ul.rows {
                    @for page in pages {
                        li {
                            div.row {
                                a.who href=(paths::watch(&page.id)) { (page.name) }
                                a.small href={ (paths::watch(&page.id)) "/remove" } {
                                    "Remove" span.hidden { " " (page.name) }
                                }
                                div.what { (page.page_url) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn pagination(number: usize, pages: usize) -> Markup {
    let to = |page: usize| format!("{}?page={page}", paths::WATCH);
    html! {
        nav.pages aria-label="Pages" {
            @if number > 1 { a rel="prev" href=(to(number - 1)) { "Previous" } }
            span.soft { "Page " (number) " of " (pages) }
            @if number < pages { a rel="next" href=(to(number + 1)) { "Next" } }
        }
    }
}
