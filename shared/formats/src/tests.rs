//! The formats and the catalogue.
use url::Url;

use super::*;

#[test]
fn a_platform_is_a_format_where_one_is_built() {
    assert_eq!(of_platform(catalogue::find("github").unwrap().platform).map(|format| format.name), Some("statuspage"));
    for (platform, format) in [("incidentio", Some("incidentio")), ("rss", Some("feed")), ("custom", None), ("", None)]
    {
        let entry = catalogue::entries().iter().find(|entry| entry.platform == platform).unwrap();
        assert_eq!(of_platform(entry.platform).map(|format| format.name), format);
    }
    let read = catalogue::entries().iter().filter(|entry| of_platform(entry.platform).is_some());
    assert!(read.count() > 2_900);
}

#[test]
fn a_page_at_a_host_of_a_format_says_so() {
    for entry in catalogue::entries().iter().filter(|entry| of_platform(entry.platform).is_none()) {
        let url: Url = entry.url.parse().unwrap();
        let known = formats().iter().find(|format| format.fingerprint.matches_url(&url));
        assert!(known.is_none(), "{}: its platform is {}", entry.slug, known.map_or("", |format| format.name));
    }
}
