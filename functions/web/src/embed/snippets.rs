//! Lines to copy that show a state in documents and on pages elsewhere.
use maud::{Markup, html};

use super::{oembed::CARD_SIZE, subject::Subject};
use crate::state::Web;

/// For a provider's page; `name` is the provider's.
pub(crate) fn section(web: &Web, subject: &Subject, name: &str) -> Markup {
    let base = web.public_url.as_deref().unwrap_or_default();
    html! {
        details.embed {
            summary { "Badges and cards to embed" }
            @for (label, snippet) in snippets(base, subject, name) {
                h3 { (label) " " button type="button" hidden data-copy data-copy-text=(snippet) { "Copy" } }
                pre { code { (snippet) } }
            }
            p.small.soft {
                "Parameters of the badge: " code { "style" } " is " code { "flat" } ", " code { "flat-square" } ", "
                code { "plastic" } " or " code { "for-the-badge" } "; " code { "label" } " is another name. "
                @if base.is_empty() {
                    "Put the address of this instance before the paths, or set " code { "public_url" } ". "
                }
                @if web.password.is_some() {
                    "This instance is private: a badge or card loads only where its password is known."
                }
            }
        }
    }
}

/// Label and text of each.
pub(crate) fn snippets(base: &str, subject: &Subject, name: &str) -> [(&'static str, String); 4] {
    let of_badge = match subject {
        Subject::Watched => "/watched".to_owned(),
        other => other.page(),
    };
    let (page, badge) = (format!("{base}{}", subject.page()), format!("{base}{of_badge}/badge"));
    let card = format!("{base}{}", subject.card());
    let (width, height) = CARD_SIZE;
    let alt = format!("Status of {name}");
    let html = html! { a href=(page) { img src={ (badge) ".svg" } alt=(alt); } };
    let frame = html! { iframe src=(card) title=(alt) width=(width) height=(height) loading="lazy" frameborder="0" {} };
    [
        ("Markdown", format!("[![{}]({badge}.svg)]({page})", markdown_text(&alt))),
        ("HTML", html.into_string()),
        ("Card", frame.into_string()),
        ("For shields.io", format!("{badge}.json")),
    ]
}

/// Without what ends the text of a Markdown link, or begins another.
fn markdown_text(text: &str) -> String {
    text.chars().flat_map(|char| "\\[]`*_<>!".contains(char).then_some('\\').into_iter().chain([char])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_providers_stay_text_in_every_snippet() {
        let name = "\"><script>x</script>](https://evil.example)";
        for (label, snippet) in snippets("https://status.example.com", &Subject::Provider("acme".into()), name) {
            assert!(snippet.contains("https://status.example.com/"), "{label}: {snippet}");
            assert!(!snippet.contains("<script>") || label == "Markdown", "{label}: {snippet}");
            assert!(!snippet.contains("script>]("), "{label}: {snippet}");
        }
        let [(_, markdown), ..] = snippets("", &Subject::Watched, "a]b");
        assert_eq!(markdown, "[![Status of a\\]b](/watched/badge.svg)](/)");
    }
}
