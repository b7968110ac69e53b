//! What every program does first: read environment variables, start the log, build the AWS clients.
pub mod aws;
pub mod env;
pub mod tracing;
