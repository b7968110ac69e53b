//! A crash at a chosen moment: the process kills itself with SIGKILL before it sends a chosen request to DynamoDB or
//! SQS, or after the response to it arrived and before anything reads it. It hooks into the SDK, so no product code is
//! involved.
use std::{
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use anyhow::Context as _;
use aws_sdk_sqs::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, SharedInterceptor,
        http::HttpRequest,
        interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef},
    },
    error::BoxError,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use local::stack::Stack;
use rustix::process::{Signal, getpid, kill_process};

/// Written `after TransactWriteItems OUTBOX# 1`: after the response to the first such request whose body contains the
/// word.
#[derive(Debug)]
pub struct CrashPoint {
    when: When,
    operation: String,
    /// A word that the request's body contains.
    word: String,
    /// Matching requests until the crash.
    left: AtomicU32,
}

#[derive(Debug)]
enum When {
    Before,
    After,
}

impl FromStr for CrashPoint {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [when, operation, word, number] = words[..] else {
            anyhow::bail!("{text}: write a moment, an operation, a word and a number");
        };
        let when = match when {
            "before" => When::Before,
            "after" => When::After,
            other => anyhow::bail!("{other}: write before or after"),
        };
        let left = AtomicU32::new(number.parse().with_context(|| format!("{number} is not a number"))?);
        Ok(Self { when, operation: operation.to_owned(), word: word.to_owned(), left })
    }
}

impl CrashPoint {
    /// From now on, a matching request of the stack's clients kills the process.
    pub fn arm(self, stack: &mut Stack) {
        let crash = SharedInterceptor::new(self);
        let dynamodb = stack.dynamodb.config().to_builder().interceptor(crash.clone()).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let sqs = stack.sqs.config().to_builder().interceptor(crash).build();
        stack.sqs = aws_sdk_sqs::Client::from_conf(sqs);
    }

    fn matches(&self, request: &HttpRequest) -> bool {
        // `AmazonSQS.SendMessageBatch`: the protocol names the operation in this header.
        let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        operation == Some(&self.operation) && body.contains(&self.word)
    }

    fn count_down(&self) {
        if self.left.fetch_sub(1, Relaxed) == 1 {
            kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
        }
    }
}

/// Marks a matching request, since the response does not repeat it.
#[derive(Debug)]
struct Matched;

impl Storable for Matched {
    type Storer = StoreReplace<Self>;
}

impl Intercept for CrashPoint {
    fn name(&self) -> &'static str {
        "crash"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.when {
            _ if !self.matches(context.request()) => {}
            When::Before => self.count_down(),
            When::After => {
                config.interceptor_state().store_put(Matched);
            }
        }
        Ok(())
    }

    fn read_after_transmit(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Matched>().is_some() {
            self.count_down();
        }
        Ok(())
    }
}
