//! A store that refuses chosen requests for a while: it does not do them, or it does them and its response is lost. It
//! hooks into the SDK, as [`crate::crash_point`] does.
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
        interceptors::{BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut},
    },
    error::BoxError,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use local::stack::Stack;
use serde_json::json;

/// What the client of the store gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Throttled,
    /// Another transaction is writing the same items.
    Conflict,
    /// The request is done. The client hears that the service failed.
    Lost,
}

/// Refuses requests that name this operation and contain this word.
#[derive(Clone, Debug)]
pub struct Refusals {
    pub refusal: Refusal,
    pub operation: &'static str,
    pub word: &'static str,
    left: Arc<AtomicU32>,
}

impl Refusals {
    pub fn new(refusal: Refusal, operation: &'static str, word: &'static str, times: u32) -> Self {
        Self { refusal, operation, word, left: Arc::new(AtomicU32::new(times)) }
    }

    /// Refusals that have not come yet.
    pub fn left(&self) -> u32 {
        self.left.load(Relaxed)
    }

    pub fn arm(self, stack: &mut Stack) {
        let config = stack.dynamodb.config().to_builder().interceptor(self).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
    }

    fn takes(&self, request: &HttpRequest) -> bool {
        let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let matches = operation == Some(self.operation) && body.contains(self.word);
        matches && self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn response(&self) -> HttpResponse {
        let (status, kind): (u16, _) = match self.refusal {
            Refusal::Throttled => (400, "ThrottlingException"),
            Refusal::Conflict => (400, "TransactionCanceledException"),
            Refusal::Lost => (500, "InternalServerError"),
        };
        let reasons = json!([{"Code": "TransactionConflict"}]);
        let body = json!({"__type": kind, "message": "refused", "CancellationReasons": reasons}).to_string();
        HttpResponse::new(status.try_into().unwrap(), body.into())
    }
}

/// Marks a request that is refused.
#[derive(Debug)]
struct Refused;

impl Storable for Refused {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Refusals {
    fn name(&self) -> &'static str {
        "refusals"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().unset::<Refused>();
        if self.takes(context.request()) {
            config.interceptor_state().store_put(Refused);
            if self.refusal != Refusal::Lost {
                context.request_mut().headers_mut().insert("x-amz-target", "nothing");
            }
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Refused>().is_some() {
            *context.response_mut() = self.response();
        }
        Ok(())
    }
}
