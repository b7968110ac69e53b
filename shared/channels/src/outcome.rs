//! The default rule from an answer's status code to an outcome, and the only place where words of a foreign answer
//! get into a reason: one short line, with everything that is in the settings taken out.
use std::{cmp::Reverse, iter, time::Duration};

use http::{HeaderMap, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use status::monitor::Settings;

use crate::{Answer, Job, Outcome, text};

/// No platform asks for more, and a slip in the header must not park an alert for days.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// How much of a foreign answer a reason may quote.
const QUOTE: usize = 200;
/// Parts of a setting (path segments of a secret URL) from this length on are as telling as the whole.
const TELLING_PART: usize = 8;

/// 2xx is delivered, 404 and 410 mean the destination is no more, 408, 425, 429 and 5xx pass; all else stays wrong.
pub(crate) fn classify(job: &Job<'_>, answer: &Answer) -> Outcome {
    let reason = shown(answer, job.settings);
    let (status, headers) = match answer {
        Answer::Http { status, headers, .. } => (*status, headers),
        // A reply of a mail server to what was no mail.
        Answer::Mail { .. } => return Outcome::Rejected { reason },
        Answer::Failed(_) => return Outcome::retry(None, reason),
    };
    let reason = format!("answered {reason}");
    match status {
        200..=299 => Outcome::delivered(None),
        300..=399 => {
            Outcome::Rejected { reason: format!("{reason} (redirects are not followed; give the address it leads to)") }
        }
        404 | 410 => Outcome::Gone { reason },
        408 | 425 | 429 | 500..=599 => Outcome::retry(retry_after(headers, job.now), reason),
        _ => Outcome::Rejected { reason },
    }
}

/// `404: no_service`, or why there was no answer.
pub(crate) fn shown(answer: &Answer, settings: &Settings) -> String {
    let (code, said) = match answer {
        Answer::Http { status, body, .. } => (status, String::from_utf8_lossy(&body[..body.len().min(4096)])),
        Answer::Mail { code, said } => (code, said.into()),
        Answer::Failed(why) => return quote(why, settings),
    };
    match quote(&said, settings) {
        line if line.is_empty() => code.to_string(),
        line => format!("{code}: {line}"),
    }
}

/// `Retry-After` as a wait from `now`: seconds or an HTTP date, at most [`LONGEST_WAIT`].
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTimeParser::new().parse_timestamp(value).ok()?;
            Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The first line of a foreign text that says anything, fit to be shown.
pub(crate) fn quote(text: &str, settings: &Settings) -> String {
    let line = text.lines().map(text::one_line).find(|line| !line.is_empty());
    text::cut(&hide(line.unwrap_or_default(), settings), QUOTE)
}

/// Longest first: a part must not break up the whole that holds it.
fn hide(line: String, settings: &Settings) -> String {
    let values = || settings.0.values();
    let mut secrets: Vec<&str> = values()
        .flat_map(|value| {
            let parts = value.split(|c: char| !c.is_ascii_alphanumeric()).chain(value.split_whitespace());
            // A table's value has a text in each line.
            let texts = value.lines().filter_map(|line| line.split_once(": ")).map(|(_, text)| text.trim());
            iter::once(value.trim()).chain(texts).chain(parts.filter(|part| part.len() >= TELLING_PART))
        })
        .chain(values().filter_map(|value| mail_address(value)).map(|(_, domain)| domain))
        .filter(|secret| !secret.is_empty())
        .collect();
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let line = secrets.iter().fold(line, |line, secret| without(&line, secret, |_| true));
    // Names of mailboxes may be as short as a word that means something else, but not within one.
    let names = values().filter_map(|value| mail_address(value)).map(|(name, _)| name);
    names.fold(line, |line, name| without(&line, name, |c| !c.is_alphanumeric()))
}

/// Name and domain.
fn mail_address(value: &str) -> Option<(&str, &str)> {
    value.trim().rsplit_once('@').filter(|(name, _)| !name.is_empty() && !name.contains([' ', '/', ':']))
}

/// In any case, because servers may spell an address their own way; `beside` says what may stand next to it.
fn without(line: &str, secret: &str, beside: fn(char) -> bool) -> String {
    let (lower, secret) = (line.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut kept = String::with_capacity(line.len());
    let mut rest = 0;
    for (start, found) in lower.match_indices(&secret) {
        let end = start + found.len();
        if lower[..start].chars().next_back().is_none_or(beside) && lower[end..].chars().next().is_none_or(beside) {
            kept.push_str(&line[rest..start]);
            kept.push_str("[hidden]");
            rest = end;
        }
    }
    kept.push_str(&line[rest..]);
    kept
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;
    use status::monitor::Settings;

    use super::{quote, retry_after};

    fn settings(value: &str) -> Settings {
        Settings([("url".to_owned(), value.to_owned())].into())
    }

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
    fn quote_is_the_first_line_that_says_anything() {
        let none = Settings::default();
        assert_eq!(quote("\n \r\n\u{7}no_service \u{202e}\nmore", &none), "no_service");
        assert_eq!(quote("", &none), "");
        assert_eq!(quote(&"x".repeat(900), &none).chars().count(), 200);
    }

    #[test]
    fn quote_hides_the_setting_and_its_telling_parts() {
        let settings = settings("https://hooks.example/services/T0AB/B0CD/abcdEFGH1234");
        assert_eq!(
            quote("POST https://hooks.example/services/T0AB/B0CD/abcdEFGH1234 failed", &settings),
            "POST [hidden] failed"
        );
        assert_eq!(quote("no route for abcdEFGH1234!", &settings), "no route for [hidden]!");
    }

    #[test]
    fn quote_hides_a_mail_address_in_any_case_and_its_halves() {
        let settings = settings(" Jo@Mail.Example ");
        for (said, shown) in [
            ("<jo@mail.example>: unknown", "<[hidden]>: unknown"),
            ("JO@MAIL.EXAMPLE unknown", "[hidden] unknown"),
            ("jo... no such user, join mail.example first", "[hidden]... no such user, join [hidden] first"),
        ] {
            assert_eq!(quote(said, &settings), shown);
        }
    }
}
