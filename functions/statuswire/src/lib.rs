//! The command line: its commands, the configuration file, and all functions on one machine.
mod aws;
pub mod cli;
pub mod commands;
pub mod config_file;
mod consent;
mod console_here;
mod demo;
mod filter_hint;
mod filters;
pub mod instance;
pub mod local_app;
pub mod mailer;
pub mod plan;
mod plural;
pub mod replay;
mod settings;
mod shutdown;
mod transfer;
