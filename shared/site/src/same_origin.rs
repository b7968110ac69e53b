//! Keeps other sites from sending our forms (CSRF): a browser says where a form was sent from.
use http::{HeaderMap, Uri, header};

use crate::transport::host;

/// Whether a form was sent by a page of this instance, or by no browser at all. Browsers say it in `Sec-Fetch-Site`
/// where the connection is encrypted or local, and in `Origin` elsewhere. A proxy may have replaced `Host`: the origin
/// of `public_url` is ours too.
pub fn is_same_origin(headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some((scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let is_public = public_url.and_then(|url| url.split_once("://")).is_some_and(|(public_scheme, rest)| {
        public_scheme.eq_ignore_ascii_case(scheme)
            && rest.split('/').next().unwrap_or_default().eq_ignore_ascii_case(authority)
    });
    is_public || host(headers, uri).is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepts(given: &[(&'static str, &'static str)]) -> bool {
        let given = given
            .iter()
            .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), HeaderValue::from_static(value)));
        let headers: HeaderMap = given.collect();
        is_same_origin(&headers, &Uri::from_static("/sign-in"), Some("https://status.example.com"))
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let host = ("host", "localhost:8080");
        assert!(accepts(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(accepts(&[host, ("sec-fetch-site", "none")]));
        assert!(accepts(&[host, ("origin", "http://localhost:8080")]));
        assert!(accepts(&[host, ("origin", "https://status.example.com")]), "a proxy replaced the host");
        assert!(accepts(&[host]), "no browser");
        for site in ["cross-site", "same-site", ""] {
            assert!(!accepts(&[host, ("sec-fetch-site", site), ("origin", "http://localhost:8080")]), "{site}");
        }
        for origin in
            ["null", "", "http://evil.example", "http://localhost", "http://status.example.com", "://", "http://"]
        {
            assert!(!accepts(&[host, ("origin", origin)]), "{origin}");
        }
    }
}
