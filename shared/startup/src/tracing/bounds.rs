//! How long a line of the log may be. A page chooses texts and their number, so every part of a line takes from the
//! room that the parts before it left.
use std::fmt::{self, Write as _};

use status::outside_text::BoundedText;

/// Bytes of a line, as written.
const MAX_LINE: usize = 4_096;
/// Bytes of a message or of one field, as written.
const MAX_FIELD: usize = 1_024;
/// What a line has besides: times, level, target, names, punctuation.
const FRAME: usize = 256;
/// A number is never cut, and a shorter rest of a text says nothing.
const MIN_VALUE: usize = 32;

/// The room of a line, or of the fields of one of its spans.
pub(super) struct Room {
    left: usize,
    is_exceeded: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: MAX_LINE - FRAME, is_exceeded: false }
    }
}

impl Room {
    /// The value, cut to what a field may take; `None` if no room is left for it under its name.
    pub(super) fn value(
        &mut self,
        name: &str,
        kind: fn(usize) -> BoundedText,
        value: fmt::Arguments<'_>,
    ) -> Option<String> {
        let limit = MAX_FIELD.min(self.left.saturating_sub(name.len() + FIELD_FRAME));
        if limit < MIN_VALUE {
            self.is_exceeded = true;
            return None;
        }
        let mut text = kind(limit);
        // It refuses what is too long.
        let _ = text.write_fmt(value);
        let text = text.finish();
        self.left -= name.len() + FIELD_FRAME + text.len();
        Some(text)
    }

    /// Whether a part that is written already fits too.
    pub(super) fn takes(&mut self, part: &str) -> bool {
        let fits = part.len() <= self.left;
        if fits {
            self.left -= part.len();
        } else {
            self.is_exceeded = true;
        }
        fits
    }

    /// Something was left out.
    pub(super) const fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }
}

/// Bytes around a name and its value.
const FIELD_FRAME: usize = 6;
