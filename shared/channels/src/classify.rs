//! The default rule from a response to an outcome. A channel calls it first and changes what its service does
//! otherwise.
use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use crate::{Channel, Job, Outcome, Response, redacted};

/// The longest `Retry-After` that is obeyed: an error in the header must not delay an alert for days.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// 2xx is delivered; 404 and 410 mean that the destination does not exist; 408, 425, 429 and 5xx are worth a retry;
/// everything else is rejected.
pub(crate) fn classify(channel: &Channel, job: &Job<'_>, response: &Response) -> Outcome {
    let reason = redacted(channel, response, job.settings);
    let (status, headers) = match response {
        Response::Http { status, headers, .. } => (*status, headers),
        // A mail server's reply to an HTTP request does not occur.
        Response::Mail { .. } => return Outcome::Rejected { reason },
        Response::Failed(_) => return Outcome::retry(None, reason),
    };
    let reason = format!("answered {reason}");
    match status {
        200..=299 => Outcome::delivered(None),
        300..=399 => Outcome::Rejected {
            reason: format!("{reason} (redirects are not followed: set `url` to the address it leads to)"),
        },
        404 | 410 => Outcome::Gone { reason },
        408 | 425 | 429 | 500..=599 => Outcome::retry(retry_after(headers, job.now), reason),
        _ => Outcome::Rejected { reason },
    }
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

    use super::retry_after;

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
}
