//! `/alerts/destinations/{id}`: how a destination is, its settings, and tests with what the service answered.
use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::{StatusCode, request::Parts};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;
use site::{durations::duration, paths::segment, sender::sender};
use status::{
    ids::{AlertId, DestinationId},
    monitor::Group,
    words::Event,
};
use store::{DeliveryEnd, DeliveryEntry, ManagedBy, Stored, StoredDestination};

use super::{
    condition::{Condition, Health},
    destination_form::{FORGET, Form, SETTING, draft, of_stored, steps},
    destinations::word,
    frame::{Done, crumbs, not_sent, of_file, page},
    overview::{path, title},
    typed::Typed,
};
use crate::{
    edits::{self, Refused},
    fields::Problems,
    posted::{Posted, button},
    respond::{Refusal, see_other},
    sending::{self, Asked, ask_for_consent, send_test},
    state::Console,
    visitor::{Right, SignedIn},
};

/// Without an answer after this, the page says so: a dispatcher takes half a minute for a receiver that hangs.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/alerts/destinations/{id}", get(show).post(save))
        .route("/alerts/destinations/{id}/test", post(test))
        .route("/alerts/destinations/{id}/resend", post(resend))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    /// The id of a test.
    test: Option<String>,
    #[serde(flatten)]
    done: Done,
}

async fn show(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    by: SignedIn,
    Query(place): Query<Place>,
) -> Result<Response, Refusal> {
    let stored = edits::destination(&console, by.account(), &id).await?;
    let typed = of_stored(&stored.value, stored.version);
    let shown = Shown { stored: &stored, typed: &typed, problems: &Problems::default(), conflict: None };
    let test = match place.test {
        Some(test) => Test::read(&console, AlertId::new(test), &id).await?,
        None => None,
    };
    shown.page(&console, &by, test.as_ref(), place.done.text()).await
}

/// A test, and what came of it.
struct Test {
    alert: AlertId,
    at: Timestamp,
    delivery: Option<DeliveryEntry>,
}

impl Test {
    /// `None`: there is no such test of this destination.
    async fn read(console: &Console, alert: AlertId, destination: &DestinationId) -> Result<Option<Self>, Refusal> {
        let head = console.store.alert_heads(std::slice::from_ref(&alert)).await?.remove(&alert);
        let Some(head) = head.filter(|head| head.event == Event::Test) else { return Ok(None) };
        let delivery = console.store.delivery(&alert, destination).await?;
        Ok(Some(Self { alert, at: head.seen_at, delivery }))
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.delivery.as_ref().is_some_and(|it| it.ended.is_some()) || now.duration_since(self.at) > PATIENCE
    }

    /// The script reads it again until it is over.
    fn section(&self, destination: &StoredDestination, now: Timestamp) -> Markup {
        let again = format!("{}?test={}", path(destination), segment(self.alert.as_str()));
        let title = title(destination);
        let attempt = self.delivery.as_ref().and_then(|delivery| delivery.attempts.last());
        let took = attempt.map(|attempt| format!("{} ms", attempt.took_ms)).unwrap_or_default();
        let answer = attempt.map(|attempt| attempt.answer.as_str()).unwrap_or_default();
        html! {
            section.card #test role="status" data-live=(if self.is_over(now) { "0" } else { "1" }) {
                h2 { "Test" }
                @match self.delivery.as_ref().and_then(|delivery| delivery.ended) {
                    Some(DeliveryEnd::Sent) => {
                        p { (Health::Works.markup()) " " (title) " accepted it in " (took) "." }
                        @if !answer.is_empty() { pre { (answer) } }
                        p.soft.small { "Look there for “Test alert”. If it does not show, the service dropped it after accepting it." }
                    },
                    Some(_) => {
                        p.problem { "It did not arrive" @if !took.is_empty() { ", after " (took) } ":" }
                        pre { (answer) }
                        p.small { "Compare the settings with the steps below, correct them, and send another test." }
                    },
                    None if self.is_over(now) => {
                        p.problem { "No answer yet, " (duration(now.duration_since(self.at).as_secs())) " after it was sent." }
                        p { a.button href=(again) { "Look again" } }
                    },
                    None => {
                        p { "Sent. Waiting for the answer of " (title) "." }
                        p { a.button href=(again) { "Look again" } }
                    },
                }
            }
        }
    }
}

struct Shown<'a> {
    stored: &'a Stored<StoredDestination>,
    typed: &'a Typed,
    problems: &'a Problems,
    /// Somebody else saved something else meanwhile.
    conflict: Option<Markup>,
}

impl Shown<'_> {
    async fn page(
        &self,
        console: &Console,
        by: &SignedIn,
        test: Option<&Test>,
        flash: Option<&str>,
    ) -> Result<Response, Refusal> {
        let destination = &self.stored.value;
        let condition = Condition::read(console, by.account(), destination).await?;
        let groups = console.store.stored_settings(by.account()).await?.groups;
        let now = Timestamp::now();
        let content = html! {
            (crumbs())
            (self.head(by, &condition))
            @if let Some(test) = test { (test.section(destination, now)) }
            p.small { (groups_line(&groups, &destination.id)) }
            @if let Some(conflict) = &self.conflict { (conflict) }
            (self.settings(console, by))
            p.actions {
                a.button href={ "/alerts/log?destination=" (segment(destination.id.as_str())) } { "Delivery log" }
                @if self.may_edit(by) { a.button href={ (path(destination)) "/remove" } { "Remove" } }
            }
        };
        let status = match (&self.conflict, self.problems.is_empty()) {
            (Some(_), _) => StatusCode::CONFLICT,
            (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
            (None, true) => StatusCode::OK,
        };
        Ok(page(status, destination.shown_name(), flash, content))
    }

    fn may_edit(&self, by: &SignedIn) -> bool {
        by.may(Right::Edit) && self.stored.managed_by == ManagedBy::Web
    }

    fn head(&self, by: &SignedIn, condition: &Condition) -> Markup {
        let (destination, health) = (&self.stored.value, condition.health());
        let may_send = by.may(Right::Edit);
        html! {
            p.facts-line { (health.markup()) span.soft { (title(destination)) } span.soft.small { (condition.newest()) } }
            @if let Some(advice) = health.advice() {
                p.note.problem[health.is_stopped()] { (advice) }
            }
            (of_file(self.stored.managed_by))
            @if may_send {
                div {
                    @match health {
                        Health::Waiting { .. } => (button(by, &format!("{}/resend", path(destination)), "Send the email again")),
                        Health::Unsubscribed { .. } | Health::Suppressed { .. } => {},
                        _ => (button(by, &format!("{}/test", path(destination)), "Send test")),
                    }
                }
            }
        }
    }

    fn settings(&self, console: &Console, by: &SignedIn) -> Markup {
        let destination = &self.stored.value;
        let Some(channel) = channels::channel(&destination.channel).filter(|_| self.may_edit(by)) else {
            return html! {};
        };
        let known = console.store.unseal(destination).map(|it| it.settings).unwrap_or_default();
        let secrets = channel.settings.iter().filter(|setting| setting.secret && known.get(setting.key).is_some());
        let kept = secrets.map(|setting| setting.key).collect();
        let action = path(destination);
        let form = Form { channel, action: &action, typed: self.typed, problems: self.problems, kept: Some(kept) };
        html! { h2 { "Settings" } (form.markup(by, "Save")) (steps(channel)) }
    }
}

fn groups_line(groups: &[Stored<Group>], destination: &DestinationId) -> Markup {
    let named: Vec<&Group> =
        groups.iter().map(|group| &group.value).filter(|group| group.destinations.contains(destination)).collect();
    html! {
        @if named.is_empty() { span.silent { "In no group: it gets no alerts. Add it to one at " a href="/alerts" { "Alerts" } "." } }
        @else {
            "Gets the alerts of "
            @for (at, group) in named.iter().enumerate() {
                @if at > 0 { ", " }
                a href={ "/alerts/groups/" (segment(group.id.as_str())) } { (group.shown_name()) }
            }
            "."
        }
    }
}

async fn save(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    parts: Parts,
    Posted { by, form: mut typed }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let actor = by.actor();
    let before = edits::destination(&console, by.account(), &id).await?;
    let version = Some(typed.version().unwrap_or_default());
    match edits::save_destination_without(&console, &actor, draft(id.as_str(), &typed), version, &typed.all(FORGET))
        .await
    {
        Ok(saved) => {
            let sender = sender(&parts.extensions, &parts.headers);
            let has_moved = sending::address(&before.value) != sending::address(&saved.value);
            let asked = match has_moved {
                true => ask_for_consent(&console, &actor, &saved.value, sender, Timestamp::now()).await,
                false => Ok(Asked::NotNeeded),
            };
            let done = word(asked.map_err(not_sent)?, "saved");
            Ok(see_other(&format!("{}?done={done}", path(&saved.value))))
        }
        Err(Refused::Problems(problems)) => {
            let problems = Problems::from(problems);
            Shown { stored: &before, typed: &typed, problems: &problems, conflict: None }
                .page(&console, &by, None, None)
                .await
        }
        Err(Refused::Conflict) => {
            let now = edits::destination(&console, by.account(), &id).await?;
            let conflict = Some(both(&now.value.channel, &of_stored(&now.value, now.version), &typed));
            typed.set("version", now.version.to_string());
            Shown { stored: &now, typed: &typed, problems: &Problems::default(), conflict }
                .page(&console, &by, None, None)
                .await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// What is stored now, and what was typed, where the two differ; under the names that the form has.
fn both(channel: &str, stored: &Typed, typed: &Typed) -> Markup {
    let settings = channels::channel(channel).map_or(&[][..], |channel| channel.settings);
    let name_of = |field: &str| match field.strip_prefix(SETTING) {
        Some(key) => settings.iter().find(|setting| setting.key == key).map_or("Setting", |setting| setting.label),
        None => "Name",
    };
    let is_shown = |name: &&str| !matches!(*name, "version" | "channel") && stored.get(name) != typed.get(name);
    let differing = stored.names().filter(is_shown);
    let rows: Vec<[&str; 3]> = differing.map(|name| [name_of(name), stored.get(name), typed.get(name)]).collect();
    super::frame::conflict(&rows)
}

async fn test(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    Posted { by, .. }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let stored = edits::destination(&console, by.account(), &id).await?;
    let test = send_test(&console, &by.actor(), &stored, Timestamp::now()).await.map_err(not_sent)?;
    Ok(see_other(&format!("{}?test={}#test", path(&stored.value), segment(test.as_str()))))
}

async fn resend(
    State(console): State<Console>,
    Path(id): Path<DestinationId>,
    parts: Parts,
    Posted { by, .. }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let stored = edits::destination(&console, by.account(), &id).await?;
    let sender = sender(&parts.extensions, &parts.headers);
    let asked = ask_for_consent(&console, &by.actor(), &stored.value, sender, Timestamp::now()).await;
    match asked.map_err(not_sent)? {
        Asked::Sent => Ok(see_other(&format!("{}?done=resent", path(&stored.value)))),
        Asked::NotNeeded | Asked::Suppressed => Ok(see_other(&path(&stored.value))),
        Asked::TooOften => {
            let content = html! {
                (crumbs())
                p role="alert" { "No more email is sent to this address now: one in ten minutes, and only a few in a day." }
                p { a.button href=(path(&stored.value)) { "Back" } }
            };
            Ok(page(StatusCode::TOO_MANY_REQUESTS, "Not sent", None, content))
        }
    }
}
