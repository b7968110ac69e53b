//! `card.png`: the picture that Slack, Discord and others show of a shared link. They take no SVG.
mod canvas;
mod drawing;
mod shapes;
mod text;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{StatusCode, header};
use status::paths;

use super::{facts::Facts, subject::Subject};
use crate::{layout::frame::unavailable, state::Web};

pub(super) use drawing::{HEIGHT, WIDTH};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/embed/watched/card.png", get(watched))
        .route("/embed/providers/{id}/card.png", get(provider))
        .route("/embed/incidents/{provider}/{id}/card.png", get(incident))
}

async fn watched(State(web): State<Web>) -> Response {
    show(&web, &Subject::Watched).await
}

async fn provider(State(web): State<Web>, Path(id): Path<String>) -> Response {
    show(&web, &Subject::Provider(id.into())).await
}

async fn incident(State(web): State<Web>, Path((provider, id)): Path<(String, String)>) -> Response {
    show(&web, &Subject::Incident(provider.into(), paths::incident_id(&id))).await
}

async fn show(web: &Web, subject: &Subject) -> Response {
    match Facts::read(web, subject).await {
        Ok(Some(facts)) => ([(header::CONTENT_TYPE, "image/png")], drawing::png(&facts)).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "There is no provider or incident with this ID.\n").into_response(),
        Err(error) => unavailable(error),
    }
}
