//! The commands, one module each. `once` is `serve --once`.
pub mod catalogue;
pub mod config;
pub mod deliveries;
pub mod export;
pub mod follow;
pub mod import;
pub mod keys;
mod once;
pub mod probe;
pub mod redrive;
pub mod serve;
pub mod test;
