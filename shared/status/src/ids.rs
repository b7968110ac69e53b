//! Ids, with a type per kind of id. Those of alerts and deliveries are derived from content, so that a fact found twice
//! has the same id (truth rule 9).
use std::{borrow::Borrow, fmt, hash::Hash, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// An id of kind `K`, which exists at compile time only.
pub struct Id<K>(Arc<str>, PhantomData<fn() -> K>);

/// Kinds of [`Id`].
pub mod kind {
    pub enum Account {}
    pub enum Alert {}
    pub enum Board {}
    pub enum Component {}
    pub enum Delivery {}
    pub enum Destination {}
    pub enum Group {}
    pub enum Incident {}
    pub enum Monitor {}
    pub enum Provider {}
    pub enum Update {}
}

pub type AccountId = Id<kind::Account>;

/// The id of the account that owns what the configuration file declares. The instance's public pages show as watched
/// what it watches, and nothing of other accounts.
pub const FILE_ACCOUNT: &str = "local";
/// Derived: see [`AlertId::derive`].
pub type AlertId = Id<kind::Alert>;
pub type BoardId = Id<kind::Board>;
/// The page's id of a component, or its name where the format has no ids.
pub type ComponentId = Id<kind::Component>;
/// Derived from alert and destination; receivers get it as the idempotency key.
pub type DeliveryId = Id<kind::Delivery>;
pub type DestinationId = Id<kind::Destination>;
pub type GroupId = Id<kind::Group>;
/// The page's id of an incident or maintenance. The id alone identifies it within the page; its kind is an attribute.
pub type IncidentId = Id<kind::Incident>;
pub type MonitorId = Id<kind::Monitor>;
/// Slug in the catalogue, or the id of a page in the configuration.
pub type ProviderId = Id<kind::Provider>;
/// The page's id of an update, or one derived from its time and phase (reading rule 5).
pub type UpdateId = Id<kind::Update>;

impl<K> Id<K> {
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into(), PhantomData)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AlertId {
    /// The id of `event` on one incident of one provider. `update` is the newest update in the alert. `episode` counts
    /// how often the incident was opened, so that a reopened one gets alerts with new ids.
    pub fn derive(provider: &ProviderId, incident: &IncidentId, event: &str, update: &str, episode: u32) -> Self {
        let episode = episode.to_string();
        Self::new(format!("alert_{}", digest(&[provider.as_str(), incident.as_str(), event, update, &episode])))
    }
}

impl DeliveryId {
    pub fn derive(alert: &AlertId, destination: &DestinationId) -> Self {
        Self::new(format!("dlv_{}", digest(&[alert.as_str(), destination.as_str()])))
    }
}

/// 128 bits of SHA-256 in hex over the parts, each preceded by its length so that no two lists collide.
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let half: [u8; 16] = hash.finalize()[..16].try_into().expect("a SHA-256 has 32 bytes");
    format!("{:032x}", u128::from_be_bytes(half))
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> Borrow<str> for Id<K> {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl<K> From<&str> for Id<K> {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
impl<K> From<String> for Id<K> {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
