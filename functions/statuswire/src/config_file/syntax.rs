//! Recovery from text that is not TOML. A parser stops at the first error or reports wrong ones after it. So a damaged
//! file is cut into statements (a header, or a key with its value), each is parsed alone, and only the invalid ones are
//! left out.
use std::{borrow::Cow, ops::Range};

use toml::de::{DeTable, Error};

use super::diagnostics::{Diagnostics, Location};

/// `text` with every invalid statement replaced by spaces, so that offsets stay the same. An invalid header takes its
/// keys along, which would otherwise join the table above. (Lines of a multi-line value that start with a letter are
/// taken for statements, but only in a file that is damaged anyhow.)
pub(super) fn blank_invalid<'t>(text: &'t str, diagnostics: &mut Diagnostics<'_>) -> Cow<'t, str> {
    if DeTable::parse(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut valid = String::with_capacity(text.len());
    let mut header_is_invalid = false;
    for statement in statements(text) {
        let start = valid.len();
        let error = DeTable::parse(statement).err();
        if let Some(error) = &error {
            report(error, start..start + statement.trim_end().len(), diagnostics);
        }
        if statement.trim_start().starts_with('[') {
            header_is_invalid = error.is_some();
        }
        if error.is_some() || header_is_invalid {
            diagnostics.add_unparsed(statement);
            let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
            valid.extend(statement.bytes().map(blank));
        } else {
            valid.push_str(statement);
        }
    }
    Cow::Owned(valid)
}

/// Reports a parser error in the part of the text at `part`.
pub(super) fn report(error: &Error, part: Range<usize>, diagnostics: &mut Diagnostics<'_>) {
    let offset = part.start + error.span().map_or(0, |span| span.start);
    let hint = match error.message() {
        "duplicate key" => "remove one of them",
        message if message.starts_with("string values must be quoted") => "write the value in double quotes",
        _ => "write key = \"value\", key = [\"a\", \"b\"], [table] or [[table]]",
    };
    diagnostics.add(&Location::of_syntax_error(offset.min(part.end)), error.message(), hint);
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
