//! Which groups alert on a monitor: those of everything do, and of those with chosen monitors whoever watches it ticks
//! some. Of a form only what was ticked and unticked counts: a group that somebody else changes meanwhile stays so.
use std::collections::BTreeSet;

use maud::{Markup, html};
use site::paths::segment;
use status::{
    ids::{GroupId, MonitorId},
    monitor::{Group, Scope},
};
use store::{ManagedBy, Stored};

use crate::edits::Membership;

/// The field, where its problems are told.
pub(super) const FIELD: &str = "alert_group";

/// The groups of chosen monitors that are to alert on one.
#[derive(Default)]
pub(super) struct AlertGroups {
    ticked: BTreeSet<GroupId>,
    /// What a save changes.
    pub(super) membership: Membership,
}

fn names(group: &Group, monitor: &MonitorId) -> bool {
    matches!(&group.scope, Scope::Monitors(chosen) if chosen.contains(monitor))
}

impl AlertGroups {
    pub(super) fn of_stored(groups: &[Stored<Group>], monitor: &MonitorId) -> Self {
        let naming = groups.iter().map(|stored| &stored.value).filter(|group| names(group, monitor));
        Self { ticked: naming.map(|group| group.id.clone()).collect(), ..Self::default() }
    }

    /// `before`: those that were ticked when the page was made.
    pub(super) fn of_form(
        groups: &[Stored<Group>],
        monitor: &MonitorId,
        (ticked, before): (&[String], &[String]),
    ) -> Self {
        let set = |ids: &[String]| ids.iter().map(GroupId::new).collect::<BTreeSet<GroupId>>();
        let (ticked, before) = (set(ticked), set(before));
        let mut form = Self::of_stored(groups, monitor);
        let is_open = |stored: &&Stored<Group>| stored.managed_by == ManagedBy::Web && stored.value.scope != Scope::All;
        for Stored { value: Group { id, .. }, .. } in groups.iter().filter(is_open) {
            match (before.contains(id), ticked.contains(id)) {
                (false, true) => {
                    form.ticked.insert(id.clone());
                    form.membership.into.insert(id.clone());
                }
                (true, false) => {
                    form.ticked.remove(id);
                    form.membership.out_of.insert(id.clone());
                }
                _ => {}
            }
        }
        form
    }

    /// The groups as they are with what is ticked, for the preview.
    pub(super) fn applied(&self, groups: &[Stored<Group>], monitor: &MonitorId) -> Vec<Group> {
        groups.iter().map(|stored| self.membership.applied(&stored.value, monitor)).collect()
    }

    fn alerts(&self, group: &Group) -> bool {
        group.scope == Scope::All || self.ticked.contains(&group.id)
    }

    pub(super) fn fields(&self, groups: &[Stored<Group>], monitor: Option<&MonitorId>) -> Markup {
        let is_open = |stored: &&Stored<Group>| stored.managed_by == ManagedBy::Web && stored.value.scope != Scope::All;
        let is_named = |group: &Group| monitor.is_some_and(|monitor| names(group, monitor));
        html! {
            fieldset #(FIELD) {
                legend { "Groups that alert" }
                @for group in groups.iter().filter(|stored| !is_open(stored)).map(|stored| &stored.value) {
                    @if self.alerts(group) { p.small { (link(group)) (without_destination(group)) } }
                }
                @for group in groups.iter().filter(is_open).map(|stored| &stored.value) {
                    @if is_named(group) { input type="hidden" name="alert_group_before" value=(group.id); }
                    label.pick {
                        input type="checkbox" name=(FIELD) value=(group.id) checked[self.ticked.contains(&group.id)];
                        span { bdi { (group.shown_name()) } (without_destination(group)) }
                    }
                }
                (self.nobody(groups))
            }
        }
    }

    /// For those who change nothing here.
    pub(super) fn in_words(&self, groups: &[Stored<Group>]) -> Markup {
        let alerting: Vec<&Group> = groups.iter().map(|stored| &stored.value).filter(|it| self.alerts(it)).collect();
        html! {
            @for group in alerting { p.small { (link(group)) (without_destination(group)) } }
            (self.nobody(groups))
        }
    }

    fn nobody(&self, groups: &[Stored<Group>]) -> Markup {
        html! {
            @if !groups.is_empty() && !groups.iter().any(|stored| self.alerts(&stored.value)) {
                p.note {
                    strong { "No group alerts on this yet." } " Tick one, or "
                    a href="/alerts/groups/new" { "make a group" } "."
                }
            }
        }
    }
}

fn link(group: &Group) -> Markup {
    html! {
        a href={ "/alerts/groups/" (segment(group.id.as_str())) } { bdi { (group.shown_name()) } }
        @if group.scope == Scope::All { " alerts on everything you watch" }
    }
}

fn without_destination(group: &Group) -> Markup {
    html! { @if group.destinations.is_empty() { span.soft { " (has no destination yet)" } } }
}
