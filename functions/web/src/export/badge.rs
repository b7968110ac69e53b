//! `badge.svg` and `badge.json` of a provider and of the watched list: their state for documents elsewhere. The JSON is
//! what <https://shields.io/badges/endpoint-badge> reads. `?label=` replaces the name, `?style=` is one of [`Style`]. A
//! state that may have changed since is told with its time, and not in the colour of one that is known.
mod svg;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use store::StoreError;
use svg::Style;

use crate::{
    layout::{colours, summary::Summary},
    model::{
        freshness,
        overview::{Overview, ProviderRow},
        provider_state::ProviderState,
    },
    state::Web,
};

const MAX_LABEL_LENGTH: usize = 40;
const WATCHED: &str = "Watched providers";
/// For which programs may keep the JSON. Shields.io asks for no less.
const CACHE_SECONDS: u32 = 300;

#[derive(Default, Deserialize)]
#[serde(default)]
struct BadgeQuery {
    label: String,
    /// An unknown one is the usual one, as at shields.io.
    style: String,
}

/// What a badge says.
struct Badge {
    label: String,
    message: String,
    /// Gives the colour.
    state: ProviderState,
    /// Of an answer that is no state.
    error: Option<StatusCode>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/providers/{id}/badge.svg", get(provider_svg))
        .route("/providers/{id}/badge.json", get(provider_json))
        .route("/watched/badge.svg", get(watched_svg))
        .route("/watched/badge.json", get(watched_json))
}

async fn provider_svg(State(web): State<Web>, Path(id): Path<String>, Query(query): Query<BadgeQuery>) -> Response {
    of_provider(&web, &id).await.labelled(&query).svg(&query)
}

async fn provider_json(State(web): State<Web>, Path(id): Path<String>, Query(query): Query<BadgeQuery>) -> Response {
    of_provider(&web, &id).await.labelled(&query).json()
}

async fn watched_svg(State(web): State<Web>, Query(query): Query<BadgeQuery>) -> Response {
    of_watched(&web).await.labelled(&query).svg(&query)
}

async fn watched_json(State(web): State<Web>, Query(query): Query<BadgeQuery>) -> Response {
    of_watched(&web).await.labelled(&query).json()
}

async fn of_provider(web: &Web, id: &str) -> Badge {
    let now = Timestamp::now();
    match web.overview_cache.get().await {
        Err(error) => Badge::unavailable(error),
        Ok(overview) => match overview.get(id) {
            Some(row) => Badge::of(row, &overview, now),
            None => Badge::failed("Status", "unknown provider", StatusCode::NOT_FOUND),
        },
    }
}

async fn of_watched(web: &Web) -> Badge {
    match web.overview_cache.get().await {
        Ok(overview) => Badge::of_watched(&overview, Timestamp::now()),
        Err(error) => Badge::unavailable(error),
    }
}

impl Badge {
    fn of(row: &ProviderRow, overview: &Overview, now: Timestamp) -> Self {
        let state = row.state();
        let as_of = freshness::as_of(row, overview, now);
        let words = state.label().to_lowercase();
        let (message, state) = match as_of {
            None => (words, state),
            Some(at) if state == ProviderState::Unreadable => (format!("unknown, last read {}", clock(at, now)), state),
            Some(at) => (format!("{words} as of {}", clock(at, now)), state.if_outdated()),
        };
        Self { label: row.provider.name.clone(), message, state, error: None }
    }

    /// `no incidents`, `2 of 19 with incidents`.
    fn of_watched(overview: &Overview, now: Timestamp) -> Self {
        let summary = Summary::of_watched(overview);
        let (mut message, mut state) = (summary.short(), summary.state());
        if let Some(at) = freshness::blind_since(overview, now) {
            message += &format!(" as of {}", clock(at, now));
            state = state.if_outdated();
        }
        Self { label: WATCHED.to_owned(), message, state, error: None }
    }

    fn unavailable(error: StoreError) -> Self {
        tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
        Self::failed("Status", "unavailable", StatusCode::SERVICE_UNAVAILABLE)
    }

    fn failed(label: &str, message: &str, status: StatusCode) -> Self {
        let (label, message) = (label.to_owned(), message.to_owned());
        Self { label, message, state: ProviderState::Unknown, error: Some(status) }
    }

    fn labelled(mut self, query: &BadgeQuery) -> Self {
        let wanted = sanitized(&query.label);
        self.label = if wanted.is_empty() { sanitized(&self.label) } else { wanted };
        self
    }

    fn status(&self) -> StatusCode {
        self.error.unwrap_or(StatusCode::OK)
    }

    fn svg(&self, query: &BadgeQuery) -> Response {
        let style = Style::named(&query.style);
        let badge = svg::render(&self.label, &self.message, colours::text(self.state), style);
        (self.status(), [(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], badge.into_string()).into_response()
    }

    fn json(&self) -> Response {
        let badge = json!({
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message,
            "color": colours::text(self.state),
            "isError": self.error.is_some(),
            "cacheSeconds": CACHE_SECONDS,
        });
        (self.status(), Json(badge)).into_response()
    }
}

/// `15:57 UTC`; the day too, if it was not within a day.
fn clock(at: Timestamp, now: Timestamp) -> String {
    let format =
        if now.duration_since(at) < SignedDuration::from_hours(24) { "%H:%M UTC" } else { "%-d %b, %H:%M UTC" };
    at.strftime(format).to_string()
}

/// Shortened, and without the characters that XML forbids.
fn sanitized(text: &str) -> String {
    let is_valid = |char: &char| !char.is_control() && !matches!(char, '\u{fffe}' | '\u{ffff}');
    text.trim().chars().filter(is_valid).take(MAX_LABEL_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shortened_and_escaped_in_every_style() {
        for style in ["flat", "flat-square", "plastic", "for-the-badge", "nonsense", ""] {
            let label = sanitized("</svg><script>\u{1}\"&\u{ffff}");
            let badge = svg::render(&label, "operational", "#1a7f4b", Style::named(style)).into_string();
            assert!(badge.contains("&lt;/svg&gt;&lt;script&gt;&quot;&amp;") && !badge.contains("<script"), "{badge}");
        }
        assert_eq!(sanitized(&"x".repeat(1_000)).len(), MAX_LABEL_LENGTH);
    }

    #[test]
    fn time_of_an_old_state_has_its_day() {
        let at: Timestamp = "2026-11-23T09:05:00Z".parse().unwrap();
        assert_eq!(clock(at, at + SignedDuration::from_hours(2)), "09:05 UTC");
        assert_eq!(clock(at, at + SignedDuration::from_hours(30)), "23 Nov, 09:05 UTC");
    }
}
