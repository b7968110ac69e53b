//! The pretend world the stories play in: a vendor whose pages one can change, a receiver one can break, and the whole
//! bundle between them, on ports and a store of its own. The outside is data served over real HTTP, never a mock of
//! our own types.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]

pub mod browser;
pub mod crash;
pub mod events;
pub mod inbox;
pub mod page;
pub mod site;
pub mod slack;
pub mod vendor;
pub mod world;
