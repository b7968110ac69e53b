//! What is wrong with a field of a draft.
use std::fmt;

use serde::Serialize;

/// `Display` is one sentence: the field, what is wrong, what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, such as `url` or `components[1]`; of a destination's settings, the setting's key.
    pub field: String,
    pub code: Code,
    /// Continues the field: `is not a URL`.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The kind of a problem, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    Missing,
    /// Not in the form that is needed, or out of bounds.
    Invalid,
    /// A word or an id that nothing has.
    Unknown,
    /// Listed twice.
    Duplicate,
    /// Something else has this id, or is this page.
    Taken,
    /// The network guard refuses the address.
    Refused,
    /// More than there may be.
    TooMany,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.field, self.message, self.hint)
    }
}

/// Collects the problems of one draft.
#[derive(Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(
        &mut self,
        field: impl Into<String>,
        code: Code,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(Problem { field: field.into(), code, message: message.into(), hint: hint.into() });
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// `made`, unless there are problems.
    pub(crate) fn or<T>(self, made: Option<T>) -> Result<T, Vec<Problem>> {
        match made {
            Some(made) if self.0.is_empty() => Ok(made),
            _ => Err(self.0),
        }
    }
}
