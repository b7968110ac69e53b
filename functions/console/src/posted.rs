//! Forms that a member sends. One is taken only if a page of ours sent it: the cookie is not sent from other sites
//! (`SameSite`), the browser says where the form is from, and the form has a token that only the session's pages have.
//! The token is also of the account that the page showed: what was meant for one is never done in another.
use accounts::{Account, Session};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts as _, Request},
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::{Deserialize, de::DeserializeOwned};
use site::same_origin::is_same_origin;
use status::ids::AccountId;
use store::StoreError;

use crate::{
    respond::{self, Refusal},
    state::Console,
    visitor::{SignedIn, session_of},
};

/// The name of the token in forms.
const TOKEN: &str = "form";

/// A form of an account, and who sent it.
pub(crate) struct Posted<T> {
    pub(crate) by: SignedIn,
    pub(crate) form: T,
}

/// A form about the person themselves, whatever account its page was of.
pub(crate) struct PostedByPerson<T> {
    pub(crate) session: Session,
    pub(crate) form: T,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    form: String,
}

fn token_of(body: &str) -> String {
    serde_html_form::from_str::<Token>(body).unwrap_or_default().form
}

fn check_origin(parts: &Parts, console: &Console) -> Result<(), Refusal> {
    let is_ours = is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref());
    if is_ours { Ok(()) } else { Err(foreign()) }
}

async fn body_of(parts: Parts, body: Body, console: &Console) -> Result<String, Refusal> {
    String::from_request(Request::from_parts(parts, body), console).await.map_err(|_| too_large())
}

impl<T: DeserializeOwned + Default> FromRequest<Console> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        check_origin(&parts, console)?;
        let by = SignedIn::from_request_parts(&mut parts, console).await?;
        let body = body_of(parts, body, console).await?;
        match by.account_of_form(&token_of(&body)) {
            None => Err(foreign()),
            Some(account) if account != *by.account() => Err(of_another_account(console, &by, &account, &body).await?),
            Some(_) => Ok(Self { by, form: serde_html_form::from_str(&body).unwrap_or_default() }),
        }
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Console> for PostedByPerson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        check_origin(&parts, console)?;
        let found = session_of(console, &parts.headers, &parts.uri, Timestamp::now()).await?;
        let (session, cookie) = found.ok_or_else(|| Refusal::from(respond::to_sign_in("/account")))?;
        let body = body_of(parts, body, console).await?;
        cookie.account_of_form(&token_of(&body)).ok_or_else(foreign)?;
        Ok(Self { session, form: serde_html_form::from_str(&body).unwrap_or_default() })
    }
}

/// What these begin with may be secret, and is not shown again.
const NOT_SHOWN: [&str; 2] = ["setting.", "login."];

/// The session came to work in another account after the page with the form was opened. `of`: the account of the form.
async fn of_another_account(
    console: &Console,
    by: &SignedIn,
    of: &AccountId,
    body: &str,
) -> Result<Refusal, StoreError> {
    let name = |account: Option<Account>| account.map(|account| account.name).unwrap_or_default();
    let now = name(console.store.account(by.account()).await?);
    // Only a member is told what another account is called.
    let before = match console.store.member(of, by.address()).await? {
        Some(_) => Some(name(console.store.account(of).await?)),
        None => None,
    };
    let typed: Vec<(String, String)> = serde_html_form::from_str(body).unwrap_or_default();
    let is_shown = |(name, value): &&(String, String)| {
        !value.is_empty() && name != TOKEN && !NOT_SHOWN.iter().any(|hidden| name.starts_with(hidden))
    };
    let typed: Vec<_> = typed.iter().filter(is_shown).collect();
    let content = html! {
        p role="alert" {
            "You work in the account " strong { (now) } " now, and this form is of "
            @match &before { Some(before) => strong { (before) }, None => "an account that you are no member of" }
            ". Nothing was changed."
        }
        @if let Some(before) = &before {
            form method="post" action="/account/switch" {
                (token(by))
                input type="hidden" name="account" value=(of.as_str());
                button.main type="submit" { "Work in " (before) }
                " " a.button href="/account" { "Stay in " (now) }
            }
        }
        @if !typed.is_empty() {
            h2 { "What you typed" }
            dl { @for (name, value) in &typed { dt { (name) } dd { (value) } } }
        }
    };
    Ok(Refusal::from(respond::page(StatusCode::CONFLICT, "Another account", None, content)))
}

/// The token, for a form of this member.
pub(crate) fn token(by: &SignedIn) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(by.form_token()); }
}

/// A form of one button.
pub(crate) fn button(by: &SignedIn, path: &str, label: &str) -> Markup {
    html! { form method="post" action=(path) { (token(by)) button type="submit" { (label) } } }
}

pub(crate) fn foreign() -> Refusal {
    let text = "This form was not sent by a page of your session. Nothing was changed. Open the page again.";
    Refusal::from(respond::forbidden(text))
}

pub(crate) fn too_large() -> Refusal {
    let content = html! { p { "The form is too large, or is not text. Nothing was changed." } };
    Refusal::from(respond::page(StatusCode::PAYLOAD_TOO_LARGE, "Too large", None, content))
}
