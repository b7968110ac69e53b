//! `/welcome`: three steps from a new account to the first alert, each with a tick once it is done, and the demo where
//! there is one. A new account begins here; whoever knows the way skips it.
use axum::{Router, extract::State, response::Response, routing::get};
use http::StatusCode;
use maud::{Markup, html};
use site::{frame::NavEntry, paths};
use store::{StoreError, StoredSettings};

use super::watch::state_now;
use crate::{
    respond::{self, Refusal},
    state::{Console, Demo},
    visitor::SignedIn,
};

/// Destinations that are looked at for one that works.
const MAX_LOOKED_AT: usize = 20;

pub(super) fn routes() -> Router<Console> {
    Router::new().route(paths::WELCOME, get(show))
}

async fn show(State(console): State<Console>, by: SignedIn) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let is_tested = is_tested(&console, &settings).await?;
    let demo = match &console.demo {
        Some(demo) => self::demo(demo, &state_now(&console.store, &demo.page).await?),
        None => html! {},
    };
    let is_done = !settings.monitors.is_empty() && is_tested;
    let content = html! {
        p.soft { "Three steps to your first alert." }
        section.steps aria-label="Steps" {
            ol {
                li { (watch(&settings)) }
                li { (destination(&settings)) }
                li { (test(&settings, is_tested)) }
            }
        }
        p.actions {
            @if is_done { a.button.main href=(paths::WATCH) { "See your providers" } }
            @else { a.button href="/" { "Skip" } }
        }
        (demo)
    };
    Ok(respond::page_of(NavEntry::None, StatusCode::OK, "Welcome", None, content))
}

/// `state`: of its page, with its open incidents.
fn demo(demo: &Demo, state: &Markup) -> Markup {
    html! {
        h2 #demo { "Meanwhile, in the demo" }
        div.panel { ul.rows aria-label="Demo" { li { div.row {
            a.who href=(paths::provider(&demo.page.id)) { (demo.page.name) }
            (state)
            div.what { a href=(demo.messages) { "The messages it caused" } " on every channel, as receivers got them" }
        } } } }
    }
}

/// Whether an alert or a test has arrived anywhere.
async fn is_tested(console: &Console, settings: &StoredSettings) -> Result<bool, StoreError> {
    for destination in settings.destinations.iter().take(MAX_LOOKED_AT) {
        let record = console.store.destination(&destination.value.id).await?;
        if record.is_some_and(|record| record.verified_at.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn step(title: &str, is_done: bool, text: &Markup) -> Markup {
    html! {
        p {
            strong { (title) }
            @if is_done { " " span.tag.operational { "✓ done" } }
        }
        p { (text) }
    }
}

fn watch(settings: &StoredSettings) -> Markup {
    let count = settings.watched.len();
    let text = html! {
        @match count {
            0 => a.button.main href=(paths::WATCH) { "Find your providers" },
            1 => { "You watch 1 provider. " a href=(paths::WATCH) { "Watch more" } },
            count => { "You watch " (count) " providers. " a href=(paths::WATCH) { "Watch more" } },
        }
    };
    step("Watch providers", count > 0, &text)
}

fn destination(settings: &StoredSettings) -> Markup {
    let any = !settings.destinations.is_empty();
    let text = html! {
        @if any {
            "Alerts have somewhere to go. " a href=(paths::ALERTS) { "See your alerts" }
        } @else {
            a.button href="/alerts/destinations/new" { "Add a destination" }
            " " span.soft { "Slack, email, a webhook and others." }
        }
    };
    step("Add a destination", any, &text)
}

fn test(settings: &StoredSettings, is_tested: bool) -> Markup {
    let text = html! {
        @match settings.destinations.first() {
            None => span.soft { "Once there is a destination." },
            Some(_) if is_tested => "It has arrived.",
            Some(first) => {
                a.button href={ "/alerts/destinations/" (paths::segment(first.value.id.as_str())) } { "Send a test" }
            },
        }
    };
    step("Send a test", is_tested, &text)
}
