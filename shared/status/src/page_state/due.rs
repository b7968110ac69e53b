//! What the clock alone brings: a maintenance is about to start, or goes on past its planned end. No read is needed for
//! it and none brings it, so it is a step of its own. Wanted properties:
//! - one reminder per planned start, one overrun per planned end; a start or end that is moved may be told again;
//! - what a vendor announces within the hour needs no reminder beside the announcement;
//! - a start that has passed is not reminded of.
use std::time::Duration;

use jiff::Timestamp;

use super::{IncidentState, PageState};
use crate::{snapshot::Kind, words::Phase};

/// How long before its planned start a maintenance is told again.
const REMIND_BEFORE: Duration = Duration::from_secs(60 * 60);
/// Vendors close a maintenance some minutes late; what is still open after this goes on.
const OVERRAN_AFTER: Duration = Duration::from_secs(10 * 60);

impl PageState {
    /// The page state once the clock has struck `now`.
    pub fn at(&self, now: Timestamp) -> Self {
        let mut page_state = self.clone();
        for incident_state in &mut page_state.incidents {
            if let Some(starts_at) = incident_state.starts_soon(now) {
                incident_state.reminded = Some(starts_at);
            }
            if let Some(ends_at) = incident_state.overruns().filter(|ends_at| overrun_at(*ends_at) <= now) {
                incident_state.overran = Some(ends_at);
            }
        }
        page_state
    }

    /// When [`PageState::at`] will next make a difference, if nothing is read before.
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let due = |incident_state: &IncidentState| {
            let reminder = incident_state.starts().filter(|starts_at| *starts_at > now).map(reminder_at);
            [reminder, incident_state.overruns().map(overrun_at)].into_iter().flatten().min()
        };
        self.incidents.iter().filter_map(due).min()
    }
}

/// Vendors plan for the end of time, too.
fn overrun_at(ends_at: Timestamp) -> Timestamp {
    ends_at.checked_add(OVERRAN_AFTER).unwrap_or(Timestamp::MAX)
}

fn reminder_at(starts_at: Timestamp) -> Timestamp {
    starts_at.checked_sub(REMIND_BEFORE).unwrap_or(Timestamp::MIN)
}

impl IncidentState {
    /// Within the hour, and not told yet.
    pub(super) fn starts_soon(&self, now: Timestamp) -> Option<Timestamp> {
        self.starts().filter(|starts_at| now < *starts_at && reminder_at(*starts_at) <= now)
    }

    /// The planned start that nobody was reminded of.
    fn starts(&self) -> Option<Timestamp> {
        let is_planned = matches!(self.incident.phase, None | Some(Phase::Scheduled));
        let starts_at = self.incident.window?.starts_at?;
        (self.is_open_maintenance() && is_planned && self.reminded != Some(starts_at)).then_some(starts_at)
    }

    /// The planned end of work under way that was not told to have passed.
    fn overruns(&self) -> Option<Timestamp> {
        let is_under_way = matches!(self.incident.phase, Some(Phase::InProgress | Phase::Verifying));
        let ends_at = self.incident.window?.ends_at?;
        (self.is_open_maintenance() && is_under_way && self.overran != Some(ends_at)).then_some(ends_at)
    }

    fn is_open_maintenance(&self) -> bool {
        self.incident.kind == Kind::Maintenance && self.is_open()
    }
}
