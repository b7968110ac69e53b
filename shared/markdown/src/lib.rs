//! Renders what providers write, Markdown or plain text, as HTML. Paragraphs, line breaks, lists, emphasis, code and
//! web links are kept. The text is hostile: its HTML is escaped, and what is too deeply nested is flattened. Whoever
//! calls cuts what is too long.
use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TextMergeStream};

/// Nesting of lists and quotes.
const MAX_DEPTH: usize = 6;
const URL_DELIMITERS: [char; 6] = ['<', '>', '"', '`', '{', '}'];

/// Attributes of the elements, each with a space before it: ` class="x"`. Mail knows no style sheet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes {
    pub paragraph: &'static str,
    pub quote: &'static str,
    /// Of `pre`.
    pub block: &'static str,
    pub list: &'static str,
    pub item: &'static str,
    /// Of `code` in a line.
    pub code: &'static str,
    pub link: &'static str,
    pub rule: &'static str,
}

pub fn to_html(text: &str, attributes: &Attributes) -> Markup {
    let mut writer = Writer { attributes: *attributes, ..Writer::default() };
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
        writer.open("p", attributes.paragraph, "</p>");
        writer.text(line);
        writer.close();
    }
    PreEscaped(writer.html)
}

/// The URL if its scheme is http or https.
pub fn http_url(url: &str) -> Option<&str> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then_some(url)
}

#[derive(Default)]
struct Writer {
    attributes: Attributes,
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
                self.open("code", self.attributes.code, "</code>");
                self.escaped(&text);
                self.close();
            }
            Event::SoftBreak | Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.element("hr", self.attributes.rule),
            // These need parser options that are not set.
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let Attributes { paragraph, quote, block, list, item, .. } = self.attributes;
        if self.closing_tags.len() > MAX_DEPTH * 2 {
            return self.plain();
        }
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("p", paragraph, "</p>"),
            Tag::Heading { .. } => {
                self.element("p", paragraph);
                self.open("strong", "", "</strong></p>");
            }
            Tag::BlockQuote(_) => self.open("blockquote", quote, "</blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.open("pre", block, "</pre>"),
            // Usually indented prose, not code.
            Tag::CodeBlock(CodeBlockKind::Indented) => self.open("p", paragraph, "</p>"),
            Tag::List(Some(first)) => {
                let _ = write!(self.html, "<ol start=\"{first}\"{list}>");
                self.closing_tags.push("</ol>");
            }
            Tag::List(None) => self.open("ul", list, "</ul>"),
            Tag::Item => self.open("li", item, "</li>"),
            Tag::Emphasis => self.open("em", "", "</em>"),
            Tag::Strong => self.open("strong", "", "</strong>"),
            Tag::Link { dest_url, .. } => match http_url(&dest_url) {
                Some(url) if self.in_link == 0 => self.link(url),
                _ => self.plain(),
            },
            // An image shows as its alternative text. The other tags need parser options that are not set.
            _ => self.plain(),
        }
    }

    /// An element without an end.
    fn element(&mut self, name: &str, attributes: &str) {
        let _ = write!(self.html, "<{name}{attributes}>");
    }

    fn open(&mut self, name: &str, attributes: &str, end: &'static str) {
        self.element(name, attributes);
        self.closing_tags.push(end);
    }

    /// No element: its content alone.
    fn plain(&mut self) {
        self.closing_tags.push("");
    }

    fn link(&mut self, url: &str) {
        self.html.push_str("<a href=\"");
        self.escaped(url);
        self.html.push('"');
        self.html.push_str(self.attributes.link);
        self.html.push('>');
        self.closing_tags.push("</a>");
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
        to_html(text, &Attributes::default()).into_string()
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
        assert_eq!(shown("[x](https://a.test)"), "<p><a href=\"https://a.test\">x</a></p>");
        assert_eq!(
            shown("See https://a.test/b?c=1&d. Then"),
            "<p>See <a href=\"https://a.test/b?c=1&amp;d\">https://a.test/b?c=1&amp;d</a>. Then</p>"
        );
        for text in
            ["[x](javascript:alert(1))", "[x](data:text/html,1)", "[x](/settings)", "![x](https://a.test/i.png)"]
        {
            assert_eq!(shown(text), "<p>x</p>", "{text}");
        }
        assert!(shown("[Status]: https://a.test").contains("[Status]: <a href"));
    }

    #[test]
    fn every_element_has_its_attributes() {
        let attributes = Attributes {
            paragraph: " a",
            quote: " b",
            block: " c",
            list: " d",
            item: " e",
            code: " f",
            link: " g",
            rule: " h",
        };
        let html = to_html("# x `y`\n\n> [l](https://a.test)\n\n3. o\n\n---\n\n```\nz\n```", &attributes).into_string();
        for element in [
            "<p a><strong>",
            "<blockquote b>",
            "<pre c>",
            "<ol start=\"3\" d>",
            "<li e>",
            "<code f>",
            "<a href=\"https://a.test\" g>",
            "<hr h>",
        ] {
            assert!(html.contains(element), "{element} in {html}");
        }
    }

    #[test]
    fn deep_text_is_flattened() {
        assert!(shown(&format!("{}deep", "> ".repeat(200))).matches("<blockquote>").count() <= MAX_DEPTH * 2 + 1);
    }
}
