//! One read of one page over HTTP: asks what the format asks for until it has a snapshot, or a reason why not. The page
//! itself is asked conditionally; if it is as it was, nothing is inflated or parsed.
use std::time::Duration;

use bytes::Bytes;
use formats::{
    Answer, Answers, Format, ReadError, Reading, Step, Watch,
    detect::{Detection, detect},
};
use futures_util::future::join_all;
use jiff::Timestamp;
use outbound::{FetchError, Fetched, Outbound, Validators};
use status::{
    ids::IncidentId,
    snapshot::{Kind, Snapshot},
};
use url::Url;

/// So many requests may one read cost a page: the page itself, its history, look-ups of what left it.
const MAX_REQUESTS: usize = 24;
/// Large pages have some hundred components and list the last 50 incidents.
const MOST_COMPONENTS: usize = 5_000;
const MOST_INCIDENTS: usize = 1_000;

/// What is known of a page before it is read.
pub struct Before<'a> {
    pub format: &'static Format,
    /// The source of the last good read; `None` looks for one.
    pub via: Option<&'a str>,
    pub open: &'a [(Kind, IncidentId)],
    /// What to recognise an unchanged page by; `None`: it must be read in full.
    pub seen: Option<Seen<'a>>,
}

pub struct Seen<'a> {
    pub validators: &'a Validators,
    /// Of the answer's bytes as they came.
    pub raw_digest: Option<&'a str>,
}

pub enum Read {
    Unchanged(Fetched),
    Whole(Whole),
}

/// A page read in full.
pub struct Whole {
    pub format: &'static str,
    pub reading: Reading,
    /// The answer to what the next read will ask for first: its validators recognise the page then.
    pub first: Option<Fetched>,
}

/// Why a read gave no data.
#[derive(Debug)]
pub enum Failed {
    Fetch(FetchError),
    /// With the time the page asked to be left alone, from now on.
    Unusable {
        error: ReadError,
        retry_after: Option<Duration>,
    },
    /// No format fits: each by name, with what stood against it.
    NoFormat(Vec<(&'static str, ReadError)>),
    /// Each answer came in time, but all of them together did not.
    TooSlow,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fetch(error) => write!(f, "{error}"),
            Self::Unusable { error, .. } => write!(f, "{error}"),
            Self::TooSlow => f.write_str("its answers take too long"),
            Self::NoFormat(reasons) => {
                f.write_str("no status page that we can read was found there")?;
                reasons.iter().try_for_each(|(format, error)| write!(f, "; {format}: {error}"))
            }
        }
    }
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

/// Reads a page whose format is known.
pub async fn read(outbound: &Outbound, page: &Url, before: Before<'_>, now: Timestamp) -> Result<Read, Failed> {
    let watch = Watch { page, via: before.via, open: before.open, now };
    let mut asked = Asked::default();
    loop {
        match (before.format.read)(&watch, &asked.answers) {
            Step::Done(reading) => {
                too_long(&reading.snapshot)?;
                return Ok(Read::Whole(asked.whole(before.format, reading, page, now)));
            }
            Step::Unusable(error) => {
                return Err(Failed::Unusable { error, retry_after: asked.retry_after });
            }
            Step::Need(urls) => {
                let seen = before.seen.as_ref().filter(|_| asked.fetched.is_empty());
                if let (Some(seen), [url]) = (seen, urls.as_slice()) {
                    let fetched = outbound.fetch(url, Some(seen.validators)).await?;
                    let same_bytes = fetched.status == 200 && seen.raw_digest == Some(hex(&fetched).as_str());
                    if fetched.not_modified() || same_bytes {
                        return Ok(Read::Unchanged(fetched));
                    }
                    asked.keep(outbound, url, fetched)?;
                } else {
                    asked.ask(outbound, urls).await?;
                }
            }
        }
    }
}

/// Reads a page whose format is not known; `hint` is tried first.
pub async fn find_out(outbound: &Outbound, page: &Url, hint: Option<&str>, now: Timestamp) -> Result<Whole, Failed> {
    let mut asked = Asked::default();
    loop {
        match detect(page, hint, now, &asked.answers) {
            Detection::Found { format, reading } => {
                too_long(&reading.snapshot)?;
                let format = formats::format(format).expect("what was found is registered");
                return Ok(asked.whole(format, reading, page, now));
            }
            Detection::Nothing { reasons } => return Err(Failed::NoFormat(reasons)),
            Detection::Need(urls) => asked.ask(outbound, urls).await?,
        }
    }
}

/// A page that lists more than any real one does would cost the round more than its share.
fn too_long(snapshot: &Snapshot) -> Result<(), Failed> {
    let updates = snapshot.incidents.iter().map(|incident| incident.updates.len() + incident.components.len());
    let lists = [
        ("components", snapshot.components.len(), MOST_COMPONENTS),
        ("incidents", snapshot.incidents.len(), MOST_INCIDENTS),
        ("updates or components of one incident", updates.max().unwrap_or(0), MOST_COMPONENTS),
    ];
    match lists.into_iter().find(|(_, number, most)| number > most) {
        None => Ok(()),
        Some((what, number, most)) => {
            let error = ReadError::Malformed(format!("{number} {what}: more than {most} are not read"));
            Err(Failed::Unusable { error, retry_after: None })
        }
    }
}

/// The digest of an answer's bytes as it is stored.
pub(crate) fn hex(fetched: &Fetched) -> String {
    format!("{:032x}", u128::from_be_bytes(fetched.raw_digest))
}

#[derive(Default)]
struct Asked {
    answers: Answers,
    /// One per answer that came, without its body, which is kept once, inflated, in the answers.
    fetched: Vec<(Url, Fetched)>,
    retry_after: Option<Duration>,
}

impl Asked {
    async fn ask(&mut self, outbound: &Outbound, urls: Vec<Url>) -> Result<(), Failed> {
        if self.answers.0.len() + urls.len() > MAX_REQUESTS {
            let error = ReadError::Malformed(format!("it takes more than {MAX_REQUESTS} requests to read"));
            return Err(Failed::Unusable { error, retry_after: None });
        }
        let fetched = join_all(urls.iter().map(|url| outbound.fetch(url, None))).await;
        for (url, fetched) in urls.iter().zip(fetched) {
            let kept = fetched.map_err(Failed::from).and_then(|fetched| self.keep(outbound, url, fetched));
            // Without the page itself there is nothing to read; without a look-up the format knows how to go on.
            match kept {
                Err(failed) if self.answers.0.is_empty() => return Err(failed),
                Err(_) => self.answers.0.push(Answer::none(url.clone())),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn keep(&mut self, outbound: &Outbound, url: &Url, fetched: Fetched) -> Result<(), Failed> {
        let body = outbound.inflate(&fetched)?;
        if fetched.status != 200 {
            self.retry_after = self.retry_after.max(fetched.retry_after);
        }
        self.answers.0.push(Answer {
            url: url.clone(),
            final_url: fetched.final_url.clone(),
            status: fetched.status,
            content_type: fetched.content_type.clone(),
            body,
        });
        self.fetched.push((url.clone(), Fetched { raw: Bytes::new(), ..fetched }));
        Ok(())
    }

    /// Finds the answer that the next read will ask for first.
    fn whole(self, format: &Format, reading: Reading, page: &Url, now: Timestamp) -> Whole {
        let next = Watch { page, via: Some(reading.via), open: &[], now };
        let first = match (format.read)(&next, &Answers::default()) {
            Step::Need(urls) => self.fetched.into_iter().find(|(url, _)| urls.first() == Some(url)),
            Step::Done(_) | Step::Unusable(_) => None,
        };
        Whole { format: format.name, reading, first: first.map(|(_, fetched)| fetched) }
    }
}
