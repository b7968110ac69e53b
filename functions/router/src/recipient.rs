//! One recipient of an alert.
use status::monitor::Destination;

pub(crate) struct Recipient {
    pub(crate) destination: Destination,
    /// The component filter could not say (truth rule 8).
    pub(crate) unknown: bool,
}

impl Recipient {
    pub(crate) fn sure(destination: Destination) -> Self {
        Self { destination, unknown: false }
    }
}
