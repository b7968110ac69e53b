//! `/alerts/feed` and `/alerts/groups/{id}/feed`: the secret address of a feed and a calendar, for programs that read
//! them. What is at the address is served by `web`.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use maud::{Markup, html};
use site::paths::{feed as path_of_feed, segment};
use status::ids::GroupId;
use store::{Stored, StoredFeed};

use super::{
    frame::{Done, crumbs, page},
    typed::Typed,
};
use crate::{
    edits,
    posted::{Posted, token},
    respond::{Refusal, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/alerts/feed", get(show_of_account).post(readdress_of_account))
        .route("/alerts/feed/remove", post(remove_of_account))
        .route("/alerts/groups/{id}/feed", get(show_of_group).post(readdress_of_group))
        .route("/alerts/groups/{id}/feed/remove", post(remove_of_group))
}

fn own_path(group: Option<&GroupId>) -> String {
    group.map_or_else(|| "/alerts/feed".to_owned(), |id| format!("/alerts/groups/{}/feed", segment(id.as_str())))
}

async fn show_of_account(
    State(console): State<Console>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    show(&console, &by, None, &done).await
}

async fn show_of_group(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    show(&console, &by, Some(&id), &done).await
}

async fn show(console: &Console, by: &SignedIn, id: Option<&GroupId>, done: &Done) -> Result<Response, Refusal> {
    let name = match id {
        None => "Feed and calendar".to_owned(),
        Some(id) => {
            let group = edits::group(console, by.account(), id).await?;
            format!("Feed and calendar of {}", group.value.shown_name())
        }
    };
    let feed = edits::feed(console, by.account(), id).await?;
    let content = html! {
        (crumbs())
        p {
            "For feed readers and calendar programs: incidents and maintenance of the providers that "
            @if id.is_some() { "this group covers" } @else { "this account watches" } ", also of those to come. "
            "They tell of whole providers, whatever components are chosen; of status pages that only your account sees \
             they tell nothing."
        }
        @match &feed {
            Some(feed) => (addresses(console, feed)),
            None => p.empty { "There is no address yet." },
        }
        @if by.may(Right::Edit) { (forms(by, id, feed.as_ref())) }
    };
    Ok(page(StatusCode::OK, &name, done.text(), content))
}

fn addresses(console: &Console, feed: &Stored<StoredFeed>) -> Markup {
    let base = console.settings.public_url.as_deref().unwrap_or_default();
    html! {
        @match console.store.address_of_feed(&feed.value) {
            Some(address) => {
                @let path = path_of_feed(&address);
                @for (label, file) in [("Incidents (Atom)", "incidents.atom"), ("Maintenance (iCalendar)", "calendar.ics")] {
                    @let url = format!("{base}{path}/{file}");
                    h2 { (label) " " button type="button" hidden data-copy data-copy-text=(url) { "Copy" } }
                    pre tabindex="0" { code { (url) } }
                }
                p.soft.small { "Whoever has this address reads them." }
            }
            None => p.note { "The address cannot be shown: the key that encrypted it is not given to this instance. It works \
                              still. Make a new one." }
        }
    }
}

fn forms(by: &SignedIn, id: Option<&GroupId>, feed: Option<&Stored<StoredFeed>>) -> Markup {
    let path = own_path(id);
    html! {
        div.actions {
            form method="post" action=(path) {
                (token(by))
                @if let Some(feed) = feed { input type="hidden" name="version" value=(feed.version); }
                button.main[feed.is_none()] type="submit" {
                    @if feed.is_some() { "Make a new address" } @else { "Make a secret address" }
                }
            }
            @if let Some(feed) = feed {
                form method="post" action={ (path) "/remove" } {
                    (token(by))
                    input type="hidden" name="version" value=(feed.version);
                    button type="submit" { "Remove the address" }
                }
            }
        }
    }
}

async fn readdress_of_account(
    State(console): State<Console>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    readdress(&console, &by, None, &form).await
}

async fn readdress_of_group(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    readdress(&console, &by, Some(&id), &form).await
}

async fn readdress(console: &Console, by: &SignedIn, id: Option<&GroupId>, form: &Typed) -> Result<Response, Refusal> {
    edits::readdress_feed(console, &by.actor(), id, form.version()).await?;
    Ok(see_other(&format!("{}?done=readdressed", own_path(id))))
}

async fn remove_of_account(
    State(console): State<Console>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    remove(&console, &by, None, &form).await
}

async fn remove_of_group(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refusal> {
    remove(&console, &by, Some(&id), &form).await
}

async fn remove(console: &Console, by: &SignedIn, id: Option<&GroupId>, form: &Typed) -> Result<Response, Refusal> {
    edits::remove_feed(console, &by.actor(), id, form.version()).await?;
    Ok(see_other(&format!("{}?done=feed-removed", own_path(id))))
}
