//! What formats share: encodings, HTML and the times of feeds, and the Markdown that is made of texts.
#![no_main]

use formats::testing::texts;
use libfuzzer_sys::fuzz_target;

/// Of what providers write, as we show it.
const TAGS: [&str; 14] =
    ["a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul", "span", "del"];

fuzz_target!(|data: &[u8]| {
    let split = data.len().min(data.first().map_or(0, |first| usize::from(*first) % 64));
    let (content_type, body) = data.split_at(split);
    let text = texts::decoded(body, &String::from_utf8_lossy(content_type));
    let plain = texts::of_html(&text);
    assert!(plain.len() <= 4 * text.len() + 16, "{} bytes of {}", plain.len(), text.len());
    _ = texts::time(&text);
    let html = markdown::to_html(&text, &markdown::Attributes::default()).into_string();
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        assert!(TAGS.contains(&name), "<{tag}");
        let attributes = tag.split('>').next().unwrap_or_default().strip_prefix("a ").unwrap_or_default();
        assert!(attributes.is_empty() || attributes.to_ascii_lowercase().starts_with("href=\"http"), "<{tag}");
    }
});
