//! Content lines of RFC 5545: folded at 75 octets, never inside a character, and ended by CRLF. No text can start a
//! line of its own.
//!
//! Written here because the maintained crate for it depends on a second time library and keeps control characters.

const MAX_LINE_OCTETS: usize = 75;

#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A value of ours: a time, a number, a word or a URL. Control characters are dropped.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        let value: String = value.chars().filter(|char| !char.is_control()).collect();
        self.push_folded(&format!("{name}:{value}"));
    }

    /// A text from anywhere, escaped.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.push_folded(&format!("{name}:{}", escaped(value)));
    }

    /// Lines that were made before.
    pub(super) fn whole(&mut self, lines: &str) {
        self.0.push_str(lines);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn push_folded(&mut self, line: &str) {
        let mut length = 0;
        for char in line.chars() {
            if length + char.len_utf8() > MAX_LINE_OCTETS {
                self.0.push_str("\r\n ");
                length = 1;
            }
            self.0.push(char);
            length += char.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', char]),
            // Parsers that follow Unicode would break the line at each of these.
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\t' => escaped.push(' '),
            _ if char.is_control() => {}
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut lines = Lines::default();
        lines.text("SUMMARY", value);
        lines.into_text()
    }

    #[test]
    fn a_text_stays_in_one_line() {
        assert_eq!(text("a,b;c\\d"), "SUMMARY:a\\,b\\;c\\\\d\r\n");
        assert_eq!(text("one\r\ntwo\nthree\rfour"), "SUMMARY:one\\ntwo\\nthree\\nfour\r\n");
        assert_eq!(text("x\r\nEND:VEVENT\u{0}\u{7}\u{2028}y"), "SUMMARY:x\\nEND:VEVENT y\r\n");
        let mut lines = Lines::default();
        lines.raw("URL", "https://x.test/\r\nATTACH:y");
        assert_eq!(lines.into_text(), "URL:https://x.test/ATTACH:y\r\n");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        for value in ["x".repeat(1_000), "ü".repeat(500), "日本語".repeat(200), "👩‍💻".repeat(90), "x".repeat(67)]
        {
            let written = text(&value);
            assert!(written.ends_with("\r\n"));
            assert!(written.trim_end().split("\r\n").all(|line| line.len() <= MAX_LINE_OCTETS), "{written}");
            assert_eq!(written.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
        }
        assert!(!text(&"x".repeat(67)).contains("\r\n "), "75 octets fit");
    }
}
