//! One recipient of an alert.
use status::{filter::Reason, ids::DestinationId};

use crate::{follow_up::Wanted, quiet::Quiet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) destination: DestinationId,
    /// Name of its channel.
    pub(crate) channel: String,
    pub(crate) reason: Reason,
    /// `None`: none of its groups has quiet hours.
    pub(crate) quiet: Option<Quiet>,
    /// It was found by the mark that it was notified, which says whether something may wait for it.
    pub(crate) is_by_mark: bool,
    /// If the incident stays open.
    pub(crate) follow_ups: Vec<Wanted>,
}

impl Recipient {
    /// Whatever the filters say.
    pub(crate) fn sure(destination: DestinationId, channel: String) -> Self {
        Self {
            destination,
            channel,
            reason: Reason::Subscribed { unknown: false },
            quiet: None,
            is_by_mark: false,
            follow_ups: Vec::new(),
        }
    }
}
