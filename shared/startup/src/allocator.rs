//! The allocator of every program: requests to DynamoDB and SQS make thousands of small short-lived values.
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
