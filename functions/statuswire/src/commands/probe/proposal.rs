//! The configuration that would watch a page that was read: where it is now, not where it was asked for.
use std::net::IpAddr;

use formats::{label_of, site_of};
use ipnet::IpNet;
use outbound::{Guard, canonical_network};
use poller::read::FullRead;
use status::provider::PRIVATE_ID;
use url::{Host, Url};

pub(super) struct Proposal<'a> {
    pub(super) asked: &'a Url,
    pub(super) whole: &'a FullRead,
    /// As given by hand: detection may not find it.
    pub(super) format: Option<&'static str>,
    pub(super) allow: &'a [IpNet],
    /// The lines of its login.
    pub(super) login: &'a [String],
}

impl Proposal<'_> {
    /// Where the page is.
    fn page(&self) -> Url {
        let resolved = self.whole.resolved.as_ref().map(|(to, _)| to);
        let found = self.whole.moved_to.as_ref().or(resolved);
        let elsewhere = Some(&self.whole.landed).filter(|landed| site_of(landed) != site_of(self.asked));
        let mut page = found.or(elsewhere).unwrap_or(self.asked).clone();
        page.set_fragment(None);
        _ = page.set_username("");
        _ = page.set_password(None);
        page
    }

    /// If the address leads to another site: a page that is watched there does not follow by itself.
    pub(super) fn warning(&self) -> Option<String> {
        let page = self.page();
        (site_of(&page) != site_of(self.asked)).then(|| {
            let known = catalogue::find_by_page(self.asked).map_or("ID", |entry| entry.slug);
            format!(
                "  {} leads to another site. Is this the right page? A page that is watched there already is followed\n  \
                 only if it is the same one; `statuswire follow {known}` or the configuration below accepts another",
                self.asked
            )
        })
    }

    /// The part of the configuration file that watches this page.
    pub(super) fn configuration(&self) -> String {
        let page = self.page();
        if let Some(entry) = catalogue::find_by_page(&page).filter(|_| self.login.is_empty()) {
            return format!("[[monitor]]\nid = \"{0}\"\nprovider = \"{0}\"", entry.slug);
        }
        let private = if self.login.is_empty() { "" } else { PRIVATE_ID };
        let id = format!("{private}{}", own_id(&page));
        let mut lines = Vec::new();
        if let Some(network) = self.network(&page) {
            lines.push(format!("[network]\nallow = [\"{network}\"]\n"));
        }
        lines.push(format!("[[page]]\nid = \"{id}\"\nurl = \"{page}\""));
        lines.extend(self.format.map(|format| format!("format = \"{format}\"")));
        lines.extend(self.login.iter().cloned());
        lines.push(format!("\n[[monitor]]\nid = \"{id}\"\npage = \"{id}\""));
        lines.join("\n")
    }

    /// The network that has to be allowed for this page.
    fn network(&self, page: &Url) -> Option<IpNet> {
        let address: IpAddr = match page.host()? {
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
            Host::Domain(_) => return None,
        };
        let network =
            self.allow.iter().find(|network| Guard { allow: vec![**network], own: Vec::new() }.allows(address));
        network.copied().map(canonical_network)
    }
}

/// An id that the catalogue does not have.
fn own_id(page: &Url) -> String {
    let site = site_of(page);
    let label = site.as_deref().and_then(label_of).unwrap_or("my");
    let label: String = label.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-').collect();
    let label = label.trim_matches('-');
    let names = [label.to_owned(), format!("{label}-page")];
    let is_free = |name: &&String| name.len() > 2 && name.len() <= 64 && catalogue::find(name).is_none();
    names.iter().find(is_free).map_or_else(|| "my-page".to_owned(), Clone::clone)
}

#[cfg(test)]
mod tests {
    use formats::{ParsedPage, detect::ResolvedBy};
    use status::snapshot::{Coverage, Listing, Page, Snapshot};

    use super::*;
    use crate::config_file;

    /// A page that was read at `landed`.
    fn read(landed: &str) -> FullRead {
        let snapshot = Snapshot {
            page: Page::default(),
            components: Vec::new(),
            incidents: Vec::new(),
            coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
        };
        FullRead {
            format: "statuspage",
            parsed: ParsedPage { snapshot, source: "api-v2".into(), unlisted: Vec::new(), problems: Vec::new() },
            first: None,
            moved_to: None,
            resolved: None,
            resolved_for: outbound::Initiator::Us,
            landed: landed.parse().unwrap(),
        }
    }

    /// The proposal, which is valid.
    fn proposed(asked: &str, whole: &FullRead, format: Option<&'static str>) -> String {
        let (asked, allow) = (asked.parse().unwrap(), ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        let text = Proposal { asked: &asked, whole, format, allow: &allow, login: &[] }.configuration();
        let config = config_file::check(&text, &|_| None);
        let config = config.unwrap_or_else(|errors| {
            panic!("{text}\n{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>())
        });
        assert_eq!(config.settings.monitors.len(), 1, "{text}");
        text
    }

    #[test]
    fn catalogue_pages_are_watched_by_their_provider() {
        let text = proposed("https://www.githubstatus.com/", &read("https://www.githubstatus.com/"), None);
        assert!(text.contains("provider = \"github\""), "{text}");
        let found = FullRead {
            resolved: Some(("https://www.githubstatus.com/".parse().unwrap(), ResolvedBy::Catalogue)),
            ..read("https://www.githubstatus.com/")
        };
        assert!(proposed("https://github.com/", &found, None).contains("provider = \"github\""));
    }

    #[test]
    fn own_pages_are_pages_with_an_id_of_their_own() {
        for page in [
            "https://status.example.com/",
            "https://status.example.com/sub/page?tenant=a%22b&x=%5C",
            "https://user:secret@status.example.com/",
            "https://status.example.com/#part",
            "https://xn--bcher-kva.example/",
            "https://acme.statuspage.io/",
            "http://127.0.0.1:8080/p",
            "http://[::1]:8080/p",
            "http://[::ffff:127.0.0.1]:8080/p",
            "https://x.io/",
        ] {
            let text = proposed(page, &read(page), None);
            assert!(text.contains("[[page]]") && !text.contains("secret"), "{text}");
        }
        let text = proposed("https://status.github.example/", &read("https://status.github.example/"), None);
        assert!(text.contains("id = \"github-page\""), "an id of the catalogue is taken: {text}");
        assert!(proposed("https://a.example.com/", &read("https://a.example.com/"), Some("feed")).contains("\"feed\""));
    }

    #[test]
    fn pages_that_lead_elsewhere_are_watched_where_they_are() {
        let to: Url = "https://status.bigcorp.example/".parse().unwrap();
        let redirected = FullRead { resolved: Some((to.clone(), ResolvedBy::Redirect)), ..read(to.as_str()) };
        let moved = FullRead { moved_to: Some(to.clone()), ..read(to.as_str()) };
        let landed = read(to.as_str());
        for whole in [redirected, moved, landed] {
            for asked in ["https://status.acme.example/", "https://www.githubstatus.com/"] {
                let text = proposed(asked, &whole, None);
                assert!(text.contains("url = \"https://status.bigcorp.example/\""), "{text}");
            }
            let asked = "https://www.githubstatus.com/".parse().unwrap();
            let warning =
                Proposal { asked: &asked, whole: &whole, format: None, allow: &[], login: &[] }.warning().unwrap();
            assert!(warning.contains("statuswire follow github"), "{warning}");
        }
    }
}
