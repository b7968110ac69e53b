//! `/alerts`: the groups of the account, and its destinations with how they are.
use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use site::paths::segment;
use status::{
    digest::{Digest, Every},
    ids::DestinationId,
    monitor::{Group, Scope},
    quiet_hours::{Day, QuietHours},
};
use store::{ManagedBy, Stored, StoredDestination, StoredSettings};

use super::{
    condition::{Condition, Health},
    frame::{Done, page},
};
use crate::{
    edits::default_group,
    posted::button,
    respond::Refusal,
    state::Console,
    visitor::{Right, SignedIn},
};

/// Whose condition is read; a configuration file may declare more.
const MAX_SHOWN: usize = 200;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/alerts", get(show))
}

async fn show(State(console): State<Console>, by: SignedIn, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let shown: Vec<StoredDestination> =
        settings.destinations.iter().take(MAX_SHOWN).map(|it| it.value.clone()).collect();
    let ids: Vec<DestinationId> = shown.iter().map(|destination| destination.id.clone()).collect();
    let conditions = Condition::read_all(&console, by.account(), shown).await?;
    let seen = Seen {
        settings: &settings,
        conditions: ids.into_iter().zip(conditions).collect(),
        by: &by,
        may_edit: by.may(Right::Edit),
    };
    Ok(page(StatusCode::OK, "Alerts", done.text(), seen.content()))
}

struct Seen<'a> {
    settings: &'a StoredSettings,
    conditions: HashMap<DestinationId, Condition>,
    by: &'a SignedIn,
    may_edit: bool,
}

impl Seen<'_> {
    fn content(&self) -> Markup {
        let StoredSettings { destinations, groups, .. } = self.settings;
        // Nobody made one yet: it is made with the first change of the account.
        let has_default = groups.iter().any(|group| group.value.id == default_group());
        html! {
            @if destinations.is_empty() {
                p.note.problem role="alert" { "No destination yet: nobody is alerted." }
            }
            (self.stopped())
            div.actions {
                @if self.may_edit {
                    a.button.main href="/alerts/destinations/new" { "Add destination" }
                    a.button href="/alerts/groups/new" { "New group" }
                }
                a.button href="/alerts/log" { "Delivery log" }
                a.button href="/alerts/mutes" { "Muted incidents" }
                a.button href="/alerts/feed" { "Feed and calendar" }
            }
            h2 { "Groups" }
            p.soft.small { "A group says which alerts go to which destinations." }
            @if groups.is_empty() {
                p.empty { "No group yet. " @if !has_default { "The Default group is made with your first destination." } }
            }
            @for group in groups { (self.group(group)) }
            h2 { "Destinations" }
            @if destinations.is_empty() { p.empty { "None yet." } }
            @else {
                ul.panel.rows {
                    @for destination in destinations.iter().take(MAX_SHOWN) { li { (self.destination(destination)) } }
                }
                @if destinations.len() > MAX_SHOWN {
                    p.soft.small { (destinations.len() - MAX_SHOWN) " more are not shown." }
                }
            }
        }
    }

    /// What gets nothing until somebody does something.
    fn stopped(&self) -> Markup {
        html! {
            @for Stored { value, .. } in &self.settings.destinations {
                @let health = self.conditions.get(&value.id).map(Condition::health);
                @if let Some(health) = health.filter(|health| health.is_stopped()) {
                    div.note.problem {
                        p { strong { a href=(path(value)) { (value.shown_name()) } } " " (health.markup()) }
                        @if let Some(advice) = health.advice() { p.small { (advice) } }
                        @if self.may_edit && matches!(health, Health::Paused { .. }) {
                            (button(self.by, &format!("{}/test", path(value)), "Send test"))
                        }
                    }
                }
            }
        }
    }

    fn group(&self, stored: &Stored<Group>) -> Markup {
        let group = &stored.value;
        let known = |id: &DestinationId| self.settings.destinations.iter().find(|it| it.value.id == *id);
        let destinations: Vec<_> = group.destinations.iter().filter_map(known).collect();
        html! {
            section.card {
                h3 { a href={ "/alerts/groups/" (segment(group.id.as_str())) } { (group.shown_name()) } }
                p.facts-line {
                    span.small { (scope(group, self.settings.monitors.len())) }
                    @for severity in &group.severities { span.tag { (severity.as_str()) } }
                    @for event in &group.events { span.tag.soft { (event.as_str()) } }
                    @if let Some(digest) = &group.digest { span.tag.soft { (digest_words(digest)) } }
                    @if let Some(follow_up) = &group.follow_up { span.tag.soft { "follow-up after " (follow_up.minutes) " min" } }
                    @if let Some(quiet) = &group.quiet_hours { span.tag.soft { (quiet_words(quiet)) } }
                    @if stored.managed_by == ManagedBy::File { span.small.soft { "in the configuration file" } }
                }
                @if destinations.is_empty() { p.problem { "No destination: this group alerts nobody." } }
                @else {
                    ul {
                        @for destination in destinations { li { (self.line(destination)) } }
                    }
                }
            }
        }
    }

    fn line(&self, stored: &Stored<StoredDestination>) -> Markup {
        let destination = &stored.value;
        let condition = self.conditions.get(&destination.id);
        html! {
            p.facts-line {
                @if let Some(condition) = condition { (condition.health().markup()) }
                a href=(path(destination)) { (destination.shown_name()) }
                span.small.soft { (title(destination)) }
                @if let Some(condition) = condition { span.small.soft { (condition.newest()) } }
            }
        }
    }

    fn destination(&self, stored: &Stored<StoredDestination>) -> Markup {
        let id = &stored.value.id;
        let is_used = self.settings.groups.iter().any(|group| group.value.destinations.contains(id));
        html! {
            (self.line(stored))
            @if !is_used { p.small.silent { "In no group: it gets no alerts." } }
            @if stored.managed_by == ManagedBy::File { p.small.soft { "In the configuration file." } }
        }
    }
}

pub(super) fn path(destination: &StoredDestination) -> String {
    format!("/alerts/destinations/{}", segment(destination.id.as_str()))
}

/// The channel as people know it.
pub(super) fn title(destination: &StoredDestination) -> &str {
    channels::channel(&destination.channel).map_or(&destination.channel, |channel| channel.setup.title)
}

fn scope(group: &Group, monitors: usize) -> String {
    match (&group.scope, monitors) {
        (Scope::All, 0) => "everything you watch: nothing yet".to_owned(),
        (Scope::All, 1) => "everything you watch: 1 provider".to_owned(),
        (Scope::All, count) => format!("everything you watch: {count} providers"),
        (Scope::Monitors(chosen), _) => format!("{} of {monitors} providers", chosen.len()),
    }
}

fn digest_words(digest: &Digest) -> String {
    match &digest.every {
        Every::Hour => "summary every hour".to_owned(),
        Every::Day { zone, at } => format!("summary at {} {zone}", at.strftime("%H:%M")),
    }
}

/// `quiet 22:00–07:00 Europe/Berlin, mon tue`
pub(super) fn quiet_words(quiet: &QuietHours) -> String {
    let QuietHours { zone, days, from, until, .. } = quiet;
    let of_days = match days.len() == Day::ALL.len() {
        true => String::new(),
        false => format!(", {}", days.iter().map(|day| day.as_str()).collect::<Vec<_>>().join(" ")),
    };
    format!("quiet {}–{} {zone}{of_days}", from.strftime("%H:%M"), until.strftime("%H:%M"))
}
