//! What a read wants to know of the answers. It owns all it needs, so that any thread can work on it.
use std::sync::Arc;

use formats::{
    Answers, Format, ParsedPage, ReadContext, ReadError, Request, Stop,
    detect::{DetectedPage, Detection, ResolvedBy},
};
use jiff::Timestamp;
use status::{ids::IncidentId, snapshot::Kind};
use url::Url;

#[derive(Clone)]
pub(super) struct Question {
    pub(super) page: Url,
    pub(super) now: Timestamp,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Read { format: &'static Format, source: Option<String>, open: Arc<[(Kind, IncidentId)]> },
    Detect { hint: Option<String> },
}

/// What the answers so far lead to.
pub(super) enum Step {
    Need(Vec<Request>),
    Found(Box<Found>),
    Unusable(ReadError),
    /// No format fits: each by name, with the reason.
    Nothing(Vec<(&'static str, ReadError)>),
}

pub(super) struct Found {
    pub(super) format: &'static Format,
    pub(super) parsed: ParsedPage,
    /// The status page. `resolved_by` says why it is another address than the given one.
    pub(super) page: Url,
    pub(super) resolved_by: Option<ResolvedBy>,
}

impl Question {
    pub(super) fn read(
        format: &'static Format,
        page: &Url,
        source: Option<&str>,
        open: &[(Kind, IncidentId)],
        now: Timestamp,
    ) -> Self {
        let way = Way::Read { format, source: source.map(str::to_owned), open: open.into() };
        Self { page: page.clone(), now, way }
    }

    pub(super) fn detect(page: &Url, hint: Option<&str>, now: Timestamp) -> Self {
        Self { page: page.clone(), now, way: Way::Detect { hint: hint.map(str::to_owned) } }
    }

    pub(super) fn step(&self, answers: &Answers) -> Step {
        let found = match &self.way {
            Way::Read { format, source, open } => {
                let context = ReadContext { page: &self.page, source: source.as_deref(), open, now: self.now };
                match (format.read)(&context, answers).map_err(|stop| stop.checked(&self.page)) {
                    Ok(parsed) => Found { format, parsed, page: self.page.clone(), resolved_by: None },
                    Err(Stop::Unusable(error)) => return Step::Unusable(error),
                    Err(Stop::Need(requests)) => return Step::Need(requests),
                }
            }
            Way::Detect { hint } => match formats::detect::detect(&self.page, hint.as_deref(), self.now, answers) {
                Detection::Need(requests) => return Step::Need(requests),
                Detection::Nothing { reasons } => return Step::Nothing(reasons),
                Detection::Found(DetectedPage { format, parsed, page, resolved_by }) => {
                    let format = formats::format(format).expect("what was found is registered");
                    Found { format, parsed, page, resolved_by }
                }
            },
        };
        Step::Found(Box::new(found))
    }
}
