//! Drafts of an account's settings, as somebody wrote them, and the settings that they become. The configuration file,
//! the forms of the pages and the API check what they are given here, so that all three accept and refuse the same.
//! Pure. Wanted properties:
//! - a draft gives all of its problems at once, each with its field, what is wrong, and what to do about it;
//! - no problem repeats a value that may be a secret; a webhook's URL is one.
mod board;
mod destination;
mod digest;
mod follow_up;
mod group;
mod login;
mod monitor;
mod of_stored;
mod page;
mod problem;
mod quiet_hours;
#[cfg(test)]
mod tests;
mod urls;
mod words;
mod written;

use indexmap::IndexSet;
use outbound::Guard;
use status::ids::AccountId;

pub use board::BoardDraft;
pub use destination::DestinationDraft;
pub use digest::DigestDraft;
pub use follow_up::FollowUpDraft;
pub use group::GroupDraft;
pub use login::{LoginChange, LoginDraft, OAuthDraft};
pub use monitor::{MonitorDraft, component_choice};
pub use page::{PageDraft, canonical_url, page_id, private_page_id};
pub use problem::{Code, Problem};
pub use quiet_hours::QuietHoursDraft;
pub use urls::check_url;
pub use words::{MAX_REFERENCES, is_id, quoted, redacted, suggest};
pub use written::{Secrets, Written};

/// What drafts are checked against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whose settings they become.
    pub account: &'a AccountId,
    /// The addresses that may be polled and delivered to.
    pub guard: &'a Guard,
    pub known: &'a Known,
    /// The settings come from the configuration file, whose tables the hints name.
    pub of_file: bool,
}

/// The ids that drafts may refer to, in the order in which hints list them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub pages: IndexSet<String>,
    pub destinations: IndexSet<String>,
    pub monitors: IndexSet<String>,
}

/// The id of a row that is made on the pages or by the API. It is no id that somebody else can have chosen, since
/// destinations of all accounts share one key space.
pub fn new_id(prefix: &str, random: [u8; 16]) -> String {
    format!("{prefix}_{:032x}", u128::from_be_bytes(random))
}
