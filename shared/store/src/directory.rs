//! Pages that accounts added to the catalogue, and the providers that any account watches: what a round of the poller
//! needs of all accounts, in one query.
use std::collections::HashSet;

use status::{
    ids::{AccountId, ProviderId},
    provider::Provider,
};

use crate::{
    error::StoreError,
    items::{Setting, read_item},
    keys,
    requests::{BatchGet, query_all},
    store::Store,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Pages that accounts added.
    pub pages: Vec<Provider>,
    pub watched: HashSet<ProviderId>,
}

impl Store {
    /// Those of `providers` that an account watches. May lag behind the newest [`Store::apply`].
    pub async fn watched_of(
        &self,
        account: &AccountId,
        providers: impl IntoIterator<Item = &ProviderId>,
    ) -> Result<HashSet<ProviderId>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read watched providers",
            keys: providers.into_iter().map(|provider| keys::account_watched(account, provider)).collect(),
            only: None,
            consistent: false,
        });
        let watched =
            found.await?.into_iter().map(|item| match read_item(item, format_args!("setting of account {account}"))? {
                Setting::Watched(provider) => Ok(provider),
                _ => Err(StoreError::unexpected_item("watched providers")),
            });
        watched.collect()
    }

    /// May lag behind the newest [`Store::apply`].
    pub async fn directory(&self) -> Result<Directory, StoreError> {
        let mut directory = Directory::default();
        for item in query_all("read directory", self.query_index(keys::DIRECTORY.into())).await? {
            match read_item(item, "directory entry")? {
                Setting::Page(page) => directory.pages.push(page),
                Setting::Watched(provider) => {
                    directory.watched.insert(provider);
                }
                _ => return Err(StoreError::unexpected_item("directory")),
            }
        }
        Ok(directory)
    }
}
