//! Versions in headers: `ETag`, `If-Match` and `If-None-Match`.
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use status::ids::digest;

use super::problem::Problem;

/// The version that a request rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Any,
    /// One of these; as it was sent, for people.
    OneOf(Vec<u64>, String),
}

/// Of the digest in a tag, in characters.
const DIGEST: usize = 12;

/// The version, which an update rests on, and a digest of what is answered: the file writes its settings without
/// versions, and not all that an answer says is in the setting itself.
pub(super) fn etag(version: u64, answered: &impl Serialize) -> HeaderValue {
    let digest = digest(&[&serde_json::to_string(answered).unwrap_or_default()]);
    HeaderValue::try_from(format!("\"{version}-{}\"", &digest[..DIGEST])).expect("digits are visible characters")
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

/// Whether the client has the answer with this tag already. Compared weakly, as a compressing proxy makes tags weak.
pub(super) fn is_known(headers: &HeaderMap, current: &HeaderValue) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_it = |tag: &str| tag.trim() == "*" || tag.trim().trim_start_matches("W/").as_bytes() == current.as_bytes();
    given.split(',').any(is_it)
}

/// Up to the digest, which tags of earlier releases do not have.
fn version(tag: &str) -> Option<u64> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.split('-').next()?.parse().ok()
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
        for (text, is_it) in [
            ("\"3\"", true),
            ("\"3-0123456789ab\"", true),
            ("*", true),
            ("\"2\", \"3-0\"", true),
            ("\"2-3\"", false),
            ("W/\"3\"", false),
            ("3", false),
        ] {
            let expected = expected(&with(header::IF_MATCH, text)).unwrap();
            assert_eq!(expected.of(3).is_ok(), is_it, "{text}");
        }
    }

    #[test]
    fn known_answer_is_not_sent_again() {
        let tag = etag(3, &"answer");
        let text = tag.to_str().unwrap();
        let given = |text: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::try_from(text).unwrap())]);
        for known in [text, &format!("W/{text}"), &format!("\"2\", {text}"), "*"] {
            assert!(is_known(&given(known), &tag), "{known}");
        }
        for other in ["", "\"3\"", "\"3-0\""] {
            assert!(!is_known(&given(other), &tag), "{other}");
        }
        assert_ne!(etag(3, &"another"), tag);
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
