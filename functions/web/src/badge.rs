//! `/providers/{id}/badge.svg`: the state of a provider in a picture of one line, for documents elsewhere. `?label=` says what
//! stands in front of it.
use axum::{
    Router,
    extract::{Path, Query, State as Shared},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{Web, overview::State};

const LONGEST_LABEL: usize = 40;
const HEIGHT: u32 = 20;
/// On each side of a text.
const MARGIN: u32 = 6;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    label: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/providers/{id}/badge.svg", get(show))
}

async fn show(Shared(web): Shared<Web>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let (status, name, state) = match web.overviews.get().await {
        Ok(overview) => match overview.get(&id) {
            Some(row) => (StatusCode::OK, row.provider.name.clone(), Some(row.state())),
            None => (StatusCode::NOT_FOUND, "Status".to_owned(), None),
        },
        Err(error) => {
            tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store did not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "Status".to_owned(), None)
        }
    };
    let word = match (state, status) {
        (Some(state), _) => state.label().to_lowercase(),
        (None, StatusCode::NOT_FOUND) => "unknown provider".to_owned(),
        (None, _) => "not available".to_owned(),
    };
    let label = match bounded(&asked.label) {
        label if label.is_empty() => bounded(&name),
        label => label,
    };
    let badge = drawn(&label, &word, colour(state));
    (status, [(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")], badge.into_string()).into_response()
}

/// Without what XML cannot hold.
fn bounded(text: &str) -> String {
    let is_shown = |char: &char| !char.is_control() && !matches!(char, '\u{fffe}' | '\u{ffff}');
    text.trim().chars().filter(is_shown).take(LONGEST_LABEL).collect()
}

/// White on each of these has a contrast of 4.5:1 or more.
fn colour(state: Option<State>) -> &'static str {
    match state {
        Some(State::Operational) => "#1a7f4b",
        Some(State::Degraded) => "#8a5a00",
        Some(State::PartialOutage) => "#b3480a",
        Some(State::MajorOutage) => "#c0262d",
        Some(State::Maintenance) => "#2e5fb8",
        Some(State::Unreadable | State::NotWatched) | None => "#59636f",
    }
}

/// Texts are fitted to the width that is estimated, whatever font there is.
fn drawn(label: &str, word: &str, colour: &str) -> Markup {
    let (left, right) = (width(label), width(word));
    let split = left + 2 * MARGIN;
    let whole = split + right + 2 * MARGIN;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height=(HEIGHT) viewBox={ "0 0 " (whole) " " (HEIGHT) }
            role="img" aria-label={ (label) ": " (word) } {
            title { (label) ": " (word) }
            rect width=(whole) height=(HEIGHT) rx="3" fill="#2f363d" {}
            path d={ "M" (split) " 0h" (whole - split - 3) "a3 3 0 0 1 3 3v" (HEIGHT - 6) "a3 3 0 0 1-3 3H" (split) "z" } fill=(colour) {}
            g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true" {
                text x=(MARGIN) y="14" textLength=(left) lengthAdjust="spacingAndGlyphs" { (label) }
                text x=(split + MARGIN) y="14" textLength=(right) lengthAdjust="spacingAndGlyphs" { (word) }
            }
        }
    }
}

/// About as wide as Verdana sets it, in tenths of a pixel at 11 px.
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
    fn a_label_is_bounded_and_escaped() {
        let badge = drawn(&bounded("</svg><script>\u{1}\"&\u{ffff}"), "operational", colour(None)).into_string();
        assert!(badge.contains("&lt;/svg&gt;&lt;script&gt;&quot;&amp;") && !badge.contains("<script"), "{badge}");
        assert_eq!(bounded(&"x".repeat(1_000)).len(), LONGEST_LABEL);
        assert_eq!(width(""), 1);
    }
}
