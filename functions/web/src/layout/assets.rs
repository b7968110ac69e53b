//! The style sheet, the script and the icons. Their paths hold a digest of their content, so browsers may cache them
//! for good. The icon of a browser's tab has the colour of the worst state.
use std::sync::LazyLock;

use axum::{Router, routing::get};
use http::header;
use status::ids::digest;

use crate::{model::provider_state::ProviderState, state::Web};

const STYLE: &str = include_str!("../../assets/site.css");
const SCRIPT: &str = include_str!("../../assets/site.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The colour of the icon, and what it is replaced with.
const ICON_COLOUR: &str = "#2457c5";
const STATE_COLOURS: [(ProviderState, &str); 4] = [
    (ProviderState::MajorOutage, "#c0262d"),
    (ProviderState::PartialOutage, "#b3480a"),
    (ProviderState::DegradedPerformance, "#8a5a00"),
    (ProviderState::Operational, "#1a7f4b"),
];

/// Path and content of the icon of each of these states.
static STATE_ICONS: LazyLock<Vec<(ProviderState, String, String)>> = LazyLock::new(|| {
    let icon = |(state, colour): (ProviderState, &str)| {
        let content = ICON.replace(ICON_COLOUR, colour);
        (state, format!("/assets/{}.svg", &digest(&[&content])[..12]), content)
    };
    STATE_COLOURS.map(icon).into()
});

/// The path of the icon that says how things are; the usual one if there is none of this state.
pub(crate) fn icon_path(state: ProviderState) -> &'static str {
    let found = STATE_ICONS.iter().find(|(other, ..)| *other == state);
    found.map_or(&ICON_PATH, |(_, path, _)| path)
}

pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.css", &digest(&[STYLE])[..12]));
pub(super) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.js", &digest(&[SCRIPT])[..12]));
pub(super) static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.svg", &digest(&[ICON])[..12]));

pub(crate) fn routes() -> Router<Web> {
    let cached = || (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    let style = move || async move { ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), cached()], STYLE) };
    let script = move || async move { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), cached()], SCRIPT) };
    let icon =
        |content: &'static str| move || async move { ([(header::CONTENT_TYPE, "image/svg+xml"), cached()], content) };
    let assets = Router::new()
        .route(&STYLE_PATH, get(style))
        .route(&SCRIPT_PATH, get(script))
        .route(&ICON_PATH, get(icon(ICON)));
    STATE_ICONS.iter().fold(assets, |assets, (_, path, content)| assets.route(path, get(icon(content))))
}
