//! Which page a page is (truth rule 11). A redirect, a retired address or a platform that gives a name to somebody else
//! may put another company's page where one was read for years. Wanted properties:
//! - a page that changes its name, its domain or its platform, but not all that tells it from others, stays the page;
//! - what one read does not say is no difference;
//! - another page is nothing to read, however well it can be read, until somebody says that it is the right one.
use serde::{Deserialize, Serialize};

/// Of each part, in characters. It comes from outside.
const MAX_PART: usize = 120;

/// What tells a page from others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageIdentity {
    /// Name of the format that read it.
    pub platform: String,
    /// What the platform calls the page; `None`: its format reads none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its own title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One company's part of the host it was read at, after redirects: mostly its registrable domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The first name of `site` where that is a company's name: `acme` of `acme.example`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The address it was read at, after redirects, for people.
    pub url: String,
    /// The configured address under which it was accepted. Another one is the operator's word for another page.
    pub configured: String,
}

/// A page that is another one than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub from: PageIdentity,
    pub to: PageIdentity,
}

/// How a read page relates to the one that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The same page, as it is to be remembered.
    Same(PageIdentity),
    /// Another page in the place of the known one.
    Moved(Box<Moved>),
    /// Whoever configures the page has given another address since. `is_other`: it is another page than before, too.
    Confirmed { identity: PageIdentity, is_other: bool },
}

impl PageIdentity {
    /// Every part cut to what people can read.
    pub fn bounded(mut self) -> Self {
        let cut = |part: Option<String>| part.map(|text| printable(&text)).filter(|text| !text.is_empty());
        self.id = cut(self.id);
        self.name = cut(self.name);
        self.url = self.url.chars().take(2 * MAX_PART).collect();
        self
    }

    /// Judges a page that was read in the place of this one.
    pub fn judge(&self, seen: PageIdentity) -> Judgement {
        if self.configured != seen.configured {
            return Judgement::Confirmed { is_other: !self.is_same(&seen), identity: seen };
        }
        if !self.is_same(&seen) {
            return Judgement::Moved(Box::new(Moved { from: self.clone(), to: seen }));
        }
        let known = (self.platform == seen.platform).then(|| self.id.clone()).flatten();
        Judgement::Same(Self { id: seen.id.or(known), name: seen.name.or_else(|| self.name.clone()), ..seen })
    }

    fn is_same(&self, seen: &Self) -> bool {
        if self.platform == seen.platform
            && let (Some(known), Some(seen)) = (&self.id, &seen.id)
        {
            return known == seen;
        }
        if self.site == seen.site {
            return true;
        }
        match (words(self.name.as_deref()), words(seen.name.as_deref())) {
            (Some(known), Some(seen)) => known == seen,
            // One of them has no name of its own: the domain has.
            _ => self.label.is_some() && self.label == seen.label,
        }
    }
}

impl Moved {
    /// What the source's health says.
    pub fn reason(&self) -> String {
        let (from, to) = (&self.from, &self.to);
        format!("moved from {} to {}: another page, so nothing of it is used", from.described(to), to.described(from))
    }

    /// The address stayed, so that no other one can be configured.
    pub fn is_same_address(&self) -> bool {
        self.from.url == self.to.url || self.to.url == self.to.configured
    }
}

impl PageIdentity {
    /// Name and address; the id only where these do not tell it from `other`.
    fn described(&self, other: &Self) -> String {
        let name = self.name.as_deref().unwrap_or("a page without a name");
        let is_like = self.name == other.name && self.url == other.url;
        match &self.id {
            Some(id) if is_like => format!("\"{name}\" ({}, page id {id})", self.url),
            _ => format!("\"{name}\" ({})", self.url),
        }
    }
}

fn printable(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() || c == '"' { ' ' } else { c }).take(MAX_PART).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name as people compare it: letters and digits, without the words that every status page has. `None`: nothing left.
fn words(name: Option<&str>) -> Option<String> {
    const COMMON: [&str; 13] = [
        "status",
        "statuspage",
        "page",
        "system",
        "systems",
        "service",
        "services",
        "health",
        "incident",
        "incidents",
        "history",
        "the",
        "inc",
    ];
    let words = name?.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let words: String = words.filter(|word| !COMMON.contains(&word.as_str())).collect();
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(platform: &str, id: Option<&str>, name: Option<&str>, site: &str) -> PageIdentity {
        PageIdentity {
            platform: platform.into(),
            id: id.map(Into::into),
            name: name.map(Into::into),
            site: Some(site.into()),
            label: site.split('.').next().map(Into::into),
            url: format!("https://status.{site}"),
            configured: "https://status.acme.com".into(),
        }
    }

    fn is_same(known: &PageIdentity, seen: &PageIdentity) -> bool {
        matches!(known.judge(seen.clone()), Judgement::Same(_))
    }

    fn acme() -> PageIdentity {
        page("statuspage", Some("a1"), Some("Acme"), "acme.com")
    }

    #[test]
    fn the_id_decides_within_a_platform() {
        assert!(is_same(&acme(), &page("statuspage", Some("a1"), Some("Acme Cloud"), "acme.com")));
        assert!(is_same(&acme(), &page("statuspage", Some("a1"), Some("Bigcorp"), "bigcorp.com")), "it was taken over");
        assert!(is_same(&acme(), &page("statuspage", Some("a1"), Some("Acme"), "acme.statuspage.io")));
        assert!(!is_same(&acme(), &page("statuspage", Some("b2"), Some("Acme"), "acme.com")), "made anew");
        assert!(!is_same(&acme(), &page("statuspage", Some("b2"), Some("Bigcorp"), "bigcorp.com")));
    }

    #[test]
    fn an_address_that_stays_is_the_page_unless_the_id_says_otherwise() {
        assert!(is_same(&acme(), &page("statuspage", None, Some("Something else"), "acme.com")));
        assert!(is_same(&acme(), &page("instatus", None, Some("Acme, renamed"), "acme.com")));
        assert!(is_same(&acme(), &page("incidentio", Some("b2"), None, "acme.com")), "ids of two platforms differ");
        let feed = page("feed", None, Some("Acme news"), "acme.com");
        assert!(is_same(&feed, &page("feed", None, Some("Other news"), "acme.com")));
    }

    #[test]
    fn elsewhere_the_name_decides() {
        assert!(is_same(&acme(), &page("instatus", None, Some("ACME Status"), "acme.instatus.com")));
        assert!(!is_same(&acme(), &page("instatus", None, Some("Bigcorp"), "bigcorp.com")));
        assert!(!is_same(&acme(), &page("instatus", None, Some("Bigcorp"), "acme.io")), "both have a name");
        assert!(!is_same(&acme(), &page("instatus", None, Some("Status"), "parked.example")), "no name at all");
        let git_hub = page("statuspage", None, Some("Git Hub"), "githubstatus.com");
        assert!(is_same(&page("statuspage", None, Some("GitHub Status"), "github.com"), &git_hub));
    }

    #[test]
    fn without_a_name_the_domain_has_one() {
        let nameless = page("cachet", None, None, "acme.com");
        assert!(is_same(&nameless, &page("cachet", None, None, "acme.io")));
        assert!(is_same(&nameless, &page("statuspage", Some("a1"), Some("Acme"), "acme.statuspage.io")));
        assert!(!is_same(&nameless, &page("cachet", None, None, "bigcorp.com")));
        let address = PageIdentity { label: None, ..page("cachet", None, None, "127.0.0.1") };
        assert!(!is_same(&address, &PageIdentity { label: None, ..page("cachet", None, None, "127.0.0.2") }));
    }

    #[test]
    fn what_one_read_omits_is_remembered() {
        let Judgement::Same(kept) = acme().judge(page("statuspage", None, None, "acme.com")) else { panic!("moved") };
        assert_eq!((kept.id.as_deref(), kept.name.as_deref()), (Some("a1"), Some("Acme")));
        let Judgement::Same(kept) = acme().judge(page("instatus", None, Some("Acme"), "acme.com")) else {
            panic!("moved")
        };
        assert_eq!(kept.id, None, "an id of another platform says nothing");
    }

    #[test]
    fn another_configured_address_is_a_confirmation() {
        let other = PageIdentity {
            configured: "https://status.bigcorp.com".into(),
            ..page("statuspage", Some("b2"), Some("Bigcorp"), "bigcorp.com")
        };
        assert_eq!(acme().judge(other.clone()), Judgement::Confirmed { identity: other, is_other: true });
        let same = PageIdentity { configured: "http://status.acme.com".into(), ..acme() };
        assert_eq!(acme().judge(same.clone()), Judgement::Confirmed { identity: same, is_other: false });
    }

    #[test]
    fn a_reason_says_from_where_to_where_and_quotes_no_control_characters() {
        let reason = |to: PageIdentity| match acme().judge(to.bounded()) {
            Judgement::Moved(moved) => moved.reason(),
            other => panic!("{other:?}"),
        };
        let text = reason(page("statuspage", Some("b2"), Some("Big\u{1b}[31m\n\"corp\""), "bigcorp.com"));
        assert_eq!(
            text,
            "moved from \"Acme\" (https://status.acme.com) to \"Big [31m corp\" (https://status.bigcorp.com): \
             another page, so nothing of it is used"
        );
        let text = reason(page("statuspage", Some("b2"), Some("Acme"), "acme.com"));
        assert!(text.contains("page id a1") && text.contains("page id b2"), "{text}");
        let long = page("statuspage", Some("b2"), Some(&"x".repeat(9_000)), "bigcorp.com");
        assert!(reason(long).len() < 600);
    }
}
