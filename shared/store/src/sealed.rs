//! Destinations as they are stored: what is secret in their settings is encrypted, bound to account, destination and
//! channel. Only those who send, and who write settings, decrypt; everybody else works with a [`StoredDestination`],
//! which cannot be sent to. Wanted properties:
//! - no secret is stored in clear, except in rows of earlier versions, which the next apply replaces;
//! - whatever a key does not fit stays as it is: the error says what to do, and nothing else happens.
//!
//! An earlier version cannot read an encrypted destination. It must not take one for a destination without settings,
//! which it would disable, so the two forms differ in type and not only in their keys.
use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use status::{
    ids::{AccountId, DestinationId},
    monitor::{Destination, Settings},
};

use crate::{
    error::{NO_KEYS, StoreError},
    keyring::{DecryptError, Encrypted, Keyring},
};

/// A destination whose secret settings are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDestination {
    pub id: DestinationId,
    pub account: AccountId,
    /// For people; the id stands for it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Name of a registered channel.
    pub channel: String,
    settings: StoredSettings,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredSettings {
    /// None of them is secret, or an earlier version wrote them.
    Clear(Settings),
    Sealed(SealedSettings),
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SealedSettings {
    /// Those that are not secret.
    clear: Settings,
    /// The number of the key.
    key: u32,
    /// The others, as a JSON object.
    #[serde(with = "serde_bytes")]
    sealed: Vec<u8>,
}

impl StoredDestination {
    /// Its name for people.
    pub fn shown_name(&self) -> &str {
        self.label.as_deref().unwrap_or(self.id.as_str())
    }

    /// The settings that are not secret, such as a mail address.
    pub fn clear_settings(&self) -> &Settings {
        match &self.settings {
            StoredSettings::Clear(settings) => settings,
            StoredSettings::Sealed(sealed) => &sealed.clear,
        }
    }

    /// As far as it can be read without a key.
    pub(crate) fn without_secrets(self) -> Destination {
        let settings = self.clear_settings().clone();
        let Self { id, account, label, channel, .. } = self;
        Destination { id, account, label, channel, settings }
    }

    /// Whether nothing of it is encrypted.
    pub(crate) fn is_clear(&self) -> bool {
        matches!(self.settings, StoredSettings::Clear(_))
    }

    /// With all of its settings in clear. Not to be stored, unless none of them is secret.
    pub(crate) fn clear(destination: Destination) -> Self {
        let Destination { id, account, label, channel, settings } = destination;
        Self { id, account, label, channel, settings: StoredSettings::Clear(settings) }
    }

    /// What its secrets are bound to.
    fn belongs_to(&self) -> Vec<u8> {
        serde_json::to_vec(&(&self.account, &self.id, &self.channel)).expect("three texts")
    }

    fn error(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Encryption { id: self.id.to_string(), reason: reason.into() }
    }
}

/// Encrypts and decrypts settings. `None` has no keys.
#[derive(Clone, Debug)]
pub(crate) struct Sealer(pub(crate) Option<Encryption>);

#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) keyring: Keyring,
    /// Whether a setting of this channel with this key is secret.
    pub(crate) is_secret: fn(&str, &str) -> bool,
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keyring.fmt(f)
    }
}

const WAY_OUT: &str = "give back the key that was taken away; or, if it is lost, remove the destination from the \
                       configuration, apply it, add the destination again and apply once more";

impl Sealer {
    /// As it is to be stored.
    pub(crate) fn seal(&self, destination: Destination) -> Result<StoredDestination, StoreError> {
        let mut stored = StoredDestination::clear(destination);
        let Some(Encryption { keyring, is_secret }) = &self.0 else {
            let is_empty = stored.clear_settings().0.is_empty();
            return if is_empty { Ok(stored) } else { Err(stored.error(format!("cannot be encrypted: {NO_KEYS}"))) };
        };
        let all = stored.clear_settings().0.clone();
        let (secret, clear): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(key, _)| is_secret(&stored.channel, key));
        if secret.is_empty() {
            return Ok(stored);
        }
        let text = serde_json::to_vec(&secret).expect("a map of texts");
        let Encrypted { key, bytes: sealed } = keyring.encrypt(&text, &stored.belongs_to());
        stored.settings = StoredSettings::Sealed(SealedSettings { clear: Settings(clear), key, sealed });
        Ok(stored)
    }

    /// With all of its settings. An error names the destination and the way out.
    pub(crate) fn unseal(&self, stored: &StoredDestination) -> Result<Destination, StoreError> {
        let settings = match &stored.settings {
            StoredSettings::Clear(settings) => settings.clone(),
            StoredSettings::Sealed(sealed) => self.unsealed(stored, sealed)?,
        };
        let StoredDestination { id, account, label, channel, .. } = stored.clone();
        Ok(Destination { id, account, label, channel, settings })
    }

    fn unsealed(&self, stored: &StoredDestination, sealed: &SealedSettings) -> Result<Settings, StoreError> {
        let SealedSettings { clear, key, sealed } = sealed;
        let Some(Encryption { keyring, .. }) = &self.0 else {
            return Err(stored.error(format!("are encrypted: {NO_KEYS}")));
        };
        let encrypted = Encrypted { key: *key, bytes: sealed.clone() };
        let text = keyring.decrypt(&encrypted, &stored.belongs_to()).map_err(|error| {
            stored.error(match error {
                DecryptError::UnknownKey(key) => format!("are encrypted with key {key}, which is not given: {WAY_OUT}"),
                DecryptError::DoesNotFit(key) => {
                    format!("cannot be decrypted: key {key} is another one now, or they were changed. {WAY_OUT}")
                }
            })
        })?;
        let secret: BTreeMap<String, String> = serde_json::from_slice(&text)
            .map_err(|_| stored.error("were decrypted and cannot be read: a newer version wrote them"))?;
        Ok(Settings(clear.0.clone().into_iter().chain(secret).collect()))
    }

    /// Whether it is stored as [`Sealer::seal`] would store it today, whatever its settings are.
    pub(crate) fn is_current(&self, stored: &StoredDestination) -> bool {
        let Some(Encryption { keyring, is_secret }) = &self.0 else { return true };
        let is_clear = !stored.clear_settings().0.keys().any(|key| is_secret(&stored.channel, key));
        match &stored.settings {
            StoredSettings::Clear(_) => is_clear,
            StoredSettings::Sealed(sealed) => is_clear && sealed.key == keyring.current(),
        }
    }

    /// Another one for each key that encrypts.
    pub(crate) fn fingerprint(&self) -> &str {
        self.0.as_ref().map_or("", |encryption| encryption.keyring.fingerprint())
    }
}

impl fmt::Debug for SealedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedSettings").field("clear", &self.clear).field("key", &self.key).finish_non_exhaustive()
    }
}
