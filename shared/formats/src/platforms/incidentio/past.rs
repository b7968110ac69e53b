//! The past of a page by one document: the list of its proxy, or its feed. An entry of the feed is an incident with its
//! last text and when that was posted. When it began is in its id, a ULID, whose time is that of its publication in
//! every recording that has both.
use jiff::Timestamp;
use status::snapshot::{Incident, Kind, Page};
use url::Url;

use super::{Source, in_feed, native, own_feed, proxy_url};
use crate::{
    contract::{Answers, Stop},
    read::problems::Problems,
};

/// `source`: what the page is read by. For all but the proxy it is the feed.
pub(super) fn url(source: Source, page: &Url) -> Url {
    if source == Source::Proxy { proxy_url(page, "/incidents") } else { Source::Feed.url(page) }
}

/// What is there.
pub(super) fn in_history(
    source: Source,
    page: &Url,
    answers: &Answers,
    problems: &mut Problems,
) -> Result<Vec<Incident>, Stop> {
    let answer = answers.require(&url(source, page))?;
    if source == Source::Proxy {
        let described = Page { id: None, name: None, url: Some(page.to_string()) };
        return Ok(native::history(&described, answer, problems)?);
    }
    let mut incidents = in_feed(page, &own_feed(answer)?);
    for incident in incidents.iter_mut().filter(|incident| incident.kind == Kind::Incident) {
        let published_at = time_of_ulid(incident.id.as_str());
        incident.started_at = incident.started_at.into_iter().chain(published_at).min();
    }
    Ok(incidents)
}

/// The milliseconds since 1970 that the first ten characters of a ULID are (<https://github.com/ulid/spec>).
fn time_of_ulid(id: &str) -> Option<Timestamp> {
    const LENGTH: usize = 26;
    const TIME: usize = 10;
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).and_then(|value| i64::try_from(value).ok());
    let values: Vec<i64> = id.bytes().map(value).collect::<Option<_>>()?;
    let time = values.get(..TIME).filter(|_| values.len() == LENGTH)?;
    Timestamp::from_millisecond(time.iter().fold(0, |sum, value| sum * 32 + value)).ok()
}
