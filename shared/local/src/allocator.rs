//! The allocator of a program that holds everything: requests to the embedded store and queues make thousands of small
//! short-lived values. The functions of Lambda keep the system's, which is ready sooner (decision 69).
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
