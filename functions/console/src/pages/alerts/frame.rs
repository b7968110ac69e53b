//! What the pages of alerts have in common.
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use site::frame::NavEntry;

pub(super) use crate::fields::{conflict, of_file};
use crate::{
    respond::{self, Refusal, not_found},
    sending::NotSent,
};

pub(super) fn page(status: StatusCode, title: &str, flash: Option<&str>, content: Markup) -> Response {
    respond::page_of(NavEntry::Alerts, status, title, flash, content)
}

/// Above the heading's content.
pub(super) fn crumbs() -> Markup {
    html! { p.crumbs { a href="/alerts" { "Alerts" } } }
}

/// What the form did that led to a page. The words are ours, whatever the query says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    pub(super) done: String,
}

impl Done {
    pub(super) fn text(&self) -> Option<&'static str> {
        Some(match self.done.as_str() {
            "made" => "Saved. Nothing was sent to it yet: send a test.",
            "asked" => "Saved. Its owner was sent one email and must confirm.",
            "not-asked" => {
                "Saved. No email was sent now, since too many were sent to this address or by you. Ask again later."
            }
            "saved" => "Saved.",
            "group" => "Group saved.",
            "removed" => "Removed.",
            "resent" => "The email was sent once more.",
            "readdressed" => "The feed and the calendar have a new address. One they had before leads nowhere now.",
            "feed-removed" => "Removed. The address leads nowhere now.",
            "muted" => "Muted. Nothing more is told of it but its end, to whoever was told of its opening.",
            "acknowledged" => "Acknowledged. It is not followed up; nobody is told of this.",
            "undone" => "Undone. What comes next is told again.",
            "again" => "It is being sent once more.",
            _ => return None,
        })
    }
}

/// A page that says why nothing was sent.
pub(super) fn not_sent(error: NotSent) -> Refusal {
    let because = |status, text: &str| {
        let content = html! { p role="alert" { (text) } p { a.button href="/alerts" { "Back" } } };
        Refusal::from(page(status, "Not sent", None, content))
    };
    match error {
        NotSent::Store(error) => error.into(),
        NotSent::NotFound => Refusal::from(not_found()),
        NotSent::Forbidden => because(StatusCode::FORBIDDEN, "You may read this account, and not change it."),
        NotSent::Because(text) | NotSent::TooOften(text, _) => because(StatusCode::CONFLICT, &text),
        NotSent::Queue(error) => {
            tracing::error!(error = error.to_string(), "what a member asked for was not queued");
            because(StatusCode::SERVICE_UNAVAILABLE, "Nothing can be sent at the moment. Try again in a minute.")
        }
    }
}
