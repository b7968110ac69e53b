//! Stop watching a provider: a page that asks, and the form that does it. A page of the account's own that nobody
//! watches any more is removed with its last monitor.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::html;
use serde::Deserialize;
use site::{frame::NavEntry, paths};
use status::{ids::ProviderId, monitor::Monitor, provider::Provider};
use store::{ManagedBy, Stored, StoredSettings, Visibility};

use super::rows;
use crate::{
    edits::{self, Refused},
    posted::{Posted, token},
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/watch/{provider}/remove", get(ask).post(remove))
}

/// The query of the page, and the fields of its form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    /// Blank: the only one, or a custom page that nobody watches.
    monitor: String,
    version: String,
}

/// What there is to remove.
struct Target<'a> {
    name: &'a str,
    monitor: Option<&'a Stored<Monitor>>,
    /// The account's custom page, if no other monitor watches it.
    page: Option<&'a Stored<(Provider, Visibility)>>,
}

impl<'a> Target<'a> {
    fn of(settings: &'a StoredSettings, id: &'a str, monitor: &str) -> Option<Self> {
        let of_pages = |monitor: &&Stored<Monitor>| monitor.managed_by == ManagedBy::Web;
        let own = settings.pages.iter().find(|page| page.value.0.id.as_str() == id);
        let watching: Vec<&Stored<Monitor>> =
            settings.monitors.iter().filter(|monitor| monitor.value.provider.as_str() == id).collect();
        let is_it = |it: &&Stored<Monitor>| monitor.is_empty() || it.value.id.as_str() == monitor;
        let found = watching.iter().copied().find(|it| of_pages(it) && is_it(it));
        let others = watching.len() - usize::from(found.is_some());
        let page = own.filter(|page| page.managed_by == ManagedBy::Web && others == 0);
        if found.is_none() && (page.is_none() || !monitor.is_empty()) {
            return None;
        }
        let name = own.map(|page| page.value.0.name.as_str());
        let name = name.or_else(|| catalogue::find(id).map(|entry| entry.name)).unwrap_or(id);
        Some(Self { name, monitor: found, page })
    }
}

async fn ask(
    State(console): State<Console>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<Form>,
) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let settings = console.store.stored_settings(by.account()).await?;
    let Some(target) = Target::of(&settings, &id, &query.monitor) else { return Ok(not_found()) };
    let title = format!("Stop watching {}", target.name);
    let path = paths::watch(&ProviderId::new(&id));
    let is_found = target.page.is_some() || catalogue::find(&id).is_some();
    let back = if is_found { path.as_str() } else { paths::WATCH };
    let content = html! {
        p.crumbs { a href=(paths::WATCH) { "Watch" } }
        @if let Some(monitor) = target.monitor {
            p { "What is watched: " strong { (rows::chosen(&monitor.value.components)) } "." }
            p { "From now on nobody is alerted by this monitor. Whoever was told of an open incident is still told of its end." }
        }
        @if let Some(page) = target.page {
            p { "Its status page " strong { (page.value.0.page_url) } " is removed from your account." }
        }
        form method="post" action={ (path) "/remove" } {
            (token(&by))
            @if let Some(monitor) = target.monitor {
                input type="hidden" name="monitor" value=(monitor.value.id);
                input type="hidden" name="version" value=(monitor.version);
            }
            button.main type="submit" { (title) }
            " " a.button href=(back) { "Cancel" }
        }
    };
    Ok(respond::page_of(NavEntry::Watch, StatusCode::OK, &title, None, content))
}

async fn remove(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, form }: Posted<Form>,
) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let settings = console.store.stored_settings(by.account()).await?;
    let Some(target) = Target::of(&settings, &id, &form.monitor) else { return Ok(not_found()) };
    let actor = by.actor();
    if let Some(monitor) = target.monitor {
        // The version of the page that asked: what was changed since is not removed unseen.
        let version = form.version.parse().unwrap_or_default();
        edits::remove_monitor(&console, &actor, &monitor.value.id, version).await?;
    }
    if let Some(page) = target.page {
        match edits::remove_page(&console, &actor, &page.value.0.id, page.version).await {
            // Somebody else has begun to watch it: it stays.
            Ok(()) | Err(Refused::InUse | Refused::NotFound) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Ok(see_other(&format!("{}?done=removed", paths::WATCH)))
}
