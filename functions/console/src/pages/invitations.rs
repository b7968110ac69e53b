//! Inviting a colleague, and joining by the mailed link. Opening the link changes nothing: a button joins, once. The
//! link proves that one reads the mail of the invited address, as a link to sign in does.
use accounts::{Invitation, audit::values, credential::Credential};
use axum::{
    Router,
    extract::{FromRequest as _, Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use site::{paths::segment, private_page, same_origin::is_same_origin, transport::Transport};
use store::TeamError;

use super::{
    account::{self, Typed},
    members::refused,
    sign_in::heard,
};
use crate::{
    edits,
    enter::{self, By},
    entry::entry,
    posted::{Posted, foreign, too_large},
    respond::{Refusal, see_other, to_sign_in},
    state::Console,
    visitor::transport,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/account/invitations", post(invite))
        .route("/account/invitations/{id}/withdraw", post(withdraw))
        .route("/account/join/{link}", get(show).post(join))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    address: String,
    role: String,
}

async fn invite(
    State(console): State<Console>,
    parts: Parts,
    Posted { by, form }: Posted<Form>,
) -> Result<Response, Refusal> {
    let problems = match edits::invite(&console, &by.actor(), &parts, (&form.address, &form.role)).await {
        Ok(_) => return Ok(see_other("/account?done=invited")),
        Err(refused) => refused.at_form("address")?,
    };
    let typed = Typed { address: &form.address, role: &form.role, problems };
    account::page(&console, &by, None, &typed).await
}

async fn withdraw(
    State(console): State<Console>,
    Path(id): Path<String>,
    Posted { by, .. }: Posted<Form>,
) -> Result<Response, Refusal> {
    edits::withdraw_invitation(&console, &by.actor(), &id).await?;
    Ok(see_other("/account?done=uninvited"))
}

/// The invitation of a link, if it is good and this sender is heard.
async fn invited(console: &Console, parts: &Parts, link: &str) -> Result<Option<Invitation>, Refusal> {
    let invitation = match Credential::parse(link) {
        Some(link) => console.store.invitation(&link, Timestamp::now()).await?,
        None => None,
    };
    heard(console, parts, invitation.is_some())?;
    Ok(invitation)
}

async fn show(State(console): State<Console>, Path(link): Path<String>, parts: Parts) -> Result<Response, Refusal> {
    let Some(invitation) = invited(&console, &parts, &link).await? else { return Ok(gone()) };
    let Some(account) = console.store.account(&invitation.account).await? else { return Ok(gone()) };
    let content = html! {
        p { (invitation.by) " invites " strong { (invitation.address) } " to the account "
            strong { (account.name) } " as " (invitation.role) "." }
        form method="post" action={ "/account/join/" (segment(&link)) } {
            button.main type="submit" autofocus { "Join and sign in" }
        }
        p.soft { "If you do not want to, close this page." }
    };
    Ok(private_page::response(StatusCode::OK, "Invitation", content))
}

async fn join(State(console): State<Console>, Path(link): Path<String>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_same_origin(&parts.headers, &parts.uri, console.settings.public_url.as_deref()) {
        return Err(foreign());
    }
    let whole = Request::from_parts(parts.clone(), body);
    String::from_request(whole, &console).await.map_err(|_| too_large())?;
    if transport(&console, &parts.headers, &parts.uri) == Transport::Plain {
        return Ok(to_sign_in("/account"));
    }
    let Some(invitation) = invited(&console, &parts, &link).await? else { return Ok(gone()) };
    let now = Timestamp::now();
    let (account, address) = (&invitation.account, &invitation.address);
    let mut joined = entry(account, address, "member.joined", address, now);
    joined.after = values([("role", invitation.role.as_str()), ("invited by", &invitation.by)]);
    match console.store.accept(&invitation, now, joined).await {
        Ok(()) => {}
        Err(TeamError::Changed) => return Ok(gone()),
        Err(error) => return refused(error),
    }
    console.store.note_last_account(address, account).await?;
    let to = "/account?done=joined";
    Ok(enter::begin_session(&console, &parts, (address, By::Invitation), account, to, now).await?)
}

fn gone() -> Response {
    let content = html! {
        p { "It was used, was withdrawn or has ended. If you are a member already, "
            a href="/account/sign-in" { "sign in" } "." }
    };
    private_page::response(StatusCode::NOT_FOUND, "This invitation is no longer valid", content)
}
