//! The frame of a page: head, navigation and footer; and the pages that only say what went wrong.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use tokio::task_local;

use crate::{
    assets::{ICON_PATH, SCRIPT_PATH, STYLE_PATH},
    paths,
};

/// Everything from this origin and nothing inline, `style` attributes included.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

task_local! {
    static VISITOR: Visitor;
}

/// For whom a response is made, as far as the top of its page shows it. What they may see is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Gave the password of a private instance: may sign out.
    Reader,
    /// May sign in to an account.
    Guest,
    /// Has the cookie of an account.
    Member,
}

impl Visitor {
    /// There are accounts here: this visitor has one, or may sign in to one.
    pub fn may_have_account(self) -> bool {
        self != Self::Reader
    }
}

/// Makes a response for this visitor.
pub async fn for_visitor<T>(visitor: Visitor, response: impl Future<Output = T>) -> T {
    VISITOR.scope(visitor, response).await
}

/// For whom the response at hand is made; `None`: nobody can sign in.
pub fn visitor() -> Option<Visitor> {
    VISITOR.try_with(|visitor| *visitor).ok()
}

/// A page of the dashboard.
pub struct Page<'a> {
    pub title: &'a str,
    /// The navigation entry that is marked as current.
    pub nav: NavEntry,
    /// Atom feeds of the same content: title and path.
    pub feeds: &'a [(String, String)],
    /// Large, and without controls.
    pub tv_mode: bool,
    pub content: Markup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NavEntry {
    Dashboard,
    Incidents,
    Calendar,
    Api,
    Watch,
    Alerts,
    Account,
    None,
}

type NavLink = (&'static str, &'static str, NavEntry);

const NAV_ENTRIES: [NavLink; 4] = [
    ("Dashboard", "/", NavEntry::Dashboard),
    ("Incidents", "/incidents", NavEntry::Incidents),
    ("Maintenance", "/calendar", NavEntry::Calendar),
    ("API", "/api", NavEntry::Api),
];
/// Of members. The footer leads to the API, too.
const MEMBER_NAV_ENTRIES: [NavLink; 5] = [
    NAV_ENTRIES[0],
    NAV_ENTRIES[1],
    NAV_ENTRIES[2],
    ("Watch", paths::WATCH, NavEntry::Watch),
    ("Alerts", paths::ALERTS, NavEntry::Alerts),
];

/// The `head` of every page; `more` is added to it. `icon`: see [`crate::assets`].
pub fn head_of(title: &str, icon: &str, more: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · statuswire" }
            link rel="stylesheet" href=(*STYLE_PATH);
            link rel="icon" type="image/svg+xml" href=(icon);
            (more)
        }
    }
}

impl Page<'_> {
    pub fn response(self) -> Response {
        self.with_status(StatusCode::OK)
    }

    pub fn with_status(self, status: StatusCode) -> Response {
        self.with_head(status, html! {})
    }

    /// `head` is added to the `head` element; see [`social_meta`].
    pub fn with_head(self, status: StatusCode, head: Markup) -> Response {
        self.with_icon(status, head, &ICON_PATH)
    }

    /// `icon`: the path of the icon of the browser's tab; see [`crate::assets`].
    pub fn with_icon(self, status: StatusCode, head: Markup, icon: &str) -> Response {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                (head_of(self.title, icon, &html! {
                    @for (title, path) in self.feeds {
                        link rel="alternate" type="application/atom+xml" title=(title) href=(path);
                    }
                    (head)
                    script src=(*SCRIPT_PATH) defer {}
                }))
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
    let visitor = visitor();
    let entries = if visitor == Some(Visitor::Member) { &MEMBER_NAV_ENTRIES[..] } else { &NAV_ENTRIES };
    html! {
        header.bar {
            a.name href="/" { "statuswire" }
            nav aria-label="Main" {
                @for &(label, path, entry) in entries {
                    a href=(path) aria-current=[(entry == current).then_some("page")] { (label) }
                }
            }
            @match visitor {
                Some(Visitor::Reader) => form method="post" action=(paths::SIGN_OUT) {
                    button type="submit" { "Sign out" }
                },
                Some(Visitor::Guest) => a.account href=(paths::ACCOUNT_SIGN_IN) { "Sign in" },
                Some(Visitor::Member) => a.account href=(paths::ACCOUNT)
                    aria-current=[(current == NavEntry::Account).then_some("page")] { "Account" },
                None => {}
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
pub fn social_meta(title: &str, description: &str, path: &str) -> Markup {
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
pub fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! { h1 { (title) } p.soft { (text) } p { a href="/" { "Go to the dashboard" } } };
    Page { title, nav: NavEntry::None, feeds: &[], tv_mode: false, content }.with_status(status)
}

pub fn not_found() -> Response {
    let content = html! {
        h1 { "Page not found" }
        p { "Check the link or " a href="/" { "go to the dashboard" } "." }
    };
    let page = Page { title: "Page not found", nav: NavEntry::None, feeds: &[], tv_mode: false, content };
    page.with_status(StatusCode::NOT_FOUND)
}

/// What was found at an address that only some know: `None` is told as a path that never was.
pub fn found(read: Result<Option<Response>, impl std::error::Error + Send + Sync + 'static>) -> Response {
    match read {
        Ok(Some(response)) => response,
        Ok(None) => not_found(),
        Err(error) => unavailable(error),
    }
}

/// Search engines leave it out: its address is a secret.
pub fn leave_out_of_search(response: &mut Response) {
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
}

/// The store could not be read. Logs the error and shows none of it.
pub fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Response {
    tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "the store cannot be read");
    let text = "Data is temporarily unavailable. Try again in a minute.";
    message(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong", text)
}
