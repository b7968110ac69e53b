//! Foreign text for Discord's markdown: a backslash, which Discord does not show, escapes whatever would format,
//! mention, link or fold. Links stay readable and dead. Lengths are in UTF-16 units; Discord counts code points
//! (<https://github.com/discord/discord-api-docs/issues/1315>), of which there are never more.
use std::iter::Peekable;

use crate::{
    message::Link,
    text::{Dates, MAX_URL},
};

const CUT: &str = " …";

/// UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Escaped, and within `limit` with the escapes; what had to be cut ends in ` …`.
pub(super) fn escape(text: &str, limit: usize) -> String {
    let whole = escaped(text, usize::MAX);
    if length(&whole) <= limit {
        return whole;
    }
    let kept = escaped(text, limit.saturating_sub(length(CUT)));
    format!("{}{CUT}", kept.trim_end())
}

/// As many characters as fit, none of them without its backslash.
fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut used, mut before, mut line) = (0, None, Line::Start);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let marked = is_live(c, before, line, &mut rest);
        used += c.len_utf16() + usize::from(marked);
        if used > limit {
            break;
        }
        if marked {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
        line = line.after(c);
    }
    out
}

/// Where in a line a character stands: headings, lists and quotes count at its start only.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Start,
    /// Nothing but digits so far.
    Number,
    Within,
}

impl Line {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (_, '\n') => Self::Start,
            (Self::Start, c) if c.is_whitespace() => Self::Start,
            (Self::Start | Self::Number, c) if c.is_ascii_digit() => Self::Number,
            _ => Self::Within,
        }
    }
}

fn is_live(c: char, before: Option<char>, line: Line, rest: &mut Peekable<impl Iterator<Item = char>>) -> bool {
    match c {
        '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '[' | ']' | '@' => true,
        '#' | '-' | '+' | '>' => line == Line::Start,
        '.' | ')' => line == Line::Number,
        // Of `:emoji:` and `https://`, not of `12:30` and `Note: `.
        ':' => match (before, rest.peek()) {
            (_, None) => false,
            (Some(before), Some(next)) if before.is_ascii_digit() && next.is_ascii_digit() => false,
            (_, Some(next)) => !next.is_whitespace(),
        },
        _ => false,
    }
}

/// `[label](<url>)`, unless its escapes make it too long.
pub(super) fn link(link: &Link) -> Option<String> {
    let url = link.url.chars().fold(String::new(), |mut url, c| {
        match c {
            '(' => url.push_str("%28"),
            ')' => url.push_str("%29"),
            '<' => url.push_str("%3C"),
            '>' => url.push_str("%3E"),
            '\\' => url.push_str("%5C"),
            c => url.push(c),
        }
        url
    });
    (url.len() <= MAX_URL).then(|| format!("[{}](<{url}>)", escape(&link.label, usize::MAX)))
}

/// In the reader's zone: <https://docs.discord.com/developers/reference#message-formatting>.
pub(super) const DATES: Dates = Dates {
    at: |time| format!("<t:{}:f>", time.as_second()),
    range: |from, to| format!("<t:{}:f>–<t:{}:t>", from.as_second(), to.as_second()),
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, length};
    use crate::message::Link;

    #[test]
    fn live_characters_are_escaped_and_plain_text_is_left_alone() {
        for (text, expected) in [
            ("Sign-in fails (12:30 UTC). Note: see #42, 5 > 3", "Sign-in fails (12:30 UTC). Note: see #42, 5 > 3"),
            ("@everyone <@1> <#2> </cmd:3> <t:4:R>", r"\@everyone \<\@1> \<#2> \</cmd\:3> \<t\:4\:R>"),
            ("<:x:1> :tada:", r"\<\:x\:1> \:tada:"),
            ("[here](https://evil.example)", r"\[here\](https\://evil.example)"),
            (
                "# a\n  ## b\n-# c\n> d\n- e\n+ f\n1. g\n2) h",
                "\\# a\n  \\## b\n\\-# c\n\\> d\n\\- e\n\\+ f\n1\\. g\n2\\) h",
            ),
            (r"**a** __b__ ~~c~~ ||d|| `e` \", r"\*\*a\*\* \_\_b\_\_ \~\~c\~\~ \|\|d\|\| \`e\` \\"),
            ("👩\u{200d}💻 مرحبا", "👩\u{200d}💻 مرحبا"),
        ] {
            assert_eq!(escape(text, 1_000), expected);
        }
    }

    #[test]
    fn cut_falls_between_characters_and_shows() {
        assert_eq!(escape("****", 7), r"\*\* …");
        assert_eq!(escape("𝔘𝔘𝔘", 5), "𝔘 …");
        assert_eq!(escape("a b c", 4), "a …");
        assert_eq!(escape("****", 8), r"\*\*\*\*");
    }

    #[test]
    fn link_cannot_be_closed_from_within() {
        let link = |url: &str| super::link(&Link { label: "L".to_owned(), url: url.to_owned() });
        assert_eq!(link("https://a.example/x)y>z\\w").unwrap(), "[L](<https://a.example/x%29y%3Ez%5Cw>)");
        assert_eq!(link(&format!("https://a.example/{}", ")".repeat(500))), None);
    }

    proptest! {
        #[test]
        fn escaped_text_keeps_its_limit(text in any::<String>(), limit in 2_usize..60) {
            let escaped = escape(&text, limit);
            prop_assert!(length(&escaped) <= limit);
            // An odd run of backslashes at the end would escape what comes after.
            let run = escaped.len() - escaped.trim_end_matches('\\').len();
            prop_assert!(run.is_multiple_of(2));
        }
    }
}
