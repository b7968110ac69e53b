//! One incident while it is read: whatever is not understood of it becomes a problem under its id.
use jiff::Timestamp;
use status::snapshot::Window;

use crate::{
    read::problems::{Problems, quoted},
    text::dates::rfc3339,
};

/// The title of what the page gives none.
pub(crate) const NO_TITLE: &str = "(no title)";

/// The title as the page gives it, or [`NO_TITLE`].
pub(crate) fn title_or_default(title: Option<&str>) -> String {
    title.map(str::trim).filter(|title| !title.is_empty()).unwrap_or(NO_TITLE).to_owned()
}

pub(crate) struct IncidentReader<'p> {
    id: &'p str,
    pub(crate) problems: &'p mut Problems,
}

impl<'p> IncidentReader<'p> {
    pub(crate) fn new(id: &'p str, problems: &'p mut Problems) -> Self {
        Self { id, problems }
    }

    pub(crate) fn problem(&mut self, what: &str) {
        self.problems.add(format!("incident {} {what}", quoted(self.id)));
    }

    /// A word of the platform in our vocabulary. `what` names it in the problem. A word that is missing is unknown, so
    /// this is for words that the platform always gives; for others see [`Self::known_if_given`].
    pub(crate) fn known<T>(
        &mut self,
        what: &str,
        word: Option<&(impl AsRef<str> + ?Sized)>,
        translate: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let word = word.map_or("", AsRef::as_ref);
        let known = translate(word);
        if known.is_none() {
            self.problem(&format!("has the unknown {what} {}", quoted(word)));
        }
        known
    }

    /// The same for a word that may be missing.
    pub(crate) fn known_if_given<T>(
        &mut self,
        what: &str,
        word: Option<&(impl AsRef<str> + ?Sized)>,
        translate: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.known(what, Some(word?), translate)
    }

    pub(crate) fn title(&mut self, title: Option<&(impl AsRef<str> + ?Sized)>) -> String {
        if title.is_none() {
            self.problem("has no title");
        }
        title_or_default(title.map(AsRef::as_ref))
    }

    /// A time in RFC 3339; an empty one is none. A time without a zone is none either: no zone is guessed.
    pub(crate) fn time(&mut self, what: &str, text: Option<&(impl AsRef<str> + ?Sized)>) -> Option<Timestamp> {
        let text = text.map(AsRef::as_ref).filter(|text| !text.is_empty())?;
        let time = rfc3339(text);
        if time.is_none() {
            self.problem(&format!("has the {what} {}, which is no time with a zone", quoted(text)));
        }
        time
    }

    /// The planned times of maintenance, each with the name of its key. `None` if neither is given.
    pub(crate) fn window(
        &mut self,
        (start_key, start): (&str, Option<&(impl AsRef<str> + ?Sized)>),
        (end_key, end): (&str, Option<&(impl AsRef<str> + ?Sized)>),
    ) -> Option<Window> {
        let window = Window { starts_at: self.time(start_key, start), ends_at: self.time(end_key, end) };
        Some(window).filter(|window| window.starts_at.is_some() || window.ends_at.is_some())
    }
}
