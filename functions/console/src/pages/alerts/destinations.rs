//! `/alerts/destinations/new`: a tile for each channel, then the form of the one that was chosen.
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use channels::Channel;
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::sender::sender;

use super::{
    destination_form::{Form, draft, steps},
    frame::{crumbs, not_sent, page},
    overview::path,
    typed::Typed,
};
use crate::{
    edits,
    fields::Problems,
    posted::Posted,
    respond::{Refusal, see_other},
    sending::{Asked, ask_for_consent},
    state::Console,
    visitor::{Right, SignedIn},
};

const PATH: &str = "/alerts/destinations/new";

pub(super) fn routes() -> Router<Console> {
    Router::new().route(PATH, get(show).post(save))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    channel: String,
}

async fn show(State(console): State<Console>, by: SignedIn, Query(chosen): Query<Chosen>) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    Ok(match deployed(&console, &chosen.channel) {
        Some(channel) => form_page(&by, channel, &Typed::default(), &Problems::default()),
        None => page(StatusCode::OK, "Add a destination", None, tiles(&console)),
    })
}

/// A channel that this instance sends by.
fn deployed(console: &Console, name: &str) -> Option<&'static Channel> {
    channels::channel(name).filter(|channel| console.queues.contains_key(channel.name))
}

fn tiles(console: &Console) -> Markup {
    let all = channels::channels().iter().filter(|channel| deployed(console, channel.name).is_some());
    html! {
        (crumbs())
        p { "Where are the alerts to arrive?" }
        ul.grid {
            @for channel in all {
                li.tile.under_maintenance {
                    a href={ (PATH) "?channel=" (channel.name) } { (channel.setup.title) }
                    p.small { (channel.setup.summary) }
                }
            }
        }
    }
}

fn form_page(by: &SignedIn, channel: &'static Channel, typed: &Typed, problems: &Problems) -> Response {
    let form = Form { channel, action: PATH, typed, problems, kept: None };
    let content = html! {
        p.crumbs { a href="/alerts" { "Alerts" } " / " a href=(PATH) { "Add a destination" } }
        (form.markup(by, "Save"))
        (steps(channel))
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &format!("Add {}", channel.setup.title), None, content)
}

async fn save(
    State(console): State<Console>,
    parts: Parts,
    Posted { by, form: typed }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let Some(channel) = deployed(&console, typed.get("channel")) else { return Ok(see_other(PATH)) };
    let actor = by.actor();
    let saved = match edits::save_destination(&console, &actor, draft("", &typed), None).await {
        Ok(saved) => saved.value,
        Err(refused) => return Ok(form_page(&by, channel, &typed, &refused.at_form("label")?)),
    };
    let sender = sender(&parts.extensions, &parts.headers);
    let asked = ask_for_consent(&console, &actor, &saved, sender, Timestamp::now()).await.map_err(not_sent)?;
    Ok(see_other(&format!("{}?done={}", path(&saved), word(asked, "made"))))
}

/// For the page that follows a save.
pub(super) fn word(asked: Asked, saved: &'static str) -> &'static str {
    match asked {
        Asked::NotNeeded | Asked::Suppressed => saved,
        Asked::Sent => "asked",
        Asked::TooOften => "not-asked",
    }
}
