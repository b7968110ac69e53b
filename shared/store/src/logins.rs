//! Logins of custom pages as they are stored: in an attribute of the page's row beside its definition, so that whoever
//! reads the definition does not get it. Encrypted as the secrets of destinations are, and bound to the page and its
//! URL: one who may write the table cannot have a login sent elsewhere. Only the poller and those who write settings
//! decrypt. A login leaves the table in no export: the configuration file declares it anew, or somebody types it again.
//! A mark stands in its place until then, with which the page is not read, as with one that cannot be decrypted.
use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_json::json;
use status::{
    ids::ProviderId,
    provider::{Login, Provider},
};

use crate::{
    error::{NO_KEYS, StoreError},
    items::{Item, attribute},
    keyring::{DecryptError, Encrypted},
    sealed::{Encryption, Sealer},
    store::Store,
};

/// The attribute of a page's row.
pub(crate) const LOGIN: &str = "login";
/// In place of a login that did not come along from another instance.
const MISSING: &str = "missing";
const WAY_OUT: &str = "give back the key that was taken away, or apply the configuration again, which encrypts it anew";

/// A login that is encrypted.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLogin {
    /// The number of the key.
    key: u32,
    /// As JSON.
    #[serde(with = "serde_bytes")]
    sealed: Vec<u8>,
}

impl fmt::Debug for StoredLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredLogin").field("key", &self.key).finish_non_exhaustive()
    }
}

/// By page.
pub type StoredLogins = HashMap<ProviderId, StoredLogin>;

impl StoredLogin {
    /// The number of the key.
    pub(crate) fn key(&self) -> u32 {
        self.key
    }

    /// Whether it did not come along from another instance, or is damaged. No key has the number 0.
    pub fn is_missing(&self) -> bool {
        self.key == 0
    }
}

/// In place of the login of a page that leaves for another instance. An earlier release takes it for a damaged one.
pub(crate) fn missing() -> AttributeValue {
    AttributeValue::S(MISSING.into())
}

/// Of a page's row. A damaged one cannot be decrypted, so that its page is not read without it.
pub(crate) fn stored_login(row: &Item) -> Option<StoredLogin> {
    row.get(LOGIN).map(|login| serde_dynamo::from_attribute_value(login.clone()).unwrap_or_default())
}

impl Store {
    /// The login of a page. An error names the page and the way out.
    pub fn login(&self, page: &Provider, stored: &StoredLogin) -> Result<Login, StoreError> {
        self.sealer.unseal_login(page, stored)
    }
}

impl Sealer {
    /// Adds the login of a page to its row: as it is stored already, if nothing has changed.
    pub(crate) fn add_login(
        &self,
        page: &Provider,
        login: &Login,
        present: Option<&Item>,
        row: &mut Item,
    ) -> Result<(), StoreError> {
        let is_current = |stored: &StoredLogin| {
            self.0.as_ref().is_some_and(|encryption| encryption.keyring.current() == stored.key)
                && self.unseal_login(page, stored).is_ok_and(|known| known == *login)
        };
        let sealed = match present.and_then(stored_login).filter(is_current) {
            Some(stored) => stored,
            None => self.seal_login(page, login)?,
        };
        row.insert(LOGIN.into(), attribute(sealed));
        Ok(())
    }

    pub(crate) fn seal_login(&self, page: &Provider, login: &Login) -> Result<StoredLogin, StoreError> {
        let Some(Encryption { keyring, .. }) = &self.0 else {
            return Err(error(page, format!("cannot be encrypted: {NO_KEYS}")));
        };
        let text = serde_json::to_vec(login).expect("texts");
        let Encrypted { key, bytes: sealed } = keyring.encrypt(&text, &belongs_to(page));
        Ok(StoredLogin { key, sealed })
    }

    fn unseal_login(&self, page: &Provider, stored: &StoredLogin) -> Result<Login, StoreError> {
        let Some(Encryption { keyring, .. }) = &self.0 else {
            return Err(error(page, format!("is encrypted: {NO_KEYS}")));
        };
        if stored.is_missing() {
            return Err(error(
                page,
                "is not here: apply the configuration file that has it, or type it again".to_owned(),
            ));
        }
        let encrypted = Encrypted { key: stored.key, bytes: stored.sealed.clone() };
        let text = keyring.decrypt(&encrypted, &belongs_to(page)).map_err(|reason| {
            error(
                page,
                match reason {
                    DecryptError::UnknownKey(key) => {
                        format!("is encrypted with key {key}, which is not given: {WAY_OUT}")
                    }
                    DecryptError::DoesNotFit(key) => {
                        format!("cannot be decrypted: key {key} is another one now, or it was changed. {WAY_OUT}")
                    }
                },
            )
        })?;
        serde_json::from_slice(&text)
            .map_err(|_| error(page, "was decrypted and cannot be read: a newer version wrote it".to_owned()))
    }
}

fn belongs_to(page: &Provider) -> Vec<u8> {
    json!({"login_of": page.id, "url": page.page_url}).to_string().into_bytes()
}

fn error(page: &Provider, reason: String) -> StoreError {
    StoreError::Login { page: page.id.to_string(), reason }
}
