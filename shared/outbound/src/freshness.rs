//! How long a response may be used without asking again, as RFC 9111 says for a private cache
//! (<https://www.rfc-editor.org/rfc/rfc9111>).
use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

/// A provider's mistake must not stop the reading of a page for good.
pub(crate) const MAX_REQUESTED_WAIT: Duration = Duration::from_hours(24);

/// The rest of `max-age` after `Age`; `None`: the response must be asked for again each time, or says nothing of it.
/// `s-maxage` is for shared caches only, so it does not count here.
pub(crate) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = directives(headers);
    if directives.iter().any(|(name, _)| matches!(name.as_str(), "no-cache" | "no-store")) {
        return None;
    }
    // Of several the shortest: to read once too often is always right.
    let ages = directives.iter().filter(|(name, _)| name == "max-age");
    let seconds = ages.map(|(_, value)| value.as_deref().map_or(0, delta_seconds)).min()?;
    // A cache on the way says in `Age` how much of it has passed.
    let age = lines(headers, header::AGE).next().map_or(0, delta_seconds);
    Some(Duration::from_secs(seconds.saturating_sub(age)).min(MAX_REQUESTED_WAIT)).filter(|rest| !rest.is_zero())
}

/// The directives of all `Cache-Control` lines, names in lower case, values without quotes.
fn directives(headers: &HeaderMap) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for line in lines(headers, header::CACHE_CONTROL) {
        for directive in outside_quotes(line) {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name, Some(value.trim().trim_matches('"').trim().to_owned())),
                None => (directive, None),
            };
            found.push((name.trim().to_ascii_lowercase(), value));
        }
    }
    found
}

/// The parts between commas; a comma within quotes separates nothing.
fn outside_quotes(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |char| {
        quoted ^= char == '"';
        char == ',' && !quoted
    })
}

fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// What is no number counts as zero; what is larger than any number, as the largest (RFC 9111, section 1.2.2).
fn delta_seconds(text: &str) -> u64 {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().unwrap_or(u64::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        max_age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn response_is_fresh_for_the_rest_of_its_max_age() {
        for (line, seconds) in [
            ("max-age=60", 60),
            ("Max-Age=60, public", 60),
            ("max-age=\"60\"", 60),
            ("public, max-age= 60", 60),
            ("max-age=60, stale-while-revalidate=600", 60),
            ("private=\"a, b\", max-age=60", 60),
            ("max-age=99999999999999999999999", 86_400),
        ] {
            assert_eq!(of(&[("cache-control", line)]), Some(seconds), "{line}");
        }
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "20")]), Some(40));
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "soon")]), Some(60));
        assert_eq!(of(&[("cache-control", "max-age=60"), ("cache-control", "max-age=30")]), Some(30));
    }

    #[test]
    fn response_that_must_be_asked_for_again_is_never_fresh() {
        for line in [
            "no-cache",
            "no-cache, max-age=60",
            "max-age=60, NO-STORE",
            "no-cache=\"set-cookie, x\", max-age=60",
            "max-age=0",
            "max-age=0, must-revalidate",
            "max-age=-1",
            "max-age=soon",
            "max-age",
            "s-maxage=300",
            "public",
            "",
        ] {
            assert_eq!(of(&[("cache-control", line)]), None, "{line}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("cache-control", "max-age=60"), ("cache-control", "no-cache")]), None);
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "60")]), None);
        assert_eq!(of(&[("cache-control", "max-age=60"), ("age", "99999999999999999999999")]), None);
    }

    #[test]
    fn age_of_shared_caches_is_not_ours() {
        assert_eq!(of(&[("cache-control", "s-maxage=300, max-age=10")]), Some(10));
        assert_eq!(of(&[("cache-control", "max-age=10, s-maxage=300")]), Some(10));
    }
}
