//! An account's settings in clear, as a configuration file declares them.
use std::collections::BTreeMap;

use status::{ids::AccountId, provider::Provider};

use crate::{
    error::StoreError,
    settings::AccountSettings,
    store::Store,
    stored::{ManagedBy, Stored},
};

impl Store {
    /// Those whose writer `is_wanted`, and how many others there are. Fails if the key that encrypted a secret is not
    /// among those of this store. Without the logins that did not come along from another instance.
    pub async fn settings_in_clear(
        &self,
        account: &AccountId,
        is_wanted: impl Fn(ManagedBy) -> bool,
    ) -> Result<(AccountSettings, usize), StoreError> {
        self.settings_with(account, is_wanted, Err).await
    }

    /// The same to compare with a file that is to take their place: without the secrets whose keys are lost.
    pub async fn settings_to_compare(
        &self,
        account: &AccountId,
        is_wanted: impl Fn(ManagedBy) -> bool,
    ) -> Result<(AccountSettings, usize), StoreError> {
        let has_keys = self.sealer.0.is_some();
        self.settings_with(account, is_wanted, |error| match error {
            StoreError::Encryption { .. } | StoreError::Login { .. } if has_keys => Ok(()),
            error => Err(error),
        })
        .await
    }

    /// `pass_over` says of a secret that cannot be decrypted whether it is left out.
    async fn settings_with(
        &self,
        account: &AccountId,
        is_wanted: impl Fn(ManagedBy) -> bool,
        pass_over: impl Fn(StoreError) -> Result<(), StoreError>,
    ) -> Result<(AccountSettings, usize), StoreError> {
        let found = self.stored_settings(account).await?;
        let boards = self.boards(account).await?;
        let settings = found.pages.len() + found.destinations.len() + found.groups.len() + found.monitors.len();
        let all = settings + boards.len();
        let pages: Vec<Provider> = wanted(found.pages, &is_wanted).map(|(page, _)| page).collect();
        let mut logins = BTreeMap::new();
        for page in &pages {
            if let Some(stored) = found.logins.get(&page.id).filter(|login| !login.is_missing()) {
                match self.login(page, stored) {
                    Ok(login) => drop(logins.insert(page.id.clone(), login)),
                    Err(error) => pass_over(error)?,
                }
            }
        }
        let destinations = wanted(found.destinations, &is_wanted).map(|it| match self.unseal(&it) {
            Ok(destination) => Ok(destination),
            Err(error) => pass_over(error).map(|()| it.without_secrets()),
        });
        let settings = AccountSettings {
            destinations: destinations.collect::<Result<_, _>>()?,
            groups: wanted(found.groups, &is_wanted).collect(),
            monitors: wanted(found.monitors, &is_wanted).collect(),
            boards: wanted(boards, &is_wanted).map(|stored| stored.board).collect(),
            pages,
            logins,
        };
        let others = all - settings.len();
        Ok((settings, others))
    }
}

fn wanted<T>(rows: Vec<Stored<T>>, is_wanted: &impl Fn(ManagedBy) -> bool) -> impl Iterator<Item = T> {
    rows.into_iter().filter(|row| is_wanted(row.managed_by)).map(|row| row.value)
}
