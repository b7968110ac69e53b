//! The console's pages, requested from the router over an embedded store, with a mail server that keeps what it gets.
#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod alerts;
mod api;
mod api_sending;
mod api_team;
mod api_versions;
mod attacks;
mod boards;
mod data;
mod destinations;
mod feeds;
mod forms;
mod logins;
mod members;
mod mutes;
mod openid;
mod pages;
mod sign_in;
mod tokens;
mod watch;
mod watch_sheet;
mod world;
