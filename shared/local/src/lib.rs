//! What AWS does for a deployed instance, on one machine and in one process: DynamoDB, SQS, event source mappings and
//! the scheduler. They are called through the same SDK clients and send the same event JSON as AWS, so that the
//! functions do not see a difference. The tests run on them too, each with its own ports and folder.
pub mod descriptors;
pub mod dynamodb;
pub mod event_source;
pub mod folder;
pub mod function;
pub mod http_server;
pub mod schedule;
pub mod sqs;
pub mod stack;
