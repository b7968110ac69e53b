//! Fake pages from files: the cases of `test_data`, the recordings, and the one text that a fuzzer works on.
use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use jiff::Timestamp;
use status::snapshot::Incident;
use url::Url;

use crate::{
    contract::{Format, ReadError},
    platforms,
    testing::page::{EXAMPLE, Page},
};

/// The URL of a case of `test_data` that is not at `https://status.example.com`.
const PAGE_FILE: &str = "page.txt";

const MARK: &[u8] = b"\n=== ";

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

impl Page {
    /// All of it as one text, for a fuzzer to work on: a line `=== name` in front of each document.
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        for (name, body) in std::iter::once((PAGE_FILE, self.page.as_str().as_bytes()))
            .chain(self.documents.iter().map(|(name, body)| (name.as_str(), &body[..])))
        {
            packed.extend_from_slice(MARK);
            packed.extend_from_slice(name.as_bytes());
            packed.push(b'\n');
            packed.extend_from_slice(body);
        }
        packed
    }

    /// What [`Self::pack`] made, however damaged since.
    pub fn unpack(packed: &[u8]) -> Self {
        let mut page = None;
        let mut documents = BTreeMap::new();
        let mut rest = packed;
        while let Some(start) = find(rest, MARK) {
            rest = &rest[start + MARK.len()..];
            let line = find(rest, b"\n").unwrap_or(rest.len());
            let name = String::from_utf8_lossy(&rest[..line]).into_owned();
            let body = &rest[(line + 1).min(rest.len())..];
            let body = &body[..find(body, MARK).unwrap_or(body.len())];
            if name == PAGE_FILE {
                page = std::str::from_utf8(body).ok().and_then(|text| Url::parse(text).ok());
            } else {
                documents.insert(name, Bytes::copy_from_slice(body));
            }
        }
        let page = page.filter(|page| matches!(page.scheme(), "http" | "https"));
        Self::new(page.unwrap_or_else(|| EXAMPLE.parse().unwrap()), documents)
    }

    /// A case of `test_data`.
    pub fn load(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, Bytes::from(fs::read(&path).unwrap()))
        });
        let mut documents: BTreeMap<_, _> = files.collect();
        let page = documents.remove(PAGE_FILE);
        let page = page.as_deref().map_or(EXAMPLE, |page| std::str::from_utf8(page).unwrap().trim());
        Self::new(page.parse().unwrap(), documents)
    }
}

/// Every case of `test_data` of a format, by its name.
pub fn cases(format: &Format) -> Vec<(String, Page)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(format.name);
    // a test demands at least one of every format
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let cases = entries.map(|entry| entry.unwrap());
    cases.map(|case| (format!("{}/{}", format.name, case.file_name().display()), Page::load(&case.path()))).collect()
}

/// A line of `tests/expected/index.csv`: which answer of which page a recording is.
#[derive(Debug, serde::Deserialize)]
pub struct Recording {
    /// Path in the folder of recordings.
    pub recording: String,
    pub format: String,
    /// Where it is not `https://status.example.com`.
    pub page: Option<String>,
    /// A file name of `test_data`, or `alone` for a document that only makes a part of a read.
    pub answer: String,
    /// The source it is read through, where it must be known; the column is called `via`.
    #[serde(alias = "via")]
    pub source: Option<String>,
    /// When it was made, where its times count against the time of the read.
    pub read_at: Option<Timestamp>,
}

impl Recording {
    /// The page with this recording as its only document.
    pub fn page(&self, document: &[u8]) -> Page {
        let documents = BTreeMap::from([(self.answer.clone(), document.to_vec().into())]);
        let mut page = Page::new(self.page.as_deref().unwrap_or(EXAMPLE).parse().unwrap(), documents);
        page.now = self.read_at.unwrap_or(page.now);
        page
    }
}

/// The incidents of a document that is only a part of a read, and its problems.
pub fn incidents_of_part(format: &str, document: &[u8]) -> Result<(Vec<Incident>, Vec<String>), ReadError> {
    match format {
        "statuspage" => platforms::statuspage::incidents(document),
        "incidentio" => {
            platforms::incidentio::incident(document).map(|(incident, problems)| (vec![incident], problems))
        }
        "yandex" => platforms::yandex::incident(document),
        other => panic!("{other} has no such part"),
    }
}
