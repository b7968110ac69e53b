//! `/watch`: what the account watches and how it is at present, the worst first; and more to watch: by a search, among
//! the best known, from a pasted list, or by the address of a status page. What is watched of one provider is chosen on
//! its own page.
mod alert_groups;
mod bars;
mod done;
mod find;
mod from_address;
mod from_list;
mod listed;
mod login;
mod login_fields;
mod past;
mod paste;
mod provider;
mod remove;
mod rows;
mod selection;
mod sheet;
mod tree;
mod watched;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use settings::MonitorDraft;
use site::{frame::NavEntry, paths};
use status::{
    ids::{MonitorId, ProviderId},
    provider::Provider,
};
use store::{Store, StoreError, StoredSettings};

use self::{
    find::Hits,
    watched::{Found, States},
};
use crate::{
    edits::{self, Refused},
    posted::Posted,
    respond::{self, Refusal, see_other},
    state::Console,
    visitor::SignedIn,
};

/// Of the form that watches many: ids of providers.
const MAX_FORM_BYTES: usize = 128 << 10;

/// The state of a page that everybody may see, and its open incidents, for a row about it.
pub(super) async fn state_now(store: &Store, page: &Provider) -> Result<Markup, StoreError> {
    let found = Found { provider: page.clone(), is_own: false };
    let states = States::read(store, std::slice::from_ref(&page.id)).await?;
    Ok(html! {
        span { (rows::state(&states, &page.id)) }
        @if let Some(summary) = states.summary(&page.id) { (rows::incidents(&found, summary)) }
    })
}

pub(super) fn routes() -> Router<Console> {
    let watch = get(show).post(watch).layer(DefaultBodyLimit::max(MAX_FORM_BYTES));
    Router::new()
        .route(paths::WATCH, watch)
        .merge(from_address::routes())
        .merge(from_list::routes())
        .merge(provider::routes())
        .merge(remove::routes())
        .merge(login::routes())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WatchQuery {
    q: String,
    page: String,
    done: String,
    count: String,
}

impl WatchQuery {
    /// The words are ours, whatever the query says.
    fn flash(&self) -> Option<String> {
        Some(match self.done.as_str() {
            "watched" => match self.count.parse::<u16>() {
                Ok(1) => "1 more provider is watched now.".to_owned(),
                Ok(count) => format!("{count} more providers are watched now."),
                Err(_) => return None,
            },
            "removed" => "It is no longer watched.".to_owned(),
            _ => return None,
        })
    }
}

async fn show(
    State(console): State<Console>,
    by: SignedIn,
    Query(query): Query<WatchQuery>,
) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let number = query.page.parse().unwrap_or(1);
    let content = content(&console, &by, &settings, (&query.q, number)).await?;
    Ok(respond::page_of(NavEntry::Watch, StatusCode::OK, "Watch", query.flash().as_deref(), content))
}

/// What a search finds; without one what is watched, a page of it, and more to watch.
async fn content(
    console: &Console,
    by: &SignedIn,
    settings: &StoredSettings,
    (query, number): (&str, usize),
) -> Result<Markup, Refusal> {
    let search: String = query.trim().chars().take(find::MAX_QUERY).collect();
    if !search.is_empty() {
        return searched(console, by, settings, &search).await;
    }
    let listed = listed::section(console, settings, number).await?;
    let is_first = number <= 1;
    Ok(html! {
        (find::search_form(""))
        (nobody_is_told(settings))
        (listed)
        @if is_first {
            @if console.with_catalogue {
                (find::popular(by, settings))
                (find::paste_box(by, ""))
            }
            (from_address::form(by, "", &from_address::Typed::default()))
        }
    })
}

fn nobody_is_told(settings: &StoredSettings) -> Markup {
    let is_told = |id: &MonitorId| settings.groups.iter().any(|group| group.value.tells_of(id));
    let untold = settings.monitors.iter().filter(|monitor| !is_told(&monitor.value.id)).count();
    html! {
        @if !settings.watched.is_empty() && settings.destinations.is_empty() {
            p.note {
                strong { "No destination yet: nobody is alerted." } " "
                a href="/alerts/destinations/new" { "Add a destination" }
            }
        } @else if untold > 0 {
            p.note {
                strong {
                    (untold) @if untold == 1 { " monitor alerts" } @else { " monitors alert" } " nobody: no group with a destination covers "
                    @if untold == 1 { "it." } @else { "them." }
                }
                " " a href="/alerts" { "See your groups" }
            }
        }
    }
}

async fn searched(
    console: &Console,
    by: &SignedIn,
    settings: &StoredSettings,
    search: &str,
) -> Result<Markup, Refusal> {
    let found = find::search(settings, console.with_catalogue, search);
    let states = States::read(&console.store, &ids(&found)).await?;
    let hits = Hits { settings, found: &found, states: &states, are_ticked: false, search };
    Ok(html! {
        p.crumbs { a href=(paths::WATCH) { "Watch" } }
        (find::search_form(search))
        @if found.is_empty() {
            p role="status" { "Nothing matches “" bdi { (search) } "”." }
        } @else {
            p.hidden role="status" { (found.len()) " found" }
            (find::hits(by, &hits))
        }
        (from_address::form(by, search, &from_address::Typed::default()))
    })
}

fn ids(found: &[Found]) -> Vec<ProviderId> {
    found.iter().map(|found| found.provider.id.clone()).collect()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WatchForm {
    provider: Vec<String>,
    /// The search that found them.
    q: String,
}

/// Makes a monitor of all components for each that was ticked.
async fn watch(State(console): State<Console>, Posted { by, form }: Posted<WatchForm>) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let found: Vec<Found> =
        form.provider.iter().filter_map(|id| watched::find(&settings, console.with_catalogue, id)).collect();
    if found.is_empty() {
        let content = content(&console, &by, &settings, (&form.q, 1)).await?;
        let content = html! { p role="alert" { "Tick at least one provider." } (content) };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(respond::page_of(NavEntry::Watch, status, "Watch", None, content));
    }
    let drafts = found.iter().map(|found| found.draft(MonitorDraft::default())).collect();
    match edits::watch(&console, &by.actor(), drafts).await {
        Ok(made) => Ok(see_other(&format!("{}?done=watched&count={}", paths::WATCH, made.len()))),
        Err(Refused::Limit { most, .. }) => {
            let problem = too_many(&settings, found.len(), most);
            ticked(&console, &by, (&settings, &found), &form.q, problem).await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// The page again, with what was ticked and searched for.
async fn ticked(
    console: &Console,
    by: &SignedIn,
    (settings, found): (&StoredSettings, &[Found]),
    search: &str,
    problem: Markup,
) -> Result<Response, Refusal> {
    let states = States::read(&console.store, &ids(found)).await?;
    let hits = Hits { settings, found, states: &states, are_ticked: true, search };
    let content = html! {
        p.crumbs { a href=(paths::WATCH) { "Watch" } }
        (problem)
        (find::search_form(search))
        (find::hits(by, &hits))
    };
    Ok(respond::page_of(NavEntry::Watch, StatusCode::CONFLICT, "Watch", None, content))
}

fn too_many(settings: &StoredSettings, ticked: usize, most: u32) -> Markup {
    let present = settings.monitors.iter().filter(|monitor| monitor.version > 0).count();
    html! {
        div.note.problem role="alert" {
            p.strong { "Nothing was saved." }
            p {
                "This account may have " (most) " monitors. It has " (present) ", and you ticked " (ticked)
                ". Tick fewer, stop watching something first, or ask whoever runs this instance to allow more."
            }
        }
    }
}
