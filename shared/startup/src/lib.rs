//! What every program does first: read the environment, start the log, build the AWS clients.
pub mod aws;
pub mod env;
pub mod tracing;
