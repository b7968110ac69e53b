//! The rules of a catalogue file, and a problem for each line that breaks one.
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use status::outside_text::is_hidden;
use url::{Host, Url};

use crate::rows::{Fault, Row, page_key, rows};

/// A line of a catalogue file that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    pub message: String,
    pub hint: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.line, self.message, self.hint)
    }
}

/// Every problem of a catalogue file, by line. Without one, [`super::read`] has all its rows.
pub fn check(csv: &str) -> Vec<Problem> {
    check_hosts(csv, Hosts::Public)
}

/// The same of a list that may name pages of a private network, by plain http and by address.
pub fn check_private(csv: &str) -> Vec<Problem> {
    check_hosts(csv, Hosts::Any)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hosts {
    Public,
    Any,
}

fn check_hosts(csv: &str, hosts: Hosts) -> Vec<Problem> {
    let mut problems = Vec::new();
    // What must be unique, with the line that had it first.
    let (mut slugs, mut pages, mut names) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut aliases: Vec<(usize, &str)> = Vec::new();
    for (line, row) in rows(csv) {
        let mut report = |(message, hint): Fault| problems.push(Problem { line, message, hint });
        let row = match row {
            Ok(row) => row,
            Err(fault) => {
                report(fault);
                continue;
            }
        };
        check_row(&row, hosts, &mut report);
        if let Some(first) = earlier(&mut slugs, row.slug, line) {
            report((
                format!("the slug {} is that of line {first}", row.slug),
                "choose another, or drop one of the rows",
            ));
        }
        if let Some(first) = page_key(row.url).and_then(|key| earlier(&mut pages, key, line)) {
            let what = format!("{} is the page of line {first} as well", row.url);
            report((what, "keep the row that is better known, add the other name to its aliases"));
        }
        names.entry(row.name.to_lowercase()).or_insert(line);
        aliases.extend(row.aliases().map(|alias| (line, alias)));
    }
    for (line, alias) in aliases {
        if let Some(other) = names.get(&alias.to_lowercase()).filter(|other| **other != line) {
            let message = format!("the alias {alias} is the name of line {other}");
            problems.push(Problem { line, message, hint: "drop it: that row is found by it" });
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// The earlier line with the same value, if there is one.
fn earlier<K: std::hash::Hash + Eq>(seen: &mut HashMap<K, usize>, key: K, line: usize) -> Option<usize> {
    match seen.entry(key) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(new) => {
            new.insert(line);
            None
        }
    }
}

fn check_row(row: &Row<'_>, hosts: Hosts, report: &mut impl FnMut(Fault)) {
    let word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let is_slug = word(row.slug) && row.slug.split('-').all(|part| !part.is_empty());
    if !is_slug {
        report((format!("{:?} is no slug", row.slug), "lower-case letters and digits, words joined by a single -"));
    }
    if row.name.is_empty() {
        report((format!("{} has no name", row.slug), "write what people call it"));
    }
    let fields = [row.slug, row.name, row.url, row.platform, row.category, row.source, row.aliases];
    if fields.iter().any(|field| field.trim() != *field || field.chars().any(is_hidden)) {
        report((format!("{} has blanks around a field, or a hidden character", row.slug), "remove them"));
    }
    for (field, name) in [(row.platform, "platform"), (row.category, "category")] {
        if !word(field) {
            report((format!("{field:?} is no {name}"), "one lower-case word, or nothing"));
        }
    }
    if let Err(fault) = address(row.url, hosts) {
        report(fault);
    }
    check_aliases(row, report);
}

/// Whether this may be the address of a page in the shipped catalogue.
pub fn is_page_url(url: &str) -> bool {
    address(url, Hosts::Public).is_ok()
}

fn address(url: &str, hosts: Hosts) -> Result<(), Fault> {
    const HINT: &str = "https, a host name, perhaps a path: https://status.example.com";
    let fault = |what: &str| Err((format!("{url:?} {what}"), HINT));
    let Ok(parsed) = Url::parse(url) else { return fault("is no URL") };
    if !(parsed.scheme() == "https" || parsed.scheme() == "http" && hosts == Hosts::Any) {
        return fault("is not https");
    }
    let is_public = matches!(parsed.host(), Some(Host::Domain(host)) if host.contains('.'));
    if !is_public && hosts == Hosts::Public {
        return fault("names no public host");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return fault("names a user");
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return fault("has a query or a fragment");
    }
    if url.ends_with('/') {
        return fault("ends with a slash");
    }
    // Addresses are compared as text, so each has one spelling: lower-case host, no default port.
    if parsed.as_str().trim_end_matches('/') != url {
        return fault("is not in its usual form");
    }
    Ok(())
}

fn check_aliases(row: &Row<'_>, report: &mut impl FnMut(Fault)) {
    const HINT: &str = "separate names by a single |, each other than the name and given once";
    if row.aliases.is_empty() {
        return;
    }
    let mut seen = vec![row.name.to_lowercase()];
    for alias in row.aliases.split('|') {
        let key = alias.to_lowercase();
        if alias.trim() != alias || alias.is_empty() || seen.contains(&key) {
            report((format!("{}: {alias:?} is no alias", row.slug), HINT));
        }
        seen.push(key);
    }
}
