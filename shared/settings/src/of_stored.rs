//! Settings as the drafts that become them again: for the forms that change them, the API and the audit log.
use status::{
    digest::{Digest, Every},
    follow_up::FollowUp,
    monitor::{ComponentFilter, Group, Monitor, Scope, WhenUnknown},
    provider::Provider,
    quiet_hours::QuietHours,
};

use crate::{DigestDraft, FollowUpDraft, GroupDraft, LoginChange, MonitorDraft, PageDraft, QuietHoursDraft};

impl MonitorDraft {
    /// `is_own_page`: it watches a page of the account.
    pub fn of(monitor: &Monitor, is_own_page: bool) -> Self {
        let provider = monitor.provider.to_string();
        let (page, provider) = if is_own_page { (Some(provider), None) } else { (None, Some(provider)) };
        let components = match &monitor.components {
            ComponentFilter::All => None,
            ComponentFilter::Chosen(choices) => Some(choices.iter().map(ToString::to_string).collect()),
        };
        let unknown = match monitor.unknown {
            WhenUnknown::Tell => "tell",
            WhenUnknown::Drop => "drop",
        };
        Self { id: monitor.id.to_string(), page, provider, components, unknown: Some(unknown.to_owned()) }
    }
}

impl GroupDraft {
    pub fn of(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            destinations: group.destinations.iter().map(ToString::to_string).collect(),
            severities: Some(group.severities.iter().map(|severity| severity.as_str().to_owned()).collect()),
            events: Some(group.events.iter().map(|event| event.as_str().to_owned()).collect()),
            monitors: match &group.scope {
                Scope::All => None,
                Scope::Monitors(monitors) => Some(monitors.iter().map(ToString::to_string).collect()),
            },
            quiet_hours: group.quiet_hours.as_ref().map(QuietHoursDraft::of),
            digest: group.digest.as_ref().map(DigestDraft::of),
            follow_up: group.follow_up.as_ref().map(FollowUpDraft::of),
        }
    }
}

impl QuietHoursDraft {
    pub fn of(quiet: &QuietHours) -> Self {
        Self {
            zone: quiet.zone.clone(),
            days: Some(quiet.days.iter().map(|day| day.as_str().to_owned()).collect()),
            from: quiet.from.strftime("%H:%M").to_string(),
            until: quiet.until.strftime("%H:%M").to_string(),
            major_bypass: Some(quiet.major_bypass),
        }
    }
}

impl DigestDraft {
    pub fn of(digest: &Digest) -> Self {
        let (every, zone, at) = match &digest.every {
            Every::Hour => ("hour", None, None),
            Every::Day { zone, at } => ("day", Some(zone.clone()), Some(at.strftime("%H:%M").to_string())),
        };
        Self { every: every.to_owned(), zone, at, major_bypass: Some(digest.major_bypass) }
    }
}

impl FollowUpDraft {
    pub fn of(follow_up: &FollowUp) -> Self {
        let FollowUp { minutes, destination } = follow_up;
        Self { minutes: *minutes, destination: destination.as_ref().map(ToString::to_string) }
    }
}

impl PageDraft {
    /// Without the id, which follows from the URL, and without the login, which stays.
    pub fn of(page: &Provider) -> Self {
        Self {
            id: None,
            name: Some(page.name.clone()),
            url: Some(page.page_url.clone()),
            format: page.format.clone(),
            interval: page.interval.map(|interval| format!("{}s", interval.as_secs())),
            login: LoginChange::Keep,
        }
    }
}
