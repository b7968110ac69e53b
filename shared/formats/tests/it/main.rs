//! What every format must hold to, and what they make of real recordings.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod detected;
mod mutations;
mod recordings;
