//! What formats share: encodings, HTML and the times of feeds, and the Markdown that is made of texts.
#![no_main]

use formats::testing::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let split = data.len().min(data.first().map_or(0, |first| usize::from(*first) % 64));
    let (content_type, body) = data.split_at(split);
    let text = texts::decoded(body, &String::from_utf8_lossy(content_type));
    let plain = texts::of_html(&text);
    assert!(plain.len() <= 4 * text.len() + 16, "{} bytes of {}", plain.len(), text.len());
    _ = texts::time(&text);
    let html = markdown::to_html(&text, &markdown::Attributes::default()).into_string();
    for forbidden in ["<script", "<img", "<svg", "javascript:window", " onclick="] {
        assert!(!html.contains(forbidden) || !html.contains('<'), "{forbidden}");
    }
});
