//! Hostile HTML made plain: a tokenizer that never fails and the text of a fragment. What comes out is text, not safe
//! markup: `&lt;b&gt;` becomes `<b>`, so a page must escape it. One pass, no recursion: linear in the input.
use std::borrow::Cow;

/// The text of an HTML fragment: one line per block, a blank line between paragraphs, list items as `- item`, links as
/// `text (url)`. Line breaks of the source are kept, because status pages mix Markdown with tags.
pub(crate) fn to_text(html: &str) -> String {
    let mut lines = Lines::default();
    let mut link: Option<Link> = None;
    for token in Tokens::new(html) {
        match token {
            // Between tags, white space is the layout of the source.
            Token::Text(text) if text.trim().is_empty() => lines.space = true,
            Token::Text(text) => lines.push_text(&decode(text)),
            Token::Open { name, attributes } => match name.to_ascii_lowercase().as_str() {
                "br" => lines.push_break(),
                "li" => {
                    lines.end_line();
                    lines.push_text("- ");
                }
                "a" => {
                    if let Some(link) = link.take() {
                        link.close(&mut lines);
                    }
                    link = Link::open(attributes, &lines);
                }
                name => lines.end_block(name),
            },
            Token::Close(name) => match name.to_ascii_lowercase().as_str() {
                "a" => {
                    if let Some(link) = link.take() {
                        link.close(&mut lines);
                    }
                }
                name => lines.end_block(name),
            },
        }
    }
    lines.finish()
}

/// A piece of HTML. Comments, declarations, scripts and style sheets are passed over.
#[derive(Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// Entities not yet decoded.
    Text(&'a str),
    Open {
        name: &'a str,
        attributes: &'a str,
    },
    Close(&'a str),
}

pub(crate) struct Tokens<'a> {
    html: &'a str,
    position: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self { html, position: 0 }
    }

    /// Where the next token starts, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    fn rest(&self) -> &'a str {
        &self.html[self.position..]
    }

    /// Where the tag that `rest` starts with ends: at its first `>` that is not in a quoted value. A quote that is
    /// never closed quotes nothing, and no later tag can have one like it, so it costs no second pass.
    fn tag_end(&self, rest: &str) -> Option<usize> {
        let bytes = rest.as_bytes();
        let first = rest.find('>')?;
        let mut at = 1;
        let mut after_equals = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'>' => return Some(at),
                b'"' | b'\'' if after_equals => match rest[at + 1..].find(char::from(*byte)) {
                    Some(length) => at += length + 1,
                    None => return Some(first),
                },
                _ => {}
            }
            after_equals = *byte == b'=' || after_equals && byte.is_ascii_whitespace();
            at += 1;
        }
        None
    }

    /// Steps behind the next `end`, or to the end of the input.
    fn skip_past(&mut self, end: &str) {
        self.position += self.rest().find(end).map_or(self.rest().len(), |at| at + end.len());
    }

    /// What is in a script is no text, whatever it looks like.
    fn skip_raw_text(&mut self, name: &str) {
        let rest = self.rest();
        let close = rest.match_indices("</").find(|(at, _)| {
            let after = &rest.as_bytes()[at + 2..];
            after.len() >= name.len() && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        });
        self.position += close.map_or(rest.len(), |(at, _)| at);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if !starts_markup(rest) {
                let next = rest.match_indices('<').find(|(at, _)| starts_markup(&rest[*at..]));
                let text = &rest[..next.map_or(rest.len(), |(at, _)| at)];
                self.position += text.len();
                return Some(Token::Text(text));
            }
            if rest.starts_with("<!--") {
                self.skip_past("-->");
                continue;
            }
            let Some(end) = self.tag_end(rest) else {
                self.position = self.html.len();
                return None;
            };
            self.position += end + 1;
            let inside = &rest[1..end];
            let (inside, closes) = match inside.strip_prefix('/') {
                Some(inside) => (inside, true),
                None => (inside, false),
            };
            let length = inside.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inside.len());
            let (name, attributes) = inside.split_at(length);
            if closes {
                return Some(Token::Close(name));
            }
            if name.starts_with(['!', '?']) {
                continue;
            }
            if name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style") {
                self.skip_raw_text(name);
            }
            return Some(Token::Open { name, attributes });
        }
    }
}

/// Attributes and content of every script element: some pages keep their data in one.
pub(crate) fn scripts(html: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut tokens = Tokens::new(html);
    std::iter::from_fn(move || {
        loop {
            match tokens.next()? {
                Token::Open { name, attributes } if name.eq_ignore_ascii_case("script") => {
                    let rest = &html[..tokens.position()];
                    // Behind the `>` of the tag, which the attributes end at.
                    let start = attributes.as_ptr() as usize - html.as_ptr() as usize + attributes.len() + 1;
                    return Some((attributes, rest.get(start..).unwrap_or_default()));
                }
                _ => {}
            }
        }
    })
}

/// The page was not cut off on its way: its root element is closed near the end.
pub(crate) fn is_whole(html: &str) -> bool {
    const LAST_TAGS: usize = 20;
    html.rmatch_indices("</")
        .take(LAST_TAGS)
        .any(|(at, _)| html.as_bytes().get(at + 2..at + 6).is_some_and(|name| name.eq_ignore_ascii_case(b"html")))
}

/// `<` followed by what begins a tag, a comment or a declaration; any other `<` is text.
fn starts_markup(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'<')
        && bytes.next().is_some_and(|byte| match byte {
            b'/' => bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic()),
            byte => byte.is_ascii_alphabetic() || byte == b'!' || byte == b'?',
        })
}

/// The decoded value of an attribute, of the part of a tag behind its name.
pub(crate) fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let length = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len()).max(1);
        let name = rest.get(..length)?;
        rest = rest[length..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(decode(value));
        }
    }
}

/// Longest entity name that is looked for, so that a text of ampersands stays linear.
const MAX_ENTITY_LENGTH: usize = 10;

/// Text with its entities decoded, once. What is no known entity stays as it is.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let window = &rest.as_bytes()[1..rest.len().min(MAX_ENTITY_LENGTH + 2)];
        let entity =
            window.iter().position(|byte| *byte == b';').and_then(|end| Some((entity(&rest[1..=end])?, end + 2)));
        let (character, length) = entity.unwrap_or(('&', 1));
        decoded.push(character);
        rest = &rest[length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character an entity stands for, by its name without `&` and `;`.
pub(crate) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some(code.ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// Those that texts of status pages use; there are two thousand more.
const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("bull", '•'),
    ("middot", '·'),
    ("rarr", '→'),
    ("deg", '°'),
    ("micro", 'µ'),
    ("times", '×'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("Eacute", 'É'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("ugrave", 'ù'),
    ("uacute", 'ú'),
];

/// An open `<a>`: its target and where its text starts.
struct Link {
    url: String,
    start: usize,
}

impl Link {
    fn open(attributes: &str, lines: &Lines) -> Option<Self> {
        let url = attribute(attributes, "href")?.trim().to_owned();
        let lower = url.to_ascii_lowercase();
        let shown = (lower.starts_with("http://") || lower.starts_with("https://"))
            && !url.contains(|c: char| c.is_whitespace() || !is_shown(c));
        shown.then_some(Self { url, start: lines.text.len() })
    }

    fn close(self, lines: &mut Lines) {
        let text = lines.text[self.start..].trim();
        if !text.is_empty() && text != self.url {
            lines.push_text(&format!(" ({})", self.url));
        }
    }
}

/// Text under construction, its white space already collapsed.
#[derive(Default)]
struct Lines {
    text: String,
    /// A space is due before the next word.
    space: bool,
}

impl Lines {
    fn push_text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' => self.push_break(),
                character if character.is_whitespace() => self.space = true,
                character if is_shown(character) => {
                    if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                        self.text.push(' ');
                    }
                    self.space = false;
                    self.text.push(character);
                }
                _ => {}
            }
        }
    }

    /// At most one blank line in a row, none at the start.
    fn push_break(&mut self) {
        self.space = false;
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn end_line(&mut self) {
        if !self.text.ends_with('\n') {
            self.push_break();
        }
    }

    fn end_block(&mut self, name: &str) {
        match name {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "table" | "hr" => {
                self.end_line();
                self.push_break();
            }
            "div" | "ul" | "ol" | "tr" | "section" | "article" | "header" | "footer" | "dt" | "dd" => self.end_line(),
            "td" | "th" => self.space = true,
            _ => {}
        }
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

/// Neither a control character nor one that turns the direction of what follows it.
fn is_shown(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests;
