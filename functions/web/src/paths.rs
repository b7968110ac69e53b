//! The addresses of pages. Ids are vendors' words, so they are encoded here and nowhere else.
use std::fmt::Write as _;

use status::{
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

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

/// The provider in the API.
pub(crate) fn data(id: &ProviderId) -> String {
    format!("/api/v1{}", provider(id))
}

pub(crate) fn incident(provider: &ProviderId, kind: Kind, incident: &IncidentId) -> String {
    let place = match kind {
        Kind::Incident => "incidents",
        Kind::Maintenance => "maintenances",
    };
    format!("/{place}/{}/{}", segment(provider.as_str()), segment(incident.as_str()))
}

pub(crate) fn api_provider(id: &ProviderId) -> String {
    format!("/api/v1{}", provider(id))
}

/// Both kinds stand at one address.
pub(crate) fn api_incident(provider: &ProviderId, id: &IncidentId) -> String {
    format!("/api/v1{}", incident(provider, Kind::Incident, id))
}

/// One segment of a path, whatever is in it: also one that is only dots.
pub(crate) fn segment(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    let only_dots = text.bytes().all(|byte| byte == b'.');
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => path.push(char::from(byte)),
            b'.' if !only_dots => path.push('.'),
            _ => write!(path, "%{byte:02X}").expect("a string takes it"),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_whatever_it_holds() {
        assert_eq!(segment("p31zjtct2jer"), "p31zjtct2jer");
        assert_eq!(segment("https://x.test/a?b#c"), "https%3A%2F%2Fx.test%2Fa%3Fb%23c");
        assert_eq!((segment(".."), segment("a..b")), ("%2E%2E".into(), "a..b".into()));
        assert_eq!(segment("\"><script>"), "%22%3E%3Cscript%3E");
    }
}
