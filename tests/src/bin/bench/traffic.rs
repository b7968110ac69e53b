//! Bytes that a client of DynamoDB receives.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use aws_sdk_dynamodb::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic(Arc<AtomicU64>);

impl Traffic {
    pub(crate) fn received(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The same client, with the bytes of the bodies of all its responses.
pub(crate) fn counted(client: &Client) -> (Client, Traffic) {
    let traffic = Traffic::default();
    let config = client.config().to_builder().interceptor(traffic.clone()).build();
    (Client::from_conf(config), traffic)
}

impl Intercept for Traffic {
    fn name(&self) -> &'static str {
        "traffic"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(context.response().body().bytes().map_or(0, <[u8]>::len) as u64, Relaxed);
        Ok(())
    }
}
