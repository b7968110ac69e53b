//! The binary as a user runs it: arguments in, lines and exit codes out.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod accounts;
mod apply;
mod catalogue;
mod catalogue_patch;
mod command;
mod deliveries;
mod fake_aws;
mod fake_page;
mod instance;
mod no_network;
mod serve;
mod stack;
mod test;
