//! Finding out which format a page speaks: once, when it is added, and again when it stops matching. What the address
//! and the page itself show makes some formats likely; these are read first, then those whose pages may show nothing,
//! all over shared answers. The first that makes a snapshot of them is it: a sign is a reason to look, never proof.
//!
//! An address that is no status page leads to one where it can: see [`crate::detect::candidates`].
mod candidates;
pub(crate) mod fingerprint;

use jiff::Timestamp;
use url::Url;

pub use candidates::ResolvedBy;

use crate::{
    Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop,
    detect::{
        candidates::{candidates, promises_status, sounds_like_status},
        fingerprint::Seen,
    },
    formats,
};

/// So many requests may one detection cost, whatever the number of formats and places. It is what a page that bears no
/// sign costs where it is the last of those that are tried, a feed at its third path.
pub const MAX_REQUESTS: usize = 8;

pub enum Detection {
    /// Answers to these URLs, besides those it has.
    Need(Vec<Url>),
    Found(Found),
    /// No format: why not, each by name, at the address that was asked for. A page in trouble looks like this too: see
    /// [`ReadError::Status`].
    Nothing {
        reasons: Vec<(&'static str, ReadError)>,
    },
}

pub struct Found {
    pub format: &'static str,
    pub parsed: ParsedPage,
    /// The status page: another address than was asked for where `led` says why.
    pub page: Url,
    pub led: Option<ResolvedBy>,
}

/// Asked again with each new answer until it is not [`Detection::Need`]. `hint` names the format that is tried first:
/// if it is right, the page is spared the requests of the others.
pub fn detect(page: &Url, hint: Option<&str>, now: Timestamp, answers: &Answers) -> Detection {
    detect_among(formats(), page, hint, now, answers)
}

fn detect_among(formats: &[Format], page: &Url, hint: Option<&str>, now: Timestamp, answers: &Answers) -> Detection {
    let search = Search { formats, now, answers };
    search.from(page, hint).unwrap_or_else(Detection::Need)
}

#[derive(Clone, Copy)]
struct Search<'a> {
    formats: &'a [Format],
    now: Timestamp,
    answers: &'a Answers,
}

/// What to ask for before the search can go on.
type Asked<T> = Result<T, Vec<Url>>;

impl Search<'_> {
    fn from(self, page: &Url, hint: Option<&str>) -> Asked<Detection> {
        let mut here = Place::new(self, page);
        if let Some(found) = here.by_signs(hint)? {
            return Ok(here.found(found, None));
        }
        // An address that does not even promise a status page is worth a look elsewhere first.
        let promises = promises_status(page);
        if promises && let Some(found) = here.by_trying()? {
            return Ok(here.found(found, None));
        }
        for candidate in candidates(page, self.answers.get(page)) {
            let mut there = Place::new(self, &candidate.page);
            let found = match there.by_signs(None)? {
                None => there.by_trying()?,
                found => found,
            };
            if let Some(found) = found {
                return Ok(there.found(found, Some(candidate.by)));
            }
        }
        if !promises && let Some(found) = here.by_trying()? {
            return Ok(here.found(found, None));
        }
        Ok(Detection::Nothing { reasons: here.reasons })
    }
}

/// One address that is looked at.
struct Place<'a> {
    search: Search<'a>,
    page: &'a Url,
    /// Why those that were read do not fit.
    reasons: Vec<(&'static str, ReadError)>,
}

impl<'a> Place<'a> {
    fn new(search: Search<'a>, page: &'a Url) -> Self {
        Self { search, page, reasons: Vec::new() }
    }

    /// Those that something speaks for: the hint and the address, then the page itself.
    fn by_signs(&mut self, hint: Option<&str>) -> Asked<Option<(&'static str, ParsedPage)>> {
        let formats = self.search.formats;
        for format in formats.iter().filter(|format| Some(format.name) == hint) {
            if let Some(parsed) = self.read(format, usize::MAX)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        for format in formats.iter().filter(|format| format.fingerprint.matches_url(self.page)) {
            if let Some(parsed) = self.read(format, usize::MAX)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        let Some(answer) = self.search.answers.get(self.page) else {
            return if self.has_requests_left() { Err(vec![self.page.clone()]) } else { Ok(None) };
        };
        let seen = Seen::new(answer);
        for format in formats.iter().filter(|format| format.fingerprint.matches(&seen)) {
            if let Some(parsed) = self.read(format, usize::MAX)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        Ok(None)
    }

    /// Those whose pages may bear no sign. Of an address that does not answer nothing more is asked.
    fn by_trying(&mut self) -> Asked<Option<(&'static str, ParsedPage)>> {
        if self.search.answers.get(self.page).is_none_or(|answer| answer.status == 0) {
            return Ok(None);
        }
        for format in self.search.formats.iter().filter(|format| format.fingerprint.blind_probes > 0) {
            if let Some(parsed) = self.read(format, format.fingerprint.blind_probes)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        Ok(None)
    }

    /// Reads it as this format. Once `tries` of what it asked for were not there, it has to do with what others asked for.
    fn read(&mut self, format: &Format, blind_probes: usize) -> Asked<Option<ParsedPage>> {
        if self.reasons.iter().any(|(name, _)| *name == format.name) {
            return Ok(None);
        }
        let Search { now, answers, .. } = self.search;
        let context = ReadContext { page: self.page, source: None, open: &[], now };
        // Its own answers only, in the order it asks for them: those of others must not count against it.
        let mut own = Answers::default();
        let reason =
            loop {
                let urls = match (format.read)(&context, &own) {
                    Ok(parsed) => match self.not_to_be_believed(format, &parsed) {
                        None => return Ok(Some(parsed)),
                        Some(reason) => break reason,
                    },
                    Err(Stop::Unusable(error)) => break error,
                    Err(Stop::Need(urls)) => urls,
                };
                let mut unknown: Vec<Url> = urls.iter().filter(|url| answers.get(url).is_none()).cloned().collect();
                let in_vain = own.0.iter().filter(|answer| !(200..300).contains(&answer.status)).count();
                if in_vain < blind_probes && !unknown.is_empty() {
                    unknown.truncate(MAX_REQUESTS.saturating_sub(answers.0.len()));
                    if unknown.is_empty() {
                        let limit = format!("not tried to the end: detection stops at {MAX_REQUESTS} requests");
                        break ReadError::NotThisFormat(limit);
                    }
                    return Err(unknown);
                }
                own.0.extend(urls.into_iter().map(|url| {
                    answers.get(&url).cloned().unwrap_or_else(|| Answer { status: 404, ..Answer::none(url) })
                }));
            };
        self.reasons.push((format.name, reason));
        Ok(None)
    }

    /// Any site has a feed.
    fn not_to_be_believed(&self, format: &Format, parsed: &ParsedPage) -> Option<ReadError> {
        if format.name != "feed" {
            return None;
        }
        let in_trouble = self.reasons.iter().any(|(_, error)| will_pass(error));
        if in_trouble {
            let reason = "has a feed, but is in trouble and may be a page of another format";
            return Some(ReadError::NotThisFormat(reason.into()));
        }
        let snapshot = &parsed.snapshot;
        let about_status = promises_status(self.page)
            || snapshot.page.name.as_deref().is_some_and(sounds_like_status)
            || snapshot.incidents.iter().any(|incident| incident.phase.is_some());
        let reason =
            "has a feed, but nothing in it says that it is about incidents; `format = \"feed\"` reads it nonetheless";
        (!about_status).then(|| ReadError::NotThisFormat(reason.into()))
    }

    fn has_requests_left(&self) -> bool {
        self.search.answers.0.len() < MAX_REQUESTS
    }

    fn found(&self, (format, parsed): (&'static str, ParsedPage), led: Option<ResolvedBy>) -> Detection {
        Detection::Found(Found { format, parsed, page: self.page.clone(), led })
    }
}

/// A page in trouble must not be taken for the feed it has as well, and be read as that for ever.
fn will_pass(error: &ReadError) -> bool {
    matches!(error, ReadError::Status { status, .. } if *status == 429 || *status >= 500)
}

#[cfg(test)]
mod tests;
