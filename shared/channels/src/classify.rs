//! The default rule from a response to an outcome. A channel calls it first and changes what its service does
//! otherwise.
use std::time::Duration;

use http::{
    HeaderMap,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use crate::{Blame, Channel, Job, Outcome, Response, redacted};

/// The longest `Retry-After` that is obeyed: an error in the header must not delay an alert for days.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// Bytes in which a web page shows that it is one, and in which it asks to sign in.
const MAX_PAGE_START: usize = 512;
const MAX_PAGE_READ: usize = 64 * 1024;
/// Of the pages with which portals and identity-aware proxies answer any request.
const SIGN_IN: &[&str] = &[
    "type=\"password\"",
    "type='password'",
    "type=password",
    "sign in",
    "sign-in",
    "signin",
    "log in",
    "login",
    "captive",
];

/// 2xx is delivered; 410 means that the destination does not exist; 408, 425, 429 and 5xx are worth a retry. All else
/// is refused. A bare 400 may be about one message; whether it is, only the service's own words tell.
/// A lone 404 is no proof that the destination is gone: receivers answer it while they are rolled out.
pub(crate) fn classify(channel: &Channel, job: &Job<'_>, response: &Response) -> Outcome {
    let reason = redacted(channel, response, job.settings);
    let (status, headers) = match response {
        Response::Http { status, headers, .. } => (*status, headers),
        // A mail server's reply to an HTTP request does not occur.
        Response::Mail { .. } => return Outcome::Rejected { reason },
        Response::Failed(_) => return Outcome::retry(None, reason),
    };
    let reason = format!("answered {reason}");
    let after = retry_after(headers, job.now);
    match status {
        200..=299 => Outcome::delivered(None),
        300..=399 => Outcome::refused(
            Blame::Destination,
            format!("{reason} (redirects are not followed: set `url` to the address it leads to)"),
        ),
        410 => Outcome::Gone { reason },
        408 | 425 | 429 | 500..=599 => Outcome::retry(after, reason),
        400..=499 => Outcome::Refused { after, blame: Blame::Destination, reason },
        _ => Outcome::retry(None, format!("{reason} (no answer to a request has this status)")),
    }
}

/// Whether the response is a web page, whatever its status: a portal or a proxy answered in place of the service.
pub(crate) fn is_web_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_declared = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"text/html") || value.starts_with(b"application/xhtml+xml")
    });
    let start = opening(body, MAX_PAGE_START);
    is_declared && start.starts_with('<')
        || ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
}

/// Whether a web page asks its reader to sign in.
pub(crate) fn asks_to_sign_in(body: &[u8]) -> bool {
    let page = opening(body, MAX_PAGE_READ);
    SIGN_IN.iter().any(|words| page.contains(words))
}

/// The beginning of a text in lower case, without a byte order mark and leading space.
fn opening(body: &[u8], bytes: usize) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(bytes)]);
    text.trim_start_matches('\u{feff}').trim_start().to_lowercase()
}

/// `Retry-After` as a wait from `now`: seconds or an HTTP date, at most [`MAX_RETRY_AFTER`].
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTimeParser::new().parse_timestamp(value).ok()?;
            Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::{asks_to_sign_in, is_web_page, retry_after};

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = "2026-08-06T12:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("30", Some(30)),
            (" 7 ", Some(7)),
            ("999999", Some(3600)),
            ("Thu, 06 Aug 2026 12:02:00 GMT", Some(120)),
            ("Thu, 06 Aug 2026 11:00:00 GMT", Some(0)),
            ("Fri, 06 Aug 2027 12:00:00 GMT", Some(3600)),
            ("-5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn web_page_is_known_by_its_type_or_its_beginning() {
        let of_type = |value: &str| HeaderMap::from_iter([(http::header::CONTENT_TYPE, value.parse().unwrap())]);
        for (content_type, body, expected) in [
            ("text/plain", "<!DOCTYPE html><title>Hello", true),
            ("text/plain", "\u{feff}\r\n <HTML lang=en>", true),
            ("text/html; charset=utf-8", "<p>Hello", true),
            ("TEXT/HTML", "ok", false),
            ("text/html", "", false),
            ("text/plain", "ok", false),
            ("application/json", r#"{"body":"<html>"}"#, false),
            ("application/xml", "<?xml version='1.0'?><ok/>", false),
        ] {
            assert_eq!(is_web_page(&of_type(content_type), body.as_bytes()), expected, "{content_type} {body}");
        }
        assert!(!is_web_page(&HeaderMap::new(), b""));
    }

    #[test]
    fn page_that_asks_to_sign_in_is_told_from_one_that_says_thanks() {
        for page in ["<html>Sign in to the network", "<html><input type=\"password\">", "<html><a href='/login'>here"] {
            assert!(asks_to_sign_in(page.as_bytes()), "{page}");
        }
        assert!(!asks_to_sign_in(b"<html>Thank you, your event was recorded."));
    }
}
