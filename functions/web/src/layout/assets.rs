//! The style sheet, the script and the icon. Their paths hold a digest of their content, so browsers may cache them for
//! good.
use std::sync::LazyLock;

use axum::{Router, routing::get};
use http::header;
use status::ids::digest;

use crate::state::Web;

const STYLE: &str = include_str!("../../assets/site.css");
const SCRIPT: &str = include_str!("../../assets/site.js");
const ICON: &str = include_str!("../../assets/icon.svg");

pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.css", &digest(&[STYLE])[..12]));
pub(super) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.js", &digest(&[SCRIPT])[..12]));
pub(super) static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.svg", &digest(&[ICON])[..12]));

pub(crate) fn routes() -> Router<Web> {
    let cached = || (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    let style = move || async move { ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), cached()], STYLE) };
    let script = move || async move { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), cached()], SCRIPT) };
    let icon = move || async move { ([(header::CONTENT_TYPE, "image/svg+xml"), cached()], ICON) };
    Router::new().route(&STYLE_PATH, get(style)).route(&SCRIPT_PATH, get(script)).route(&ICON_PATH, get(icon))
}
