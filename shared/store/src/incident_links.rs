//! Links in mails by which their readers acknowledge or mute an incident without signing in. A link names an alert and
//! the destination that got it, and is signed with the key of the instance: nothing is stored of it, nobody can guess
//! or change one, and the same mail is the same at every attempt.
use jiff::Timestamp;
use status::ids::{AlertId, DestinationId};

use crate::{sealed::Encryption, store::Store};

/// What a link is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentLink {
    pub alert: AlertId,
    /// Its account is whose incident it is.
    pub destination: DestinationId,
    /// To the second.
    pub ends_at: Timestamp,
}

impl IncidentLink {
    fn signed_text(&self) -> Vec<u8> {
        let parts = ("incident link", &self.alert, &self.destination, self.ends_at.as_second());
        serde_json::to_vec(&parts).expect("texts and a number")
    }
}

impl Store {
    /// `None`: this process has no keys.
    pub fn sign_link(&self, link: &IncidentLink) -> Option<String> {
        self.sealer.0.as_ref().map(|Encryption { keyring, .. }| keyring.sign(&link.signed_text()))
    }

    /// Whether an instance with this one's keys signed it. Whether it has ended is for the caller to see.
    pub fn is_signed(&self, link: &IncidentLink, signature: &str) -> bool {
        let keyring = self.sealer.0.as_ref().map(|Encryption { keyring, .. }| keyring);
        keyring.is_some_and(|keyring| keyring.is_signed(&link.signed_text(), signature))
    }
}
