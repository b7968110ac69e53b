//! SQS over SQLite: the operations this project uses, in SQS's JSON protocol, with FIFO groups that block, dead letters
//! and long polls. Written because no crate was both right and durable. `tests/sqs.rs` says through the SDK what it
//! must do.
//!
//! One request is one short SQLite transaction under one lock, run where it arrives: at local rates that holds up the
//! runtime for less time than moving it to another thread would take.
mod attributes;
mod database;
mod error;
mod message;
mod names;
mod queues;
mod receipts;
mod receive;
mod redrive;
mod send;
mod server;

pub(crate) use names::arn_of_url;
pub use server::SqsServer;
