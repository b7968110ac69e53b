//! Lets the trace of an alert go through the queues: a message names the span that sent it, beside the task, in the
//! form of W3C Trace Context, and the span of its handling continues it. Whoever exports spans installs itself here;
//! until then no span is made. Messages with and without a name are read alike.
use std::{pin::Pin, sync::OnceLock};

use aws_lambda_events::event::sqs::SqsMessage;
use serde::{Deserialize, Serialize};
use tracing::Span;

/// What an exporter of spans does.
pub struct Traces {
    /// The value of `traceparent` for the span that is entered, if there is one.
    pub current: fn() -> Option<String>,
    /// Makes the span a child of the one that a `traceparent` names.
    pub follow: fn(&Span, &str),
    /// Sends what has ended.
    pub flush: fn() -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

static TRACES: OnceLock<Traces> = OnceLock::new();

/// Once in a process; later calls change nothing.
pub fn install(traces: Traces) {
    TRACES.set(traces).ok();
}

/// The span that `make` makes. None if nobody exports it.
pub fn span(make: impl FnOnce() -> Span) -> Span {
    if TRACES.get().is_some() { make() } else { Span::none() }
}

/// Sends the spans that have ended. To be called before an invocation ends, after which Lambda stops the process.
pub async fn flush() {
    if let Some(traces) = TRACES.get() {
        (traces.flush)().await;
    }
}

/// The span of a message's handling, which continues that of its sender.
pub(crate) fn span_of(message: &SqsMessage) -> Span {
    #[derive(Deserialize)]
    struct Sender {
        traceparent: String,
    }
    let Some(traces) = TRACES.get() else { return Span::none() };
    let span = tracing::info_span!("message", message.id = message.message_id.as_deref().unwrap_or_default());
    if let Ok(sender) = serde_json::from_str::<Sender>(message.body.as_deref().unwrap_or_default()) {
        (traces.follow)(&span, &sender.traceparent);
    }
    span
}

/// The body of a message: a task, and the span that sends it.
#[derive(Serialize)]
pub(crate) struct Body<'a, T> {
    #[serde(flatten)]
    task: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

impl<'a, T> Body<'a, T> {
    pub(crate) fn new(task: &'a T) -> Self {
        Self { task, traceparent: TRACES.get().and_then(|traces| (traces.current)()) }
    }
}
