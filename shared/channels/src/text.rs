//! Text hygiene that all channels share. Foreign text is untrusted: characters that reorder or hide others are removed
//! here; markup is each channel's own business. What is cut is cut visibly.
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// Characters. A longer link is left out: if it were cut, it would lead elsewhere.
pub(crate) const MAX_URL: usize = 1_024;

/// `1 h 12 min` or `2 d 3 h`: the two largest units, without those that are zero. `None` for a negative one.
pub(crate) fn duration(duration: SignedDuration) -> Option<String> {
    let minutes = duration.as_mins();
    if duration.is_negative() {
        return None;
    }
    let units = [(minutes / (24 * 60), "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let largest = units.iter().position(|(count, _)| *count > 0);
    let Some(largest) = largest else {
        return Some("less than a minute".to_owned());
    };
    let shown = units[largest..].iter().take(2).filter(|(count, _)| *count > 0);
    Some(shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" "))
}

pub(crate) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How a channel writes times.
pub(crate) struct Dates {
    pub(crate) at: fn(Timestamp) -> String,
    /// From one to another less than a day later.
    pub(crate) range: fn(Timestamp, Timestamp) -> String,
}

/// For text that nobody translates into the reader's zone.
pub(crate) const UTC: Dates =
    Dates { at: utc, range: |from, to| format!("{}–{}", from.strftime("%Y-%m-%d %H:%M"), to.strftime("%H:%M UTC")) };

impl Dates {
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> String {
        let is_short = to.duration_since(from).as_hours() < 24;
        if is_short { (self.range)(from, to) } else { format!("{} – {}", (self.at)(from), (self.at)(to)) }
    }
}

/// `14:02 UTC`, with the day if it is another one than that of `now`.
pub(crate) fn short_utc(time: Timestamp, now: Timestamp) -> String {
    let is_today = time.strftime("%F").to_string() == now.strftime("%F").to_string();
    time.strftime(if is_today { "%H:%M UTC" } else { "%b %-d, %H:%M UTC" }).to_string()
}

/// An absolute http or https URL of at most [`MAX_URL`] characters, as a browser spells it. Other schemes can do harm
/// behind a link.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    let is_safe = |url: &Url| matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL;
    Url::parse(text).ok().filter(is_safe)
}

/// With a capital letter at its start.
pub(crate) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// At most `limit` characters; what had to be cut ends in ` …`.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(2)).collect();
    let cut = format!("{} …", kept.trim_end());
    cut.trim_start().chars().take(limit).collect()
}

/// Without control characters, without characters that reorder or hide text, and with at most one empty line in a row.
/// Joiners stay, because scripts and emoji need them.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => {
                cleaned.truncate(cleaned.trim_end_matches(' ').len());
                if !cleaned.ends_with("\n\n") {
                    cleaned.push('\n');
                }
            }
            '\t' => cleaned.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    cleaned.trim().to_owned()
}

/// [`clean`], with every run of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::{clean, cut, duration, one_line};

    #[test]
    fn duration_has_no_zero_units() {
        for (seconds, expected) in [
            (-1, None),
            (59, Some("less than a minute")),
            (60, Some("1 min")),
            (5 * 3_600, Some("5 h")),
            (72 * 60, Some("1 h 12 min")),
            (48 * 3_600 + 59, Some("2 d")),
            (51 * 3_600 + 540, Some("2 d 3 h")),
        ] {
            assert_eq!(duration(SignedDuration::from_secs(seconds)).as_deref(), expected, "{seconds}");
        }
    }

    #[test]
    fn clean_keeps_paragraphs_and_joiners() {
        for (text, expected) in [
            ("a\r\nb", "a\nb"),
            ("a  \n\n\n\n b\t", "a\n\n b"),
            ("\u{1b}[31mred\u{0}\u{7f}\u{85}", "[31mred"),
            ("evil\u{202e}txt\u{2066}\u{feff}\u{200b}", "eviltxt"),
            ("👩\u{200d}💻 می\u{200c}خواهم", "👩\u{200d}💻 می\u{200c}خواهم"),
        ] {
            assert_eq!(clean(text), expected);
        }
        assert_eq!(one_line(" a\n\n b\u{2028}c "), "a b c");
    }

    #[test]
    fn cut_shows_that_it_cut() {
        for (text, limit, expected) in
            [("short", 5, "short"), ("longer", 5, "lon …"), ("one two three", 6, "one …"), ("abc", 1, "…")]
        {
            assert_eq!(cut(text, limit), expected);
        }
    }

    proptest! {
        #[test]
        fn cut_never_exceeds_its_limit(text in any::<String>(), limit in 0_usize..50) {
            prop_assert!(cut(&text, limit).chars().count() <= limit);
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
