//! The settings of an account and the one place where they are changed, for the forms of the pages and the API alike.
//! What holds of every change:
//! - whoever makes it may edit, and names nothing of another account: what is not in theirs does not exist;
//! - the draft is checked as that of a configuration file is, and what the file declares stays as it is;
//! - it is one transaction with its entry in the audit log and with the groups that change with it.
mod boards;
mod change;
mod default_group;
mod destinations;
mod feeds;
mod groups;
mod monitors;
mod mutes;
mod pages;
mod refused;
mod team;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use boards::{board, remove_board, renew_address, save_board};
pub(crate) use default_group::{default_group, ensure_default_group};
pub(crate) use destinations::{destination, remove_destination, save_destination, save_destination_without};
pub(crate) use feeds::{feed, readdress_feed, remove_feed};
pub(crate) use groups::{drafted_group, group, remove_group, save_group};
pub(crate) use monitors::{Membership, monitor, remove_monitor, save_monitor, save_monitor_in, watch};
pub(crate) use mutes::{ByLink, by_link, mute, mute_by_link, open_incident, undo_by_link, undo_mute};
pub(crate) use pages::{OwnPage, page, remove_page, save_page};
pub(crate) use refused::Refused;
pub(crate) use team::{
    TokenDraft, change_role, invite, make_token, member, remove_member, revoke_token, tokens, withdraw_invitation,
};
