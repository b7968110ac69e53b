//! The SQS wire contract.
pub mod task;
