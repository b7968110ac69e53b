//! The form of a group: one form, one Save.
use jiff::tz;
use maud::{Markup, html};
use status::{
    quiet_hours::Day,
    words::{Event, Severity},
};
use store::StoredSettings;

use super::{overview::title, typed::Typed};
use crate::{fields::Problems, past::zone_field, posted::token, provider_names::provider_name, visitor::SignedIn};

const SEVERITIES: [(Severity, &str); 3] = [
    (Severity::Major, "Major: an outage"),
    (Severity::Minor, "Minor: degraded, or only a part"),
    (Severity::Maintenance, "Maintenance"),
];

/// In which the preview counts nights. It is saved nowhere.
pub(super) const NIGHT_ZONE: &str = "night_zone";

/// Names that are seen at a glance.
const UNFILTERED: usize = 20;

pub(super) struct Form<'a> {
    pub(super) action: &'a str,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a Problems,
    /// Of the account: what may be chosen.
    pub(super) settings: &'a StoredSettings,
    pub(super) is_read_only: bool,
}

impl Form<'_> {
    pub(super) fn markup(&self, by: &SignedIn) -> Markup {
        html! {
            (self.problems.summary())
            form method="post" action=(self.action) {
                (token(by))
                input type="hidden" name="version" value=(self.typed.get("version"));
                fieldset disabled[self.is_read_only] {
                    div.field {
                        label for="name" { "Name" }
                        input id="name" name="name" value=(self.typed.get("name")) maxlength="80" autocomplete="off"
                            aria-invalid=[self.problems.at("name").map(|_| "true")];
                        (self.problem("name"))
                    }
                    (self.scope())
                    (self.severities())
                    (self.events())
                    (self.destinations())
                    datalist id="zones" { @for name in tz::db().available() { option value=(name.as_str()) {} } }
                    (self.digest())
                    (self.follow_up())
                    (self.quiet_hours())
                    @if !self.is_read_only {
                        p { button.main type="submit" { "Save" } }
                        div.controls {
                            (zone_field(NIGHT_ZONE, self.typed.get(NIGHT_ZONE)))
                            button type="submit" name="submit" value="preview" { "What it would have told in the last 90 days" }
                        }
                    }
                }
            }
        }
    }

    fn problem(&self, field: &str) -> Markup {
        html! { @if let Some(problem) = self.problems.at(field) { p.problem { (problem) } } }
    }

    /// A checkbox or radio button with its label.
    fn choice(&self, kind: &str, name: &str, value: &str, label: &Markup) -> Markup {
        html! {
            label.pick { input type=(kind) name=(name) value=(value) checked[self.typed.has(name, value)]; span { (label) } }
        }
    }

    fn scope(&self) -> Markup {
        let count = self.settings.monitors.len();
        html! {
            fieldset.card id="monitors" {
                legend { "Providers" }
                (self.choice("radio", "scope", "all", &html! { "Everything you watch, also what you add later (" (count) " now)" }))
                (self.choice("radio", "scope", "chosen", &html! { "Only these:" }))
                (self.problem("monitors"))
                @if count == 0 { p.soft.small { "You watch nothing yet: " a href="/watch" { "find providers" } "." } }
                @else {
                    @if count > UNFILTERED {
                        input type="search" data-filter hidden placeholder="Find in this list" aria-label="Find in this list"
                            form="nowhere";
                    }
                    div.picks {
                        @for monitor in &self.settings.monitors {
                            @let name = provider_name(self.settings, &monitor.value.provider);
                            (self.choice("checkbox", "monitors", monitor.value.id.as_str(), &html! { (name) }))
                        }
                    }
                }
            }
        }
    }

    fn severities(&self) -> Markup {
        html! {
            fieldset.card id="severities" {
                legend { "Severities" }
                (self.problem("severities"))
                @for (severity, words) in SEVERITIES {
                    (self.choice("checkbox", "severities", severity.as_str(), &html! { (words) }))
                }
            }
        }
    }

    fn events(&self) -> Markup {
        html! {
            fieldset.card id="events" {
                legend { "Events" }
                (self.problem("events"))
                div.picks {
                    @for event in Event::choices() {
                        (self.choice("checkbox", "events", event.as_str(), &html! { (words_of(event)) }))
                    }
                }
                p.soft.small { "Who was told an opening is told its end in any case." }
            }
        }
    }

    fn destinations(&self) -> Markup {
        html! {
            fieldset.card id="destinations" {
                legend { "Destinations" }
                (self.problem("destinations"))
                @for destination in &self.settings.destinations {
                    @let label = html! { (destination.value.shown_name()) " " span.soft { (title(&destination.value)) } };
                    (self.choice("checkbox", "destinations", destination.value.id.as_str(), &label))
                }
                @if self.settings.destinations.is_empty() {
                    p.small { "None yet: " a href="/alerts/destinations/new" { "add one" } "." }
                }
            }
        }
    }

    fn digest(&self) -> Markup {
        let names = ["One message per alert", "One summary an hour", "One summary a day:"];
        html! {
            fieldset.card id="digest.every" {
                legend { "How often" }
                @for (every, name) in ["none", "hour", "day"].into_iter().zip(names) {
                    (self.choice("radio", "digest", every, &html! { (name) }))
                }
                (self.problem("digest.every"))
                div.controls {
                    (self.zone("digest.zone", "digest_zone"))
                    (self.time("digest.at", "digest_at", "At"))
                }
                (self.choice("checkbox", "digest_major", "yes", &html! { "Send major ones at once all the same" }))
                p.soft.small { "A summary leaves out what began and ended before it." }
            }
        }
    }

    fn follow_up(&self) -> Markup {
        let chosen = self.typed.get("follow_up_to");
        html! {
            fieldset.card id="follow_up" {
                legend { "Follow-up" }
                (self.choice("checkbox", "follow_up", "yes", &html! { "Tell once more of an incident that is still open" }))
                div.controls {
                    div {
                        label for="follow_up.minutes" { "Minutes after the first alert" }
                        input id="follow_up.minutes" name="follow_up_minutes" type="number" min="5" max="10080"
                            value=(self.typed.get("follow_up_minutes"))
                            aria-invalid=[self.problems.at("follow_up.minutes").map(|_| "true")];
                        (self.problem("follow_up.minutes"))
                    }
                    div {
                        label for="follow_up.destination" { "To" }
                        select id="follow_up.destination" name="follow_up_to" {
                            option value="" selected[chosen.is_empty()] { "Whoever got the first alert" }
                            @for destination in &self.settings.destinations {
                                @let id = destination.value.id.as_str();
                                option value=(id) selected[id == chosen] { (destination.value.shown_name()) }
                            }
                        }
                        (self.problem("follow_up.destination"))
                    }
                }
                p.soft.small { "Whoever gets it gets the end, too." }
            }
        }
    }

    /// With the zone of the browser, if there is a script and none was typed.
    fn zone(&self, field: &str, name: &str) -> Markup {
        html! {
            div {
                label for=(field) { "Time zone" }
                input id=(field) name=(name) value=(self.typed.get(name)) list="zones" placeholder="Europe/Berlin"
                    autocomplete="off" data-here aria-invalid=[self.problems.at(field).map(|_| "true")];
                (self.problem(field))
            }
        }
    }

    fn quiet_hours(&self) -> Markup {
        html! {
            fieldset.card id="quiet_hours" {
                legend { "Quiet hours" }
                (self.choice("checkbox", "quiet", "yes", &html! { "Hold alerts in these hours, and send one summary when they end" }))
                div.controls {
                    (self.zone("quiet_hours.zone", "zone"))
                    (self.time("quiet_hours.from", "from", "From"))
                    (self.time("quiet_hours.until", "until", "Until"))
                }
                div.picks id="quiet_hours.days" {
                    (self.problem("quiet_hours.days"))
                    @for day in Day::ALL { (self.choice("checkbox", "days", day.as_str(), &html! { (name_of(day)) })) }
                }
                p.soft.small { "The days on which they begin. They may end on the day after." }
                (self.choice("checkbox", "major_bypass", "yes", &html! { "Send major ones at once all the same" }))
            }
        }
    }

    fn time(&self, field: &str, name: &str, label: &str) -> Markup {
        html! {
            div {
                label for=(field) { (label) }
                input id=(field) name=(name) type="time" value=(self.typed.get(name))
                    aria-invalid=[self.problems.at(field).map(|_| "true")];
                (self.problem(field))
            }
        }
    }
}

fn name_of(day: Day) -> &'static str {
    match day {
        Day::Mon => "Monday",
        Day::Tue => "Tuesday",
        Day::Wed => "Wednesday",
        Day::Thu => "Thursday",
        Day::Fri => "Friday",
        Day::Sat => "Saturday",
        Day::Sun => "Sunday",
    }
}

fn words_of(event: Event) -> &'static str {
    match event {
        Event::Opened => "Opened, also planned maintenance",
        Event::Updated => "Every update",
        Event::Resolved => "Resolved, also ended maintenance",
        Event::Scheduled => "Maintenance planned",
        Event::Reminder => "Maintenance within the hour",
        Event::Started => "Maintenance started",
        Event::Changed => "Maintenance changed",
        Event::Completed => "Maintenance completed",
        Event::Cancelled => "Maintenance cancelled",
        Event::Overran => "Maintenance overrunning",
        Event::Unreadable => "Status page unreachable",
        Event::Readable => "Status page reachable again",
        Event::Summary | Event::Unmatched | Event::Test | Event::Confirm | Event::Disabled => event.as_str(),
    }
}
