//! The stored state of a page. One that is too large to be read, as an earlier version may have written it, must not
//! stop its page for good.
use status::ids::ProviderId;
use store::{PageRecord, StoreError};

use crate::Poller;

/// A page as it is stored.
pub(crate) enum Stored {
    Page(Box<PageRecord>),
    Nothing,
    /// What was known of it is lost: the next read is its baseline.
    Oversized,
}

impl Stored {
    pub(crate) fn page(self) -> Option<PageRecord> {
        match self {
            Self::Page(page) => Some(*page),
            Self::Nothing | Self::Oversized => None,
        }
    }
}

pub(crate) async fn stored_page(poller: &Poller, page: &ProviderId) -> Result<Stored, StoreError> {
    match poller.store.page(page).await {
        Ok(Some(stored)) => Ok(Stored::Page(Box::new(stored))),
        Ok(None) => Ok(Stored::Nothing),
        Err(error @ StoreError::Oversized { .. }) => {
            tracing::error!(provider.id = %page, %error, "the stored state of a page is lost");
            Ok(Stored::Oversized)
        }
        Err(error) => Err(error),
    }
}
