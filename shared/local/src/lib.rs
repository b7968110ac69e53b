//! The embedded default: what AWS does for the deployed system, on one machine and in one process. The parts below are
//! reached through the same SDK clients and hand out the same event JSON as AWS, so that nothing above knows the
//! difference; tests run on them too, each on ports and folders of its own.
pub mod dynamodb;
pub mod event_source;
pub mod folder;
pub mod function;
pub mod schedule;
pub mod sqs;
pub mod stack;
