//! What vendors write, as it is shown: their Markdown or plain text, of which paragraphs, lines, lists, weight, code and links
//! to the web are kept. It is hostile: no HTML of it gets through, and what is too long or too deep is cut.
use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TextMergeStream};

/// Lists and quotes within each other.
const DEEPEST: usize = 6;
const LINK_ENDS: [char; 6] = ['<', '>', '"', '`', '{', '}'];

/// A text of at most `limit` characters; what is cut is cut visibly.
pub(crate) fn said(text: &str, limit: usize) -> Markup {
    let (text, is_cut) = match text.char_indices().nth(limit) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    };
    let mut writer = Writer::default();
    let mut parser = Parser::new_ext(text, Options::empty());
    for event in TextMergeStream::new(&mut parser) {
        writer.take(event);
    }
    // A line like `[Status]: https://…` is taken for a definition and gives no event, but somebody wrote it to be read.
    let mut definitions: Vec<_> = parser.reference_definitions().iter().collect();
    definitions.sort_by_key(|(_, definition)| definition.span.start);
    for (_, definition) in definitions {
        let line = text.get(definition.span.clone()).unwrap_or_default();
        writer.open("<p>", "</p>");
        writer.text(line);
        writer.close();
    }
    html! {
        div.said dir="auto" {
            (PreEscaped(writer.html))
            @if is_cut { p.soft { "… (the vendor wrote more)" } }
        }
    }
}

/// An address of the web, or nothing.
pub(crate) fn web_address(url: &str) -> Option<&str> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then_some(url)
}

/// A link out of the dashboard; only its words where it leads nowhere.
pub(crate) fn outside(url: &str, words: &str) -> Markup {
    html! {
        @match web_address(url) {
            Some(url) => a href=(url) rel="noopener noreferrer nofollow" { (words) },
            None => (words),
        }
    }
}

#[derive(Default)]
struct Writer {
    html: String,
    /// How what is open is closed.
    ends: Vec<&'static str>,
    in_link: usize,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => {
                self.html.push_str("<code>");
                self.escaped(&text);
                self.html.push_str("</code>");
            }
            Event::SoftBreak | Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.html.push_str("<hr>"),
            // No option asks for these.
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        if self.ends.len() > DEEPEST * 2 {
            return self.open("", "");
        }
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("<p>", "</p>"),
            Tag::Heading { .. } => self.open("<p><strong>", "</strong></p>"),
            Tag::BlockQuote(_) => self.open("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.open("<pre>", "</pre>"),
            // Far more often a text that somebody indented.
            Tag::CodeBlock(CodeBlockKind::Indented) => self.open("<p>", "</p>"),
            Tag::List(Some(first)) => {
                self.open("", "</ol>");
                let _ = write!(self.html, "<ol start=\"{first}\">");
            }
            Tag::List(None) => self.open("<ul>", "</ul>"),
            Tag::Item => self.open("<li>", "</li>"),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Link { dest_url, .. } => match web_address(&dest_url) {
                Some(url) if self.in_link == 0 => self.link(url),
                _ => self.open("", ""),
            },
            // Of an image the words that describe it; the rest is of extensions that no option asks for.
            _ => self.open("", ""),
        }
    }

    fn open(&mut self, start: &str, end: &'static str) {
        self.html.push_str(start);
        self.ends.push(end);
    }

    fn link(&mut self, url: &str) {
        self.html.push_str("<a href=\"");
        self.escaped(url);
        self.open("\" rel=\"noopener noreferrer nofollow\">", "</a>");
        self.in_link += 1;
    }

    fn close(&mut self) {
        let end = self.ends.pop().unwrap_or_default();
        self.in_link -= usize::from(end == "</a>");
        self.html.push_str(end);
    }

    /// Bare addresses are links too.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while self.in_link == 0
            && let Some(at) = rest.find("https://").into_iter().chain(rest.find("http://")).min()
        {
            let (before, from) = rest.split_at(at);
            let end = from.find(|letter: char| letter.is_whitespace() || LINK_ENDS.contains(&letter));
            let url =
                from[..end.unwrap_or(from.len())].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '*', '\'']);
            self.lines(before);
            if url.len() > "https://".len() {
                self.link(url);
                self.escaped(url);
                self.close();
            } else {
                self.escaped(url);
            }
            rest = &from[url.len()..];
        }
        self.lines(rest);
    }

    fn lines(&mut self, text: &str) {
        let is_kept = self.ends.contains(&"</pre>");
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.html.push_str(if is_kept { "\n" } else { "<br>" });
            }
            self.escaped(line);
        }
    }

    fn escaped(&mut self, text: &str) {
        let _ = Escaper::new(&mut self.html).write_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let html = said(text, 1_000).into_string();
        html.strip_prefix("<div class=\"said\" dir=\"auto\">").unwrap().strip_suffix("</div>").unwrap().to_owned()
    }

    #[test]
    fn plain_text_keeps_its_lines() {
        assert_eq!(shown("One\ntwo.\n\nThree"), "<p>One<br>two.</p><p>Three</p>");
        assert_eq!(shown("- a\n- **b** `c`"), "<ul><li>a</li><li><strong>b</strong> <code>c</code></li></ul>");
    }

    #[test]
    fn no_html_of_a_vendor_gets_through() {
        for text in ["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "```\n</pre><b>\n```", "`<b>`"] {
            let html = shown(text);
            for tag in ["<script", "<img", "<b>"] {
                assert!(!html.contains(tag), "{html}");
            }
            assert!(html.contains("&lt;"), "{html}");
        }
        let quoted = shown("[x](<https://a.test/\"onmouseover=alert(1)>)");
        assert!(!quoted.contains("/\"on"), "{quoted}");
    }

    #[test]
    fn links_lead_to_the_web_or_nowhere() {
        let rel = "rel=\"noopener noreferrer nofollow\"";
        assert_eq!(shown("[x](https://a.test)"), format!("<p><a href=\"https://a.test\" {rel}>x</a></p>"));
        assert_eq!(
            shown("See https://a.test/b?c=1&d. Then"),
            format!("<p>See <a href=\"https://a.test/b?c=1&amp;d\" {rel}>https://a.test/b?c=1&amp;d</a>. Then</p>")
        );
        for text in
            ["[x](javascript:alert(1))", "[x](data:text/html,1)", "[x](/settings)", "![x](https://a.test/i.png)"]
        {
            assert_eq!(shown(text), "<p>x</p>", "{text}");
        }
        assert!(shown("[Status]: https://a.test").contains("[Status]: <a href"));
    }

    #[test]
    fn what_is_long_or_deep_is_cut() {
        let html = said(&"word ".repeat(1_000), 20).into_string();
        assert!(html.contains("the vendor wrote more") && html.len() < 300);
        assert!(shown(&format!("{}deep", "> ".repeat(200))).matches("<blockquote>").count() <= DEEPEST * 2 + 1);
    }
}
