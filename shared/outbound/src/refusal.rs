//! Whether a response refuses to be read by a program. It says nothing about the page, and asking again soon only
//! makes it worse. We never try to pass such a test: whoever wants a page to be read lets our User-Agent through.
use http::HeaderMap;

/// Who refuses, and how, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(&'static str);

impl Refusal {
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// By status and headers:
    /// - Cloudflare marks every challenge with `cf-mitigated: challenge`, whatever its status
    ///   (<https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/>);
    /// - AWS WAF sends `x-amzn-waf-action: challenge` with 202, or `captcha` with 405
    ///   (<https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html>);
    /// - all others, Akamai among them, deny access with 403.
    pub(crate) fn of_head(status: u16, headers: &HeaderMap) -> Option<Self> {
        let is = |name: &str, value: &str| {
            headers
                .get_all(name)
                .iter()
                .any(|found| found.as_bytes().trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
        };
        if is("cf-mitigated", "challenge") {
            return Some(Self("a Cloudflare challenge"));
        }
        if is("x-amzn-waf-action", "challenge") {
            return Some(Self("an AWS WAF challenge"));
        }
        if is("x-amzn-waf-action", "captcha") {
            return Some(Self("an AWS WAF captcha"));
        }
        match status {
            401 => Some(Self("status 401")),
            403 if is("server", "AkamaiGHost") => Some(Self("status 403 by Akamai")),
            403 => Some(Self("status 403")),
            _ => None,
        }
    }

    /// By the text of a page that could not be read: Imperva's block page comes with different statuses, also 200, and
    /// says "Request unsuccessful. Incapsula incident ID"
    /// (<https://scrappey.com/qa/web-automation/how-imperva-detects-bots>).
    pub fn of_body(body: &[u8]) -> Option<Self> {
        const MARKER: &[u8] = b"Incapsula incident ID";
        /// Block pages are short; a real page may quote one.
        const MAX_BYTES: usize = 16 * 1024;
        let is_blocked = body.len() <= MAX_BYTES && body.windows(MARKER.len()).any(|part| part == MARKER);
        is_blocked.then_some(Self("an Imperva block page"))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(status: u16, header: Option<(&'static str, &'static str)>) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers
            .extend(header.map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))));
        Refusal::of_head(status, &headers).map(Refusal::as_str)
    }

    #[test]
    fn challenges_are_recognised_whatever_their_status() {
        for status in [200, 403, 429, 503] {
            assert_eq!(of(status, Some(("cf-mitigated", "challenge"))), Some("a Cloudflare challenge"));
        }
        assert_eq!(of(202, Some(("x-amzn-waf-action", "challenge"))), Some("an AWS WAF challenge"));
        assert_eq!(of(405, Some(("x-amzn-waf-action", "captcha"))), Some("an AWS WAF captcha"));
        assert_eq!(of(403, Some(("server", "AkamaiGHost"))), Some("status 403 by Akamai"));
        assert_eq!(of(403, None), Some("status 403"));
        assert_eq!(of(401, None), Some("status 401"));
    }

    #[test]
    fn usual_failures_are_no_refusals() {
        for status in [200, 202, 404, 405, 429, 500, 503] {
            assert_eq!(of(status, None), None, "{status}");
        }
        assert_eq!(of(200, Some(("server", "AkamaiGHost"))), None);
        assert_eq!(of(200, Some(("server", "cloudflare"))), None);
    }

    #[test]
    fn block_page_is_told_from_a_page_that_mentions_one() {
        let blocked = b"<html><body>Request unsuccessful. Incapsula incident ID: 1-2</body></html>";
        assert_eq!(Refusal::of_body(blocked).map(Refusal::as_str), Some("an Imperva block page"));
        assert_eq!(Refusal::of_body(b"<html>All systems operational</html>"), None);
        assert_eq!(Refusal::of_body(b""), None);
        let long = [b"Incapsula incident ID".as_slice(), &[b' '; 20_000]].concat();
        assert_eq!(Refusal::of_body(&long), None);
    }
}
