//! Members, invitations and tokens.
use account_api::{
    Invitation, InvitationDraft, Invitations, MadeToken, Member, Members, RoleDraft, Token, TokenDraft, Tokens,
};
use accounts::{self, ApiToken, role::Role};
use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use jiff::Timestamp;
use settings::{Code, Problem as OfField};
use store::Team;

use super::{
    body,
    preconditions::{etag, expected, is_known},
    problem::Problem,
};
use crate::{
    actor::Actor,
    edits::{self, Refused},
    state::Console,
};

fn member(member: &accounts::Member) -> Member {
    Member { address: member.address.clone(), role: member.role, since: member.since, version: version(member) }
}

/// What is changed of a member is their role, so it is the version.
fn version(member: &accounts::Member) -> u64 {
    member.role as u64 + 1
}

fn token(token: ApiToken) -> Token {
    let ApiToken { id, name, scope, by, made_with, since, ends_at, used_at, .. } = token;
    Token { id, name, scope, by, made_with, since, ends_at, used_at }
}

fn invitation(invitation: accounts::Invitation) -> Invitation {
    let accounts::Invitation { id, address, role, by, since, ends_at, .. } = invitation;
    Invitation { id, address, role, by, since, ends_at }
}

async fn team(console: &Console, token: &ApiToken) -> Result<Team, Problem> {
    let team = console.store.team(&token.account, Timestamp::now()).await?;
    team.ok_or_else(|| Problem::unauthorized(true))
}

pub(super) async fn members(console: &Console, token: &ApiToken) -> Result<Response, Problem> {
    let members = team(console, token).await?.members.iter().map(member).collect();
    Ok(axum::Json(Members { members }).into_response())
}

pub(super) async fn read_member(
    console: &Console,
    by: &Actor,
    address: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let found = member(&edits::member(console, by, address).await?);
    let tag = etag(found.version, &found);
    if is_known(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], axum::Json(found)).into_response())
}

pub(super) async fn change_role(
    console: &Console,
    by: &Actor,
    address: &str,
    (parts, body): (&Parts, &Bytes),
) -> Result<Response, Problem> {
    let expected = expected(&parts.headers)?;
    let RoleDraft { role } = body::draft(body::object(&parts.headers, body)?, None)?;
    let Ok(role) = role.parse::<Role>() else {
        let hint = "send reader or editor".to_owned();
        let (field, message) = ("role".to_owned(), "is no role".to_owned());
        return Err(Problem::of_fields(vec![OfField { field, code: Code::Unknown, message, hint }]));
    };
    let mut found = edits::member(console, by, address).await?;
    expected.of(version(&found)).map_err(|given| changed(&given, &found))?;
    match edits::change_role(console, by, &found, role).await {
        Err(Refused::Conflict) => {
            return Err(changed(expected.text(), &edits::member(console, by, address).await?));
        }
        other => other?,
    }
    found.role = role;
    let changed = member(&found);
    Ok(([(header::ETAG, etag(changed.version, &changed))], axum::Json(changed)).into_response())
}

pub(super) async fn remove_member(
    console: &Console,
    by: &Actor,
    address: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let expected = expected(headers)?;
    let found = edits::member(console, by, address).await?;
    expected.of(version(&found)).map_err(|given| changed(&given, &found))?;
    match edits::remove_member(console, by, &found).await {
        Err(Refused::Conflict) => Err(changed(expected.text(), &edits::member(console, by, address).await?)),
        other => {
            other?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
    }
}

fn changed(given: &str, now: &accounts::Member) -> Problem {
    Problem::changed(given, serde_json::to_value(member(now)).unwrap_or_default())
}

pub(super) async fn invitations(console: &Console, token: &ApiToken) -> Result<Response, Problem> {
    let invitations = team(console, token).await?.invitations.into_iter().map(invitation).collect();
    Ok(axum::Json(Invitations { invitations }).into_response())
}

pub(super) async fn invite(console: &Console, by: &Actor, parts: &Parts, body: &Bytes) -> Result<Response, Problem> {
    let InvitationDraft { address, role } = body::draft(body::object(&parts.headers, body)?, None)?;
    let invited = edits::invite(console, by, parts, (&address, &role)).await?;
    Ok((StatusCode::CREATED, axum::Json(invitation(invited))).into_response())
}

pub(super) async fn withdraw(console: &Console, by: &Actor, id: &str) -> Result<Response, Problem> {
    edits::withdraw_invitation(console, by, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn tokens(console: &Console, of: &ApiToken) -> Result<Response, Problem> {
    let tokens = team(console, of).await?.tokens.into_iter().map(token).collect();
    Ok(axum::Json(Tokens { tokens }).into_response())
}

/// The text of the token is in no store that this goes through.
pub(super) async fn make_token(
    console: &Console,
    by: &Actor,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, Problem> {
    let TokenDraft { name, scope, days } = body::draft(body::object(&parts.headers, body)?, None)?;
    let draft = edits::TokenDraft { name: &name, scope: &scope, days };
    let (made, text) = edits::make_token(console, by, &draft).await?;
    let made = MadeToken { token: token(made), text };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(made)).into_response())
}

pub(super) async fn revoke_token(console: &Console, by: &Actor, id: &str) -> Result<Response, Problem> {
    edits::revoke_token(console, by, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
