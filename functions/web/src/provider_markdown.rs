//! Shows what providers write: Markdown or plain text, cut where it is too long.
use markdown::Attributes;
pub(crate) use markdown::http_url;
use maud::{Markup, html};

const ATTRIBUTES: Attributes = Attributes {
    paragraph: "",
    quote: "",
    block: "",
    list: "",
    item: "",
    code: "",
    link: " rel=\"noopener noreferrer nofollow\"",
    rule: "",
};

/// Markdown that grows more than this as HTML is markup for its own sake: it is shown as it was written.
const MAX_GROWTH: usize = 12;

/// At most `max_length` characters of a text, with a note if it was longer.
pub(crate) fn render(text: &str, max_length: usize) -> Markup {
    let (text, is_cut) = match text.char_indices().nth(max_length) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    };
    let rendered = markdown::to_html(text, &ATTRIBUTES);
    let is_usual = rendered.0.len() <= MAX_GROWTH * text.len() + 1_000;
    html! {
        div.provider-text dir="auto" {
            @if is_usual { (rendered) } @else { p { (text) } }
            @if is_cut { p.soft { "… (shortened)" } }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn long_text_is_cut_and_links_lead_out() {
        let html = render(&"word ".repeat(1_000), 20).into_string();
        assert!(html.contains("(shortened)") && html.len() < 300);
        let html = render("[x](https://a.test)", 100).into_string();
        assert!(html.contains("<a href=\"https://a.test\" rel=\"noopener noreferrer nofollow\">x</a>"), "{html}");
    }
}
