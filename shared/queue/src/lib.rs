//! The SQS wire contract: what travels in the queues, how it is sent and how a batch of it is worked off.
pub mod batch;
pub mod queues;
pub mod send;
pub mod task;
