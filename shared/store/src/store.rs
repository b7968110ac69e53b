//! A client of the one table.
use aws_sdk_dynamodb::Client;

use crate::{
    counts::{Counter, Counts},
    grouped_reads::GroupedReads,
    keyring::Keyring,
    sealed::{Encryption, Sealer},
};

/// A client of one table. Clones share the connection pool and the counts.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) grouped_reads: GroupedReads,
    pub(crate) sealer: Sealer,
    counter: Counter,
}

impl Store {
    /// Without keys: see [`Store::with_keys`].
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        let counter = Counter::default();
        let config = client.config().to_builder().interceptor(counter.clone()).build();
        let client = Client::from_conf(config);
        Self { client, table: table.into(), grouped_reads: GroupedReads::default(), sealer: Sealer(None), counter }
    }

    /// Encrypts the secret settings of destinations from now on. `is_secret` says of a channel's name and a setting's
    /// key whether it is one.
    pub fn with_keys(mut self, keyring: Keyring, is_secret: fn(&str, &str) -> bool) -> Self {
        self.sealer = Sealer(Some(Encryption { keyring, is_secret }));
        self
    }

    /// Requests sent by this store and its clones so far.
    pub fn counts(&self) -> Counts {
        self.counter.read()
    }
}
