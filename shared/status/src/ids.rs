//! Identities. An id is a word that cannot be mixed up with another kind of id; those of alerts and deliveries are
//! derived from content, so that the same fact found twice has the same id (truth rule 9).
use std::{borrow::Borrow, fmt, hash::Hash, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// An identity of kind `K`; `K` exists at compile time only.
pub struct Id<K>(Arc<str>, PhantomData<fn() -> K>);

/// Kinds of [`Id`].
pub mod kind {
    pub enum Account {}
    pub enum Alert {}
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
/// Derived: see [`AlertId::derive`].
pub type AlertId = Id<kind::Alert>;
/// The vendor's own id of a component, or its name where the format has no ids.
pub type ComponentId = Id<kind::Component>;
/// Derived from alert and destination; what a receiver sees as the idempotency key.
pub type DeliveryId = Id<kind::Delivery>;
pub type DestinationId = Id<kind::Destination>;
pub type GroupId = Id<kind::Group>;
/// The vendor's own id of an incident or maintenance, unique within its status page.
pub type IncidentId = Id<kind::Incident>;
pub type MonitorId = Id<kind::Monitor>;
/// Slug of the catalogue, or the id of a page that the configuration adds.
pub type ProviderId = Id<kind::Provider>;
/// The vendor's own id of an update, or one derived from its time and phase (FORMATS rule 5).
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
    /// The id of what `event` says about one incident of one provider. `update` is the newest update that the alert
    /// tells of, `episode` counts how often the incident was opened (a reopened one is told again).
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
