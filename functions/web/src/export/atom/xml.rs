//! The XML elements that a feed consists of.
use std::io;

use jiff::Timestamp;
use quick_xml::{Writer, events::BytesText};

/// An element that holds text only.
pub(super) fn text(writer: &mut Writer<Vec<u8>>, name: &str, value: &str) -> io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(&without_invalid_chars(value)))?;
    Ok(())
}

pub(super) fn link(writer: &mut Writer<Vec<u8>>, rel: &str, media_type: &str, href: &str) -> io::Result<()> {
    let href = without_invalid_chars(href);
    let attributes = [("rel", rel), ("type", media_type), ("href", href.as_str())];
    writer.create_element("link").with_attributes(attributes).write_empty()?;
    Ok(())
}

/// RFC 3339 in UTC.
pub(super) fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Without the characters that XML 1.0 forbids even when escaped.
pub(super) fn without_invalid_chars(text: &str) -> String {
    let is_valid = |char: &char| match char {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        char => !char.is_control(),
    };
    text.chars().filter(is_valid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_dropped() {
        assert_eq!(without_invalid_chars("a\u{0}b\u{b}c\u{1b}\td\ne\u{ffff}\u{85}ü👩‍💻"), "abc\td\neü👩‍💻");
    }
}
