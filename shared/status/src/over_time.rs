//! A page and its components over the last 90 days: day by day, how long they were up, and since when they have been as
//! they are.
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    availability::{
        DayState, Period, Seen, StateInterval, StateSince, Uptime, by_component, daily_states, of_page, state_since,
    },
    health::{HealthState, SourceHealth},
    ids::ComponentId,
    page_state::PageState,
    recent::{DAYS, Recent},
    words::ComponentStatus,
};

const DAY: i64 = 24 * 3600;
const POLLED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

pub struct OverTime<'a> {
    of_page: Vec<StateInterval>,
    of_component: HashMap<&'a ComponentId, Vec<StateInterval>>,
    page_state: &'a PageState,
    /// When the page was watched.
    watched: Seen<'a>,
    /// Intervals of components from before this time may be missing.
    complete_since: Timestamp,
    now: Timestamp,
}

impl<'a> OverTime<'a> {
    pub fn new(recent: &'a Recent, page_state: &'a PageState, watched: Seen<'a>, now: Timestamp) -> Self {
        let complete_since = recent.components_complete_since;
        let mut of_component = by_component(&recent.timelines);
        for intervals in of_component.values_mut() {
            intervals.retain(|it| it.until.is_none_or(|until| until > complete_since));
            intervals.iter_mut().for_each(|it| it.from = it.from.max(complete_since));
        }
        Self { of_page: of_page(&recent.timelines), of_component, page_state, watched, complete_since, now }
    }

    /// Of a page that was last polled at this time. While it could not be read nothing was seen.
    pub fn of_polled(
        recent: &'a Recent,
        page_state: &'a PageState,
        health: Option<&'a SourceHealth>,
        last_polled: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let since = page_state.baseline_at.max(recent.complete_since);
        let failing = health.filter(|health| health.state != HealthState::Readable);
        let ends = [failing.map(|health| health.since), last_polled];
        let until = ends.into_iter().flatten().min().unwrap_or(now).max(since);
        let gaps = health.map_or(&[][..], |health| &health.gaps);
        Self::new(recent, page_state, Seen { period: Period { since, until }, gaps }, now)
    }

    /// Whether the days of a component differ from those of most others.
    pub fn differs(&self, component: &ComponentId) -> bool {
        self.of_component.contains_key(component) || self.page_state.joined_at.contains_key(component)
    }

    pub fn watched(&self) -> Seen<'a> {
        self.watched
    }

    /// Of the page as a whole.
    pub fn days(&self) -> Vec<(Date, DayState)> {
        daily_states(&self.of_page, self.watched, DAYS, self.now)
    }

    /// `None`: those of a component that differs in nothing.
    pub fn days_of(&self, component: Option<&ComponentId>) -> Vec<(Date, DayState)> {
        let intervals = component.map_or(&[][..], |id| self.intervals(id));
        daily_states(intervals, self.seen(component), DAYS, self.now)
    }

    /// Of the last 90 days.
    pub fn uptime_of(&self, component: Option<&ComponentId>) -> Uptime {
        let intervals = component.map_or(&[][..], |id| self.intervals(id));
        Uptime::of(intervals, self.last_days(self.seen(component)))
    }

    /// Since when the page has been in this state. Nothing is said of a page that cannot be read.
    pub fn since(&self, status: ComponentStatus) -> Option<StateSince> {
        state_since(&self.of_page, status, self.last_days(self.watched))
    }

    pub fn since_of(&self, component: &ComponentId, status: ComponentStatus) -> Option<StateSince> {
        state_since(self.intervals(component), status, self.last_days(self.seen(Some(component))))
    }

    fn intervals(&self, component: &ComponentId) -> &[StateInterval] {
        self.of_component.get(component).map_or(&[], Vec::as_slice)
    }

    /// When a component was seen on the page.
    fn seen(&self, component: Option<&ComponentId>) -> Seen<'a> {
        let joined_at = component.and_then(|id| self.page_state.joined_at.get(id)).copied().unwrap_or(Timestamp::MIN);
        self.watched.from(self.complete_since.max(joined_at))
    }

    /// The last 90 days up to the newest read, which a page that is polled has had just now.
    fn last_days(&self, seen: Seen<'a>) -> Seen<'a> {
        let length = SignedDuration::from_secs(DAYS as i64 * DAY);
        seen.from((seen.period.until - length).max(self.now - length - POLLED_WITHIN))
    }
}
