//! How a request reached this instance, as far as its browser can tell: what cookies may be set depends on it.
use http::{HeaderMap, Uri, header};

/// What the browser sees of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS up to us or to what stands before us.
    Encrypted,
    /// Plain HTTP within one machine.
    Loopback,
    /// Plain HTTP over a network. Browsers keep no `Secure` cookie here, and any other could be read on the way.
    Plain,
}

impl Transport {
    /// A proxy that ends TLS says so in `X-Forwarded-Proto`; one that does not is known by the host of `public_url`. A
    /// visitor may forge either, and thereby gets a cookie of other attributes for themselves.
    pub fn of(headers: &HeaderMap, uri: &Uri, public_url: Option<&str>) -> Self {
        let host = host(headers, uri).unwrap_or_default();
        let is_encrypted = forwarded_scheme(headers) == Some("https") || uri.scheme_str() == Some("https");
        let is_public_host = || public_url.and_then(https_host).is_some_and(|public| public.eq_ignore_ascii_case(host));
        if is_encrypted || is_public_host() {
            Self::Encrypted
        } else if is_loopback(host) {
            Self::Loopback
        } else {
            Self::Plain
        }
    }
}

/// Host and port that the client asked for.
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| uri.authority().map(|authority| authority.as_str()))
}

pub fn forwarded_scheme(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok())
}

/// Host and port of an https URL.
fn https_host(url: &str) -> Option<&str> {
    url.strip_prefix("https://")?.split('/').next()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_name = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_name || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(host: &'static str, forwarded: Option<&'static str>, public_url: Option<&str>) -> Transport {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(scheme) = forwarded {
            headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
        }
        Transport::of(&headers, &Uri::from_static("/"), public_url)
    }

    #[test]
    fn https_is_known_by_the_proxy_or_by_the_public_url() {
        assert_eq!(of("status.example.com", Some("https"), None), Transport::Encrypted);
        assert_eq!(of("127.0.0.1:8080", Some("https"), None), Transport::Encrypted);
        let public = Some("https://Status.example.com/base");
        assert_eq!(of("status.example.com", None, public), Transport::Encrypted);
        assert_eq!(of("status.example.com:8080", None, public), Transport::Plain);
        assert_eq!(of("status.example.com", None, Some("http://status.example.com")), Transport::Plain);
        assert_eq!(of("status.example.com", Some("http"), None), Transport::Plain);
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in
            ["localhost", "LOCALHOST:8080", "a.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:8080"]
        {
            assert_eq!(of(host, None, None), Transport::Loopback, "{host}");
        }
        for host in ["192.0.2.1:8080", "localhost.example.com", "127.0.0.1.example.com", "[2001:db8::1]", "", "evil"] {
            assert_eq!(of(host, None, None), Transport::Plain, "{host}");
        }
    }
}
