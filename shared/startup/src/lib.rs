//! What every program does first: read environment variables and secrets, check the clock, start the log, build the AWS
//! clients. And how those that serve tell their peers apart.
pub mod aws;
pub mod clock;
pub mod env;
pub mod metrics;
pub mod peer;
mod secrets;
pub mod tracing;
