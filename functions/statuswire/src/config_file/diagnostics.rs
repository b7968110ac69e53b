//! Errors and warnings about the file, each with its source position and a hint.
use std::fmt::{self, Display};

use status::outside_text::shown;

/// An error or a warning. `Display` continues a file name: `format!("{file}:{diagnostic}")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// `destination[0].url`; empty where the text is not TOML.
    pub key: String,
    /// Which value is wrong, and why.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, hint, .. } = self;
        // The file may quote what somebody else wrote, as may a hint what a page says.
        write!(f, "{line}:{column}: {}; {}", shown(message), shown(hint))
    }
}

/// A position in the file, and the name of what is declared there.
#[derive(Clone)]
pub(super) struct Location {
    /// In bytes from the beginning of the file.
    pub(super) offset: usize,
    /// `destination[0].url`
    pub(super) key: String,
    /// `destination "ops-hook": url`
    pub(super) name: String,
}

impl Location {
    /// A position in text that is not TOML.
    pub(super) fn of_syntax_error(offset: usize) -> Self {
        Self { offset, key: String::new(), name: "not valid TOML".to_owned() }
    }

    /// The position of a key of the table at `self`.
    pub(super) fn of_key(&self, key: &str, offset: usize) -> Self {
        Self { offset, key: format!("{}.{key}", self.key), name: format!("{}: {key}", self.name) }
    }
}

/// Collects diagnostics while the file is read.
pub(super) struct Diagnostics<'t> {
    text: &'t str,
    /// The parts of the file that are not TOML. A key that seems to be missing may be in them.
    unparsed: String,
    /// Where the lines begin, in bytes.
    lines: Vec<usize>,
    found: Vec<(usize, Diagnostic)>,
}

impl<'t> Diagnostics<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Self { text, unparsed: String::new(), lines, found: Vec::new() }
    }

    pub(super) fn add(&mut self, location: &Location, message: impl Display, hint: impl Into<String>) {
        let (line, column) = self.position(location.offset);
        let separator = if location.name.is_empty() { "" } else { ": " };
        let diagnostic = Diagnostic {
            line,
            column,
            key: location.key.clone(),
            message: format!("{}{separator}{message}", location.name),
            hint: hint.into(),
        };
        self.found.push((location.offset, diagnostic));
    }

    /// Whether something was found at this key, or at a part of its value.
    pub(super) fn has(&self, location: &Location) -> bool {
        let is_part =
            |key: &str| key.strip_prefix(&location.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.found.iter().any(|(_, known)| is_part(&known.key))
    }

    pub(super) fn add_unparsed(&mut self, part: &str) {
        self.unparsed.push_str(part);
    }

    /// Whether `word` occurs in a part that is not TOML. That part is reported already, so `word` is not reported as
    /// missing.
    pub(super) fn may_be_unparsed(&self, word: &str) -> bool {
        self.unparsed.contains(word)
    }

    /// In the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(offset, _)| *offset);
        self.found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
    }

    /// Line and column, from 1, in characters.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        (line, self.text[self.lines[line - 1]..offset].chars().count() + 1)
    }
}
