//! The domain that a company registers, from a host name.
use url::Url;

/// What a company registers, or gets from a hosting platform: `example.com` of `www.docs.example.com`, `acme.github.io`
/// of itself. By the public suffix list (<https://publicsuffix.org>).
pub fn domain_of(url: &Url) -> Option<&str> {
    let url::Host::Domain(host) = url.host()? else { return None };
    registered_domain(host)
}

/// The same of a host name.
pub fn registered_domain(host: &str) -> Option<&str> {
    host.contains('.').then(|| psl::domain_str(host)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_what_a_company_registers() {
        let of = |page: &str| domain_of(&page.parse().unwrap()).map(str::to_owned);
        assert_eq!(of("https://a.b.example.com").as_deref(), Some("example.com"));
        assert_eq!(of("https://example.com").as_deref(), Some("example.com"));
        assert_eq!(of("https://a.example.co.uk").as_deref(), Some("example.co.uk"));
        assert_eq!(of("https://example.co.uk").as_deref(), Some("example.co.uk"));
        assert_eq!(of("https://status.x.io").as_deref(), Some("x.io"));
        assert_eq!(of("https://a.example.com.au").as_deref(), Some("example.com.au"));
        assert_eq!(of("https://acme.github.io").as_deref(), Some("acme.github.io"));
        assert_eq!(of("http://localhost").as_deref(), None);
        assert_eq!(of("http://127.0.0.1").as_deref(), None);
    }
}
