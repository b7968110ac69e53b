//! Status-page formats: one file each, one line each in the list below. Pure: a format is a function from the answers
//! so far to what it needs next, or to the snapshot they add up to; it opens no socket and reads no clock.
mod contract;
pub mod detect;
mod names;
mod platforms;
mod read;
mod request;
mod site;
#[cfg(any(test, feature = "testing"))]
#[expect(clippy::unwrap_used, reason = "for tests, which fail by panicking")]
pub mod testing;
mod text;

pub use contract::{
    Answer, Answers, Fingerprint, Format, History, HistoryContext, KnownIncident, ParsedHistory, ParsedPage,
    ReadContext, ReadError, Stop, SubPage,
};
pub use names::platform_name;
pub use platforms::{format, formats, found_platform, histories, history, of_platform};
pub use request::Request;
pub use site::{is_page_of, label_of, site_of};

#[cfg(test)]
mod tests;
