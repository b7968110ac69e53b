//! A pretend page: answers by URL path, and the loop that asks a format until it is done.
use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use formats::{
    Answer, Answers, Format, ReadError, Reading, Step, Watch,
    detect::{Detection, MAX_REQUESTS, detect},
};
use jiff::Timestamp;
use status::{ids::IncidentId, snapshot::Kind};
use url::Url;

pub(crate) const PAGE: &str = "https://status.example.com";

fn now() -> Timestamp {
    "2026-05-04T16:00:00Z".parse().unwrap()
}

/// Bodies by URL path without its first `/`; every other path is 404.
#[derive(Clone)]
pub(crate) struct Pretend(pub(crate) BTreeMap<String, Bytes>);

impl Pretend {
    /// A case of `test_data`: see its README for the file names.
    pub(crate) fn load(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().replace('+', "/");
            (name, fs::read(&path).unwrap().into())
        });
        Self(files.collect())
    }

    pub(crate) fn read(&self, format: &Format, open: &[(Kind, IncidentId)]) -> Result<Reading, ReadError> {
        let page: Url = PAGE.parse().unwrap();
        let watch = Watch { page: &page, via: None, open, now: now() };
        let mut answers = Answers::default();
        loop {
            match (format.read)(&watch, &answers) {
                Step::Done(reading) => return Ok(reading),
                Step::Unusable(error) => return Err(error),
                Step::Need(urls) => {
                    assert!(!urls.is_empty(), "{} needs nothing and is not done", format.name);
                    for url in urls {
                        assert!(answers.get(&url).is_none(), "{url} was answered already");
                        answers.0.push(self.answer(url));
                    }
                }
            }
        }
    }

    pub(crate) fn detect(&self) -> Detection {
        let mut answers = Answers::default();
        loop {
            match detect(&PAGE.parse().unwrap(), None, now(), &answers) {
                Detection::Need(urls) => answers.0.extend(urls.into_iter().map(|url| self.answer(url))),
                end => {
                    assert!(answers.0.len() <= MAX_REQUESTS);
                    return end;
                }
            }
        }
    }

    fn answer(&self, url: Url) -> Answer {
        let body = self.0.get(url.path().trim_start_matches('/'));
        Answer {
            final_url: url.clone(),
            url,
            status: if body.is_some() { 200 } else { 404 },
            content_type: None,
            body: body.cloned().unwrap_or_default(),
        }
    }
}
