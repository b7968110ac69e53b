//! What to do with text that is not TOML: a parser gives up or stumbles on after the first error, so the damaged file is
//! cut into statements (a header, or a key with its value), each is tried alone, and only the bad ones are left out.
use std::{borrow::Cow, ops::Range};

use toml::de::{DeTable, Error};

use super::document::{Found, Place};

/// `text` with every statement that is no TOML blanked out; a bad header takes its keys along, which would otherwise
/// join the table above. Offsets stay as they are. (A value over several lines can be mistaken for statements if its
/// lines start with letters, but only in a file that is damaged anyhow.)
pub(super) fn readable<'t>(text: &'t str, found: &mut Found<'_>) -> Cow<'t, str> {
    if DeTable::parse(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut readable = String::with_capacity(text.len());
    let mut header_is_bad = false;
    for statement in statements(text) {
        let start = readable.len();
        let error = DeTable::parse(statement).err();
        if let Some(error) = &error {
            tell(error, start..start + statement.trim_end().len(), found);
        }
        if statement.trim_start().starts_with('[') {
            header_is_bad = error.is_some();
        }
        if error.is_some() || header_is_bad {
            found.lose(statement);
            let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
            readable.extend(statement.bytes().map(blank));
        } else {
            readable.push_str(statement);
        }
    }
    Cow::Owned(readable)
}

/// Reports an error met in the part of the text at `part`.
pub(super) fn tell(error: &Error, part: Range<usize>, found: &mut Found<'_>) {
    let offset = part.start + error.span().map_or(0, |span| span.start);
    let way_out = match error.message() {
        "duplicate key" => "keep one of them",
        message if message.starts_with("string values must be quoted") => "write the value in double quotes",
        _ => "write key = \"value\", key = [\"a\", \"b\"], [table] or [[table]]",
    };
    found.add(&Place::at(offset.min(part.end)), error.message(), way_out);
}

/// Cuts before every line that starts with a letter or an opening bracket; elements of a list start with neither.
fn statements(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        let begins = line.trim_start().starts_with(|first: char| first.is_ascii_alphabetic() || first == '[');
        if begins && end > start {
            statements.push(&text[start..end]);
            start = end;
        }
        end += line.len();
    }
    statements.push(&text[start..end]);
    statements
}
