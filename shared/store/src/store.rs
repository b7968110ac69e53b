//! A client of the one table.
use aws_sdk_dynamodb::Client;

use crate::{
    counts::{Counter, Counts},
    grouped_reads::GroupedReads,
};

/// A client of one table. Clones share the connection pool and the counts.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) grouped_reads: GroupedReads,
    counter: Counter,
}

impl Store {
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        let counter = Counter::default();
        let config = client.config().to_builder().interceptor(counter.clone()).build();
        let client = Client::from_conf(config);
        Self { client, table: table.into(), grouped_reads: GroupedReads::default(), counter }
    }

    /// Requests sent by this store and its clones so far.
    pub fn counts(&self) -> Counts {
        self.counter.read()
    }
}
