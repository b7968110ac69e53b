//! Posts that nobody ends. Many feeds never say that an incident is over, so one without news for long becomes stale:
//! it is shown as that, degrades nothing, and is forgotten when there is no room. Wanted properties:
//! - an incident that a page lists as open is never stale, however old: only a window of posts has stale entries;
//! - becoming stale is no news, and news makes an incident open again;
//! - what was never ended still gets its end, whenever that is posted.
use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use super::{IncidentState, Origin, PageState};
use crate::{ids::ComponentId, snapshot::Component, words::ComponentStatus};

/// Without news for this long, a post is stale.
const STALE_AFTER: Duration = Duration::from_secs(14 * 24 * 3600);

impl PageState {
    /// Marks what is stale by `now`. The components that only such incidents name are taken to be well.
    pub(super) fn mark_stale(&mut self, now: Timestamp) {
        self.incidents.iter_mut().for_each(|known| known.mark_stale(self.is_window, now));
        calm(&mut self.components, &self.incidents);
    }
}

impl IncidentState {
    /// `is_window`: its source is a window of posts.
    pub(super) fn mark_stale(&mut self, is_window: bool, now: Timestamp) {
        let since = self.last_news(now);
        let is_stale = is_window && self.is_open() && self.origin == Origin::Provider && stale_at(since) <= now;
        self.no_news_since = is_stale.then_some(since);
    }

    /// When it becomes stale if no news comes.
    pub(super) fn becomes_stale_at(&self, now: Timestamp) -> Option<Timestamp> {
        (self.is_current() && self.origin == Origin::Provider).then(|| stale_at(self.last_news(now)))
    }

    /// The provider's last word on it, or when we last saw news: some posts are back-dated.
    fn last_news(&self, now: Timestamp) -> Timestamp {
        let incident = &self.incident;
        let posted = incident.updates.iter().filter_map(|update| update.posted_at).chain(incident.started_at);
        let said = posted.filter(|at| *at <= now).chain(self.edited.values().copied()).chain(self.news_at).max();
        let planned = incident.window.and_then(|window| window.starts_at.max(window.ends_at));
        said.unwrap_or(self.first_seen_at).max(planned.unwrap_or(Timestamp::MIN))
    }
}

fn stale_at(last_news: Timestamp) -> Timestamp {
    last_news.checked_add(STALE_AFTER).unwrap_or(Timestamp::MAX)
}

/// Takes the components that stale incidents name, and no current one, to be well.
pub(super) fn calm(components: &mut [Component], incidents: &[IncidentState]) {
    let named_by = |is: fn(&IncidentState) -> bool| -> BTreeSet<&ComponentId> {
        let those = incidents.iter().filter(|known| is(known));
        those.flat_map(|known| &known.incident.components).map(|named| &named.id).collect()
    };
    if incidents.iter().all(|known| !known.is_stale()) {
        return;
    }
    let (stale, current) = (named_by(IncidentState::is_stale), named_by(IncidentState::is_current));
    for component in components.iter_mut().filter(|component| component.status > ComponentStatus::Operational) {
        if stale.contains(&component.id) && !current.contains(&component.id) {
            component.status = ComponentStatus::Operational;
        }
    }
}
