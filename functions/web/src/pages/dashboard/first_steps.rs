//! Greets a fresh instance, on which nobody watches anything: three steps to the first alert.
use maud::{Markup, html};
use site::paths;

use crate::{
    layout::frame::{self, Visitor},
    model::overview::Overview,
};

/// Where people have accounts, each of them has three steps of their own.
pub(super) fn section(overview: &Overview) -> Markup {
    let any_watched = overview.rows.iter().any(|row| row.watched);
    html! {
        @if any_watched {
        } @else if frame::visitor().is_some_and(Visitor::may_have_account) {
            p.note {
                a href=(paths::WELCOME) { "Three steps to your first alert" }
                ": choose what you watch, say who is told, send a test."
            }
        } @else {
            section.steps aria-labelledby="first-steps" {
                h2 #first-steps { "Three steps to your first alert" }
                ol {
                    li {
                        strong { "Find your providers." }
                        " Search below. The ID is in the address of a provider's page: " code { "/providers/github" } "."
                        " For any other status page run " code { "statuswire probe URL" } "."
                    }
                    li {
                        strong { "Say who is told." }
                        " Write monitors, destinations and a notification group into " code { "statuswire.toml" }
                        " and check the file with " code { "statuswire config check" } "."
                    }
                    li {
                        strong { "Send a test." }
                        " " code { "statuswire test DESTINATION" } " shows what the destination answers."
                    }
                }
            }
        }
    }
}
