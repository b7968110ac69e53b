//! Watching a status page that is not in the catalogue, by its address. The page is added as one of the account's own,
//! and is read at the poller's next round: the console itself connects to nobody's address.
use axum::{Router, extract::State, response::Response, routing::post};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use settings::{LoginChange, MonitorDraft, PageDraft};
use site::{frame::NavEntry, paths};
use status::ids::ProviderId;
use store::{ManagedBy, StoredSettings};

use super::login_fields::{HEADERS, LoginFields, PASSWORD, USERNAME};
use crate::{
    edits::{self, Refused},
    fields::{Field, Problems},
    posted::{Posted, token},
    respond::{self, Refusal, see_other},
    state::Console,
    visitor::SignedIn,
};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/watch/from/address", post(add))
}

const LOGIN_FIELDS: [&str; 4] = ["login", USERNAME, PASSWORD, HEADERS];

/// The fields as they were typed.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) login: LoginFields,
    pub(super) problems: Problems,
}

/// `searched`: what nothing was found for, offered as an address if it may be one.
pub(super) fn form(by: &SignedIn, searched: &str, typed: &Typed) -> Markup {
    let is_address = searched.contains('.') && !searched.contains(char::is_whitespace);
    let url = if typed.url.is_empty() && is_address { with_scheme(searched) } else { typed.url.clone() };
    let url = Field { name: "url", label: "Address", kind: "text", value: &url, autocomplete: "off" };
    html! {
        h2 #address { "Not in the list?" }
        p.soft {
            "Add the address of any status page. It is checked at the next round, within 15 minutes, and only your \
             account sees it."
        }
        (typed.problems.summary())
        form.sign-in method="post" action="/watch/from/address" {
            (token(by))
            (url.markup(&typed.problems))
            label for="name" { "Name " span.soft.small { "(optional)" } }
            input #name name="name" value=(typed.name) autocomplete="off";
            @if let Some(problem) = typed.problems.at("name") { p.problem { (problem) } }
            @let is_open = !typed.login.is_blank() || LOGIN_FIELDS.iter().any(|it| typed.problems.at(it).is_some());
            details open[is_open] {
                summary { "It is for customers only and needs a login" }
                (typed.login.markup(&typed.problems, false))
            }
            button.main type="submit" { "Add and watch" }
        }
    }
}

fn with_scheme(address: &str) -> String {
    let address = address.trim();
    if address.is_empty() || address.contains("://") { address.to_owned() } else { format!("https://{address}") }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    url: String,
    name: String,
    #[serde(rename = "login.username")]
    username: String,
    #[serde(rename = "login.password")]
    password: String,
    #[serde(rename = "login.headers")]
    headers: String,
}

async fn add(State(console): State<Console>, Posted { by, form }: Posted<Form>) -> Result<Response, Refusal> {
    let login = LoginFields { username: form.username, password: form.password, headers: form.headers };
    let (url, name) = (with_scheme(&form.url), form.name.trim().to_owned());
    let settings = console.store.stored_settings(by.account()).await?;
    if let Some(known) = known(&console, &by, &settings, &url, !login.is_blank()) {
        return Ok(see_other(&format!("{}?done=known", paths::watch(&known))));
    }
    let of_pages = settings.monitors.iter().filter(|monitor| monitor.managed_by == ManagedBy::Web).count();
    let most = console.max_monitors(by.account()).filter(|most| of_pages >= *most as usize);
    let saved = match (login.draft(), most) {
        (Err(problems), _) => Err(problems),
        // Before the page is added, which would be watched by nobody.
        (Ok(_), Some(most)) => Err(Refused::Limit { what: "monitors", most }.at_form("url")?),
        (Ok(login), None) => {
            let login = login.map_or(LoginChange::Keep, LoginChange::Set);
            let shown_name = Some(name.clone()).filter(|name| !name.is_empty());
            let draft = PageDraft { name: shown_name, url: Some(url), login, ..PageDraft::default() };
            match edits::save_page(&console, &by.actor(), draft, None).await {
                Ok(page) => Ok(page.value.0.id),
                Err(refused) => Err(refused.at_form("url")?),
            }
        }
    };
    match saved {
        Ok(id) => {
            let monitor = MonitorDraft { page: Some(id.to_string()), ..MonitorDraft::default() };
            edits::save_monitor(&console, &by.actor(), monitor, None).await?;
            Ok(see_other(&format!("{}?done=added", paths::watch(&id))))
        }
        Err(problems) => {
            let login = LoginFields { username: login.username, ..LoginFields::default() };
            let typed = Typed { url: form.url, name, login, problems };
            let content = html! { p.crumbs { a href=(paths::WATCH) { "Watch" } } (self::form(&by, "", &typed)) };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(respond::page_of(NavEntry::Watch, status, "Watch a status page", None, content))
        }
    }
}

/// What is watched at this address: of the catalogue, or a page of the account.
fn known(
    console: &Console,
    by: &SignedIn,
    settings: &StoredSettings,
    url: &str,
    has_login: bool,
) -> Option<ProviderId> {
    let address = url.parse().ok()?;
    let known = catalogue::find_by_page(&address).filter(|_| console.with_catalogue && !has_login);
    let own = match has_login {
        true => settings::private_page_id(by.account(), &address),
        false => settings::page_id(&address),
    };
    let own = settings.pages.iter().map(|page| &page.value.0.id).find(|id| **id == own);
    known.map(|entry| entry.provider().id).or_else(|| own.cloned())
}
