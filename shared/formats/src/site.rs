//! Whose a host is: one company's part of it. And whether a page is a provider's by that, or by its name.
use catalogue::Row;
use status::identity::{Judgement, PageIdentity};
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

/// Whether a page that was read in the place of the one that the catalogue lists is the provider's too, by its name or
/// by its domain (truth rule 11). A company that was bought may fail this: then somebody decides.
pub fn is_page_of(row: &Row<'_>, seen: &PageIdentity) -> bool {
    let site = Url::parse(row.url).ok().as_ref().and_then(site_of);
    let label = site.as_deref().and_then(label_of).map(str::to_owned);
    if label.is_some() && label == seen.label {
        return true;
    }
    let called = |name: &str| PageIdentity {
        name: Some(name.to_owned()),
        site: site.clone(),
        label: label.clone(),
        configured: seen.configured.clone(),
        ..PageIdentity::default()
    };
    let mut names = std::iter::once(row.name).chain(row.aliases());
    names.any(|name| matches!(called(name).judge(seen.clone()), Judgement::Same(_)))
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
    fn a_page_is_of_a_provider_by_its_name_or_its_domain() {
        let csv = "slug,name,url,platform,category,source,aliases\n\
                   acme,Acme,https://status.acme.com,,,,Acme Cloud|Rocket\nx,X,https://status.x.io,,,,\n";
        let rows = catalogue::read(csv);
        let seen = |name: Option<&str>, site: &str| PageIdentity {
            name: name.map(str::to_owned),
            site: Some(site.to_owned()),
            label: label_of(site).map(str::to_owned),
            configured: "https://status.acme.com".to_owned(),
            ..PageIdentity::default()
        };
        let of_acme = |name, site| is_page_of(&rows[0], &seen(name, site));
        assert!(of_acme(Some("Something else"), "acme.com"), "its own domain");
        assert!(of_acme(Some("Something else"), "acme.io"), "it keeps the first name of its domain");
        assert!(of_acme(Some("ACME Status"), "statuspages.example") && of_acme(Some("Rocket"), "rocket.example"));
        assert!(!of_acme(Some("Bigcorp"), "bigcorp.com") && !of_acme(None, "bigcorp.com"));
        assert!(!of_acme(Some("Status"), "parked.example"), "every page is called that");
        assert!(is_page_of(&rows[1], &seen(None, "x.io")) && !is_page_of(&rows[1], &seen(None, "y.io")));
    }

    #[test]
    fn a_label_is_a_name_and_no_number() {
        assert_eq!(label_of("acme.com"), Some("acme"));
        assert_eq!(label_of("127.0.0.1"), None);
        assert_eq!(label_of("x.io"), None);
        assert_eq!(label_of("localhost"), None);
    }
}
