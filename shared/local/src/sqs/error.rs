//! The error responses of SQS. The SDK turns `shape` into a typed error, and shows `code`, the older name of the same
//! error, which it reads from a header.
use crate::service::Response;

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct SqsError {
    pub(super) shape: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
}

pub(super) type Result<T> = std::result::Result<T, SqsError>;

impl SqsError {
    fn new(shape: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { shape, code, message: message.into() }
    }
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValueException", "InvalidParameterValue", message)
    }
    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}.");
        Self::new("MissingRequiredParameterException", "MissingParameter", message)
    }
    pub(super) fn invalid_attribute(name: &str) -> Self {
        Self::new("InvalidAttributeName", "InvalidAttributeName", format!("Unknown Attribute {name}."))
    }
    pub(super) fn no_queue(name: &str) -> Self {
        let message = format!("The specified queue does not exist: {name}.");
        Self::new("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
    }
    pub(super) fn queue_exists(attribute: &str) -> Self {
        let message =
            format!("A queue already exists with the same name and a different value for attribute {attribute}");
        Self::new("QueueNameExists", "QueueAlreadyExists", message)
    }
    pub(super) fn bad_receipt_handle() -> Self {
        Self::new("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    }
    pub(super) fn not_in_flight() -> Self {
        let code = "AWS.SimpleQueueService.MessageNotInflight";
        Self::new("MessageNotInflight", code, "The message referred to is not in flight.")
    }
    pub(super) fn empty_batch() -> Self {
        let code = "AWS.SimpleQueueService.EmptyBatchRequest";
        Self::new("EmptyBatchRequest", code, "There should be at least one entry in the request.")
    }
    pub(super) fn batch_too_long(entries: usize) -> Self {
        let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
        let message = format!("Maximum number of entries per request are 10. You have sent {entries}.");
        Self::new("TooManyEntriesInBatchRequest", code, message)
    }
    pub(super) fn batch_too_large() -> Self {
        let code = "AWS.SimpleQueueService.BatchRequestTooLong";
        Self::new("BatchRequestTooLong", code, "The length of all the messages put together is more than the limit.")
    }
    pub(super) fn repeated_entry_id() -> Self {
        let code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
        Self::new("BatchEntryIdsNotDistinct", code, "Two or more batch entries in the request have the same Id.")
    }
    pub(super) fn unsupported(operation: &str) -> Self {
        let code = "AWS.SimpleQueueService.UnsupportedOperation";
        Self::new("UnsupportedOperation", code, format!("The local queue does not know the operation {operation:?}."))
    }

    pub(super) fn not_flushed() -> Self {
        Self::new("InternalError", "InternalError", "The message may not be on the disk.")
    }
    pub(super) fn stopped() -> Self {
        Self::new("InternalError", "InternalError", "The queues are closed.")
    }

    pub(super) fn response(&self) -> Response {
        let (status, fault) = if self.is_internal() { (500, "Receiver") } else { (400, "Sender") };
        let query_error = Some(format!("{};{fault}", self.code));
        Response { query_error, ..Response::error(status, &format!("com.amazonaws.sqs#{}", self.shape), &self.message) }
    }

    /// Whether the server failed; all other errors are the caller's.
    pub(super) fn is_internal(&self) -> bool {
        self.shape == "InternalError"
    }
}

impl From<rusqlite::Error> for SqsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new("InternalError", "InternalError", format!("the queue database: {error}"))
    }
}
