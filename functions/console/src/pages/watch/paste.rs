//! What somebody pastes to be watched: a package.json, or a list of names, domains and URLs. Finds their providers in
//! the catalogue. Pure, and bounded: it looks names up and never searches. Wanted property: what it does not know for
//! sure is unmatched, since a wrong provider looks like a right one in a long list.
use std::collections::HashSet;

use catalogue::Entry;
use serde_json::Value;
use url::Url;

/// Of the text, in bytes.
pub(super) const MAX_BYTES: usize = 200_000;
const MAX_ENTRIES: usize = 1_000;
/// In characters, of what is repeated to whoever pasted it.
const MAX_SHOWN: usize = 60;

/// The parts of a package.json that name packages.
const DEPENDENCIES: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
/// What is around the name of a service in the names of its packages.
const AFFIXES: [&str; 14] = [
    "-node", "-js", ".js", "-sdk", "-client", "-api", "-browser", "-react", "-web", "-server", "-rest", "-admin",
    "-nodejs", "-cli",
];
/// Scopes of packages that are called otherwise than their services.
const SCOPES: [(&str, &str); 4] = [
    ("aws-sdk", "amazon-web-services"),
    ("azure", "microsoft-azure"),
    ("google-cloud", "google-cloud"),
    ("octokit", "github"),
];

#[derive(Debug, Default)]
pub(super) struct Pasted {
    /// Each provider once, with what named it first.
    pub(super) matched: Vec<(&'static Entry, String)>,
    pub(super) unmatched: Vec<String>,
    /// Entries after the first [`MAX_ENTRIES`].
    pub(super) left_out: usize,
    /// The text is a package.json, in which most names are of no service.
    pub(super) is_package: bool,
}

/// From a word to a provider.
type Find = fn(&str) -> Option<&'static Entry>;

pub(super) fn read(text: &str) -> Pasted {
    let mut pasted = Pasted::default();
    let json = serde_json::from_str::<Value>(text).ok();
    let (words, find): (Vec<String>, Find) = match &json {
        Some(Value::Object(object)) => {
            pasted.is_package = true;
            let lists = DEPENDENCIES.iter().filter_map(|key| object.get(*key)?.as_object());
            (lists.flat_map(|list| list.keys().cloned()).collect(), of_package)
        }
        Some(Value::Array(list)) => (list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(), of_line),
        _ => (lines(text), of_line),
    };
    let mut seen = HashSet::new();
    let words: Vec<String> = words.into_iter().filter(|word| seen.insert(word.clone())).collect();
    pasted.left_out = words.len().saturating_sub(MAX_ENTRIES);
    let mut known = HashSet::new();
    for word in words.into_iter().take(MAX_ENTRIES) {
        match find(&word) {
            Some(entry) if known.insert(entry.slug) => pasted.matched.push((entry, short(&word))),
            Some(_) => {}
            None => pasted.unmatched.push(short(&word)),
        }
    }
    pasted
}

/// The entries of a list: one in a line, or several with commas. Bullets, quotes and comments are not part of them.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or(line));
    let entries = lines.flat_map(|line| line.split([',', ';', '\t']));
    let is_around = |c: char| c.is_whitespace() || c.is_control() || "\"'`*•-–<>()[]{}".contains(c);
    entries.map(|entry| entry.trim_matches(is_around)).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

fn short(word: &str) -> String {
    let shown: String = status::outside_text::shown(word);
    match shown.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

fn of_line(entry: &str) -> Option<&'static Entry> {
    if let Some(found) = of_address(entry) {
        return Some(found);
    }
    let version = entry.find(['=', '<', '>', '~', '!', '@', '[']).filter(|at| *at > 0);
    catalogue::find_by_name(entry).or_else(|| of_package(entry[..version?].trim()))
}

/// By its very page, by its domain, or by what its domain is called.
fn of_address(entry: &str) -> Option<&'static Entry> {
    let has_scheme = entry.contains("://");
    if entry.contains(char::is_whitespace) || !(has_scheme || entry.contains('.')) {
        return None;
    }
    let url = if has_scheme { entry.parse::<Url>() } else { format!("https://{entry}").parse() };
    let url = url.ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let domain = catalogue::domain_of(&url)?;
    let by_name = || domain.split('.').next().and_then(catalogue::find_by_name);
    catalogue::find_by_page(&url).or_else(|| catalogue::find_by_domain(domain)).or_else(by_name)
}

fn of_package(name: &str) -> Option<&'static Entry> {
    let Some((scope, package)) = name.strip_prefix('@').and_then(|name| name.split_once('/')) else {
        return of_service(name);
    };
    if let Some((_, slug)) = SCOPES.iter().find(|(known, _)| *known == scope) {
        return catalogue::find(slug);
    }
    of_service(if scope == "types" { package } else { scope })
}

fn of_service(name: &str) -> Option<&'static Entry> {
    let without = || AFFIXES.iter().find_map(|affix| catalogue::find_by_name(name.strip_suffix(affix)?));
    catalogue::find_by_name(name).or_else(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slugs(text: &str) -> Vec<&'static str> {
        read(text).matched.iter().map(|(entry, _)| entry.slug).collect()
    }

    #[test]
    fn services_of_a_package_json_are_found_by_their_packages() {
        let text = r#"{"name": "shop", "dependencies": {"stripe": "^17", "@sentry/node": "8", "twilio": "*",
            "@aws-sdk/client-s3": "3", "lodash": "4", "@octokit/rest": "20"}, "devDependencies": {"left-pad": "1"}}"#;
        let pasted = read(text);
        assert!(pasted.is_package);
        let mut found = slugs(text);
        found.sort_unstable();
        assert_eq!(found, ["amazon-web-services", "github", "sentry", "stripe", "twilio"]);
        assert_eq!(pasted.unmatched, ["lodash", "left-pad"]);
    }

    #[test]
    fn lists_hold_names_domains_and_urls() {
        let text = "- GitHub\n* stripe.com, \"Cloudflare\"; https://status.openai.com/history\n\n# a comment\n\
                    dashboard.twilio.com\nsentry-sdk==2.1\nnobody-knows.example";
        assert_eq!(slugs(text), ["github", "stripe", "cloudflare", "openai", "twilio", "sentry"]);
        assert_eq!(read(text).unmatched, ["nobody-knows.example"]);
        assert_eq!(slugs(r#"["github.com", "npm"]"#), ["github", "npm"]);
    }

    #[test]
    fn provider_is_found_once_and_by_no_guess() {
        assert_eq!(slugs("github\nGitHub\nhttps://www.githubstatus.com"), ["github"]);
        assert_eq!(slugs("githb\nstrpe\nxyzzy inc"), [""; 0]);
    }

    #[test]
    fn every_scope_is_of_a_provider() {
        for (scope, slug) in SCOPES {
            assert!(catalogue::find(slug).is_some(), "{scope}");
        }
    }

    #[test]
    fn hostile_text_is_bounded_and_shown_without_hidden_characters() {
        let many = (0..3_000).map(|number| format!("none{number}\n")).collect::<String>();
        let pasted = read(&many);
        assert_eq!((pasted.unmatched.len(), pasted.left_out), (MAX_ENTRIES, 2_000));
        let odd = read(&format!("{}\n\u{202e}evil\u{0}\n<script>", "x".repeat(1_000)));
        assert!(odd.unmatched.iter().all(|word| word.chars().count() <= MAX_SHOWN + 1));
        assert!(odd.unmatched.iter().all(|word| !word.contains(['\u{202e}', '\u{0}'])), "{:?}", odd.unmatched);
        for text in ["", "{}", "[]", "null", "[[[[", "{\"dependencies\": 3}", "\u{0}", "@/", "@a/", "://", ".", "@"] {
            assert_eq!(read(text).matched.len(), 0, "{text:?}");
        }
    }
}
