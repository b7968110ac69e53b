//! What an account wants to hear no more of: an incident or maintenance that it muted, or the follow-up of one that it
//! acknowledged. Wanted properties:
//! - whoever was told of the opening is told of the end, and nobody else is;
//! - what opens again is another episode, which nobody muted.
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::Alert,
    ids::{AccountId, IncidentId, ProviderId, digest},
    words::Event,
};

/// Of one episode of an incident or maintenance. It counts until that ends, or somebody undoes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    pub account: AccountId,
    pub provider: ProviderId,
    pub incident: IncidentId,
    pub episode: u32,
    pub muted: Muted,
    /// Of the incident, at that time.
    pub title: String,
    /// Who muted it, for people.
    pub by: String,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// Whatever is told of it, but its end.
    Alerts,
    /// Its follow-up alone: it is acknowledged.
    FollowUp,
}

impl Muted {
    pub const ALL: [Self; 2] = [Self::Alerts, Self::FollowUp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::FollowUp => "follow_up",
        }
    }
}

impl Mute {
    pub fn id(&self) -> String {
        id(&self.provider, &self.incident, self.episode, self.muted)
    }

    pub fn is_of(&self, provider: &ProviderId, incident: &IncidentId, episode: u32) -> bool {
        (&self.provider, &self.incident, self.episode) == (provider, incident, episode)
    }
}

/// Of the mute of this episode: an account has one of each kind.
pub fn id(provider: &ProviderId, incident: &IncidentId, episode: u32, muted: Muted) -> String {
    digest(&[provider.as_str(), incident.as_str(), &episode.to_string(), muted.as_str()])[..32].to_owned()
}

/// Whether one of the account's `mutes` keeps alerts about the episode from being told.
pub fn is_muted(mutes: &[Mute], provider: &ProviderId, incident: &IncidentId, episode: u32) -> bool {
    mutes.iter().any(|mute| mute.muted == Muted::Alerts && mute.is_of(provider, incident, episode))
}

/// The same of a follow-up.
pub fn stops_follow_up(mutes: &[Mute], provider: &ProviderId, incident: &IncidentId, episode: u32) -> bool {
    mutes.iter().any(|mute| mute.is_of(provider, incident, episode))
}

impl Alert {
    /// Whether these mutes keep it from somebody for whom it is held. An end is held only for those who were told of
    /// the opening. A summary of a page is told as it came: whoever it was meant for is told what ends of it.
    pub fn is_silenced(&self, mutes: &[Mute]) -> bool {
        let is_whole = self.event == Event::Summary || self.event.is_end();
        !is_whole && is_muted(mutes, &self.provider, &self.incident.id, self.incident.episode)
    }

    /// What of it an account may have muted: not what begins with it, and nothing of a whole platform.
    pub fn mutable_incidents(&self) -> BTreeSet<&IncidentId> {
        let is_never_muted = matches!(self.event, Event::Opened | Event::Scheduled) || self.event.is_notice();
        match self.event {
            _ if is_never_muted || !self.concerned.is_empty() => BTreeSet::new(),
            Event::Summary => self.summary.iter().map(|item| &item.incident).collect(),
            _ => BTreeSet::from([&self.incident.id]),
        }
    }
}
