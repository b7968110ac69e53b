//! `/providers/{id}/badge.svg`: the state of a provider as an SVG badge for documents elsewhere. `?label=` replaces the
//! provider's name.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{model::provider_state::ProviderState, state::Web};

const MAX_LABEL_LENGTH: usize = 40;
const HEIGHT: u32 = 20;
/// On each side of a text, in pixels.
const PADDING: u32 = 6;

#[derive(Default, Deserialize)]
#[serde(default)]
struct BadgeQuery {
    label: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/providers/{id}/badge.svg", get(show))
}

async fn show(State(web): State<Web>, Path(id): Path<String>, Query(query): Query<BadgeQuery>) -> Response {
    let (status, name, state) = match web.overview_cache.get().await {
        Ok(overview) => match overview.get(&id) {
            Some(row) => (StatusCode::OK, row.provider.name.clone(), Some(row.state())),
            None => (StatusCode::NOT_FOUND, "Status".to_owned(), None),
        },
        Err(error) => {
            tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "Status".to_owned(), None)
        }
    };
    let text = match (state, status) {
        (Some(state), _) => state.label().to_lowercase(),
        (None, StatusCode::NOT_FOUND) => "unknown provider".to_owned(),
        (None, _) => "unavailable".to_owned(),
    };
    let label = match sanitized(&query.label) {
        label if label.is_empty() => sanitized(&name),
        label => label,
    };
    let badge = render(&label, &text, colour(state));
    (status, [(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], badge.into_string()).into_response()
}

/// Shortened, and without the characters that XML forbids.
fn sanitized(text: &str) -> String {
    let is_valid = |char: &char| !char.is_control() && !matches!(char, '\u{fffe}' | '\u{ffff}');
    text.trim().chars().filter(is_valid).take(MAX_LABEL_LENGTH).collect()
}

/// White text on each of these has a contrast of at least 4.5:1.
fn colour(state: Option<ProviderState>) -> &'static str {
    match state {
        Some(ProviderState::Operational) => "#1a7f4b",
        Some(ProviderState::DegradedPerformance) => "#8a5a00",
        Some(ProviderState::PartialOutage) => "#b3480a",
        Some(ProviderState::MajorOutage) => "#c0262d",
        Some(ProviderState::UnderMaintenance) => "#2e5fb8",
        Some(ProviderState::Unreadable | ProviderState::Unknown | ProviderState::NotWatched) | None => "#59636f",
    }
}

/// `textLength` fits each text to its estimated width, whatever font the viewer has.
fn render(label: &str, text: &str, colour: &str) -> Markup {
    let (left, right) = (width(label), width(text));
    let split = left + 2 * PADDING;
    let whole = split + right + 2 * PADDING;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height=(HEIGHT) viewBox={ "0 0 " (whole) " " (HEIGHT) }
            role="img" aria-label={ (label) ": " (text) } {
            title { (label) ": " (text) }
            rect width=(whole) height=(HEIGHT) rx="3" fill="#2f363d" {}
            path d={ "M" (split) " 0h" (whole - split - 3) "a3 3 0 0 1 3 3v" (HEIGHT - 6) "a3 3 0 0 1-3 3H" (split) "z" } fill=(colour) {}
            g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true" {
                text x=(PADDING) y="14" textLength=(left) lengthAdjust="spacingAndGlyphs" { (label) }
                text x=(split + PADDING) y="14" textLength=(right) lengthAdjust="spacingAndGlyphs" { (text) }
            }
        }
    }
}

/// The estimated width in pixels, in Verdana at 11 px.
fn width(text: &str) -> u32 {
    let tenths = |char: char| match char {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' | ' ' | '.' | ',' | ':' | ';' | '!' => 38,
        'f' | 'r' | 't' | 'J' | '(' | ')' | '-' | '/' => 47,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 106,
        'A'..='Z' | '&' | '#' => 78,
        char if u32::from(char) >= 0x1100 => 110,
        _ => 67,
    };
    (text.chars().map(tenths).sum::<u32>() / 10).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shortened_and_escaped() {
        let badge = render(&sanitized("</svg><script>\u{1}\"&\u{ffff}"), "operational", colour(None)).into_string();
        assert!(badge.contains("&lt;/svg&gt;&lt;script&gt;&quot;&amp;") && !badge.contains("<script"), "{badge}");
        assert_eq!(sanitized(&"x".repeat(1_000)).len(), MAX_LABEL_LENGTH);
        assert_eq!(width(""), 1);
    }
}
