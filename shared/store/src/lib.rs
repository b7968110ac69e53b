//! The store: the only crate that uses DynamoDB. One file per family of access patterns. `keys` lists the patterns and
//! alone builds keys. Writes that need the time take `now` from the caller.
use aws_sdk_dynamodb::Client;

mod records;

mod items;
mod keys;
mod requests;
pub mod table;

mod counts;
mod error;

mod alerts;
mod cursor;
mod health;
mod history;
mod outbox;
mod page_summaries;
mod pages;
mod timelines;

mod directory;
mod monitors;
mod settings;

mod deliveries;
mod delivery_log;
mod notified;
mod recipients;

pub use counts::Counts;
pub use cursor::{Cursor, CursorPage};
pub use deliveries::{
    Attempt, Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, KeptHandle, Owner, RecordError, Reopened, Verdict,
};
pub use delivery_log::{DeliveryEntry, LogPage};
pub use directory::Directory;
pub use error::StoreError;
pub use monitors::{DestinationRecord, WatchersPage};
pub use notified::NotifiedPage;
pub use page_summaries::Round;
pub use pages::{Commit, CommitError};
pub use recipients::{Consent, Recipient, Suppression};
pub use records::{
    DOCUMENT_LIMIT, Disabled, Episode, HandleFields, OutboxRow, PageHead, PageRecord, ResolvedUrl, WrittenBy,
};
pub use settings::{AccountSettings, Applied};
pub use timelines::TimelinePage;

/// A client of one table. Clones share the connection pool and the counts.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    counter: counts::Counter,
}

impl Store {
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        let counter = counts::Counter::default();
        let config = client.config().to_builder().interceptor(counter.clone()).build();
        Self { client: Client::from_conf(config), table: table.into(), counter }
    }

    /// Requests sent by this store and its clones so far.
    pub fn counts(&self) -> Counts {
        self.counter.read()
    }
}
