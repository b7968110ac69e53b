//! What AWS does for a deployed instance, on one machine and in one process: DynamoDB, SQS, event source mappings and
//! the scheduler. They are called through the same SDK clients and send the same event JSON as AWS, so that the
//! functions do not see a difference. They have no port: the clients of this process reach them in memory, and other
//! programs of the same user through a socket in the data folder. The tests run on them too, each with its own.
mod allocator;
mod connector;
pub mod descriptors;
pub mod dynamodb;
pub mod event_source;
pub mod folder;
pub mod function;
pub mod http_server;
mod private;
pub mod schedule;
pub mod service;
pub mod socket;
pub mod sqs;
pub mod stack;
mod worker;
