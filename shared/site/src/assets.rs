//! The style sheet, the script and the icon. Their paths hold a digest of their content, so browsers may cache them for
//! good.
use std::sync::LazyLock;

use axum::{Router, response::IntoResponse, routing::get};
use http::header;
use status::ids::digest;

/// Minified by `build.rs`.
pub const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/site.css"));
pub const SCRIPT: &str = include_str!("../assets/site.js");
pub const ICON: &str = include_str!("../assets/icon.svg");

const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.css", &digest(&[STYLE])[..12]));
pub static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.js", &digest(&[SCRIPT])[..12]));
pub static ICON_PATH: LazyLock<String> = LazyLock::new(|| icon_path(ICON));

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let style = || async { served("text/css; charset=utf-8", STYLE) };
    let script = || async { served("text/javascript; charset=utf-8", SCRIPT) };
    let icon = || async { icon(ICON) };
    Router::new().route(&STYLE_PATH, get(style)).route(&SCRIPT_PATH, get(script)).route(&ICON_PATH, get(icon))
}

/// The path of an icon.
pub fn icon_path(content: &str) -> String {
    format!("/assets/{}.svg", &digest(&[content])[..12])
}

/// The response under it.
pub fn icon(content: &'static str) -> impl IntoResponse {
    served("image/svg+xml", content)
}

fn served(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, CACHE_CONTROL)], content)
}
