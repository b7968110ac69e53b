//! What time alone causes: a maintenance is about to start, or overruns its planned end, or a post becomes stale. No
//! read causes it, so it is a step of its own. Wanted properties:
//! - one reminder per planned start and one overrun per planned end; a rescheduled start or end may cause another;
//! - a maintenance announced less than an hour before its start needs no reminder beside the announcement;
//! - there is no reminder of a start that has passed.
use std::time::Duration;

use jiff::Timestamp;

use super::{IncidentState, PageState};
use crate::{snapshot::Kind, words::Phase};

/// How long before its planned start a maintenance causes a reminder.
const REMIND_BEFORE: Duration = Duration::from_secs(60 * 60);
/// Providers close a maintenance some minutes late; what is still open after this overruns.
const OVERRAN_AFTER: Duration = Duration::from_secs(10 * 60);

impl PageState {
    /// The state at `now`, with all reminders and overruns that are due by then.
    pub fn at(&self, now: Timestamp) -> Self {
        let mut page_state = self.clone();
        for state in &mut page_state.incidents {
            if let Some(starts_at) = state.starts_soon(now) {
                state.reminded = Some(starts_at);
            }
            if let Some(ends_at) = state.overruns().filter(|ends_at| overrun_at(*ends_at) <= now) {
                state.overran = Some(ends_at);
            }
        }
        page_state.mark_stale(now);
        page_state
    }

    /// When [`PageState::at`] makes the next difference, if nothing is read before.
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let due = |state: &IncidentState| {
            let reminder = state.starts().filter(|starts_at| *starts_at > now).map(reminder_at);
            let stale = state.becomes_stale_at(now).filter(|_| self.is_window);
            [reminder, state.overruns().map(overrun_at), stale].into_iter().flatten().min()
        };
        self.incidents.iter().filter_map(due).min()
    }
}

/// Some planned ends are near the end of the time range.
fn overrun_at(ends_at: Timestamp) -> Timestamp {
    ends_at.checked_add(OVERRAN_AFTER).unwrap_or(Timestamp::MAX)
}

fn reminder_at(starts_at: Timestamp) -> Timestamp {
    starts_at.checked_sub(REMIND_BEFORE).unwrap_or(Timestamp::MIN)
}

impl IncidentState {
    /// The planned start, if it is within the hour and no reminder of it was sent.
    pub(super) fn starts_soon(&self, now: Timestamp) -> Option<Timestamp> {
        self.starts().filter(|starts_at| now < *starts_at && reminder_at(*starts_at) <= now)
    }

    /// The planned start, if no reminder of it was sent.
    fn starts(&self) -> Option<Timestamp> {
        let is_planned = matches!(self.incident.phase, None | Some(Phase::Scheduled));
        let starts_at = self.incident.window?.starts_at?;
        (self.is_open_maintenance() && is_planned && self.reminded != Some(starts_at)).then_some(starts_at)
    }

    /// The planned end of a maintenance in progress, if no overrun of it was sent.
    fn overruns(&self) -> Option<Timestamp> {
        let is_under_way = matches!(self.incident.phase, Some(Phase::InProgress | Phase::Verifying));
        let ends_at = self.incident.window?.ends_at?;
        (self.is_open_maintenance() && is_under_way && self.overran != Some(ends_at)).then_some(ends_at)
    }

    fn is_open_maintenance(&self) -> bool {
        self.incident.kind == Kind::Maintenance && self.is_open()
    }
}
