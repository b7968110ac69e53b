//! `/alerts/mutes`: what is muted or acknowledged, by whom and since when, and the way back; and the same of one
//! incident, for the delivery log.
use std::{cmp::Reverse, collections::HashMap};

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use site::{paths::segment, times::time};
use status::{
    ids::{IncidentId, ProviderId},
    mute::{Mute, Muted},
    page_summary::PageSummary,
};
use store::{StoreError, StoredSettings};

use super::frame::{Done, crumbs, page};
use crate::{
    edits,
    posted::{Posted, token},
    provider_names::provider_name,
    respond::{Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

const PATH: &str = "/alerts/mutes";

pub(super) fn routes() -> Router<Console> {
    Router::new().route(PATH, get(show).post(mute)).route("/alerts/mutes/undo", post(undo))
}

async fn show(State(console): State<Console>, by: SignedIn, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let mut mutes = console.store.mutes(by.account()).await?;
    mutes.sort_by_key(|mute| Reverse(mute.at));
    let providers: Vec<ProviderId> = mutes.iter().map(|mute| mute.provider.clone()).collect();
    let pages = console.store.page_summaries_of(&providers).await?;
    let (over, current): (Vec<&Mute>, Vec<&Mute>) = mutes.iter().partition(|mute| is_over(&pages, mute));
    let content = html! {
        (crumbs())
        p { "Of a muted incident nothing is told but its end, to whoever was told of its opening. An acknowledged one \
             is not followed up. Open an incident in the " a href="/alerts/log" { "delivery log" } " to do either." }
        @if current.is_empty() { p.empty { "No incident that goes on is muted or acknowledged." } }
        @else {
            ul.panel.rows {
                @for mute in current {
                    li { (heading(&settings, mute)) (state(&by, mute)) }
                }
            }
        }
        @if !over.is_empty() {
            h2 { "Over" }
            ul.panel.rows {
                @for mute in over {
                    li { (heading(&settings, mute)) p.facts-line { (said(mute)) } }
                }
            }
        }
    };
    Ok(page(StatusCode::OK, "Muted incidents", done.text(), content))
}

/// By what lists of all pages know: one that they leave out may go on.
fn is_over(pages: &HashMap<ProviderId, PageSummary>, mute: &Mute) -> bool {
    let is_listed = |page: &PageSummary| page.more_open > 0 || page.open.iter().any(|item| item.id == mute.incident);
    pages.get(&mute.provider).is_some_and(|page| !is_listed(page))
}

fn heading(settings: &StoredSettings, mute: &Mute) -> Markup {
    html! { strong { bdi { (provider_name(settings, &mute.provider)) ": " (mute.title) } } }
}

fn said(mute: &Mute) -> Markup {
    html! { span.small.soft { (word(mute.muted)) " by " bdi { (mute.by) } ", " (time(mute.at)) } }
}

/// Who did it, and the way back.
fn state(by: &SignedIn, mute: &Mute) -> Markup {
    html! {
        p.facts-line {
            (said(mute))
            @if by.may(Right::Edit) {
                form.inline method="post" action="/alerts/mutes/undo" {
                    (token(by))
                    input type="hidden" name="id" value=(mute.id());
                    button type="submit" { "Undo" span.hidden { ": " (word(mute.muted)) " " (mute.title) } }
                }
            }
        }
    }
}

pub(super) fn word(muted: Muted) -> &'static str {
    match muted {
        Muted::Alerts => "Muted",
        Muted::FollowUp => "Acknowledged",
    }
}

/// What one incident stands at, and what can be done about it. Empty of what the account does not watch.
pub(super) async fn section(
    console: &Console,
    by: &SignedIn,
    settings: &StoredSettings,
    (provider, incident): (&ProviderId, &IncidentId),
) -> Result<Markup, StoreError> {
    if !settings.monitors.iter().any(|monitor| monitor.value.provider == *provider) {
        return Ok(html! {});
    }
    let open = edits::open_incident(console, provider, incident).await?;
    let Some(open) = open else { return Ok(html! { p.soft { "It is over: nothing more is told of it." } }) };
    let mut mutes = console.store.mutes(by.account()).await?;
    mutes.retain(|mute| mute.is_of(provider, incident, open.episode));
    let is_left = |muted: &&Muted| mutes.iter().all(|mute| mute.muted != **muted);
    Ok(html! {
        div.card {
            p { strong { bdi { (provider_name(settings, provider)) ": " (open.incident.title) } } }
            @for mute in &mutes { (state(by, mute)) }
            @if by.may(Right::Edit) {
                div.actions {
                    @for muted in Muted::ALL.iter().filter(is_left) {
                        form method="post" action=(PATH) {
                            (token(by))
                            input type="hidden" name="provider" value=(provider.as_str());
                            input type="hidden" name="incident" value=(incident.as_str());
                            input type="hidden" name="muted" value=(muted.as_str());
                            button type="submit" { (label(*muted)) }
                        }
                    }
                }
            }
        }
    })
}

pub(super) fn label(muted: Muted) -> &'static str {
    match muted {
        Muted::Alerts => "Mute until its end",
        Muted::FollowUp => "Acknowledge",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    provider: String,
    incident: String,
    muted: String,
}

async fn mute(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let Some(muted) = Muted::ALL.into_iter().find(|muted| muted.as_str() == form.muted) else { return Ok(not_found()) };
    let (provider, incident) = (ProviderId::new(&form.provider), IncidentId::new(&form.incident));
    edits::mute(&console, &by.actor(), (&provider, &incident), muted).await?;
    let done = match muted {
        Muted::Alerts => "muted",
        Muted::FollowUp => "acknowledged",
    };
    Ok(see_other(&format!("/alerts/log?incident={}&done={done}", segment(incident.as_str()))))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Undo {
    id: String,
}

async fn undo(State(console): State<Console>, Posted { by, form }: Posted<Undo>) -> Result<Response, Refusal> {
    edits::undo_mute(&console, &by.actor(), &form.id).await?;
    Ok(see_other("/alerts/mutes?done=undone"))
}
