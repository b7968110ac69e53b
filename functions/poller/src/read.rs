//! One read of one page over HTTP: asks what the format asks for until it has a snapshot, or a reason why not. The page
//! itself is asked conditionally; if it is as it was, nothing is inflated or parsed.
use std::time::Duration;

use bytes::Bytes;
use formats::{
    Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop,
    detect::ResolvedBy,
    detect::{DetectedPage, Detection, detect},
};
use futures_util::future::join_all;
use jiff::Timestamp;
use outbound::{FetchError, Fetched, Outbound, Validators};
use status::{
    ids::{IncidentId, digest},
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
    pub source: Option<&'a str>,
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
    Unchanged(First),
    Whole(Whole),
}

/// A page read in full.
pub struct Whole {
    pub format: &'static str,
    pub parsed: ParsedPage,
    /// What the next read will ask for first, by which it recognises the page.
    pub first: Option<First>,
    /// Where the page has moved for good, by its own redirects; it is still read at its old address.
    pub moved_to: Option<Url>,
    /// Where the status page was found and why, if it was looked for and is not at the address given.
    pub led: Option<(Url, ResolvedBy)>,
}

/// The answers that a read asks for before any other, taken together.
#[derive(Debug)]
pub struct First {
    /// Of a single answer; several are compared by their bytes.
    pub validators: Validators,
    pub raw_digest: String,
    /// How long all of them stay fresh.
    pub max_age: Option<Duration>,
}

impl First {
    fn of(answers: &[&Fetched]) -> Option<Self> {
        let (first, rest) = answers.split_first()?;
        let digests: Vec<String> = answers.iter().map(|fetched| hex(fetched)).collect();
        let ages: Option<Vec<Duration>> = answers.iter().map(|fetched| fetched.max_age).collect();
        Some(Self {
            validators: if rest.is_empty() { first.validators.clone() } else { Validators::default() },
            raw_digest: match digests.as_slice() {
                [only] => only.clone(),
                several => digest(&several.iter().map(String::as_str).collect::<Vec<_>>()),
            },
            max_age: ages.and_then(|ages| ages.into_iter().min()),
        })
    }
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
    let watch = ReadContext { page, source: before.source, open: before.open, now };
    let mut asked = Asked::default();
    loop {
        match (before.format.read)(&watch, &asked.answers) {
            Ok(parsed) => {
                too_long(&parsed.snapshot)?;
                return Ok(Read::Whole(asked.whole(before.format, parsed, page, now)));
            }
            Err(Stop::Unusable(error)) => {
                return Err(Failed::Unusable { error, retry_after: asked.retry_after });
            }
            Err(Stop::Need(urls)) => {
                let seen = before.seen.as_ref().filter(|_| asked.fetched.is_empty());
                match (seen, urls.as_slice()) {
                    (Some(seen), [url]) => {
                        let fetched = outbound.fetch(url, Some(seen.validators)).await?;
                        let not_modified = fetched.not_modified();
                        let first = First::of(&[&fetched]).expect("one answer is given");
                        if not_modified || (fetched.status == 200 && seen.raw_digest == Some(&first.raw_digest)) {
                            return Ok(Read::Unchanged(first));
                        }
                        asked.keep(outbound, url, fetched)?;
                    }
                    (Some(seen), several) => {
                        if let Some(first) = asked.ask_unless_same(outbound, several, seen.raw_digest).await? {
                            return Ok(Read::Unchanged(first));
                        }
                    }
                    (None, _) => asked.ask(outbound, &urls).await?,
                }
            }
        }
    }
}

/// Reads a page whose format is not known; `hint` is tried first. An address that does not answer may still lead to one
/// that does.
pub async fn find_out(outbound: &Outbound, page: &Url, hint: Option<&str>, now: Timestamp) -> Result<Whole, Failed> {
    let mut asked = Asked { may_do_without: true, ..Asked::default() };
    loop {
        match detect(page, hint, now, &asked.answers) {
            Detection::Found(DetectedPage { format, parsed, page: found_at, resolved_by: led }) => {
                too_long(&parsed.snapshot)?;
                let format = formats::format(format).expect("what was found is registered");
                let for_good = asked.moved_for_good(page).filter(|to| to.host() == found_at.host());
                let for_good = for_good.filter(|_| led == Some(ResolvedBy::Redirect)).map(|_| found_at.clone());
                let led = led.map(|by| (found_at.clone(), by));
                let whole = asked.whole(format, parsed, &found_at, now);
                return Ok(Whole { led, moved_to: for_good.or(whole.moved_to), ..whole });
            }
            Detection::Nothing { reasons } => {
                return Err(match asked.first_failure {
                    Some(failed) if asked.fetched.is_empty() => failed,
                    _ => Failed::NoFormat(reasons),
                });
            }
            Detection::Need(urls) => asked.ask(outbound, &urls).await?,
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
    /// An address without an answer is no reason to stop.
    may_do_without: bool,
    /// Why the very first gave none.
    first_failure: Option<Failed>,
}

impl Asked {
    async fn ask(&mut self, outbound: &Outbound, urls: &[Url]) -> Result<(), Failed> {
        let fetched = self.fetch(outbound, urls).await?;
        self.keep_all(outbound, urls, fetched)
    }

    /// Keeps the answers, unless together they are the bytes that were seen before.
    async fn ask_unless_same(
        &mut self,
        outbound: &Outbound,
        urls: &[Url],
        seen: Option<&str>,
    ) -> Result<Option<First>, Failed> {
        let fetched = self.fetch(outbound, urls).await?;
        let good: Vec<&Fetched> = fetched.iter().flatten().filter(|fetched| fetched.status == 200).collect();
        if good.len() == urls.len()
            && let Some(first) = First::of(&good).filter(|first| seen == Some(&first.raw_digest))
        {
            return Ok(Some(first));
        }
        self.keep_all(outbound, urls, fetched)?;
        Ok(None)
    }

    async fn fetch(&self, outbound: &Outbound, urls: &[Url]) -> Result<Vec<Result<Fetched, FetchError>>, Failed> {
        if self.answers.0.len() + urls.len() > MAX_REQUESTS {
            let error = ReadError::Malformed(format!("it takes more than {MAX_REQUESTS} requests to read"));
            return Err(Failed::Unusable { error, retry_after: None });
        }
        Ok(join_all(urls.iter().map(|url| outbound.fetch(url, None))).await)
    }

    fn keep_all(
        &mut self,
        outbound: &Outbound,
        urls: &[Url],
        fetched: Vec<Result<Fetched, FetchError>>,
    ) -> Result<(), Failed> {
        for (url, fetched) in urls.iter().zip(fetched) {
            let is_first = self.answers.0.is_empty();
            let kept = fetched.map_err(Failed::from).and_then(|fetched| self.keep(outbound, url, fetched));
            // Without the page itself there is nothing to read; without a look-up the format knows how to go on.
            match kept {
                Err(failed) if is_first && !self.may_do_without => return Err(failed),
                Err(failed) => {
                    self.first_failure = self.first_failure.take().or(is_first.then_some(failed));
                    self.answers.0.push(Answer::none(url.clone()));
                }
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
            headers: fetched.custom_headers.clone(),
            body,
        });
        self.fetched.push((url.clone(), Fetched { raw: Bytes::new(), ..fetched }));
        Ok(())
    }

    /// Where this address, as it was answered, redirects permanently.
    fn moved_for_good(&self, page: &Url) -> Option<&Url> {
        let (_, fetched) = self.fetched.iter().find(|(url, _)| url == page)?;
        fetched.permanent_redirect.as_ref()
    }

    /// Finds the answers that the next read will ask for first.
    fn whole(self, format: &Format, parsed: ParsedPage, page: &Url, now: Timestamp) -> Whole {
        let next = ReadContext { page, source: Some(&parsed.source), open: &[], now };
        let urls = match (format.read)(&next, &Answers::default()) {
            Err(Stop::Need(urls)) => urls,
            Ok(_) | Err(Stop::Unusable(_)) => Vec::new(),
        };
        let answers = urls.iter().filter_map(|url| self.fetched.iter().find(|(asked, _)| asked == url));
        let answers: Vec<&Fetched> = answers.map(|(_, fetched)| fetched).collect();
        let moved_to = answers.first().and_then(|fetched| fetched.permanent_redirect.as_ref());
        let moved_to = moved_to.and_then(|to| root_moved_to(page, urls.first()?, to));
        let first = First::of(&answers).filter(|_| answers.len() == urls.len());
        Whole { format: format.name, first, moved_to, led: None, parsed }
    }
}

/// The root of a page whose document at `asked` is now at `to`: what is behind the root stays.
fn root_moved_to(page: &Url, asked: &Url, to: &Url) -> Option<Url> {
    let below = asked.path().strip_prefix(page.path().trim_end_matches('/'))?;
    let mut root = to.clone();
    root.set_query(None);
    match to.path().strip_suffix(below) {
        Some(path) => root.set_path(path),
        // Nothing is known but the host: it is only shown to people.
        None => root.set_path(""),
    }
    (asked.host() == page.host() && to.host() != page.host()).then_some(root)
}
