//! SQS over SQLite: the operations that this project uses, in the JSON protocol of SQS, with blocking FIFO
//! groups, dead-letter queues and long polls. No existing crate was both correct and durable. `tests/sqs` tests it
//! through the SDK.
//!
//! Each request is one short SQLite transaction under one lock, on the thread of the request: at local rates that
//! blocks the runtime for less time than a switch to another thread takes.
mod attributes;
mod batch;
mod database;
mod error;
mod flush;
mod message;
mod names;
mod queues;
mod receipts;
mod receive;
mod redrive;
mod send;
mod service;

pub(crate) use names::arn_of_url;
pub use service::Sqs;
