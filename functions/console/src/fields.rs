//! Fields of forms: what was typed is kept, what is wrong is said at the field and in a summary above.
use maud::{Markup, html};

/// What is wrong with the fields of a form, by their names.
#[derive(Default)]
pub(crate) struct Problems(Vec<(&'static str, String)>);

impl Problems {
    pub(crate) fn of(field: &'static str, text: impl Into<String>) -> Self {
        Self(vec![(field, text.into())])
    }

    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Above the form.
    pub(crate) fn summary(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div.note.problem role="alert" {
                    p.strong { "Nothing was saved." }
                    ul { @for (field, text) in &self.0 { li { a href={ "#" (field) } { (text) } } } }
                }
            }
        }
    }
}

/// An `input` with its label.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
    pub(crate) autocomplete: &'a str,
}

impl Field<'_> {
    pub(crate) fn markup(&self, problems: &Problems) -> Markup {
        let problem = problems.at(self.name);
        let description = format!("{}-problem", self.name);
        html! {
            label for=(self.name) { (self.label) }
            input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) required
                autocomplete=(self.autocomplete) aria-invalid=[problem.map(|_| "true")]
                aria-describedby=[problem.map(|_| &description)];
            @if let Some(problem) = problem { p.problem id=(description) { (problem) } }
        }
    }
}

/// A `select` with its label; options are values and names.
pub(crate) fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        select id=(name) name=(name) {
            @for (value, text) in options { option value=(value) selected[*value == chosen] { (text) } }
        }
    }
}
