//! What can go wrong. The variants are the branches a caller may take; what is only reported stays in the chain.
use aws_sdk_dynamodb::error::{BoxError, SdkError};

use crate::items::DOCUMENT_LIMIT;

/// Holds no stored value: a destination's settings are secret, and decoders quote what they trip over.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{what} takes {bytes} bytes compressed, more than the {DOCUMENT_LIMIT} an item may hold")]
    TooLarge { what: String, bytes: usize },
    /// Try again: nothing was written.
    #[error("{operation}: another request was writing the same items")]
    Contended { operation: &'static str },
    /// Batches kept coming back unprocessed.
    #[error("{operation}: DynamoDB is throttling")]
    Throttled { operation: &'static str },
    #[error("destination {id} belongs to another account: choose another id")]
    Taken { id: String },
    #[error("the stored {what} cannot be read: it is damaged or was written by a newer version")]
    Unreadable { what: String },
    #[error("not a cursor that the store gave out")]
    Cursor,
    #[error("{operation}: DynamoDB refused or was not reached")]
    Request { operation: &'static str, source: BoxError },
}

impl StoreError {
    /// For `map_err`.
    pub(crate) fn request<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        SdkError<E, R>: Into<BoxError>,
    {
        move |error| Self::Request { operation, source: error.into() }
    }
}
