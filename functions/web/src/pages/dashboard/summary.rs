//! How things are in one sentence, and in the title and icon of the browser's tab.
use maud::{Markup, html};

use crate::{
    layout::states::icon,
    model::{
        overview::{Overview, ProviderRow},
        provider_state::ProviderState,
    },
};

/// Of the watched providers, or of all if none is watched.
pub(super) struct Summary {
    is_of_watched: bool,
    total: usize,
    with_incidents: usize,
    in_maintenance: usize,
    unreachable: usize,
    unchecked: usize,
    /// The worst state, of providers with incidents; operational without any.
    pub(super) worst: ProviderState,
}

impl Summary {
    pub(super) fn of(overview: &Overview) -> Self {
        let is_of_watched = overview.rows.iter().any(|row| row.watched);
        let rows: Vec<&ProviderRow> = overview.rows.iter().filter(|row| row.watched || !is_of_watched).collect();
        let count = |is: fn(ProviderState) -> bool| rows.iter().filter(|row| is(row.state())).count();
        let with_incidents = rows.iter().map(|row| row.state()).filter(|state| state.has_incident());
        Self {
            is_of_watched,
            total: rows.len(),
            worst: with_incidents.min().unwrap_or(ProviderState::Operational),
            with_incidents: count(ProviderState::has_incident),
            in_maintenance: count(|state| state == ProviderState::UnderMaintenance),
            unreachable: count(|state| state == ProviderState::Unreadable),
            unchecked: count(|state| state == ProviderState::NotWatched),
        }
    }

    /// `(3) Dashboard`.
    pub(super) fn title(&self) -> String {
        match self.with_incidents {
            0 => "Dashboard".to_owned(),
            count => format!("({count}) Dashboard"),
        }
    }

    /// `3 of 19 watched providers have incidents`.
    fn text(&self) -> String {
        let providers = if self.is_of_watched { "watched providers" } else { "providers" };
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

    pub(super) fn line(&self) -> Markup {
        let others = [
            (self.in_maintenance, "in maintenance"),
            (self.unreachable, "with an unreachable status page"),
            (self.unchecked, "not checked yet"),
        ];
        let others: Vec<String> =
            others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        // Nothing is green of which nothing is known.
        let state = if self.unchecked == self.total { ProviderState::NotWatched } else { self.worst };
        html! {
            p.sentence.(state.as_str()) {
                (icon(state)) strong { (self.text()) }
                @if !others.is_empty() { span.soft.small { (others.join(" · ")) } }
            }
        }
    }
}
