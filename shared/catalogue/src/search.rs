//! Finds entries by what a user types: its name, another name, its slug, its domain, its category; the beginning of
//! any of these, or with a typing error. Better matches come first, and among equal ones the best known.
//!
//! All keys of an entry are one short text, a key per line, in lower case and with blanks for everything that is
//! neither letter nor digit. What stands before and after an occurrence then tells how good it is. The letters of a
//! text as a set of bits rule most texts out before they are looked at.
use std::sync::OnceLock;

use crate::{
    domain::registered_domain,
    index::{Entry, entries, find_by_domain},
};

/// No more of a query is looked at.
const MAX_QUERY: usize = 100;
const MAX_WORDS: usize = 6;
/// Longer words are not compared for typing errors.
const MAX_TYPED: usize = 32;

/// How well an entry matches; lower is better.
type Class = u8;
const EXACT: Class = 0;
/// A key begins with it.
const PREFIX: Class = 1;
/// A later word of a key begins with it.
const LATER_WORD: Class = 2;
const WITHIN: Class = 3;
const MISTYPED: Class = 4;
const MISTYPED_PREFIX: Class = 5;

struct Keys {
    /// Between line breaks: slug, name, aliases, and what is special in its domain.
    text: String,
    /// Host and domain with blanks for dots, between line breaks: only for a query that holds a dot.
    domains: String,
    letters: u64,
    domain_letters: u64,
    /// Each word of the text once.
    words: Vec<Word>,
}

struct Word {
    start: u16,
    end: u16,
    letters: u64,
}

/// The entries that fit every word, best first; `category:payments` leaves out those of others.
pub fn search(query: &str, limit: usize) -> Vec<&'static Entry> {
    let query = Query::new(query);
    let (keys, entries) = (keys(), entries());
    let mut found = query.matches(keys, false);
    // An exact match is no typing error.
    let is_exact = found.iter().any(|((class, _), _)| *class == EXACT);
    if found.len() < limit && !is_exact {
        found = query.matches(keys, true);
    }
    found.sort_unstable();
    found.truncate(limit);
    found.into_iter().map(|(_, at)| &entries[at]).collect()
}

struct Query {
    /// `None`: any.
    category: Option<String>,
    /// The words; all must fit.
    needles: Vec<Needle>,
    /// All words as one, with and without blanks, if they are several: `git hub`, `google cloud`.
    phrases: Vec<Needle>,
    /// The only word, if it has the form of a host name.
    host: Option<Host>,
}

struct Host {
    /// With blanks for dots.
    whole: Needle,
    /// What its company is probably called: `stripe` of `dashboard.stripe.com`.
    label: Needle,
}

struct Needle {
    text: String,
    letters: u64,
    /// Some category is called so.
    is_category: bool,
}

impl Needle {
    fn new(text: String) -> Self {
        let is_category = categories().iter().any(|category| is_of(category, &text));
        Self { letters: letters(&text), is_category, text }
    }
}

impl Query {
    fn new(query: &str) -> Self {
        let query: String = query.chars().take(MAX_QUERY).collect::<String>().to_lowercase();
        let mut category = None;
        let mut rest: Vec<&str> = Vec::new();
        for word in query.split_whitespace() {
            match word.strip_prefix("category:") {
                Some(name) => category = Some(name.to_owned()),
                // A pasted address says as much as its host does.
                None => {
                    rest.push(word.split_once("://").map_or(word, |(_, rest)| rest.split('/').next().unwrap_or(rest)))
                }
            }
        }
        let host = match rest[..] {
            [only] => Host::new(only),
            _ => None,
        };
        let phrase = plain(&rest.join(" "));
        let mut words: Vec<&str> = phrase.split_whitespace().take(MAX_WORDS).collect();
        if words.len() > 1 {
            words.retain(|word| says_much(word));
        }
        let phrases = match words.len() {
            0 | 1 => Vec::new(),
            _ => vec![Needle::new(words.join(" ")), Needle::new(words.concat())],
        };
        let needles = words.into_iter().map(|word| Needle::new(word.to_owned())).collect();
        Self { category, needles, phrases, host }
    }

    /// How well each entry fits that does, with its place in the catalogue.
    fn matches(&self, keys: &[Keys], mistyped: bool) -> Vec<((Class, usize), usize)> {
        let entries = keys.iter().zip(entries()).enumerate();
        let of_category = entries.filter(|(_, (_, entry))| match &self.category {
            None => !(self.needles.is_empty() && self.host.is_none()),
            Some(category) => is_of(entry.category, category),
        });
        of_category.filter_map(|(at, (keys, entry))| Some((self.fit(keys, entry, mistyped)?, at))).collect()
    }

    /// The worst of its words first, then all of them together.
    fn fit(&self, keys: &Keys, entry: &Entry, mistyped: bool) -> Option<(Class, usize)> {
        let one = |needle: &Needle| class(needle, keys).or_else(|| mistyped.then(|| typed(needle, keys)).flatten());
        let whole = self.phrases.iter().filter_map(one).min();
        let host = self.host.as_ref().and_then(|host| host.class(keys));
        let mut words = Some((EXACT, 0));
        for needle in &self.needles {
            let of_category = needle.is_category && is_of(entry.category, &needle.text);
            let of_category = of_category.then_some(EXACT);
            let fit = one(needle).into_iter().chain(of_category).min();
            words = words.zip(fit).map(|((worst, sum), fit)| (worst.max(fit), sum + usize::from(fit)));
            if words.is_none() {
                break;
            }
        }
        let whole = whole.into_iter().chain(host).min().map(|class| (class, usize::from(class)));
        words.into_iter().chain(whole).min()
    }
}

impl Host {
    fn new(word: &str) -> Option<Self> {
        let host = word.strip_prefix("www.").unwrap_or(word);
        let text = plain(host);
        let label = registered_domain(host)?.split('.').next().map(plain).filter(|label| says_much(label))?;
        (!text.is_empty()).then(|| Self { whole: Needle::new(text), label: Needle::new(label) })
    }

    fn class(&self, keys: &Keys) -> Option<Class> {
        let may_be = self.whole.letters & !keys.domain_letters == 0;
        let as_host = may_be.then(|| occurrence(&self.whole.text, &keys.domains)).flatten();
        let as_host = as_host.filter(|class| *class <= PREFIX);
        let as_name = class(&self.label, keys).filter(|class| *class == EXACT).map(|_| PREFIX);
        as_host.into_iter().chain(as_name).min()
    }
}

/// `cdn-dns` is found as a whole and by each part.
fn is_of(category: &str, name: &str) -> bool {
    !name.is_empty() && (category == name || category.split('-').any(|part| part == name))
}

fn class(needle: &Needle, keys: &Keys) -> Option<Class> {
    if needle.letters & !keys.letters != 0 {
        return None;
    }
    // One letter is within anything.
    occurrence(&needle.text, &keys.text).filter(|class| *class != WITHIN || needle.text.len() > 1)
}

fn occurrence(needle: &str, text: &str) -> Option<Class> {
    let of = |(at, _): (usize, &str)| match (text.as_bytes()[at - 1], text.as_bytes()[at + needle.len()]) {
        (b'\n', b'\n') => EXACT,
        (b'\n', _) => PREFIX,
        (b' ', _) => LATER_WORD,
        _ => WITHIN,
    };
    text.match_indices(needle).map(of).min()
}

fn typed(needle: &Needle, keys: &Keys) -> Option<Class> {
    let text = needle.text.as_bytes();
    let allowed = match text.len() {
        0..=3 => return None,
        4..=7 => 1,
        8..=MAX_TYPED => 2,
        _ => return None,
    };
    // Each error makes up for one letter that is not there at most.
    let may_be = |letters: u64| (needle.letters & !letters).count_ones() <= allowed;
    let shortest = text.len() - allowed as usize;
    let near = |word: &&Word| usize::from(word.end - word.start) >= shortest && may_be(word.letters);
    let mut best = None;
    if !may_be(keys.letters) {
        return None;
    }
    for word in keys.words.iter().filter(near) {
        let word = &keys.text.as_bytes()[usize::from(word.start)..usize::from(word.end)];
        let (whole, prefix) = errors(text, word, allowed as usize);
        let class = match () {
            () if whole <= allowed as usize => Some(MISTYPED),
            () if prefix <= allowed as usize && text.len() > 4 => Some(MISTYPED_PREFIX),
            () => None,
        };
        best = best.into_iter().chain(class).min();
    }
    best
}

/// The fewest typing errors that make `typed` of the word, and of any beginning of it. An error is a letter too many,
/// too few, wrong, or exchanged with the next; the word is looked at only as far as `allowed` makes sense.
fn errors(typed: &[u8], word: &[u8], allowed: usize) -> (usize, usize) {
    const WIDTH: usize = MAX_TYPED + 3;
    let seen = &word[..word.len().min(typed.len() + allowed)];
    // Rows of the table of distances between beginnings: of this letter, the one before, and before that.
    let (mut earlier, mut before) = ([0; WIDTH], [0; WIDTH]);
    for (j, cell) in before.iter_mut().enumerate() {
        *cell = j;
    }
    for (i, letter) in typed.iter().enumerate() {
        let mut row = [0; WIDTH];
        row[0] = i + 1;
        for (j, other) in seen.iter().enumerate() {
            let replaced = before[j] + usize::from(letter != other);
            row[j + 1] = replaced.min(before[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == seen[j - 1] && typed[i - 1] == *other {
                row[j + 1] = row[j + 1].min(earlier[j - 1] + 1);
            }
        }
        (earlier, before) = (before, row);
    }
    let row = &before[..=seen.len()];
    let whole = if seen.len() == word.len() { row[seen.len()] } else { usize::MAX };
    (whole, row.iter().copied().min().unwrap_or(usize::MAX))
}

fn categories() -> &'static [&'static str] {
    static CATEGORIES: OnceLock<Vec<&'static str>> = OnceLock::new();
    CATEGORIES.get_or_init(|| {
        let mut categories: Vec<&str> = entries().iter().map(|entry| entry.category).collect();
        categories.sort_unstable();
        categories.dedup();
        categories
    })
}

/// Of each entry, in the catalogue's order.
fn keys() -> &'static [Keys] {
    static KEYS: OnceLock<Vec<Keys>> = OnceLock::new();
    KEYS.get_or_init(|| entries().iter().map(Keys::new).collect())
}

impl Keys {
    fn new(entry: &Entry) -> Self {
        let mut all = vec![plain(entry.slug)];
        let mut add = |key: String| {
            if !key.is_empty() && !all.contains(&key) {
                all.push(key);
            }
        };
        for name in std::iter::once(entry.name).chain(entry.aliases()) {
            let name = plain(name);
            add(name.replace(' ', ""));
            add(name);
        }
        let host = entry.host().strip_prefix("www.").unwrap_or(entry.host());
        let domain = registered_domain(host).unwrap_or(host);
        add(plain(special(host, domain)));
        let mut domains = format!("\n{}\n", plain(host));
        if find_by_domain(domain).is_some() && host != domain {
            domains += &format!("{}\n", plain(domain));
        }
        let text = format!("\n{}\n", all.join("\n"));
        Self { letters: letters(&text), domain_letters: letters(&domains), words: words(&text), text, domains }
    }
}

/// What tells this host from others: `acme` of `status.acme.com`, and of `acme.statuspage.io` too.
fn special<'a>(host: &'a str, domain: &'a str) -> &'a str {
    let label = domain.split('.').next().unwrap_or(domain);
    if find_by_domain(domain).is_some() && says_much(label) {
        return label;
    }
    // Several pages are of that domain: it is a platform's, or a company's with many.
    let own = host.strip_suffix(domain).unwrap_or_default();
    own.split('.').find(|label| says_much(label)).unwrap_or(label)
}

/// Everything here is a status page.
fn says_much(label: &str) -> bool {
    !label.is_empty() && label != "status"
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut start = 0;
    for part in text.split([' ', '\n']) {
        let end = start + part.len();
        let known = || words.iter().any(|word| text[usize::from(word.start)..usize::from(word.end)] == *part);
        if let (false, Ok(from), Ok(to)) = (part.len() < 3 || known(), u16::try_from(start), u16::try_from(end)) {
            words.push(Word { start: from, end: to, letters: letters(part) });
        }
        start = end + 1;
    }
    words
}

/// In lower case, and one blank for whatever is neither letter nor digit.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.is_empty() && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// A bit for each letter and digit that occurs, one for all others.
fn letters(text: &str) -> u64 {
    let bit = |byte: u8| match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        b' ' | b'\n' => 0,
        _ => 1 << 36,
    };
    text.bytes().fold(0, |bits, byte| bits | bit(byte))
}
