//! The only user of SQS: the tasks in the queues, how they are sent, and how a batch of them is handled.
pub mod batch;
pub mod queues;
pub mod send;
pub mod task;
pub mod traces;
pub mod waits;
