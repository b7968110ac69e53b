//! Errors of the store. Each variant is a branch that a caller may take; what is only reported stays in the source
//! chain.
use aws_sdk_dynamodb::error::{BoxError, SdkError};

use crate::records::{DOCUMENT_LIMIT, READ_LIMIT};

pub(crate) const NO_KEYS: &str =
    "this process has no keys: name them by DESTINATION_KEYS or, in the command line, by --keys";

/// Holds no stored value and no decoder's message, which would quote one: a destination's settings are secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{what} takes {bytes} bytes, more than may be stored ({DOCUMENT_LIMIT} compressed)")]
    TooLarge { what: String, bytes: usize },
    /// It was written by an earlier version, or by somebody else.
    #[error("the stored {what} takes more than {READ_LIMIT} bytes and is not read")]
    Oversized { what: String },
    /// Nothing was written, after all retries; the caller may try again.
    #[error("{operation}: other requests were writing the same items")]
    Contended { operation: &'static str },
    /// Batches came back unprocessed, or a transaction was cancelled, after all retries.
    #[error("{operation}: DynamoDB is throttling")]
    Throttled { operation: &'static str },
    /// Nothing happened to the destination. `reason` says what to do.
    #[error("the secret settings of destination {id} {reason}")]
    Encryption { id: String, reason: String },
    /// The page is not read. `reason` says what to do.
    #[error("the login of page {page} {reason}")]
    Login { page: String, reason: String },
    /// `reason` says what to do.
    #[error("the secret address of {of} {reason}")]
    Address { of: String, reason: String },
    #[error("{what} cannot be encrypted or decrypted: {NO_KEYS}")]
    NoKeys { what: String },
    #[error("destination {id} belongs to another account: choose another id")]
    Taken { id: String },
    /// Nothing was changed.
    #[error("{what} was made on the pages: choose another id for the one in the file")]
    ManagedByWeb { what: String },
    #[error("the stored {what} cannot be read: it is damaged")]
    Unreadable { what: String },
    #[error(
        "the stored {what} is of schema version {version}, written by a newer release; this one reads up to {reads}: run \
         the newer release again (nothing was changed)"
    )]
    Newer { what: String, version: u32, reads: u32 },
    #[error("the cursor is not one of this list: start again without one")]
    Cursor,
    #[error("{operation}: DynamoDB refused or was not reached")]
    Request { operation: &'static str, source: BoxError },
}

/// Why a setting was not saved or removed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Read it again, and show both: it is another version, or is gone; or, of a new one, its id is taken.
    #[error("it was changed meanwhile")]
    Conflict,
    #[error("it is managed by the configuration file")]
    ManagedByFile,
    #[error("a monitor watches it")]
    InUse,
    /// Others of the account's settings were: read them again, and try again.
    #[error("the account's settings were changed meanwhile")]
    SettingsChanged,
    /// A request with this idempotency key has made something.
    #[error("the same request was made before")]
    MadeBefore,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    /// Keys and types are written together, so an item of another type in a list is a fault of ours.
    pub(crate) fn unexpected_item(list: &str) -> Self {
        Self::Unreadable { what: format!("item of another type in the {list}") }
    }

    /// For `map_err`.
    pub(crate) fn request<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        SdkError<E, R>: Into<BoxError>,
    {
        move |error| Self::Request { operation, source: error.into() }
    }
}
