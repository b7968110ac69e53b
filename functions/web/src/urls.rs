//! The paths of pages, exports and API resources. Ids are chosen by providers, so they are encoded here and, those of
//! incidents, in [`status::paths`], and nowhere else.
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use status::{
    ids::{IncidentId, ProviderId},
    paths,
    snapshot::Kind,
};

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b'.');
const DOTS: &AsciiSet = &SEGMENT.add(b'.');

pub(crate) fn provider(id: &ProviderId) -> String {
    format!("/providers/{}", segment(id.as_str()))
}

pub(crate) fn calendar(id: &ProviderId) -> String {
    format!("{}/calendar.ics", provider(id))
}

pub(crate) fn feed(id: &ProviderId) -> String {
    format!("{}/incidents.atom", provider(id))
}

pub(crate) fn badge(id: &ProviderId) -> String {
    format!("{}/badge.svg", provider(id))
}

pub(crate) fn incident(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> String {
    let collection = match kind {
        Kind::Incident => "incidents",
        Kind::Maintenance => "maintenances",
    };
    format!("/{collection}/{}/{}", segment(provider.as_str()), paths::segment(incident))
}

pub(crate) fn api_provider(id: &ProviderId) -> String {
    format!("/api/v1{}", provider(id))
}

/// The API serves both kinds at one path.
pub(crate) fn api_incident(provider: &ProviderId, id: &IncidentId) -> String {
    format!("/api/v1{}", incident(provider, Kind::Incident, id))
}

/// Any text but an incident's id as one path segment. Browsers remove segments of dots alone, so their dots are encoded
/// too.
pub(crate) fn segment(text: &str) -> String {
    let set = if text.bytes().all(|byte| byte == b'.') { DOTS } else { SEGMENT };
    utf8_percent_encode(text, set).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_one_segment() {
        assert_eq!(segment("p31zjtct2jer"), "p31zjtct2jer");
        assert_eq!(segment("https://x.test/a?b#c"), "https%3A%2F%2Fx.test%2Fa%3Fb%23c");
        assert_eq!((segment(".."), segment("a..b")), ("%2E%2E".into(), "a..b".into()));
        assert_eq!(segment("\"><script>"), "%22%3E%3Cscript%3E");
    }
}
