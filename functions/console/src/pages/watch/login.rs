//! `/watch/{provider}/login`: the login of a page of the account's own.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::html;
use serde::Deserialize;
use settings::{LoginChange, PageDraft};
use site::{frame::NavEntry, paths};
use status::{ids::ProviderId, provider::has_private_id};
use store::{ManagedBy, Stored};

use super::login_fields::LoginFields;
use crate::{
    edits::{self, OwnPage, Refused},
    fields::Problems,
    posted::{Posted, token},
    respond::{self, Refusal, not_found, see_other},
    state::Console,
    visitor::{Right, SignedIn},
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/watch/{provider}/login", get(show).post(save))
}

/// The path of the form.
pub(super) fn path(page: &ProviderId) -> String {
    format!("{}/login", paths::watch(page))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    done: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    version: String,
    /// Not blank: there is to be no login.
    remove: String,
    #[serde(rename = "login.username")]
    username: String,
    #[serde(rename = "login.password")]
    password: String,
    #[serde(rename = "login.headers")]
    headers: String,
}

/// Whether a login of this page is changed here: what is read of it is shared with no other account.
pub(super) fn is_here(page: &Stored<OwnPage>) -> bool {
    page.managed_by == ManagedBy::Web && has_private_id(&page.value.0.id)
}

/// `None`: the account has no such page, or it has no login of its own.
async fn page_of(console: &Console, by: &SignedIn, id: &str) -> Result<Option<(Stored<OwnPage>, bool)>, Refusal> {
    by.require(Right::Edit)?;
    match edits::page(console, by.account(), &id.into()).await {
        Ok((page, has_login)) => Ok(is_here(&page).then_some((page, has_login))),
        Err(Refused::NotFound) => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

async fn show(
    State(console): State<Console>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Refusal> {
    let Some((page, has_login)) = page_of(&console, &by, &id).await? else { return Ok(not_found()) };
    let flash = (place.done == "saved").then_some("Saved. It is used within five minutes.");
    let typed = (LoginFields::default(), Problems::default());
    Ok(form(&by, (&page, has_login), &typed, (StatusCode::OK, flash)))
}

fn form(
    by: &SignedIn,
    (page, has_login): (&Stored<OwnPage>, bool),
    (typed, problems): &(LoginFields, Problems),
    (status, flash): (StatusCode, Option<&str>),
) -> Response {
    let page_of_it = &page.value.0;
    let watch = paths::watch(&page_of_it.id);
    let content = html! {
        p.crumbs { a href=(paths::WATCH) { "Watch" } " / " a href=(watch) { (page_of_it.name) } }
        p.soft {
            @if has_login { (page_of_it.page_url) " is read with the login that is stored." }
            @else { (page_of_it.page_url) " is read without a login." }
        }
        (problems.summary())
        form.wide method="post" action=(path(&page_of_it.id)) autocomplete="off" {
            (token(by))
            input type="hidden" name="version" value=(page.version);
            (typed.markup(problems, has_login))
            @if has_login {
                label.pick {
                    input type="checkbox" name="remove" value="yes";
                    span { "Remove the stored one: the page is read without a login" }
                }
            }
            p.pages { button.main type="submit" { "Save" } " " a.button href=(watch) { "Cancel" } }
        }
    };
    respond::page_of(NavEntry::Watch, status, &format!("Login of {}", page_of_it.name), flash, content)
}

async fn save(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, form: sent }: Posted<Form>,
) -> Result<Response, Refusal> {
    let Some((page, has_login)) = page_of(&console, &by, &id).await? else { return Ok(not_found()) };
    let typed = LoginFields { username: sent.username, password: sent.password, headers: sent.headers };
    let change = match typed.draft() {
        Err(problems) => Err(problems),
        Ok(Some(_)) if !sent.remove.is_empty() => {
            Err(Problems::of("login", "You typed a login, and it is to be removed. Choose one of the two."))
        }
        Ok(Some(draft)) => Ok(LoginChange::Set(draft)),
        Ok(None) if !sent.remove.is_empty() => Ok(LoginChange::Remove),
        Ok(None) => Ok(LoginChange::Keep),
    };
    let saved = match change {
        Err(problems) => Err(problems),
        Ok(login) => {
            let draft = PageDraft { id: Some(id), login, ..PageDraft::of(&page.value.0) };
            let version = sent.version.parse().unwrap_or_default();
            match edits::save_page(&console, &by.actor(), draft, Some(version)).await {
                Ok(_) => Ok(()),
                Err(Refused::Problems(problems)) => Err(Problems::from(problems)),
                Err(refused) => return Err(refused.into()),
            }
        }
    };
    match saved {
        Ok(()) => Ok(see_other(&format!("{}?done=saved", path(&page.value.0.id)))),
        Err(problems) => {
            let typed = (LoginFields { username: typed.username, ..LoginFields::default() }, problems);
            Ok(form(&by, (&page, has_login), &typed, (StatusCode::UNPROCESSABLE_ENTITY, None)))
        }
    }
}
