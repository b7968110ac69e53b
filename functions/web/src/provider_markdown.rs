//! Renders what providers write: Markdown or plain text. Paragraphs, line breaks, lists, emphasis, code and web links
//! are kept. The text is hostile: its HTML is escaped, and what is too long or too deeply nested is cut.
use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TextMergeStream};

/// Nesting of lists and quotes.
const MAX_DEPTH: usize = 6;
const URL_DELIMITERS: [char; 6] = ['<', '>', '"', '`', '{', '}'];

/// At most `max_length` characters of a text, with a note if it was longer.
pub(crate) fn render(text: &str, max_length: usize) -> Markup {
    let (text, is_cut) = match text.char_indices().nth(max_length) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    };
    let mut writer = Writer::default();
    let mut parser = Parser::new_ext(text, Options::empty());
    for event in TextMergeStream::new(&mut parser) {
        writer.take(event);
    }
    // Markdown takes a line like `[Status]: https://…` for a link definition and emits no event, but it was meant as
    // text.
    let mut definitions: Vec<_> = parser.reference_definitions().iter().collect();
    definitions.sort_by_key(|(_, definition)| definition.span.start);
    for (_, definition) in definitions {
        let line = text.get(definition.span.clone()).unwrap_or_default();
        writer.open("<p>", "</p>");
        writer.text(line);
        writer.close();
    }
    html! {
        div.provider-text dir="auto" {
            (PreEscaped(writer.html))
            @if is_cut { p.soft { "… (shortened)" } }
        }
    }
}

/// The URL if its scheme is http or https.
pub(crate) fn http_url(url: &str) -> Option<&str> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then_some(url)
}

/// A link to another site; only its text if the URL is not http or https.
pub(crate) fn external_link(url: &str, text: &str) -> Markup {
    html! {
        @match http_url(url) {
            Some(url) => a href=(url) rel="noopener noreferrer nofollow" { (text) },
            None => (text),
        }
    }
}

#[derive(Default)]
struct Writer {
    html: String,
    /// The closing tags of the open elements.
    closing_tags: Vec<&'static str>,
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
            // These need parser options that are not set.
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        if self.closing_tags.len() > MAX_DEPTH * 2 {
            return self.open("", "");
        }
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("<p>", "</p>"),
            Tag::Heading { .. } => self.open("<p><strong>", "</strong></p>"),
            Tag::BlockQuote(_) => self.open("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.open("<pre>", "</pre>"),
            // Usually indented prose, not code.
            Tag::CodeBlock(CodeBlockKind::Indented) => self.open("<p>", "</p>"),
            Tag::List(Some(first)) => {
                self.open("", "</ol>");
                let _ = write!(self.html, "<ol start=\"{first}\">");
            }
            Tag::List(None) => self.open("<ul>", "</ul>"),
            Tag::Item => self.open("<li>", "</li>"),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Link { dest_url, .. } => match http_url(&dest_url) {
                Some(url) if self.in_link == 0 => self.link(url),
                _ => self.open("", ""),
            },
            // An image shows as its alternative text. The other tags need parser options that are not set.
            _ => self.open("", ""),
        }
    }

    fn open(&mut self, start: &str, end: &'static str) {
        self.html.push_str(start);
        self.closing_tags.push(end);
    }

    fn link(&mut self, url: &str) {
        self.html.push_str("<a href=\"");
        self.escaped(url);
        self.open("\" rel=\"noopener noreferrer nofollow\">", "</a>");
        self.in_link += 1;
    }

    fn close(&mut self) {
        let end = self.closing_tags.pop().unwrap_or_default();
        self.in_link -= usize::from(end == "</a>");
        self.html.push_str(end);
    }

    /// Text in which bare URLs become links.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while self.in_link == 0
            && let Some(at) = rest.find("https://").into_iter().chain(rest.find("http://")).min()
        {
            let (before, from) = rest.split_at(at);
            let end = from.find(|letter: char| letter.is_whitespace() || URL_DELIMITERS.contains(&letter));
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
        let is_preformatted = self.closing_tags.contains(&"</pre>");
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.html.push_str(if is_preformatted { "\n" } else { "<br>" });
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
        let html = render(text, 1_000).into_string();
        html.strip_prefix("<div class=\"provider-text\" dir=\"auto\">")
            .unwrap()
            .strip_suffix("</div>")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn plain_text_keeps_its_lines() {
        assert_eq!(shown("One\ntwo.\n\nThree"), "<p>One<br>two.</p><p>Three</p>");
        assert_eq!(shown("- a\n- **b** `c`"), "<ul><li>a</li><li><strong>b</strong> <code>c</code></li></ul>");
    }

    #[test]
    fn html_is_escaped() {
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
    fn only_http_links_are_links() {
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
    fn long_and_deep_text_is_cut() {
        let html = render(&"word ".repeat(1_000), 20).into_string();
        assert!(html.contains("(shortened)") && html.len() < 300);
        assert!(shown(&format!("{}deep", "> ".repeat(200))).matches("<blockquote>").count() <= MAX_DEPTH * 2 + 1);
    }
}
