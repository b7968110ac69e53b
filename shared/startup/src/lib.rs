//! What every program does first: read environment variables, check the clock, start the log, build the AWS clients.
pub mod aws;
pub mod clock;
pub mod env;
pub mod tracing;
