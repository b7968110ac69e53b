//! Counts requests to DynamoDB as they are sent, retries included: the cost of a round is what went over the wire.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use aws_sdk_dynamodb::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};

/// Requests, not items: a batch counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub reads: u64,
    pub writes: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    reads: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

impl Counter {
    pub(crate) fn read(&self) -> Counts {
        Counts { reads: self.reads.load(Relaxed), writes: self.writes.load(Relaxed) }
    }
}

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "store counts"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // `DynamoDB_20120810.GetItem`: the protocol names the operation in this header.
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        match target.rsplit('.').next() {
            Some("GetItem" | "BatchGetItem" | "Query") => self.reads.fetch_add(1, Relaxed),
            _ => self.writes.fetch_add(1, Relaxed),
        };
        Ok(())
    }
}
