//! Pages that accounts added to the catalogue, and the providers that any account watches: what a round of the poller
//! needs of all accounts.
use std::collections::HashSet;

use status::{
    ids::{AccountId, ProviderId},
    provider::Provider,
};

use crate::{
    error::StoreError,
    items::{Setting, read_item},
    keys,
    logins::{LOGIN, StoredLogins, stored_login},
    requests::BatchGet,
    store::Store,
    stored::{Visibility, visibility},
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Pages that accounts added, each once.
    pub pages: Vec<Provider>,
    /// Those of them that only the accounts that added them may see.
    pub private: HashSet<ProviderId>,
    /// Of those of them that need a login.
    pub logins: StoredLogins,
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
        let mut directory = self.listed().await?;
        // Afterwards, and consistent: a row that had left the list has been counted before.
        directory.watched.extend(self.watched_providers().await?);
        Ok(directory)
    }

    /// The pages that accounts added and that everybody may see. May lag behind.
    pub async fn public_pages(&self) -> Result<Vec<Provider>, StoreError> {
        let Directory { mut pages, private, .. } = self.listed().await?;
        pages.retain(|page| !private.contains(&page.id));
        Ok(pages)
    }

    /// What the index lists: all pages, and watched providers in rows of earlier versions.
    async fn listed(&self) -> Result<Directory, StoreError> {
        let (mut directory, mut public) = (Directory::default(), HashSet::new());
        let query = self.query_index(keys::DIRECTORY.into());
        let query = query
            .projection_expression("#type, #definition, v, visibility, #login")
            .expression_attribute_names("#type", "type")
            .expression_attribute_names("#definition", "definition")
            .expression_attribute_names("#login", LOGIN);
        // One by one: earlier versions listed each provider of each account.
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(StoreError::request("read directory"))?;
            let (visibility, login) = (visibility(&item), stored_login(&item));
            match read_item(item, "directory entry")? {
                Setting::Page(page) => {
                    // One that several accounts added is public if it is so for one of them.
                    if visibility == Visibility::Public {
                        public.insert(page.id.clone());
                    }
                    if directory.private.insert(page.id.clone()) {
                        directory.logins.extend(login.map(|login| (page.id.clone(), login)));
                        directory.pages.push(page);
                    }
                }
                Setting::Watched(provider) => {
                    directory.watched.insert(provider);
                }
                _ => return Err(StoreError::unexpected_item("directory")),
            }
        }
        directory.private.retain(|page| !public.contains(page));
        Ok(directory)
    }
}
