//! The command line: what its commands do, from the settings file to the whole bundle on one machine.
pub mod apply;
pub mod bundle;
pub mod catalogue;
pub mod cli;
pub mod config;
mod consent;
pub mod deliveries;
pub mod mailer;
mod once;
pub mod probe;
pub mod redrive;
pub mod replay;
pub mod serve;
pub mod settings_file;
pub mod site;
pub mod test;
pub mod view;
