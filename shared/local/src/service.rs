//! What DynamoDB and SQS have in common: a request names one operation, and carries its input as JSON. How the request
//! arrives is not their concern: from a client in this process, or over a socket.
use std::fmt::Debug;

use futures_util::future::BoxFuture;
use serde_json::json;

/// A service of AWS on this machine.
pub trait Service: Debug + Send + Sync {
    /// Performs the operation that `target` names, such as `AmazonSQS.SendMessage`. A dropped future leaves the
    /// operation undone or done, never half done.
    fn perform<'a>(&'a self, target: &'a str, input: &'a [u8]) -> BoxFuture<'a, Response>;
}

/// The HTTP response of a service, without the headers that never vary.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// The header `x-amzn-query-error` of SQS: an error's older name, and whose fault it is.
    pub query_error: Option<String>,
    pub body: String,
}

impl Response {
    pub(crate) fn ok(body: String) -> Self {
        Self { status: 200, query_error: None, body }
    }

    /// `kind` is the name of the error with its namespace.
    pub fn error(status: u16, kind: &str, message: &str) -> Self {
        let body = json!({"__type": kind, "message": message}).to_string();
        Self { status, query_error: None, body }
    }

    pub(crate) fn unknown_operation(target: &str) -> Self {
        let message = format!("{target:?} is not an operation of the services on this machine.");
        Self::error(400, "com.amazon.coral.service#UnknownOperationException", &message)
    }

    /// The client may try again, as it does when a server is gone.
    pub(crate) fn stopped() -> Self {
        Self::error(503, "com.amazonaws#ServiceUnavailable", "The service on this machine has stopped.")
    }
}
