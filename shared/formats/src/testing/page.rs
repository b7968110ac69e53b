//! A fake page for tests, fuzz targets and benchmarks: answers from files, and the loop that asks a format until it is
//! done.
use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind},
};
use url::Url;

use crate::{
    Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop,
    detect::{Detection, MAX_REQUESTS, detect},
    platforms,
};

const PAGE: &str = "https://status.example.com";
/// Of a case of `test_data` whose page is somewhere else: its URL.
const PAGE_FILE: &str = "page.txt";

const MARK: &[u8] = b"\n=== ";

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn now() -> Timestamp {
    "2026-05-04T16:00:00Z".parse().unwrap()
}

#[derive(Clone)]
pub struct Page {
    pub page: Url,
    /// Bodies by file name: see the README of `test_data`. Every other URL is 404.
    pub documents: BTreeMap<String, Bytes>,
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
        Self { page: page.unwrap_or_else(|| PAGE.parse().unwrap()), documents }
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
        let page = page.as_deref().map_or(PAGE, |page| std::str::from_utf8(page).unwrap().trim());
        Self { page: page.parse().unwrap(), documents }
    }

    pub fn read(&self, format: &Format, open: &[(Kind, IncidentId)]) -> Result<ParsedPage, ReadError> {
        self.read_from(format, None, open)
    }

    pub fn read_from(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[(Kind, IncidentId)],
    ) -> Result<ParsedPage, ReadError> {
        let context = ReadContext { page: &self.page, source, open, now: now() };
        let mut answers = Answers::default();
        loop {
            match (format.read)(&context, &answers) {
                Ok(parsed) => return Ok(parsed),
                Err(Stop::Unusable(error)) => return Err(error),
                Err(Stop::Need(urls)) => {
                    assert!(!urls.is_empty(), "{} needs nothing and is not done", format.name);
                    for url in urls {
                        assert!(answers.get(&url).is_none(), "{url} was answered already");
                        answers.0.push(self.answer(url));
                    }
                    assert!(answers.0.len() <= 24, "{} asks without end", format.name);
                }
            }
        }
    }

    pub fn detect(&self) -> Detection {
        let mut answers = Answers::default();
        loop {
            match detect(&self.page, None, now(), &answers) {
                Detection::Need(urls) => answers.0.extend(urls.into_iter().map(|url| self.answer(url))),
                end => {
                    assert!(answers.0.len() <= MAX_REQUESTS);
                    return end;
                }
            }
        }
    }

    pub fn answer(&self, url: Url) -> Answer {
        let names = self.names(&url);
        let body = names.iter().find_map(|name| self.documents.get(name));
        Answer {
            final_url: url.clone(),
            url,
            status: if body.is_some() { 200 } else { 404 },
            content_type: None,
            headers: vec![],
            body: body.cloned().unwrap_or_default(),
        }
    }

    /// The file names that may hold the answer to this URL, the most exact first.
    fn names(&self, url: &Url) -> [String; 2] {
        let path = url.path().trim_start_matches('/').replace('/', "+");
        let path = if path.is_empty() { "+".to_owned() } else { path };
        let host = url.host_str().unwrap_or_default();
        let name = if url.host() == self.page.host() { path } else { format!("@{host}+{path}") };
        [format!("{name}?{}", url.query().unwrap_or_default()), name]
    }
}

/// Every case of `test_data` of a format, by its name.
pub fn cases(format: &Format) -> Vec<(String, Page)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(format.name);
    // whoever has none is told by a test
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
}

impl Recording {
    /// The page with this recording as its only document.
    pub fn page(&self, document: &[u8]) -> Page {
        let documents = BTreeMap::from([(self.answer.clone(), document.to_vec().into())]);
        Page { page: self.page.as_deref().unwrap_or(PAGE).parse().unwrap(), documents }
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
