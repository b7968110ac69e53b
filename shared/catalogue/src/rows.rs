//! The catalogue's file form: RFC 4180 with one row per line, its columns fixed. Rows borrow from the text, which is
//! what makes loading it cheap; the price is that a field cannot hold a quote or a line break.
use std::borrow::Cow;

use status::{ids::ProviderId, provider::Provider};

/// The last may be missing.
pub(super) const COLUMNS: [&str; 7] = ["slug", "name", "url", "platform", "category", "source", "aliases"];
const OPTIONAL: usize = 1;

/// One provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Unique, lower-case words joined by `-`.
    pub slug: &'a str,
    pub name: &'a str,
    /// Root of the status page: https, without a trailing slash, unique.
    pub url: &'a str,
    /// As the sources call it; empty where they do not know it.
    pub platform: &'a str,
    /// Rough; may be empty.
    pub category: &'a str,
    /// Which public list named it.
    pub source: &'a str,
    /// Other names it is known by, separated by `|`.
    pub aliases: &'a str,
}

impl<'a> Row<'a> {
    pub fn aliases(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.aliases.split('|').filter(|alias| !alias.is_empty())
    }
}

impl Row<'_> {
    /// The provider to watch. The platform is only a hint for the detection at the first read, so it names no format.
    pub fn provider(&self) -> Provider {
        Provider {
            id: ProviderId::new(self.slug),
            name: self.name.to_owned(),
            page_url: self.url.to_owned(),
            format: None,
            interval: None,
        }
    }

    pub(crate) fn host(&self) -> &str {
        let rest = self.url.strip_prefix("https://").unwrap_or(self.url);
        rest.split(['/', ':']).next().unwrap_or(rest)
    }
}

/// The same for all addresses of one page: without scheme, `www.` and a slash at the end.
pub fn page_key(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    Some(rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/'))
}

/// Why a line is no row, in words for people: what is wrong, and a hint what to do.
pub(super) type Fault = (String, &'static str);

/// Each row with the number of its line.
pub(super) fn rows(csv: &str) -> impl Iterator<Item = (usize, Result<Row<'_>, Fault>)> {
    let mut lines = lines(csv);
    let head = lines.next().map(|(_, head)| head).unwrap_or_default();
    let columns = head.split(',').count();
    let head = is_head(head).then_some(()).ok_or_else(|| {
        let what = format!("the first line does not name the columns {}", COLUMNS.join(","));
        (1, Err((what, "begin with exactly that line; aliases may be left out")))
    });
    let body = head.is_ok().then_some(lines).into_iter().flatten();
    head.err().into_iter().chain(body.map(move |(number, line)| (number, row(line, columns))))
}

/// Numbered from 1. The text after the last line break is a line only if it is not empty.
fn lines(csv: &str) -> impl Iterator<Item = (usize, &str)> {
    csv.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn is_head(line: &str) -> bool {
    let names: Vec<&str> = line.split(',').collect();
    names == COLUMNS || names == COLUMNS[..COLUMNS.len() - OPTIONAL]
}

fn row(line: &str, columns: usize) -> Result<Row<'_>, Fault> {
    let [slug, name, url, platform, category, source, aliases] = read_columns(line, columns)?;
    Ok(Row { slug, name, url, platform, category, source, aliases })
}

/// A line of just so many fields.
pub(super) fn read_fields<const N: usize>(line: &str) -> Result<[&str; N], Fault> {
    read_columns(line, N)
}

/// The same of the first `columns` of them; the others are empty.
fn read_columns<const N: usize>(line: &str, columns: usize) -> Result<[&str; N], Fault> {
    let mut fields = [""; N];
    let mut rest = Some(line);
    for field in &mut fields[..columns] {
        let Some(text) = rest else {
            let what = format!("has fewer than {columns} fields");
            return Err((what, "each row has a field for each column, be it an empty one"));
        };
        (*field, rest) = split(text)?;
    }
    if rest.is_some() {
        let what = format!("has more than {columns} fields");
        return Err((what, "put a field that holds a comma in quotes"));
    }
    Ok(fields)
}

/// The first field, and what follows its comma if there is one.
fn split(text: &str) -> Result<(&str, Option<&str>), Fault> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (field, rest) = text.split_once(',').map_or((text, None), |(field, rest)| (field, Some(rest)));
        if field.contains('"') {
            return Err((format!("a quote within the field {field}"), "quotes go around a whole field only"));
        }
        return Ok((field, rest));
    };
    let Some((field, rest)) = quoted.split_once('"') else {
        return Err(("a quoted field does not end".to_owned(), "end it with a quote on the same line"));
    };
    match rest.strip_prefix(',') {
        Some(rest) => Ok((field, Some(rest))),
        None if rest.is_empty() => Ok((field, None)),
        None => Err((format!("a quote within the field {field}"), "a field cannot hold a quote: write ' instead")),
    }
}

/// The rows in the form they are read in; every column is written, lines end as those of `like` do.
pub fn write<'a>(rows: impl IntoIterator<Item = Row<'a>>, like: &str) -> String {
    let end =
        if like.lines().next().is_some_and(|head| like[head.len()..].starts_with("\r\n")) { "\r\n" } else { "\n" };
    let mut csv = COLUMNS.join(",") + end;
    for Row { slug, name, url, platform, category, source, aliases } in rows {
        let fields = [slug, name, url, platform, category, source, aliases].map(quoted);
        csv += &fields.join(",");
        csv += end;
    }
    csv
}

pub(super) fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains(',') { format!("\"{field}\"").into() } else { field.into() }
}
