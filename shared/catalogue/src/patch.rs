//! A patch of the catalogue: what an instance has found of its rows, in a form that people read and that is applied to
//! a file of the catalogue. Each line says what was listed, so that it changes no row that says something else by now.
use std::collections::HashMap;

use status::catalogue_overlay::OverlayRow;

use crate::{
    index::find,
    rows::{Fault, Row, page_key, quoted, read_fields, rows, write},
};

/// The first line of a patch.
pub(crate) const HEAD: &str = "slug,listed_url,listed_platform,url,platform,note";
const COLUMNS: usize = 6;

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// The file with its changes.
    pub csv: String,
    /// Slugs of the rows that changed.
    pub changed: Vec<String>,
    /// Lines that change nothing, by slug, with the reason.
    pub left: Vec<(String, String)>,
}

/// Whether a row of the overlay is about the shipped file as it is.
pub fn is_of_shipped(row: &OverlayRow) -> bool {
    find(row.provider.as_str()).is_some_and(|entry| row.is_of(entry.url, entry.platform))
}

/// The patch of an overlay, in its order. What only people can judge is in the notes: a dead page, and an address that
/// leads to a page that may be somebody else's.
pub fn write_patch<'a>(overlay: impl IntoIterator<Item = &'a OverlayRow>) -> String {
    let mut patch = HEAD.to_owned() + "\n";
    for row in overlay {
        let dead = row.dead_since.map(|at| format!("dead since {}", at.strftime("%Y-%m-%d")));
        let leads_to = row.leads_to.as_ref().map(|to| format!("leads to {to}"));
        let note = [dead, leads_to].into_iter().flatten().collect::<Vec<_>>().join("; ").replace('"', "'");
        let url = row.url.as_deref().unwrap_or_default();
        let platform = row.platform.as_deref().unwrap_or_default();
        let fields = [row.provider.as_str(), &row.listed_url, &row.listed_platform, url, platform, &note];
        patch += &fields.map(|field| quoted(field).replace(['\n', '\r'], " ")).join(",");
        patch += "\n";
    }
    patch
}

/// Applies a patch to a file of the catalogue. Fails if a line of the patch cannot be read.
pub fn apply_patch(csv: &str, patch: &str) -> Result<Patched, String> {
    let mut lines = patch.lines();
    if lines.next() != Some(HEAD) {
        return Err(format!("the patch does not begin with the line {HEAD}"));
    }
    let mut wanted: HashMap<&str, [&str; COLUMNS]> = HashMap::new();
    for (line, number) in lines.zip(2..) {
        let fields = read_fields::<COLUMNS>(line).map_err(|(what, _): Fault| format!("line {number} {what}"))?;
        wanted.insert(fields[0], fields);
    }
    let shipped: Vec<Row<'_>> = rows(csv).filter_map(|(_, row)| row.ok()).collect();
    let owners: HashMap<&str, &str> = shipped.iter().filter_map(|row| Some((page_key(row.url)?, row.slug))).collect();
    let (mut changed, mut left) = (Vec::new(), Vec::new());
    let patched: Vec<Row<'_>> = shipped
        .iter()
        .map(|row| {
            let Some(fields) = wanted.remove(row.slug) else { return *row };
            match patched(row, &fields, &owners) {
                Ok(patched) => {
                    changed.push(row.slug.to_owned());
                    patched
                }
                Err(reason) => {
                    left.push((row.slug.to_owned(), reason));
                    *row
                }
            }
        })
        .collect();
    let mut unknown: Vec<&str> = wanted.into_keys().collect();
    unknown.sort_unstable();
    left.extend(unknown.into_iter().map(|slug| (slug.to_owned(), "the file has no such row".to_owned())));
    Ok(Patched { csv: write(patched, csv), changed, left })
}

/// The row as the line of a patch has it, or why it stays.
fn patched<'a>(row: &Row<'a>, fields: &[&'a str; COLUMNS], owners: &HashMap<&str, &str>) -> Result<Row<'a>, String> {
    let [_, listed_url, listed_platform, url, platform, note] = *fields;
    if row.url != listed_url || row.platform != listed_platform {
        return Err("the file says otherwise by now".to_owned());
    }
    if url.is_empty() && platform.is_empty() {
        return Err(if note.is_empty() { "it says nothing".to_owned() } else { format!("for people: {note}") });
    }
    if let Some(other) = page_key(url).and_then(|key| owners.get(key)).filter(|owner| **owner != row.slug) {
        return Err(format!("{url} is the page of {other}"));
    }
    let or_listed = |found: &'a str, listed: &'a str| if found.is_empty() { listed } else { found };
    Ok(Row { url: or_listed(url, row.url), platform: or_listed(platform, row.platform), ..*row })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const FILE: &str = "slug,name,url,platform,category,source,aliases\n\
                        acme,Acme,https://status.acme.com,statuspage,,,\n\
                        globex,\"Globex, Inc\",https://status.globex.com,,,,\n\
                        gone,Gone,https://status.gone.com,statuspage,,,\n";

    fn row(slug: &str, url: &str, platform: &str) -> OverlayRow {
        OverlayRow::new(slug.into(), url, platform, Timestamp::UNIX_EPOCH)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn patch_brings_a_file_to_what_was_found() {
        let overlay = [
            OverlayRow {
                url: some("https://status.acme.io"),
                platform: some("instatus"),
                ..row("acme", "https://status.acme.com", "statuspage")
            },
            OverlayRow { platform: some("betterstack"), ..row("globex", "https://status.globex.com", "") },
            OverlayRow {
                dead_since: Some(Timestamp::UNIX_EPOCH),
                leads_to: some("https://parked.example/a,b"),
                ..row("gone", "https://status.gone.com", "statuspage")
            },
        ];
        let patch = write_patch(&overlay);
        let patched = apply_patch(FILE, &patch).unwrap();
        assert_eq!(
            patched.csv,
            "slug,name,url,platform,category,source,aliases\n\
             acme,Acme,https://status.acme.io,instatus,,,\n\
             globex,\"Globex, Inc\",https://status.globex.com,betterstack,,,\n\
             gone,Gone,https://status.gone.com,statuspage,,,\n"
        );
        assert_eq!(patched.changed, ["acme", "globex"]);
        let note = "for people: dead since 1970-01-01; leads to https://parked.example/a,b";
        assert_eq!(patched.left, [("gone".to_owned(), note.to_owned())]);
        let again = apply_patch(&patched.csv, &patch).unwrap();
        assert_eq!((again.csv, again.changed.len(), again.left.len()), (patched.csv, 0, 3), "it changes nothing twice");
    }

    #[test]
    fn patch_leaves_rows_that_say_otherwise_and_takes_no_page_of_another() {
        let overlay = [
            OverlayRow { platform: some("instatus"), ..row("acme", "https://status.acme.com", "cachet") },
            OverlayRow { url: some("https://www.status.gone.com"), ..row("globex", "https://status.globex.com", "") },
            OverlayRow { platform: some("instatus"), ..row("other", "https://status.other.com", "") },
        ];
        let patched = apply_patch(FILE, &write_patch(&overlay)).unwrap();
        assert_eq!(patched.csv, FILE);
        let reasons: Vec<&str> = patched.left.iter().map(|(_, reason)| reason.as_str()).collect();
        let taken = "https://www.status.gone.com is the page of gone";
        assert_eq!(reasons, ["the file says otherwise by now", taken, "the file has no such row"]);
        assert!(apply_patch(FILE, "slug,url\n").is_err());
        assert!(apply_patch(FILE, &format!("{HEAD}\nacme,too,few\n")).unwrap_err().starts_with("line 2 has fewer"));
    }
}
