//! One recipient of an alert.
use status::ids::DestinationId;

use crate::filter::Reason;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) destination: DestinationId,
    /// Name of its channel.
    pub(crate) channel: String,
    pub(crate) reason: Reason,
}

impl Recipient {
    /// Whatever the filters say.
    pub(crate) fn sure(destination: DestinationId, channel: String) -> Self {
        Self { destination, channel, reason: Reason::Subscribed { unknown: false } }
    }
}
