//! The world that the stories play in: status pages that a story can change, a receiver that it can break, and all
//! functions between them, with their own store. The outside is data served over real HTTP, never a mock of
//! our own types.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]

pub mod audience;
pub mod crash_point;
pub mod events;
pub mod faults;
pub mod hostile_pages;
pub mod http_client;
pub mod meter;
pub mod new_channel;
pub mod new_format;
pub mod port;
pub mod pretend_internet;
pub mod receiver;
pub mod remote;
pub mod site;
pub mod skeleton;
pub mod slack;
pub mod status_page;
pub mod status_page_server;
pub mod template;
pub mod world;
