//! Names compared as people see them: what looks the same is the same, however it is encoded or typed.
use icu_normalizer::ComposingNormalizerBorrowed;

/// A form that two names share if they look the same: Unicode NFC, without characters that have no width, white space
/// folded to single spaces, case folded (through upper case, so that `STRASSE` is `straße`).
pub fn folded(name: &str) -> String {
    let nfc = const { ComposingNormalizerBorrowed::new_nfc() };
    let visible: String = nfc.normalize(name).chars().filter(|c| !has_no_width(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    nfc.normalize(&words.join(" ").to_uppercase().to_lowercase()).into_owned()
}

/// Soft hyphens, zero-width spaces and joiners, marks of direction, variation selectors, byte order marks.
fn has_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (a, b) in [
            ("Störung", "Sto\u{308}rung"),
            ("API  Gateway", " api\u{a0}gateway\n"),
            ("STRASSE", "straße"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Web\u{200b}hooks", "webhooks"),
            ("ÅNGSTRÖM", "a\u{30a}ngstro\u{308}m"),
            ("❤\u{fe0f} Monitor", "❤ monitor"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} and {b}");
        }
    }

    #[test]
    fn what_looks_different_stays_different() {
        for (a, b) in [("API", "APIs"), ("EU West", "EUWest"), ("Zürich", "Zurich"), ("v1.0", "v1 0")] {
            assert_ne!(folded(a), folded(b), "{a} and {b}");
        }
    }
}
