//! Fields of forms: what was typed is kept, what is wrong is said at the field and in a summary above.
use maud::{Markup, html};
use settings::Problem;
use store::ManagedBy;

/// What is wrong with the fields of a form, by their names.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(String, String)>);

impl Problems {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) fn of(field: &str, text: impl Into<String>) -> Self {
        Self(vec![(field.to_owned(), text.into())])
    }

    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
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

/// A problem of an entry of a list is one of the list: `components[1]` of `components`.
impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        let field = |problem: &Problem| problem.field.split('[').next().unwrap_or_default().to_owned();
        Self(problems.iter().map(|problem| (field(problem), sentences(problem))).collect())
    }
}

/// `This is not a URL. Write the URL of the status page.`
fn sentences(problem: &Problem) -> String {
    let goes_on = ["is ", "has ", "contains ", "lists ", "cannot "];
    let subject = if goes_on.iter().any(|verb| problem.message.starts_with(verb)) { "This " } else { "" };
    format!("{} {}", sentence(&format!("{subject}{}", problem.message)), sentence(&problem.hint))
}

fn sentence(text: &str) -> String {
    let mut chars = text.trim().chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
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

/// Of what is declared in the file.
pub(crate) fn of_file(managed_by: ManagedBy) -> Markup {
    html! {
        @if managed_by == ManagedBy::File {
            p.note { "This is declared in the configuration file of this instance, and is changed there." }
        }
    }
}

/// Where what somebody else saved meanwhile differs from what was typed: name, theirs, typed.
pub(crate) fn conflict(rows: &[[&str; 3]]) -> Markup {
    html! {
        div.note.problem role="alert" {
            p.strong { "Somebody else saved this meanwhile. Nothing of yours was saved yet." }
            @if rows.is_empty() { p { "What they saved is what you typed, or a secret, which is not shown." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="Differences" {
                    table {
                        thead { tr { th { "Field" } th { "Saved now" } th { "Yours" } } }
                        tbody {
                            @for [name, saved, typed] in rows { tr { td { (name) } td { (saved) } td { (typed) } } }
                        }
                    }
                }
            }
            p { "The form below has yours. Save it to replace theirs, or open the page again to keep theirs." }
        }
    }
}

#[cfg(test)]
mod tests {
    use settings::Code;

    use super::*;

    #[test]
    fn problem_of_a_draft_is_told_in_sentences_at_its_field() {
        let problem = |field: &str, message: &str, hint: &str| Problem {
            field: field.to_owned(),
            code: Code::Invalid,
            message: message.to_owned(),
            hint: hint.to_owned(),
        };
        let problems = Problems::from(vec![
            problem("url", "is not a URL", "write the URL of the status page"),
            problem("components[3]", "unknown page \"x\"", "there are no pages yet: add one"),
        ]);
        assert_eq!(problems.at("url"), Some("This is not a URL. Write the URL of the status page."));
        assert_eq!(problems.at("components"), Some("Unknown page \"x\". There are no pages yet: add one."));
        assert_eq!(problems.at("component"), None);
    }
}
