//! Finds out which format a page is of: once, when it is added, and again when it stops matching. The address and the
//! page itself make some formats likely; these read first, then those whose pages may show nothing. All share the
//! answers. The first format that reads a whole page from them is it: a fingerprint is a reason to look, never proof.
//!
//! An address that is no status page leads to one where it can: see [`crate::detect::candidates`].
mod candidates;

use jiff::Timestamp;
use url::Url;

pub use candidates::ResolvedBy;

use crate::{
    contract::{Answer, Answers, Format, ParsedPage, ReadContext, ReadError, Stop},
    detect::candidates::{candidates, promises_status, sounds_like_status},
    platforms::formats,
    read::fingerprint::PageText,
    request::Request,
};

/// Requests of one detection, whatever the number of formats and candidates. A page without a fingerprint that is read
/// last, a feed at its third path, costs this many.
pub const MAX_REQUESTS: usize = 8;

pub enum Detection {
    /// Answers to these, besides those it has.
    Need(Vec<Request>),
    Found(DetectedPage),
    /// No format fits. `reasons`: why not, by name of the format, for the address that was asked for. A page in trouble
    /// looks like this too: see [`ReadError::Status`].
    Nothing {
        reasons: Vec<(&'static str, ReadError)>,
    },
}

pub struct DetectedPage {
    pub format: &'static str,
    pub parsed: ParsedPage,
    /// The status page. `resolved_by` says why it is another address than the given one.
    pub page: Url,
    pub resolved_by: Option<ResolvedBy>,
}

/// Called again with each new answer until it is not [`Detection::Need`]. `hint` names the format to try first: if it
/// is right, the page is spared the requests of the others.
pub fn detect(page: &Url, hint: Option<&str>, now: Timestamp, answers: &Answers) -> Detection {
    detect_among(formats(), page, hint, now, answers)
}

fn detect_among(formats: &[Format], page: &Url, hint: Option<&str>, now: Timestamp, answers: &Answers) -> Detection {
    let detector = Detector { formats, now, answers };
    detector.from(page, hint).unwrap_or_else(Detection::Need)
}

#[derive(Clone, Copy)]
struct Detector<'a> {
    formats: &'a [Format],
    now: Timestamp,
    answers: &'a Answers,
}

/// The error is what to ask for before detection can go on.
type Needs<T> = Result<T, Vec<Request>>;

impl Detector<'_> {
    fn from(self, page: &Url, hint: Option<&str>) -> Needs<Detection> {
        let mut here = PageProbe::new(self, page);
        if let Some(found) = here.by_fingerprint(hint)? {
            return Ok(here.found(found, None));
        }
        // It was recognised, and which of its sub-pages is meant is not for us to guess.
        if here.is_parent() {
            return Ok(Detection::Nothing { reasons: here.reasons });
        }
        // An address that does not even promise a status page is worth a look elsewhere first.
        let promises = promises_status(page);
        if promises && let Some(found) = here.by_blind_probes()? {
            return Ok(here.found(found, None));
        }
        if here.is_parent() {
            return Ok(Detection::Nothing { reasons: here.reasons });
        }
        for candidate in candidates(page, self.answers.get(page)) {
            let mut there = PageProbe::new(self, &candidate.page);
            let found = match there.by_fingerprint(None)? {
                None => there.by_blind_probes()?,
                found => found,
            };
            if let Some(found) = found {
                return Ok(there.found(found, Some(candidate.by)));
            }
        }
        if !promises && let Some(found) = here.by_blind_probes()? {
            return Ok(here.found(found, None));
        }
        Ok(Detection::Nothing { reasons: here.reasons })
    }
}

/// One address and what is known of it.
struct PageProbe<'a> {
    detector: Detector<'a>,
    page: &'a Url,
    /// Why the formats that were tried do not fit.
    reasons: Vec<(&'static str, ReadError)>,
}

impl<'a> PageProbe<'a> {
    fn new(detector: Detector<'a>, page: &'a Url) -> Self {
        Self { detector, page, reasons: Vec::new() }
    }

    /// Tries the formats that the hint, the address or the page itself makes likely.
    fn by_fingerprint(&mut self, hint: Option<&str>) -> Needs<Option<(&'static str, ParsedPage)>> {
        let formats = self.detector.formats;
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
        let Some(answer) = self.detector.answers.get(self.page) else {
            return if self.has_requests_left() { Err(vec![self.page.clone().into()]) } else { Ok(None) };
        };
        let seen = PageText::new(answer);
        for format in formats.iter().filter(|format| format.fingerprint.matches(&seen)) {
            if self.is_parent() {
                break;
            }
            if let Some(parsed) = self.read(format, usize::MAX)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        Ok(None)
    }

    /// Tries the formats whose pages may have no fingerprint. An address that does not answer is asked nothing more.
    fn by_blind_probes(&mut self) -> Needs<Option<(&'static str, ParsedPage)>> {
        if self.detector.answers.get(self.page).is_none_or(|answer| answer.status == 0) {
            return Ok(None);
        }
        for format in self.detector.formats.iter().filter(|format| format.fingerprint.blind_probes > 0) {
            if self.is_parent() {
                break;
            }
            if let Some(parsed) = self.read(format, format.fingerprint.blind_probes)? {
                return Ok(Some((format.name, parsed)));
            }
        }
        Ok(None)
    }

    /// Reads it as this format. Once `blind_probes` of what it asked for were not there, it must do with the answers
    /// that others asked for.
    fn read(&mut self, format: &Format, blind_probes: usize) -> Needs<Option<ParsedPage>> {
        if self.reasons.iter().any(|(name, _)| *name == format.name) {
            return Ok(None);
        }
        let Detector { now, answers, .. } = self.detector;
        let context = ReadContext { page: self.page, source: None, open: &[], now };
        // Its own answers only, in the order it asks for them: those of others must not count against it.
        let mut own = Answers::default();
        let reason = loop {
            let requests = match (format.read)(&context, &own).map_err(|stop| stop.checked(self.page)) {
                Ok(parsed) => match self.rejection(format, &parsed) {
                    None => return Ok(Some(parsed)),
                    Some(reason) => break reason,
                },
                Err(Stop::Unusable(error)) => break error,
                Err(Stop::Need(requests)) => requests,
            };
            let mut unknown: Vec<Request> =
                requests.iter().filter(|request| answers.to(request).is_none()).cloned().collect();
            if unknown.iter().any(Request::is_post) && !self.shows(format)? {
                let reason = "not tried to the end: it would take a POST, and the page shows no sign of the format";
                break ReadError::NotThisFormat(reason.into());
            }
            let in_vain = own.0.iter().filter(|answer| !(200..300).contains(&answer.status)).count();
            if in_vain < blind_probes && !unknown.is_empty() {
                unknown.truncate(MAX_REQUESTS.saturating_sub(answers.0.len()));
                if unknown.is_empty() {
                    let limit = format!("not tried to the end: detection stops at {MAX_REQUESTS} requests");
                    break ReadError::NotThisFormat(limit);
                }
                return Err(unknown);
            }
            own.0.extend(requests.into_iter().map(|request| {
                answers.to(&request).cloned().unwrap_or_else(|| Answer { status: 404, ..Answer::none(request) })
            }));
        };
        self.reasons.push((format.name, reason));
        Ok(None)
    }

    /// Whether the address of the page, or the page itself, shows that it is one of the format. Nothing is posted to
    /// any other, whatever the catalogue says of it.
    fn shows(&self, format: &Format) -> Needs<bool> {
        if format.fingerprint.matches_url(self.page) {
            return Ok(true);
        }
        match self.detector.answers.get(self.page) {
            None if self.has_requests_left() => Err(vec![self.page.clone().into()]),
            None => Ok(false),
            Some(answer) => {
                let is_own = answer.final_url.origin() == self.page.origin();
                Ok(is_own && format.fingerprint.matches(&PageText::new(answer)))
            }
        }
    }

    /// Why a page that this format reads is not taken for one: any site has a feed.
    fn rejection(&self, format: &Format, parsed: &ParsedPage) -> Option<ReadError> {
        if format.name != "feed" {
            return None;
        }
        let in_trouble = self.reasons.iter().any(|(_, error)| is_temporary(error));
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

    fn is_parent(&self) -> bool {
        self.reasons.iter().any(|(_, error)| matches!(error, ReadError::ParentPage { .. }))
    }

    fn has_requests_left(&self) -> bool {
        self.detector.answers.0.len() < MAX_REQUESTS
    }

    fn found(&self, (format, parsed): (&'static str, ParsedPage), resolved_by: Option<ResolvedBy>) -> Detection {
        Detection::Found(DetectedPage { format, parsed, page: self.page.clone(), resolved_by })
    }
}

/// A page in trouble must not be taken for the feed it has as well, and be read as that for ever.
fn is_temporary(error: &ReadError) -> bool {
    matches!(error, ReadError::Status { status, .. } if *status == 429 || *status >= 500)
}

#[cfg(test)]
mod tests;
