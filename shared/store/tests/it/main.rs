//! The store through the real SDK against an embedded DynamoDB on a port of its own. What the embedded one cannot show
//! (reads that lag, transactions that collide) is reviewed by eye.
#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod applied;
mod archives;
mod baselines;
mod boards;
mod deliveries;
mod edits;
mod fanout;
mod follow_ups;
mod grouped_reads;
mod held;
mod lists;
mod logins;
mod mutes;
mod notified;
mod pages;
mod people;
mod recipients;
mod reseal;
mod schema;
mod sealed;
mod settings;
mod watched;
mod watchers;
mod world;
