//! What a card, a picture or a shared link is about, and where each of them is.
use percent_encoding::percent_decode_str;
use status::{
    ids::{IncidentId, ProviderId},
    paths,
    snapshot::Kind,
};

use crate::urls;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The list of watched providers.
    Watched,
    Provider(ProviderId),
    Incident(ProviderId, IncidentId),
}

impl Subject {
    /// Of the path of one of our pages.
    pub(super) fn of_page(path: &str) -> Option<Self> {
        let mut segments = path.trim_start_matches('/').split('/');
        let decoded = |segment: &str| percent_decode_str(segment).decode_utf8().ok().map(|text| text.into_owned());
        let subject = match segments.next()? {
            "" => Self::Watched,
            "providers" => Self::Provider(ProviderId::new(decoded(segments.next()?)?)),
            "incidents" | "maintenances" => {
                let provider = ProviderId::new(decoded(segments.next()?)?);
                // Older links hold ids of several segments.
                let rest = segments.by_ref().collect::<Vec<_>>().join("/");
                Self::Incident(provider, paths::incident_id(&decoded(&rest)?))
            }
            _ => return None,
        };
        segments.all(str::is_empty).then_some(subject)
    }

    pub(super) fn page(&self) -> String {
        match self {
            Self::Watched => "/".to_owned(),
            Self::Provider(provider) => urls::provider(provider),
            // It finds maintenance too.
            Self::Incident(provider, incident) => urls::incident(provider, Kind::Incident, incident),
        }
    }

    pub(crate) fn card(&self) -> String {
        match self {
            Self::Watched => "/embed/watched".to_owned(),
            Self::Provider(provider) => format!("/embed{}", urls::provider(provider)),
            Self::Incident(..) => format!("/embed{}", self.page()),
        }
    }

    pub(super) fn picture(&self) -> String {
        format!("{}/card.png", self.card())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_is_found_by_the_path_of_its_page() {
        let strange = IncidentId::new("https://x.test/a?b#c");
        for subject in [
            Subject::Watched,
            Subject::Provider("acme".into()),
            Subject::Provider("a b/c".into()),
            Subject::Incident("acme".into(), "i1".into()),
            Subject::Incident("acme".into(), strange),
        ] {
            assert_eq!(Subject::of_page(&subject.page()), Some(subject));
        }
        assert_eq!(Subject::of_page("/maintenances/acme/m1"), Some(Subject::Incident("acme".into(), "m1".into())));
        for other in ["/calendar", "/api", "/providers", "/providers/acme/history", "/incidents", "/providers/%ff"] {
            assert_eq!(Subject::of_page(other), None, "{other}");
        }
    }
}
