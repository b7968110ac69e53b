//! The form of a destination. Its fields, their words and the steps to fill them are the channel's own. A secret is
//! never shown: neither one that is stored, nor one that was typed a moment ago.
use std::collections::BTreeMap;

use channels::{Channel, Setting, SettingKind};
use maud::{Markup, html};
use settings::DestinationDraft;
use store::StoredDestination;

use super::typed::Typed;
use crate::{fields::Problems, posted::token, random, visitor::SignedIn};

/// Begins the names of the fields that are settings of the channel.
pub(super) const SETTING: &str = "setting.";

/// The field that names secrets to be removed, which a blank field does not.
pub(super) const FORGET: &str = "forget";

pub(super) struct Form<'a> {
    pub(super) channel: &'static Channel,
    /// Where it is sent.
    pub(super) action: &'a str,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a Problems,
    /// The keys of the secrets that are stored; `None`: the destination is new.
    pub(super) kept: Option<Vec<&'static str>>,
}

/// As it is stored, without secrets.
pub(super) fn of_stored(destination: &StoredDestination, version: u64) -> Typed {
    let mut typed = Typed::default();
    typed.put("channel", &destination.channel);
    typed.put("label", destination.label.clone().unwrap_or_default());
    typed.put("version", version.to_string());
    for (key, value) in &destination.clear_settings().0 {
        typed.put(&format!("{SETTING}{key}"), value);
    }
    typed
}

pub(super) fn draft(id: &str, typed: &Typed) -> DestinationDraft {
    let settings: BTreeMap<String, String> =
        typed.below(SETTING).map(|(key, value)| (key.to_owned(), normal(value))).collect();
    let label = Some(typed.get("label").to_owned()).filter(|label| !label.trim().is_empty());
    DestinationDraft { id: id.to_owned(), label, channel: typed.get("channel").to_owned(), settings }
}

/// Browsers end lines with CR and LF, and people paste spaces around a URL.
fn normal(value: &str) -> String {
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

impl Form<'_> {
    pub(super) fn markup(&self, by: &SignedIn, button: &str) -> Markup {
        let (first, more): (Vec<_>, Vec<_>) =
            self.channel.settings.iter().partition(|setting| self.channel.asks_first(setting));
        let is_open = more.iter().any(|setting| self.is_in_use(setting));
        html! {
            (self.problems.summary())
            form.wide method="post" action=(self.action) autocomplete="off" {
                (token(by))
                input type="hidden" name="channel" value=(self.channel.name);
                @if self.kept.is_some() { input type="hidden" name="version" value=(self.typed.get("version")); }
                @let problem = self.problems.at("label");
                div.field {
                    label for="label" { "Name" }
                    input id="label" name="label" value=(self.typed.get("label")) maxlength="80"
                        aria-describedby="label-help" aria-invalid=[problem.map(|_| "true")];
                    @if let Some(problem) = problem { p.problem { (problem) } }
                    p.soft.small #label-help { "For the members of your account, such as “On call”." }
                }
                @for setting in first { (self.field(setting)) }
                @if !more.is_empty() {
                    details open[is_open] {
                        summary { "More settings" }
                        @for setting in more { (self.field(setting)) }
                    }
                }
                p.pages { button.main type="submit" { (button) } }
            }
        }
    }

    /// It comes back with a problem or a conflict.
    fn is_sent(&self) -> bool {
        !self.problems.is_empty() || !self.typed.get("channel").is_empty()
    }

    fn is_in_use(&self, setting: &Setting) -> bool {
        let is_kept = self.kept.as_ref().is_some_and(|kept| kept.contains(&setting.key));
        is_kept || self.problems.at(setting.key).is_some() || !self.typed(setting).trim().is_empty()
    }

    fn typed(&self, setting: &Setting) -> &str {
        self.typed.get(&format!("{SETTING}{}", setting.key))
    }

    fn value(&self, setting: &Setting) -> &str {
        if setting.secret { "" } else { self.typed(setting) }
    }

    fn field(&self, setting: &Setting) -> Markup {
        let (key, name) = (setting.key, format!("{SETTING}{}", setting.key));
        let problem = self.problems.at(key);
        let help = format!("{key}-help");
        let is_kept = self.kept.as_ref().is_some_and(|kept| kept.contains(&key));
        // Another one at each rendering would replace the one that was copied.
        let is_first = self.kept.is_none() && !self.is_sent();
        let suggested = setting.suggest.filter(|_| is_first).map(|suggest| suggest(&random::bytes()));
        let is_to_be_repeated = setting.secret && !self.typed(setting).trim().is_empty();
        let value = suggested.as_deref().unwrap_or_else(|| self.value(setting));
        let hint = if is_kept { Some("stored: leave blank to keep it") } else { None };
        html! {
            div.field {
                label for=(key) { (setting.label) @if !setting.required && !self.channel.asks_first(setting) { span.soft { " (optional)" } } }
                @match setting.kind {
                    SettingKind::Table => {
                        textarea id=(key) name=(name) rows="3" placeholder=[hint] spellcheck="false"
                            aria-describedby=(help) aria-invalid=[problem.map(|_| "true")] { (value) }
                    }
                    SettingKind::Text | SettingKind::Url => {
                        input id=(key) name=(name) value=(value) placeholder=[hint] spellcheck="false"
                            autocapitalize="none" aria-describedby=(help) aria-invalid=[problem.map(|_| "true")]
                            required[setting.required && !is_kept];
                    }
                }
                @if let Some(problem) = problem { p.problem { (problem) } }
                p.soft.small id=(help) {
                    (capitalized(&setting.help.replace('`', ""))) "."
                    @if setting.kind == SettingKind::Table { " One line for each, as in Name: value." }
                    @if setting.secret { " It is stored encrypted and never shown again." }
                    @if suggested.is_some() { " This one was made for you just now: copy it." }
                }
                @if is_to_be_repeated {
                    p.problem { "What you entered here is not shown again, and was not saved. Enter it once more." }
                }
            }
            @if is_kept && !setting.required {
                label.pick { input type="checkbox" name=(FORGET) value=(key); span { "Remove the stored one" } }
            }
        }
    }
}

/// Where to find what the form asks for.
pub(super) fn steps(channel: &Channel) -> Markup {
    html! {
        section.steps {
            h2 { "Where to find it" }
            ol { @for step in channel.setup.steps { li { (step) } } }
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_padded_lines_are_not_part_of_a_value() {
        assert_eq!(normal("  https://hooks.example/x \r\n"), "https://hooks.example/x");
        assert_eq!(normal("A: 1\r\n\r\n B: 2 "), "A: 1\nB: 2");
        assert_eq!(normal(" \r\n"), "");
    }

    #[test]
    fn draft_has_the_settings_of_the_form_and_nothing_else() {
        let mut typed = Typed::default();
        for (name, value) in [("channel", "slack"), ("label", " "), ("setting.url", "https://x"), ("account", "other")]
        {
            typed.put(name, value);
        }
        let draft = draft("d", &typed);
        assert_eq!((draft.label, draft.channel.as_str()), (None, "slack"));
        assert_eq!(draft.settings, [("url".to_owned(), "https://x".to_owned())].into());
    }
}
