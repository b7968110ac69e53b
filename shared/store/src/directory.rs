//! Pages that accounts added to the catalogue, and the providers that any account watches: what a round of the poller
//! needs of all accounts, in one query.
use std::collections::HashSet;

use status::{ids::ProviderId, provider::Provider};

use crate::{
    error::StoreError,
    items::{Setting, read_item},
    keys,
    requests::query_all,
    store::Store,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Pages that accounts added.
    pub pages: Vec<Provider>,
    pub watched: HashSet<ProviderId>,
}

impl Store {
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
