//! The frame of a page: head, navigation and footer; and the pages that only say what went wrong.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use store::StoreError;
use tokio::task_local;

use super::assets::{ICON_PATH, SCRIPT_PATH, STYLE_PATH};
use crate::urls;

/// Everything from this origin and nothing inline, `style` attributes included.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

task_local! {
    /// Set while a response is made for a browser that signed in.
    static SIGNED_IN: ();
}

/// Makes a response for a browser that signed in: its pages offer to sign out.
pub(crate) async fn signed_in<T>(response: impl Future<Output = T>) -> T {
    SIGNED_IN.scope((), response).await
}

/// A page of the dashboard.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// The navigation entry that is marked as current.
    pub(crate) nav: NavEntry,
    /// Atom feeds of the same content: title and path.
    pub(crate) feeds: &'a [(String, String)],
    /// Large, and without controls.
    pub(crate) tv_mode: bool,
    pub(crate) content: Markup,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavEntry {
    Dashboard,
    Incidents,
    Calendar,
    Api,
    None,
}

const NAV_ENTRIES: [(&str, &str, NavEntry); 4] = [
    ("Dashboard", "/", NavEntry::Dashboard),
    ("Incidents", "/incidents", NavEntry::Incidents),
    ("Maintenance", "/calendar", NavEntry::Calendar),
    ("API", "/api", NavEntry::Api),
];

impl Page<'_> {
    pub(crate) fn response(self) -> Response {
        self.with_status(StatusCode::OK)
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Response {
        self.with_head(status, html! {})
    }

    /// `head` is added to the `head` element; see [`social_meta`].
    pub(crate) fn with_head(self, status: StatusCode, head: Markup) -> Response {
        self.with_icon(status, head, &ICON_PATH)
    }

    /// `icon`: the path of the icon of the browser's tab; see [`super::assets`].
    pub(crate) fn with_icon(self, status: StatusCode, head: Markup, icon: &str) -> Response {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · statuswire" }
                    link rel="stylesheet" href=(*STYLE_PATH);
                    link rel="icon" type="image/svg+xml" href=(icon);
                    @for (title, path) in self.feeds {
                        link rel="alternate" type="application/atom+xml" title=(title) href=(path);
                    }
                    (head)
                    script src=(*SCRIPT_PATH) defer {}
                }
                body class=[self.tv_mode.then_some("tv")] {
                    a.skip href="#content" { "Skip to content" }
                    (top_bar(self.nav))
                    main #content { (self.content) }
                    (footer())
                }
            }
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        ];
        (status, headers, document.into_string()).into_response()
    }
}

fn top_bar(current: NavEntry) -> Markup {
    html! {
        header.bar {
            a.name href="/" { "statuswire" }
            nav aria-label="Main" {
                @for (label, path, entry) in NAV_ENTRIES {
                    a href=(path) aria-current=[(entry == current).then_some("page")] { (label) }
                }
            }
            @if SIGNED_IN.try_with(|()| ()).is_ok() {
                form method="post" action=(urls::SIGN_OUT) { button type="submit" { "Sign out" } }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer {
            span { "Data from providers' public status pages." }
            a href="/api" { "API" }
            a href="/incidents.atom" { "Incident feed (Atom)" }
            a href="/calendar.ics" { "Maintenance calendar (iCal)" }
        }
    }
}

/// For [`Page::with_head`]: what a shared link shows, and the canonical path of a page that has several.
pub(crate) fn social_meta(title: &str, description: &str, path: &str) -> Markup {
    html! {
        meta name="description" content=(description);
        meta property="og:type" content="website";
        meta property="og:site_name" content="statuswire";
        meta property="og:title" content=(title);
        meta property="og:description" content=(description);
        link rel="canonical" href=(path);
    }
}

/// A page that says one thing and links to the dashboard.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! { h1 { (title) } p.soft { (text) } p { a href="/" { "Go to the dashboard" } } };
    Page { title, nav: NavEntry::None, feeds: &[], tv_mode: false, content }.with_status(status)
}

pub(crate) fn not_found() -> Response {
    let content = html! {
        h1 { "Page not found" }
        p { "Check the link or " a href="/" { "go to the dashboard" } "." }
    };
    let page = Page { title: "Page not found", nav: NavEntry::None, feeds: &[], tv_mode: false, content };
    page.with_status(StatusCode::NOT_FOUND)
}

/// The store could not be read. Logs the error and shows none of it.
pub(crate) fn unavailable(error: StoreError) -> Response {
    tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
    let text = "Data is temporarily unavailable. Try again in a minute.";
    message(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong", text)
}
