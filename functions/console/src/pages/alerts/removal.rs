//! Removing a destination or a group, by a page that asks first.
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use site::paths::segment;
use status::ids::{DestinationId, GroupId};

use super::{
    frame::{crumbs, page},
    overview,
    typed::Typed,
};
use crate::{
    edits::{self, Refused},
    posted::{Posted, token},
    respond::{Refusal, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

const REMOVED: &str = "/alerts?done=removed";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/alerts/destinations/{id}/remove", get(ask_of_destination).post(remove_destination))
        .route("/alerts/groups/{id}/remove", get(ask_of_group).post(remove_group))
}

async fn ask_of_destination(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    by: SignedIn,
) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let stored = edits::destination(&console, by.account(), &id).await?;
    let text = "It gets no more alerts, and is taken out of its groups. The delivery log of it is no longer shown.";
    let back = overview::path(&stored.value);
    Ok(ask(&by, stored.value.shown_name(), text, &back, stored.version))
}

async fn ask_of_group(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    by: SignedIn,
) -> Result<Response, Refusal> {
    by.require(Right::Edit)?;
    let stored = edits::group(&console, by.account(), &id).await?;
    if id == edits::default_group() {
        return Err(Refused::DefaultGroup.into());
    }
    let text = "Its destinations stay. They no longer get the alerts that only this group asks for.";
    let back = format!("/alerts/groups/{}", segment(id.as_str()));
    Ok(ask(&by, stored.value.shown_name(), text, &back, stored.version))
}

fn ask(by: &SignedIn, name: &str, text: &str, back: &str, version: u64) -> Response {
    let content: Markup = html! {
        (crumbs())
        p { (text) }
        form method="post" action={ (back) "/remove" } {
            (token(by))
            input type="hidden" name="version" value=(version);
            button.main type="submit" { "Remove" span.hidden { " " (name) } }
            " " a.button href=(back) { "Cancel" }
        }
    };
    page(StatusCode::OK, &format!("Remove {name}?"), None, content)
}

async fn remove_destination(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    edits::remove_destination(&console, &by.actor(), &id, form.version().unwrap_or_default()).await?;
    Ok(see_other(REMOVED))
}

async fn remove_group(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    edits::remove_group(&console, &by.actor(), &id, form.version().unwrap_or_default()).await?;
    Ok(see_other(REMOVED))
}
