//! The commands, one module each. `once` is `serve --once`.
pub mod catalogue;
pub mod config;
pub mod deliveries;
pub mod follow;
mod once;
pub mod probe;
pub mod redrive;
pub mod serve;
pub mod test;
