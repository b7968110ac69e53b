//! Whose a host is: one company's part of it.
use url::Url;

use crate::platforms::formats;

/// What of a host one company has: its registrable domain; below the host of a platform, which serves many companies,
/// the name in front of that; an address by itself. Lower case.
pub fn site_of(url: &Url) -> Option<String> {
    let url::Host::Domain(host) = url.host()? else { return url.host_str().map(str::to_owned) };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    Some(below_platform(host).or_else(|| catalogue::registered_domain(host)).unwrap_or(host).to_owned())
}

/// The first name of a site: `acme` of `acme.example`, which companies keep when they change the rest.
pub fn label_of(site: &str) -> Option<&str> {
    let label = site.split('.').next().filter(|_| site.contains('.'))?;
    (label.len() > 2 && !label.bytes().all(|byte| byte.is_ascii_digit())).then_some(label)
}

/// `acme.statuspage.io` of `www.acme.statuspage.io`.
fn below_platform(host: &str) -> Option<&str> {
    let platforms = formats().iter().flat_map(|format| format.fingerprint.hosts);
    let platforms = platforms.filter(|platform| !platform.contains('/'));
    let in_front = platforms
        .filter_map(|platform| host.strip_suffix(platform)?.strip_suffix('.'))
        .min_by_key(|front| front.len())?;
    let start = in_front.rfind('.').map_or(0, |dot| dot + 1);
    Some(&host[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_what_one_company_has() {
        let of = |page: &str| site_of(&page.parse().unwrap()).unwrap();
        assert_eq!(of("https://www.status.acme.com/x"), "acme.com");
        assert_eq!(of("http://status.acme.co.uk."), "acme.co.uk");
        assert_eq!(of("https://acme.statuspage.io"), "acme.statuspage.io");
        assert_eq!(of("https://www.acme.statuspage.io"), "acme.statuspage.io");
        assert_eq!(of("https://acme.instatus.com"), "acme.instatus.com");
        assert_eq!(of("https://www.dockerstatus.com"), of("https://dockerstatus.com"));
        assert_eq!(of("https://acme.github.io"), "acme.github.io");
        assert_eq!(of("http://127.0.0.1:8080/p"), "127.0.0.1");
        assert_eq!(of("http://localhost"), "localhost");
    }

    #[test]
    fn a_label_is_a_name_and_no_number() {
        assert_eq!(label_of("acme.com"), Some("acme"));
        assert_eq!(label_of("127.0.0.1"), None);
        assert_eq!(label_of("x.io"), None);
        assert_eq!(label_of("localhost"), None);
    }
}
