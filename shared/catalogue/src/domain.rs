//! The domain that a company registers, from a host name.
use url::Url;

/// What a company registers: `example.com` of `www.docs.example.com`. Country domains with a second level of their own
/// are known by the usual names of that level, which is good enough for a guess.
pub fn domain_of(url: &Url) -> Option<&str> {
    let url::Host::Domain(host) = url.host()? else { return None };
    registered_domain(host)
}

/// The same of a host name.
pub fn registered_domain(host: &str) -> Option<&str> {
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let (last, second) = (dots.next()?, dots.next());
    let Some(second) = second else { return Some(host) };
    let level = &host[second + 1..last];
    let of_country =
        host.len() - last == 3 && ["co", "com", "net", "org", "gov", "ac", "edu", "or", "ne"].contains(&level);
    let start = if of_country { dots.next().map_or(0, |at| at + 1) } else { second + 1 };
    Some(&host[start..])
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
        assert_eq!(of("http://localhost").as_deref(), None);
    }
}
