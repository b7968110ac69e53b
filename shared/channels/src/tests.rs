//! What every registered channel must do, and the alerts to test it with.
pub(crate) mod alerts;
pub(crate) mod contract;
