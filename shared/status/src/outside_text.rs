//! Text from outside in a log, a terminal or a message. Some characters are not what they show: controls that a
//! terminal obeys, marks that turn the direction of what follows, and marks without any width. A line never holds them
//! raw, and it is bounded, whatever a page or a receiver says.
use std::fmt::{self, Write as _};

/// Bytes of one text in a line, as written.
const MAX_SHOWN: usize = 1_024;
/// Ends what was cut.
const CUT: &str = "…";

/// Whether the character turns the direction of the text around it (Unicode standard annex 9). Right-to-left text
/// has its direction without them.
pub const fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether the character does something else than to show: a control, a line or paragraph separator, one that is
/// bidirectional, or one without width. Joiners are among them; the selectors of emoji are not.
pub const fn is_hidden(c: char) -> bool {
    is_bidirectional(c)
        || matches!(
            c,
            '\0'..='\u{1f}' // C0 controls
            | '\u{7f}'..='\u{9f}' // DEL and C1 controls
            | '\u{ad}' // soft hyphen
            | '\u{34f}' // combining grapheme joiner
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' // fillers
            | '\u{180b}'..='\u{180f}' // Mongolian selectors
            | '\u{200b}'..='\u{200d}' // zero-width space and joiners
            | '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, retired controls
            | '\u{fe00}'..='\u{fe0d}' // variation selectors, without those of emoji
            | '\u{feff}' // byte order mark
            | '\u{fff0}'..='\u{fffb}' // interlinear annotations
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // controls of shorthand and music
            | '\u{e0000}'..='\u{e0fff}' // tags and more variation selectors
        )
}

/// One line of at most [`MAX_SHOWN`] bytes: hidden characters are written as `\u{202e}`, a line break as `\n`.
pub fn shown(text: &str) -> String {
    let mut line = BoundedText::for_people(MAX_SHOWN);
    let _ = line.write_str(text);
    line.finish()
}

/// A JSON text that holds no hidden character: in its strings they become escapes, so that it means the same. Line
/// breaks between its values stay.
pub fn shown_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) && c != '\n' { push_utf16(&mut shown, c) } else { shown.push(c) }
    }
    shown
}

/// Collects what is written, escaped, until its bound is reached: from then on it refuses more, so that formatting a
/// text of megabytes ends early.
#[derive(Debug)]
pub struct BoundedText {
    text: String,
    /// Bytes of `text`.
    limit: usize,
    push: fn(&mut String, char),
    is_cut: bool,
}

impl BoundedText {
    /// Escapes as Rust does.
    pub const fn for_people(limit: usize) -> Self {
        Self { text: String::new(), limit, push: push_for_people, is_cut: false }
    }

    /// Escapes what may stand between the quotes of a JSON string.
    pub const fn for_json(limit: usize) -> Self {
        Self { text: String::new(), limit, push: push_for_json, is_cut: false }
    }

    /// What was written; it ends in `…` if it was cut.
    pub fn finish(mut self) -> String {
        if self.is_cut {
            self.text.push_str(CUT);
        }
        self.text
    }
}

impl fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.is_cut {
                return Err(fmt::Error);
            }
            let before = self.text.len();
            (self.push)(&mut self.text, c);
            if self.text.len() + CUT.len() > self.limit {
                self.text.truncate(before);
                self.is_cut = true;
            }
        }
        Ok(())
    }
}

fn push_for_people(text: &mut String, c: char) {
    if is_hidden(c) { text.extend(c.escape_default()) } else { text.push(c) }
}

fn push_for_json(text: &mut String, c: char) {
    match c {
        '"' | '\\' => text.extend(['\\', c]),
        '\n' => text.push_str("\\n"),
        c if is_hidden(c) => push_utf16(text, c),
        c => text.push(c),
    }
}

/// As JSON escapes any character: `\u202e`, outside the first plane as two surrogates.
fn push_utf16(text: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(text, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of each kind.
    const HIDDEN: &str = "\0\u{1b}\t\r\n\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\
                          \u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206a}\u{3164}\u{fe00}\u{feff}\u{fff9}\u{e0041}\u{e0100}";

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(shown("\u{1b}[31mred\u{202e}txt\nb"), "\\u{1b}[31mred\\u{202e}txt\\nb");
        assert!(HIDDEN.chars().all(is_hidden));
        assert!(shown(HIDDEN).is_ascii(), "{}", shown(HIDDEN));
    }

    #[test]
    fn what_people_write_stays() {
        for text in
            ["Größe \"x\" \\ 'y'", "שלום עולם", "مرحبا", "नमस्ते", "e\u{301}", "⚠\u{fe0f} 🚨", "a\u{a0}b", "日本語"]
        {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let cut = shown(&"ä".repeat(10_000));
        assert!(cut.len() <= MAX_SHOWN && cut.len() > MAX_SHOWN - 4 && cut.ends_with("ä…"), "{}", cut.len());
        assert!(shown(&"\u{202e}".repeat(10_000)).len() <= MAX_SHOWN, "the bound is that of the written line");
        let fits = "x".repeat(MAX_SHOWN - CUT.len());
        assert_eq!(shown(&fits), fits);
    }

    #[test]
    fn what_is_full_refuses_more() {
        let mut text = BoundedText::for_people(8);
        assert!(text.write_str("a").is_ok());
        assert!(text.write_str("bcdefghij").and_then(|()| text.write_str("k")).is_err());
        assert_eq!(text.finish(), "abcde…");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_shown(text in any::<String>()) {
            prop_assert!(!shown(&(text + HIDDEN)).contains(is_hidden));
        }

        #[test]
        fn json_means_the_same(text in any::<String>()) {
            let text = text + HIDDEN;
            let mut string = BoundedText::for_json(usize::MAX);
            prop_assert!(string.write_str(&text).is_ok());
            let string = format!("\"{}\"", string.finish());
            prop_assert!(!string.contains(is_hidden));
            prop_assert_eq!(&serde_json::from_str::<String>(&string).unwrap(), &text);
            let document = serde_json::json!({"a": [text], "b": 1});
            let shown = shown_json(&format!("{document:#}"));
            prop_assert!(!shown.contains(|c| is_hidden(c) && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), document);
        }
    }
}
