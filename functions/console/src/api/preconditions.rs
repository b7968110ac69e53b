//! Versions in headers: `ETag`, `If-Match` and `If-None-Match`.
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::problem::Problem;

/// The version that a request rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Any,
    /// One of these; as it was sent, for people.
    OneOf(Vec<u64>, String),
}

pub(super) fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits are visible characters")
}

/// `If-Match`, which an update needs: RFC 6585 says 428 without it.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let detail = "Send the ETag of the version that you have read as If-Match, so that nobody's change is lost.";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail));
    };
    let text = value.to_str().map_err(|_| Problem::bad_request("If-Match must be visible ASCII."))?.trim();
    if text == "*" {
        return Ok(Expected::Any);
    }
    // A weak tag, or one of somebody else, matches nothing.
    Ok(Expected::OneOf(text.split(',').filter_map(version).collect(), text.to_owned()))
}

impl Expected {
    /// The version to write over, if it is one that the request names.
    pub(super) fn of(&self, current: u64) -> Result<u64, String> {
        match self {
            Self::OneOf(versions, text) if !versions.contains(&current) => Err(text.clone()),
            _ => Ok(current),
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Any => "*",
            Self::OneOf(_, text) => text,
        }
    }
}

/// Whether the client has this version already. Compared weakly, as a compressing proxy makes tags weak.
pub(super) fn is_known(headers: &HeaderMap, current: u64) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_it = |tag: &str| tag.trim() == "*" || version(tag.trim().trim_start_matches("W/")) == Some(current);
    given.split(',').any(is_it)
}

fn version(tag: &str) -> Option<u64> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn update_needs_a_strong_tag_of_the_version() {
        assert!(expected(&HeaderMap::new()).is_err());
        for (text, is_it) in
            [("\"3\"", true), ("*", true), ("\"2\", \"3\"", true), ("\"2\"", false), ("W/\"3\"", false), ("3", false)]
        {
            let expected = expected(&with(header::IF_MATCH, text)).unwrap();
            assert_eq!(expected.of(3).is_ok(), is_it, "{text}");
        }
    }

    #[test]
    fn known_version_is_not_sent_again() {
        for (text, is_it) in [("\"3\"", true), ("W/\"3\"", true), ("\"2\"", false), ("*", true), ("", false)] {
            assert_eq!(is_known(&with(header::IF_NONE_MATCH, text), 3), is_it, "{text}");
        }
        assert!(!is_known(&HeaderMap::new(), 3));
    }
}
