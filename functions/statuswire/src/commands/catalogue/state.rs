//! The results so far: one line of JSON for each page, written as soon as it is known. Whatever ends a run, only the
//! pages in progress are lost.
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

use super::page_check::PageResult;

pub(super) struct State {
    file: File,
    known: HashMap<String, Record>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    slug: String,
    /// As listed when it was read. An entry whose URL or platform has changed since is read again.
    url: String,
    platform: String,
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) result: PageResult,
}

impl State {
    pub(super) fn open(folder: &Path, again: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let path = folder.join("state.jsonl");
        let context = || format!("opening {}", path.display());
        let text = match fs::read(&path) {
            Ok(bytes) if !again => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(context),
            _ => String::new(),
        };
        // A truncated line is ignored.
        let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
        let known = records.map(|record| (record.slug.clone(), record)).collect();
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).with_context(context)?;
        if again {
            file.set_len(0).with_context(context)?;
        } else if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file).with_context(context)?;
        }
        Ok(Self { file, known })
    }

    /// The result for this entry as it is listed now.
    pub(super) fn of(&self, row: &Row<'_>) -> Option<&Record> {
        self.known.get(row.slug).filter(|record| record.url == row.url && record.platform == row.platform)
    }

    /// Whether a continued run skips this page. An unreachable page is read again.
    pub(super) fn is_settled(&self, row: &Row<'_>) -> bool {
        self.of(row).is_some_and(|record| !matches!(record.result, PageResult::Unreachable { .. }))
    }

    pub(super) fn keep(&mut self, row: &Row<'_>, result: PageResult, at: Timestamp) -> anyhow::Result<()> {
        let (slug, url, platform) = (row.slug.to_owned(), row.url.to_owned(), row.platform.to_owned());
        let record = Record { slug, url, platform, at, result };
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
    fn a_truncated_line_loses_only_its_page() {
        let folder = tempfile::tempdir().unwrap();
        let csv = "slug,name,url,platform,category,source\na,A,https://a.com,,,\nb,B,https://b.com,,,\nc,C,https://c.com,,,\n";
        let rows = catalogue::read(csv);
        let gone = || PageResult::NoStatusPage { reason: "it is a shop".to_owned() };
        let mut state = State::open(folder.path(), false).unwrap();
        state.keep(&rows[0], gone(), Timestamp::UNIX_EPOCH).unwrap();
        state.keep(&rows[1], gone(), Timestamp::UNIX_EPOCH).unwrap();
        let path = folder.path().join("state.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();

        let mut state = State::open(folder.path(), false).unwrap();
        assert!(state.is_settled(&rows[0]) && !state.is_settled(&rows[1]));
        state
            .keep(&rows[2], PageResult::Unreachable { reason: "no answer".to_owned() }, Timestamp::UNIX_EPOCH)
            .unwrap();
        let state = State::open(folder.path(), false).unwrap();
        assert!(state.is_settled(&rows[0]), "a continued run keeps earlier results");
        assert!(state.of(&rows[2]).is_some() && !state.is_settled(&rows[2]));
        let changed = Row { url: "https://www.a.com", ..rows[0] };
        assert!(!state.is_settled(&changed));
        assert!(State::open(folder.path(), true).unwrap().known.is_empty());
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
