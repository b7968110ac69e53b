//! Death at a chosen moment: the process kills itself with SIGKILL when it is about to send a chosen request to DynamoDB
//! or SQS, or when that request was answered and nobody has read the answer yet. The SDK itself tells of its requests,
//! so that nothing in the product has to know of this.
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

/// Written `after TransactWriteItems OUTBOX# 1`: at the answer to the first such request whose body holds this word.
#[derive(Debug)]
pub struct Crash {
    when: When,
    operation: String,
    about: String,
    /// Such requests to go.
    left: AtomicU32,
}

#[derive(Debug)]
enum When {
    Before,
    After,
}

impl FromStr for Crash {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [when, operation, about, number] = words[..] else {
            anyhow::bail!("{text}: not a moment, an operation, a word and a number");
        };
        let when = match when {
            "before" => When::Before,
            "after" => When::After,
            other => anyhow::bail!("{other}: neither before nor after"),
        };
        let left = AtomicU32::new(number.parse().with_context(|| format!("{number} is not a number"))?);
        Ok(Self { when, operation: operation.to_owned(), about: about.to_owned(), left })
    }
}

impl Crash {
    /// From now on whoever uses the stack's clients dies there.
    pub fn arm(self, stack: &mut Stack) {
        let crash = SharedInterceptor::new(self);
        let dynamodb = stack.dynamodb.config().to_builder().interceptor(crash.clone()).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
        let sqs = stack.sqs.config().to_builder().interceptor(crash).build();
        stack.sqs = aws_sdk_sqs::Client::from_conf(sqs);
    }

    fn is_about(&self, request: &HttpRequest) -> bool {
        // `AmazonSQS.SendMessageBatch`: the protocol names the operation in this header.
        let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        operation == Some(&self.operation) && body.contains(&self.about)
    }

    fn pass(&self) {
        if self.left.fetch_sub(1, Relaxed) == 1 {
            kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
        }
    }
}

/// Kept with a request until its answer comes, which does not say what was asked.
#[derive(Debug)]
struct Chosen;

impl Storable for Chosen {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Crash {
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
            _ if !self.is_about(context.request()) => {}
            When::Before => self.pass(),
            When::After => {
                config.interceptor_state().store_put(Chosen);
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
        if config.load::<Chosen>().is_some() {
            self.pass();
        }
        Ok(())
    }
}
