//! The paths of pages, exports and API resources. Ids are chosen by providers, so they are encoded here and, those of
//! incidents, in [`status::paths`], and nowhere else.
use serde::Serialize;
pub(crate) use site::paths::{SIGN_IN, SIGN_OUT, board, incident, own_path, provider, segment, sign_in, watch};
use status::{
    ids::{IncidentId, ProviderId},
    snapshot::Kind,
};

pub(crate) fn history(id: &ProviderId) -> String {
    format!("{}/history", provider(id))
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

pub(crate) fn api_provider(id: &ProviderId) -> String {
    format!("/api/v1{}", provider(id))
}

/// The API serves both kinds at one path.
pub(crate) fn api_incident(provider: &ProviderId, id: &IncidentId) -> String {
    format!("/api/v1{}", incident(provider, Kind::Incident, id))
}

/// A path with this query; without one if all of it has its default.
pub(crate) fn with_query(path: &str, query: &impl Serialize) -> String {
    match serde_html_form::to_string(query).unwrap_or_default() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
