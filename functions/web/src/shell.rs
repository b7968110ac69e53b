//! What all pages of the dashboard share: the frame, the states and times as they are written, the headers, and the two files
//! that make them look and move. Text is escaped by the templates; no page loads anything from anywhere else.
use std::sync::LazyLock;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use status::{
    ids::{ComponentId, digest},
    page_state::PageState,
    snapshot::Window,
    words::ComponentStatus,
};

use crate::{Web, overview::State};

const STYLE: &str = include_str!("../assets/site.css");
const SCRIPT: &str = include_str!("../assets/site.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// Their addresses change with their content, so they are kept for ever.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.css", &digest(&[STYLE])[..12]));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.js", &digest(&[SCRIPT])[..12]));
pub(crate) static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.svg", &digest(&[ICON])[..12]));

/// Everything from here and nothing inline. `style` attributes are not used either.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page of the dashboard.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// The entry of the navigation it stands under.
    pub(crate) under: Under,
    /// Addresses of feeds that say the same: title and path.
    pub(crate) feeds: &'a [(String, String)],
    /// For a wall screen.
    pub(crate) wall: bool,
    pub(crate) content: Markup,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    Dashboard,
    Calendar,
    Api,
    Nothing,
}

pub(crate) fn routes() -> Router<Web> {
    let kept = || (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    let style = move || async move { ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), kept()], STYLE) };
    let script = move || async move { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), kept()], SCRIPT) };
    let icon = move || async move { ([(header::CONTENT_TYPE, "image/svg+xml"), kept()], ICON) };
    Router::new().route(&STYLE_PATH, get(style)).route(&SCRIPT_PATH, get(script)).route(&ICON_PATH, get(icon))
}

impl Page<'_> {
    pub(crate) fn response(self) -> Response {
        self.with(StatusCode::OK)
    }

    pub(crate) fn with(self, status: StatusCode) -> Response {
        self.with_head(status, html! {})
    }

    /// `head` tells those who share or index the page what it is.
    pub(crate) fn with_head(self, status: StatusCode, head: Markup) -> Response {
        let entries = [
            ("Dashboard", "/", Under::Dashboard),
            ("Maintenance", "/calendar", Under::Calendar),
            ("API", "/api", Under::Api),
        ];
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · statuswire" }
                    link rel="stylesheet" href=(*STYLE_PATH);
                    link rel="icon" type="image/svg+xml" href=(*ICON_PATH);
                    @for (title, path) in self.feeds {
                        link rel="alternate" type="application/atom+xml" title=(title) href=(path);
                    }
                    (head)
                    script src=(*SCRIPT_PATH) defer {}
                }
                body class=[self.wall.then_some("wall")] {
                    a.skip href="#content" { "Skip to the content" }
                    header.bar {
                        a.name href="/" { "statuswire" }
                        nav aria-label="Main" {
                            @for (label, path, under) in entries {
                                a href=(path) aria-current=[(under == self.under).then_some("page")] { (label) }
                            }
                        }
                    }
                    main #content { (self.content) }
                    footer {
                        span { "What vendors say on their own status pages, as it was read." }
                        a href="/api" { "API" }
                        a href="/incidents.atom" { "Feed of all incidents" }
                        a href="/calendar.ics" { "Calendar of all maintenance" }
                    }
                }
            }
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        ];
        (status, headers, document.into_string()).into_response()
    }
}

/// For [`Page::with_head`]: what a shared link shows, and the one address of what may be found at several.
pub(crate) fn shared_as(title: &str, about: &str, path: &str) -> Markup {
    html! {
        meta name="description" content=(about);
        meta property="og:type" content="website";
        meta property="og:site_name" content="statuswire";
        meta property="og:title" content=(title);
        meta property="og:description" content=(about);
        link rel="canonical" href=(path);
    }
}

/// A sentence instead of a page: nothing is there, or something of ours failed.
pub(crate) fn sentence(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! { h1 { (title) } p.soft { (text) } p { a href="/" { "To the dashboard" } } };
    Page { title, under: Under::Nothing, feeds: &[], wall: false, content }.with(status)
}

/// The store did not answer.
pub(crate) fn broken(error: store::StoreError) -> Response {
    tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store did not answer");
    sentence(StatusCode::SERVICE_UNAVAILABLE, "That did not work", "Please try again in a moment.")
}

/// A state by shape and word; the colour comes with the class.
pub(crate) fn state(state: State) -> Markup {
    html! { span class={ "state " (state.word()) } { (shape(state)) (state.label()) } }
}

/// The state of a component.
pub(crate) fn component_state(status: ComponentStatus) -> Markup {
    let shown = match status {
        ComponentStatus::MajorOutage => State::MajorOutage,
        ComponentStatus::PartialOutage => State::PartialOutage,
        ComponentStatus::DegradedPerformance => State::Degraded,
        ComponentStatus::UnderMaintenance => State::Maintenance,
        ComponentStatus::Operational => State::Operational,
        ComponentStatus::Unknown => {
            return html! { span class="state unknown" { (shape(State::NotWatched)) "Not stated" } };
        }
    };
    state(shown)
}

/// The name of a component; its id where the page has it no longer.
pub(crate) fn component_name<'a>(page_state: Option<&'a PageState>, id: &'a ComponentId) -> &'a str {
    let component = page_state.and_then(|page_state| page_state.component(id));
    component.map_or(id.as_str(), |component| &component.name)
}

/// Circle, triangle, half, cross, square: told apart without colour.
pub(crate) fn shape(state: State) -> Markup {
    let path = match state {
        State::Operational => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.4L7.3 11 4.5 8.3l1.1-1.1 1.7 1.6 3.2-3.5Z",
        State::Degraded => "M8 1 15.5 14.5H.5Zm-.8 5v4h1.6V6Zm0 5.2v1.6h1.6v-1.6Z",
        State::PartialOutage => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2v10A5 5 0 0 1 8 3Z",
        State::MajorOutage => {
            "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1ZM5 6.1 6.9 8 5 9.9 6.1 11 8 9.1 9.9 11 11 9.9 9.1 8 11 6.1 9.9 5 8 6.9 6.1 5Z"
        }
        State::Maintenance => "M2 2h12v12H2Zm3 5.2v1.6h6V7.2Z",
        State::Unreadable => {
            "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 0 1 3.3 1.1L3.7 11.3A5.4 5.4 0 0 1 8 2.6Zm0 10.8a5.4 5.4 0 0 1-3.3-1.1l7.6-7.6A5.4 5.4 0 0 1 8 13.4Z"
        }
        State::NotWatched => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6Z",
    };
    html! { svg viewBox="0 0 16 16" aria-hidden="true" { path fill="currentColor" fill-rule="evenodd" d=(path) {} } }
}

/// Names of a vendor's in a line of ours: none turns the others round, and none takes the whole line.
pub(crate) fn in_a_line<'a>(names: impl Iterator<Item = &'a str>) -> Markup {
    const LONGEST_NAME: usize = 80;
    html! {
        @for (number, name) in names.enumerate() {
            @if number > 0 { ", " }
            @match name.char_indices().nth(LONGEST_NAME) {
                Some((end, _)) => bdi { (&name[..end]) "…" },
                None => bdi { (name) },
            }
        }
    }
}

/// A moment, in UTC; the script shows it in the zone of whoever looks.
pub(crate) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (at.strftime("%-d %b %Y, %H:%M UTC")) } }
}

/// The same, as how long ago it is where there is a script.
pub(crate) fn ago(at: Timestamp) -> Markup {
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) data-as="ago" { (at.strftime("%-d %b %Y, %H:%M UTC")) } }
}

/// When it is to take place.
pub(crate) fn planned(window: Option<Window>) -> Markup {
    let (starts, ends) = window.map_or((None, None), |window| (window.starts_at, window.ends_at));
    html! {
        @match (starts, ends) {
            (Some(starts), Some(ends)) => { (time(starts)) " to " (time(ends)) },
            (Some(starts), None) => { "from " (time(starts)) },
            (None, Some(ends)) => { "until " (time(ends)) },
            (None, None) => "time not given",
        }
    }
}

/// `2 h 13 min`.
pub(crate) fn duration(seconds: i64) -> String {
    match seconds.max(0) / 60 {
        0 => format!("{} s", seconds.max(0)),
        minutes @ 1..60 => format!("{minutes} min"),
        minutes @ 60..1440 => format!("{} h {} min", minutes / 60, minutes % 60),
        minutes => format!("{} d {} h", minutes / 1440, minutes % 1440 / 60),
    }
}
