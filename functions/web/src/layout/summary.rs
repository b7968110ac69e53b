//! How things are in one sentence, and in the title and icon of the browser's tab.
use maud::{Markup, html};

use super::states::icon;
use crate::model::{
    overview::{Overview, ProviderRow},
    provider_state::ProviderState,
};

/// Of the watched providers, or of all if none is watched; or of those of a board.
pub(crate) struct Summary {
    of: Providers,
    total: usize,
    with_incidents: usize,
    in_maintenance: usize,
    unreachable: usize,
    no_status_page: usize,
    unchecked: usize,
    /// Those whose pages are read and do not say how they are.
    unsaid: usize,
    /// The worst state, of providers with incidents; operational without any.
    pub(crate) worst: ProviderState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Providers {
    All,
    Watched,
    /// Of a board.
    Chosen,
}

impl Summary {
    pub(crate) fn of(overview: &Overview) -> Self {
        let any_watched = overview.rows.iter().any(|row| row.watched);
        if any_watched {
            Self::of_watched(overview)
        } else {
            Self::count(overview.rows.iter().collect(), Providers::All)
        }
    }

    /// Of the watched providers, also if there are none.
    pub(crate) fn of_watched(overview: &Overview) -> Self {
        Self::count(overview.rows.iter().filter(|row| row.watched).collect(), Providers::Watched)
    }

    pub(crate) fn of_chosen(rows: &[&ProviderRow]) -> Self {
        Self::count(rows.to_vec(), Providers::Chosen)
    }

    fn count(rows: Vec<&ProviderRow>, of: Providers) -> Self {
        let count = |is: fn(ProviderState) -> bool| rows.iter().filter(|row| is(row.state())).count();
        let with_incidents = rows.iter().map(|row| row.state()).filter(|state| state.has_incident());
        Self {
            of,
            total: rows.len(),
            worst: with_incidents.min().unwrap_or(ProviderState::Operational),
            with_incidents: count(ProviderState::has_incident),
            in_maintenance: count(|state| state == ProviderState::UnderMaintenance),
            unreachable: count(|state| state == ProviderState::Unreadable),
            no_status_page: count(|state| state == ProviderState::NoStatusPage),
            unchecked: count(|state| state == ProviderState::NotWatched),
            unsaid: count(|state| state == ProviderState::Unknown),
        }
    }

    /// `(3) Dashboard`.
    pub(crate) fn title(&self) -> String {
        self.title_of("Dashboard")
    }

    /// The same of another page.
    pub(crate) fn title_of(&self, name: &str) -> String {
        match self.with_incidents {
            0 => name.to_owned(),
            count => format!("({count}) {name}"),
        }
    }

    /// `3 of 19 watched providers have incidents`.
    pub(crate) fn text(&self) -> String {
        let providers = if self.of == Providers::Watched { "watched providers" } else { "providers" };
        let total = self.total;
        match (self.with_incidents, total) {
            (_, 0) => "No providers yet".to_owned(),
            (0, 1) => format!("The {} has no incidents", providers.trim_end_matches('s')),
            (0, _) => format!("None of the {total} {providers} has incidents"),
            (1, 1) => format!("The {} has incidents", providers.trim_end_matches('s')),
            (1, _) => format!("1 of {total} {providers} has incidents"),
            (count, _) => format!("{count} of {total} {providers} have incidents"),
        }
    }

    /// `2 of 19 with incidents`, `no incidents`.
    pub(crate) fn short(&self) -> String {
        let unknown = self.unknown();
        match (self.with_incidents, self.total) {
            (_, 0) => "none".to_owned(),
            (0, total) if unknown == total => "unknown".to_owned(),
            (0, _) if unknown > 0 => format!("no incidents, {unknown} unknown"),
            (0, _) => "no incidents".to_owned(),
            (count, total) => format!("{count} of {total} with incidents"),
        }
    }

    /// Of how many nobody knows how they are. Of a whole catalogue it is taken for granted that few are checked.
    fn unknown(&self) -> usize {
        self.unreachable
            + self.unsaid
            + if self.of == Providers::All { 0 } else { self.unchecked + self.no_status_page }
    }

    /// What is so besides incidents: `2 in maintenance`.
    pub(crate) fn others(&self) -> Vec<String> {
        let others = [
            (self.in_maintenance, "in maintenance"),
            (self.unreachable, "with an unreachable status page"),
            (self.no_status_page, "without a readable status page"),
            (self.unchecked, "not checked yet"),
        ];
        others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }

    /// The worst state. Nothing is green of which nothing is known.
    pub(crate) fn state(&self) -> ProviderState {
        match self.worst {
            ProviderState::Operational if self.unchecked == self.total => ProviderState::NotWatched,
            ProviderState::Operational if self.unknown() > 0 => ProviderState::Unknown,
            worst => worst,
        }
    }

    pub(crate) fn line(&self) -> Markup {
        let (state, others) = (self.state(), self.others());
        html! {
            p.sentence.(state.as_str()) {
                (icon(state)) strong { (self.text()) }
                @if !others.is_empty() { span.soft.small { (others.join(" · ")) } }
            }
        }
    }
}
