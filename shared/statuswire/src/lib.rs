//! The command line: what its commands do, from the settings file to the whole bundle on one machine.
pub mod bundle;
pub mod cli;
pub mod config;
pub mod front;
mod once;
pub mod probe;
pub mod receiver;
pub mod replay;
pub mod serve;
pub mod settings_file;
pub mod view;
