//! One incident while it is read: what of it is not understood is noted under its id.
use jiff::Timestamp;

use crate::{
    read::problems::{Problems, quoted},
    text::{dates::rfc3339, values::Text},
};

pub(crate) struct IncidentReader<'p> {
    id: &'p str,
    problems: &'p mut Problems,
}

impl<'p> IncidentReader<'p> {
    pub(crate) fn new(id: &'p str, problems: &'p mut Problems) -> Self {
        Self { id, problems }
    }

    pub(crate) fn problem(&mut self, what: &str) {
        self.problems.add(format!("incident {} {what}", quoted(self.id)));
    }

    /// A word that the vendor always gives, in our vocabulary.
    pub(crate) fn known<T>(
        &mut self,
        what: &str,
        word: Option<&Text<'_>>,
        translate: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let word = word.map_or("", |word| &*word.0);
        let known = translate(word);
        if known.is_none() {
            self.problem(&format!("has the unknown {what} {}", quoted(word)));
        }
        known
    }

    pub(crate) fn title(&mut self, title: Option<&Text<'_>>) -> String {
        if title.is_none() {
            self.problem("has no title");
        }
        title.map_or_else(|| "(no title)".into(), |title| title.0.trim().to_owned())
    }

    /// A time without a zone is none: it is not guessed.
    pub(crate) fn time(&mut self, what: &str, text: Option<&Text<'_>>) -> Option<Timestamp> {
        let text = &*text?.0;
        let time = rfc3339(text);
        if time.is_none() {
            self.problem(&format!("has the {what} {}, which is no time with a zone", quoted(text)));
        }
        time
    }
}
