//! Mutes and acknowledgements.
use account_api::{Mute, MuteDraft, Muted, Mutes};
use accounts::ApiToken;
use axum::{
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, request::Parts};
use status::mute;

use super::{body, problem::Problem};
use crate::{actor::Actor, edits, state::Console};

pub(super) async fn list(console: &Console, token: &ApiToken) -> Result<Response, Problem> {
    let mutes = console.store.mutes(&token.account).await?;
    Ok(axum::Json(Mutes { mutes: mutes.iter().map(answer).collect() }).into_response())
}

pub(super) async fn mute(console: &Console, by: &Actor, parts: &Parts, body: &Bytes) -> Result<Response, Problem> {
    let MuteDraft { provider, incident, muted } = body::draft(body::object(&parts.headers, body)?, None)?;
    let muted = match muted {
        Muted::Alerts => mute::Muted::Alerts,
        Muted::FollowUp => mute::Muted::FollowUp,
    };
    let mute = edits::mute(console, by, (&provider.as_str().into(), &incident.as_str().into()), muted).await?;
    Ok(axum::Json(answer(&mute)).into_response())
}

pub(super) async fn undo(console: &Console, by: &Actor, id: &str) -> Result<Response, Problem> {
    edits::undo_mute(console, by, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn answer(mute: &mute::Mute) -> Mute {
    let muted = match mute.muted {
        mute::Muted::Alerts => Muted::Alerts,
        mute::Muted::FollowUp => Muted::FollowUp,
    };
    Mute {
        id: mute.id(),
        provider: mute.provider.to_string(),
        incident: mute.incident.to_string(),
        episode: mute.episode,
        muted,
        title: mute.title.clone(),
        by: mute.by.clone(),
        at: mute.at,
    }
}
