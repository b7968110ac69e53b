//! What accounts watch and where alerts go: monitors, notification groups and destinations.
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    follow_up::FollowUp,
    ids::{AccountId, DestinationId, GroupId, MonitorId, ProviderId},
    quiet_hours::QuietHours,
    words::{Event, Severity},
};

/// One provider that an account watches, and which of its components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    pub id: MonitorId,
    pub account: AccountId,
    pub provider: ProviderId,
    pub components: ComponentFilter,
    /// Whether to alert if the filter gives no answer (truth rule 8).
    pub unknown: WhenUnknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentFilter {
    All,
    /// Any of these; never empty.
    Chosen(Vec<ComponentChoice>),
}

/// Compared as people see names: [`crate::names::folded`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentChoice {
    /// Name of a component, or its id on the page.
    Component(String),
    /// Every component of the group of this name; written `group:Name`.
    Group(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnknown {
    Tell,
    Drop,
}

/// A named set of destinations, with the events and severities they get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub account: AccountId,
    /// For people; the id stands for it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub destinations: Vec<DestinationId>,
    pub severities: Vec<Severity>,
    pub events: Vec<Event>,
    pub scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    All,
    Monitors(Vec<MonitorId>),
}

/// One address on a channel. The channel's file defines the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub id: DestinationId,
    pub account: AccountId,
    /// For people; the id stands for it where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Name of a registered channel.
    pub channel: String,
    pub settings: Settings,
}

/// Settings of a destination by key. A webhook URL is as secret as a token, so no value is ever printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings(pub BTreeMap<String, String>);

impl Settings {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|key| (key, "redacted"))).finish()
    }
}

/// The component filter's answer (truth rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
    /// The provider named no component, or all, or the filter fits nothing on the page: the alert may concern the
    /// chosen ones or not.
    Unknown,
}

impl fmt::Display for ComponentChoice {
    /// As it is written in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(name) => f.write_str(name),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

impl Group {
    /// Its name for people.
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.id.as_str())
    }

    /// Whether the group's events and severities include these. Source health has no severity of the provider's, so
    /// only the event counts.
    pub fn wants(&self, event: Event, severity: Severity) -> bool {
        let is_source = matches!(event, Event::Unreadable | Event::Readable);
        self.events.iter().any(|chosen| chosen.covers(event)) && (is_source || self.severities.contains(&severity))
    }

    /// Until when an alert of this severity that is found now waits; `None`: it is delivered at once.
    pub fn holds_until(&self, severity: Severity, now: Timestamp) -> Option<Timestamp> {
        let is_major = severity == Severity::Major;
        let digest = self.digest.as_ref().filter(|digest| !(is_major && digest.major_bypass));
        match digest.and_then(|digest| digest.next_after(now)) {
            // A digest that is due in quiet hours comes when they end.
            Some(due) => Some(self.quiet_until(severity, due).unwrap_or(due)),
            None => self.quiet_until(severity, now),
        }
    }

    /// When the quiet hours end in which `at` is, unless the severity bypasses them.
    pub fn quiet_until(&self, severity: Severity, at: Timestamp) -> Option<Timestamp> {
        let quiet = self.quiet_hours.as_ref()?;
        if quiet.major_bypass && severity == Severity::Major { None } else { quiet.end_after(at) }
    }

    /// Whether an alert may wait because of this group.
    pub fn may_hold(&self) -> bool {
        self.quiet_hours.is_some() || self.digest.is_some()
    }

    /// Whether anybody can be alerted of what this monitor of its account finds.
    pub fn tells_of(&self, monitor: &MonitorId) -> bool {
        !self.destinations.is_empty() && !self.events.is_empty() && self.covers(monitor)
    }

    pub fn covers(&self, monitor: &MonitorId) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Monitors(monitors) => monitors.contains(monitor),
        }
    }
}
