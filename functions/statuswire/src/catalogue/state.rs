//! What was found so far: a line of JSON for each page, written as soon as it is known, so that whatever ends a run costs
//! it the pages under way and no more.
use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use ::catalogue::Row;
use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::seen::Seen;

pub(super) struct State {
    file: File,
    known: HashMap<String, Record>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    slug: String,
    /// As listed when it was read: an entry that has been changed since is read anew.
    url: String,
    platform: String,
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) seen: Seen,
}

impl State {
    pub(super) fn open(folder: &Path, again: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let path = folder.join("state.jsonl");
        let what = || format!("opening {}", path.display());
        let text = match fs::read(&path) {
            Ok(bytes) if !again => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(what),
            _ => String::new(),
        };
        // A line that was cut short is as good as none.
        let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
        let known = records.map(|record| (record.slug.clone(), record)).collect();
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).with_context(what)?;
        if again {
            file.set_len(0).with_context(what)?;
        } else if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file).with_context(what)?;
        }
        Ok(Self { file, known })
    }

    /// What was found of this very entry.
    pub(super) fn of(&self, row: &Row<'_>) -> Option<&Record> {
        self.known.get(row.slug).filter(|record| record.url == row.url && record.platform == row.platform)
    }

    /// Known, and not to be read again by a run that goes on: a page that was not reached deserves another try.
    pub(super) fn is_settled(&self, row: &Row<'_>) -> bool {
        self.of(row).is_some_and(|record| !matches!(record.seen, Seen::Unreachable { .. }))
    }

    pub(super) fn keep(&mut self, row: &Row<'_>, seen: Seen, at: Timestamp) -> anyhow::Result<()> {
        let (slug, url, platform) = (row.slug.to_owned(), row.url.to_owned(), row.platform.to_owned());
        let record = Record { slug, url, platform, at, seen };
        let line = serde_json::to_string(&record)? + "\n";
        self.file.write_all(line.as_bytes()).context("writing state.jsonl")?;
        self.known.insert(record.slug.clone(), record);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_short_costs_its_page_only() {
        let folder = tempfile::tempdir().unwrap();
        let csv = "slug,name,url,platform,category,source\na,A,https://a.com,,,\nb,B,https://b.com,,,\nc,C,https://c.com,,,\n";
        let rows = catalogue::read(csv);
        let gone = || Seen::NoStatusPage { reason: "it is a shop".to_owned() };
        let mut state = State::open(folder.path(), false).unwrap();
        state.keep(&rows[0], gone(), Timestamp::UNIX_EPOCH).unwrap();
        state.keep(&rows[1], gone(), Timestamp::UNIX_EPOCH).unwrap();
        let path = folder.path().join("state.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();

        let mut state = State::open(folder.path(), false).unwrap();
        assert!(state.is_settled(&rows[0]) && !state.is_settled(&rows[1]));
        state.keep(&rows[2], Seen::Unreachable { reason: "no answer".to_owned() }, Timestamp::UNIX_EPOCH).unwrap();
        let state = State::open(folder.path(), false).unwrap();
        assert!(state.is_settled(&rows[0]), "what was kept before is not lost by going on");
        assert!(state.of(&rows[2]).is_some() && !state.is_settled(&rows[2]));
        let changed = Row { url: "https://www.a.com", ..rows[0] };
        assert!(!state.is_settled(&changed));
        assert!(State::open(folder.path(), true).unwrap().known.is_empty());
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
