//! HTML that costs a careless reader more than its size: put into a good page of a format, so that the format knows it.
use bytes::Bytes;
use formats::{Format, testing::Page};

use super::bodies::{Chunks, chain, filler, text};

/// A name and what is repeated.
pub(super) const SHAPES: [(&str, &str); 10] = [
    ("unclosed", "<div class=\"row\"><p>x"),
    ("nested", "<a><b><i><ul><li>"),
    ("ends", "</p></div></li></ul></section>"),
    ("attributes", " a1=\"x\" b2='y' c3=z"),
    ("brackets", "<"),
    ("comments", "<!--"),
    ("scripts", "<script>"),
    ("entities", "&amp;&#x41&"),
    ("quotes", "<p title=\"'"),
    ("sections", "<![CDATA[<?"),
];

/// A case of the format whose page is HTML.
pub(super) fn page(format: &Format) -> Page {
    let mut cases = formats::testing::cases(format);
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    let is_html = |page: &Page| document(page, "").is_some_and(|(name, body)| is_html(name, body));
    cases.into_iter().map(|(_, page)| page).find(is_html).expect("a case of the format has HTML")
}

/// The document of a page at a path, with its name.
pub(super) fn document<'p>(page: &'p Page, path: &str) -> Option<(&'p str, &'p Bytes)> {
    let name = if path.is_empty() { "+".to_owned() } else { path.replace('/', "+") };
    let without_query = name.split('?').next().unwrap_or_default();
    let found = page.documents.get_key_value(&name).or_else(|| page.documents.get_key_value(without_query));
    found.map(|(name, body)| (name.as_str(), body))
}

pub(super) fn is_html(name: &str, body: &[u8]) -> bool {
    !name.starts_with('@')
        && body.trim_ascii_start().starts_with(b"<")
        && !body.trim_ascii_start().starts_with(b"<?xml")
}

/// The document with `bytes` of the shape behind the start of its body; `rows` repeats what it has there itself.
pub(super) fn spoilt(document: &Bytes, shape: &str, bytes: usize) -> Chunks {
    let html = String::from_utf8_lossy(document).into_owned();
    let start = html.find("<body").and_then(|at| Some(at + html[at..].find('>')? + 1)).unwrap_or(html.len() / 2);
    let start = html.ceil_char_boundary(start);
    let end = html.rfind("</body>").filter(|end| *end > start).unwrap_or(html.len());
    let piece = SHAPES.iter().find(|known| known.0 == shape).map_or(&html[start..end], |known| known.1);
    let opening = if shape == "attributes" { "<div" } else { "" };
    let filler = filler(piece, bytes);
    chain(vec![text(html[..start].to_owned() + opening), filler, text(html[start..].to_owned())])
}
