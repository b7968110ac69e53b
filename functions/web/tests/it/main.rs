//! Pages, exports and API, requested from the router over an embedded store.
#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod access;
mod account_api;
mod api;
mod api_samples;
mod boards;
mod calendar;
mod catalogue;
mod dashboard;
mod embeds;
mod feeds;
mod filters;
mod health;
mod history;
mod incident;
mod incidents;
mod kept;
mod large_pages;
mod other_accounts;
mod private_pages;
mod provider;
mod sign_in;
mod uptime;
mod world;
