//! A page and its components over the last 90 days: day by day, how long they were up, and since when they have been as
//! they are.
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use status::{
    availability::{Period, StateInterval, StateSince, Uptime, by_component, daily_states, of_page, state_since},
    ids::ComponentId,
    page_state::PageState,
    words::ComponentStatus,
};

use super::{
    days::{DAYS, Days},
    recent::Recent,
};
use crate::layout::durations::duration;

const DAY: i64 = 24 * 3600;
const POLLED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

pub(super) struct OverTime<'a> {
    of_page: Vec<StateInterval>,
    of_component: HashMap<&'a ComponentId, Vec<StateInterval>>,
    page_state: &'a PageState,
    /// For which the page was watched.
    watched: Period,
    /// Intervals of components from before this time may be missing.
    complete_since: Timestamp,
    now: Timestamp,
}

impl<'a> OverTime<'a> {
    pub(super) fn new(recent: &'a Recent, page_state: &'a PageState, watched: Period, now: Timestamp) -> Self {
        let complete_since = recent.components_complete_since;
        let mut of_component = by_component(&recent.timelines);
        for intervals in of_component.values_mut() {
            intervals.retain(|it| it.until.is_none_or(|until| until > complete_since));
            intervals.iter_mut().for_each(|it| it.from = it.from.max(complete_since));
        }
        Self { of_page: of_page(&recent.timelines), of_component, page_state, watched, complete_since, now }
    }

    /// Whether the days of a component differ from those of most others.
    pub(super) fn differs(&self, component: &ComponentId) -> bool {
        self.of_component.contains_key(component) || self.page_state.joined_at.contains_key(component)
    }

    pub(super) fn days(&self) -> Days {
        Days(daily_states(&self.of_page, self.watched, DAYS, self.now))
    }

    /// `None`: those of a component that differs in nothing.
    pub(super) fn days_of(&self, component: Option<&ComponentId>) -> Days {
        let intervals = component.map_or(&[][..], |id| self.intervals(id));
        Days(daily_states(intervals, self.seen(component), DAYS, self.now))
    }

    /// `99.95 % of 83 days seen`: of the last 90 days.
    pub(super) fn uptime_of(&self, component: Option<&ComponentId>) -> String {
        let intervals = component.map_or(&[][..], |id| self.intervals(id));
        uptime_text(Uptime::of(intervals, self.last_days(self.seen(component))))
    }

    /// Since when the page has been in this state. Nothing is said of a page that cannot be read.
    pub(super) fn since(&self, status: ComponentStatus) -> Option<StateSince> {
        state_since(&self.of_page, status, self.last_days(self.watched))
    }

    pub(super) fn since_of(&self, component: &ComponentId, status: ComponentStatus) -> Option<StateSince> {
        state_since(self.intervals(component), status, self.last_days(self.seen(Some(component))))
    }

    fn intervals(&self, component: &ComponentId) -> &[StateInterval] {
        self.of_component.get(component).map_or(&[], Vec::as_slice)
    }

    /// For which a component was seen on the page.
    fn seen(&self, component: Option<&ComponentId>) -> Period {
        let joined_at = component.and_then(|id| self.page_state.joined_at.get(id)).copied().unwrap_or(Timestamp::MIN);
        self.watched.from(self.complete_since.max(joined_at))
    }

    /// The last 90 days up to the newest read, which a page that is polled has had just now.
    fn last_days(&self, period: Period) -> Period {
        let length = SignedDuration::from_secs(DAYS as i64 * DAY);
        period.from((period.until - length).max(self.now - length - POLLED_WITHIN))
    }
}

fn uptime_text(uptime: Uptime) -> String {
    let Some(hundredths) = uptime.hundredths() else { return "Not seen yet".to_owned() };
    let percent = match hundredths {
        10_000 => "100 %".to_owned(),
        hundredths => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    };
    let seen = match uptime.seen / DAY {
        0 => duration(uptime.seen),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    format!("{percent} of {seen} seen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_says_of_how_long_it_is() {
        let text = |seen, down| uptime_text(Uptime { seen, down });
        assert_eq!(text(83 * DAY, 3_585), "99.95 % of 83 days seen");
        assert_eq!(text(90 * DAY - 1, 1), "99.99 % of 89 days seen");
        assert_eq!(text(DAY, 0), "100 % of 1 day seen");
        assert_eq!(text(7_980, 7_980), "0.00 % of 2 h 13 min seen");
        assert_eq!(text(0, 0), "Not seen yet");
    }
}
