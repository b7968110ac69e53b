//! Addresses: constant ones, links of documents, and ids that become a part of an address.
use url::Url;

/// An address that the source code knows. Panics if it is none.
pub(crate) fn fixed_url(url: &'static str) -> Url {
    url.parse().expect("a constant URL")
}

/// The link as it is written, if it is an absolute http or https address: links are shown and clicked.
pub(crate) fn web_address(text: &str) -> Option<String> {
    let url: Url = text.parse().ok()?;
    matches!(url.scheme(), "https" | "http").then(|| text.to_owned())
}

/// The address of a link that may be relative to the page; http and https only. A doubled slash in its path, which
/// incident.io writes, becomes one.
pub(crate) fn http_url(page: &Url, link: &str) -> Option<String> {
    let mut url = page.join(link.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let path = url.path().replace("//", "/");
    url.set_path(&path);
    Some(url.to_string())
}

/// An id that may become a segment of a path: 1 to 64 ASCII letters, digits, `-` and `_`.
pub(crate) fn is_plain_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// An id that is a number of 1 to 20 digits.
pub(crate) fn is_number(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_a_path_leads_nowhere_else() {
        for id in ["", "..", "a/b", "a?b", "a%2fb", "ä", &"a".repeat(65)] {
            assert!(!is_plain_id(id) && !is_number(id), "{id}");
        }
        assert!(is_plain_id("p4q7-R2_s9") && is_number("007") && !is_number("-7"));
    }
}
