//! The form of a group: one form, one Save.
use jiff::tz;
use maud::{Markup, html};
use settings::{GroupDraft, QuietHoursDraft};
use status::{
    monitor::{Group, Scope},
    quiet_hours::Day,
    words::{Event, Severity},
};
use store::StoredSettings;

use super::{overview::title, typed::Typed};
use crate::{fields::Problems, posted::token, provider_names::provider_name, visitor::SignedIn};

const SEVERITIES: [(Severity, &str); 3] = [
    (Severity::Major, "Major: an outage"),
    (Severity::Minor, "Minor: degraded, or only a part"),
    (Severity::Maintenance, "Maintenance"),
];

pub(super) struct Form<'a> {
    pub(super) action: &'a str,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a Problems,
    /// Of the account: what may be chosen.
    pub(super) settings: &'a StoredSettings,
    pub(super) is_read_only: bool,
}

/// What a new group is, before anything is chosen.
pub(super) fn of_new() -> Typed {
    let mut typed = Typed::default();
    for (name, value) in [
        ("scope", "all"),
        ("severities", "major"),
        ("severities", "minor"),
        ("events", "opened"),
        ("events", "resolved"),
        ("major_bypass", "yes"),
        ("from", "22:00"),
        ("until", "07:00"),
    ] {
        typed.put(name, value);
    }
    Day::ALL.iter().for_each(|day| typed.put("days", day.as_str()));
    typed
}

pub(super) fn of_stored(group: &Group, version: u64) -> Typed {
    let mut typed = Typed::default();
    typed.put("version", version.to_string());
    typed.put("name", group.name.clone().unwrap_or_default());
    typed.put("scope", if group.scope == Scope::All { "all" } else { "chosen" });
    if let Scope::Monitors(monitors) = &group.scope {
        monitors.iter().for_each(|monitor| typed.put("monitors", monitor.as_str()));
    }
    group.severities.iter().for_each(|severity| typed.put("severities", severity.as_str()));
    group.events.iter().for_each(|event| typed.put("events", event.as_str()));
    group.destinations.iter().for_each(|destination| typed.put("destinations", destination.as_str()));
    match &group.quiet_hours {
        Some(quiet) => {
            typed.put("quiet", "yes");
            typed.put("zone", &*quiet.zone);
            quiet.days.iter().for_each(|day| typed.put("days", day.as_str()));
            typed.put("from", quiet.from.strftime("%H:%M").to_string());
            typed.put("until", quiet.until.strftime("%H:%M").to_string());
            if quiet.major_bypass {
                typed.put("major_bypass", "yes");
            }
        }
        None => {
            let new = of_new();
            for name in ["days", "from", "until", "major_bypass"] {
                new.all(name).into_iter().for_each(|value| typed.put(name, value));
            }
        }
    }
    typed
}

pub(super) fn draft(id: &str, typed: &Typed) -> GroupDraft {
    let quiet_hours = typed.has("quiet", "yes").then(|| QuietHoursDraft {
        zone: typed.get("zone").to_owned(),
        days: Some(typed.all("days")),
        // Browsers may send seconds.
        from: typed.get("from").chars().take(5).collect(),
        until: typed.get("until").chars().take(5).collect(),
        major_bypass: Some(typed.has("major_bypass", "yes")),
    });
    GroupDraft {
        id: id.to_owned(),
        name: Some(typed.get("name").to_owned()),
        destinations: typed.all("destinations"),
        severities: Some(typed.all("severities")),
        events: Some(typed.all("events")),
        monitors: (typed.get("scope") == "chosen").then(|| typed.all("monitors")),
        quiet_hours,
    }
}

/// Name, saved, typed: where the two differ.
pub(super) fn differences(saved: &Typed, typed: &Typed) -> Vec<[String; 3]> {
    let fields = [
        ("Name", "name"),
        ("Providers", "scope"),
        ("Chosen providers", "monitors"),
        ("Severities", "severities"),
        ("Events", "events"),
        ("Destinations", "destinations"),
        ("Quiet hours", "quiet"),
        ("Time zone", "zone"),
        ("Days", "days"),
        ("From", "from"),
        ("Until", "until"),
        ("Major at once", "major_bypass"),
    ];
    let sorted = |typed: &Typed, name: &str| {
        let mut values = typed.all(name);
        values.retain(|value| !value.is_empty());
        values.sort_unstable();
        values.join(", ")
    };
    let rows = fields.map(|(label, name)| [label.to_owned(), sorted(saved, name), sorted(typed, name)]);
    rows.into_iter().filter(|[_, saved, typed]| saved != typed).collect()
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
                    (self.quiet_hours())
                    @if !self.is_read_only { p { button.main type="submit" { "Save" } } }
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

    fn quiet_hours(&self) -> Markup {
        let zone = self.problems.at("quiet_hours.zone");
        html! {
            fieldset.card id="quiet_hours" {
                legend { "Quiet hours" }
                (self.choice("checkbox", "quiet", "yes", &html! { "Hold alerts in these hours, and send one summary when they end" }))
                div.controls {
                    div {
                        label for="quiet_hours.zone" { "Time zone" }
                        input id="quiet_hours.zone" name="zone" value=(self.typed.get("zone")) list="zones"
                            placeholder="Europe/Berlin" autocomplete="off" aria-invalid=[zone.map(|_| "true")];
                        datalist id="zones" { @for name in tz::db().available() { option value=(name.as_str()) {} } }
                        (self.problem("quiet_hours.zone"))
                    }
                    (self.time("from", "From"))
                    (self.time("until", "Until"))
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

    fn time(&self, name: &str, label: &str) -> Markup {
        let field = format!("quiet_hours.{name}");
        html! {
            div {
                label for=(field) { (label) }
                input id=(field) name=(name) type="time" value=(self.typed.get(name))
                    aria-invalid=[self.problems.at(&field).map(|_| "true")];
                (self.problem(&field))
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

#[cfg(test)]
mod tests {
    use status::{ids::AccountId, quiet_hours::QuietHours};

    use super::*;

    fn group() -> Group {
        let time = |text: &str| text.parse().unwrap();
        Group {
            id: "group_1".into(),
            account: AccountId::new("a"),
            name: Some("Night".to_owned()),
            destinations: vec!["d1".into(), "d2".into()],
            severities: vec![Severity::Major],
            events: vec![Event::Opened, Event::Resolved],
            scope: Scope::Monitors(vec!["m1".into()]),
            quiet_hours: Some(QuietHours {
                zone: "Europe/Berlin".to_owned(),
                days: vec![Day::Mon, Day::Sun],
                from: time("22:00"),
                until: time("07:30"),
                major_bypass: false,
            }),
        }
    }

    #[test]
    fn form_of_a_group_that_is_sent_as_it_is_is_the_group() {
        assert_eq!(draft("group_1", &of_stored(&group(), 3)), GroupDraft::of(&group()));
        let loud = Group { quiet_hours: None, scope: Scope::All, ..group() };
        assert_eq!(draft("group_1", &of_stored(&loud, 3)), GroupDraft::of(&loud));
    }

    #[test]
    fn differences_are_of_fields_and_not_of_order() {
        let (saved, mut typed) = (of_stored(&group(), 3), of_stored(&group(), 2));
        typed.set("destinations", "d2".to_owned());
        typed.put("destinations", "d1");
        assert_eq!(differences(&saved, &typed), Vec::<[String; 3]>::new());
        typed.set("name", "Day".to_owned());
        assert_eq!(differences(&saved, &typed), [["Name", "Night", "Day"].map(str::to_owned)]);
    }
}
