//! The paths of our own pages that alerts link to, and how the id of an incident is written in a path. An HTTP API
//! hands paths over decoded, so that percent-encoding does not survive it, and browsers take `..` for the folder above,
//! encoded or not. Ids that are not plain are therefore written in an alphabet that nothing on the way touches.
use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use jiff::Timestamp;

use crate::{
    alert::Alert,
    ids::{AlertId, DestinationId, IncidentId},
    words::Event,
};

/// Begins a segment that is encoded. No plain segment holds it.
const ENCODED: char = '~';

/// The id as one segment of a path: itself if it consists of ASCII letters, digits, `.`, `_` and `-`; otherwise `~` and
/// the id in base64url without padding ([RFC 4648, 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
pub fn segment(id: &IncidentId) -> Cow<'_, str> {
    let text = id.as_str();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    // Empty segments, and those of dots alone, mean another path.
    if is_plain && text.bytes().any(|byte| byte != b'.') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{ENCODED}{}", URL_SAFE_NO_PAD.encode(text)))
    }
}

/// The id that a segment stands for, percent-decoded as HTTP servers hand it over. What [`segment`] would not write is
/// taken as it is: older links hold ids that are only percent-encoded.
pub fn incident_id(segment: &str) -> IncidentId {
    let encoded = segment.strip_prefix(ENCODED).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let id = encoded.and_then(|bytes| String::from_utf8(bytes).ok()).map(IncidentId::new);
    id.filter(|id| self::segment(id) == segment).unwrap_or_else(|| IncidentId::new(segment))
}

/// The path of our page about an alert; `None` for notices. Unreadable pages and summaries have no page of an incident:
/// their alerts lead to the provider's, those about a whole platform to the list of unreadable pages.
pub fn of_alert(alert: &Alert) -> Option<String> {
    let provider = &alert.provider;
    match alert.event {
        event if event.is_notice() => None,
        _ if alert.is_held_summary() => Some("/incidents".to_owned()),
        Event::Unreadable | Event::Readable if !alert.concerned.is_empty() => Some("/?show=unreadable".to_owned()),
        Event::Unreadable | Event::Readable | Event::Summary => Some(format!("/providers/{provider}")),
        _ => Some(format!("/incidents/{provider}/{}", segment(&alert.incident.id))),
    }
}

/// The path at which whoever got the alert acknowledges or mutes its incident, by a signed link. Its ids are read by
/// [`incident_id`].
pub fn incident_link(alert: &AlertId, destination: &DestinationId, ends_at: Timestamp, signature: &str) -> String {
    let (alert, destination) = (IncidentId::new(alert.as_str()), IncidentId::new(destination.as_str()));
    let (alert, destination) = (segment(&alert), segment(&destination));
    format!("/alerts/incident/{alert}/{destination}/{}/{signature}", ends_at.as_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(id: &str) -> String {
        segment(&IncidentId::new(id)).into_owned()
    }

    #[test]
    fn plain_ids_stay_as_they_are() {
        for id in ["p31zjtct2jer", "01KKCAFE5T00000000000000AA", "a..b", "ec2-us-east-1_1772", "-", "..."] {
            let expected = if id == "..." { "~Li4u" } else { id };
            assert_eq!(written(id), expected);
        }
    }

    #[test]
    fn no_id_leaves_its_segment() {
        for id in ["", ".", "..", "https://x.test/a?b=c#d", "arn:aws:health:eu/1%20", "a b", "~x", "störung", "%2E%2E"]
        {
            let segment = written(id);
            assert!(segment.len() > usize::from(!id.is_empty()) && segment.starts_with('~'), "{id}: {segment}");
            assert!(
                segment[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)),
                "{segment}"
            );
            assert_eq!(incident_id(&segment).as_str(), id);
        }
    }

    #[test]
    fn what_was_never_written_is_taken_literally() {
        // Not canonical, not base64, not UTF-8, and encoded although it is plain.
        for segment in ["~YR", "~a b", "~_w", "~YQ", "~Y=", "https://x.test/a", "components@1772"] {
            assert_eq!(incident_id(segment).as_str(), segment);
        }
    }

    proptest! {
        #[test]
        fn every_id_comes_back(id in any::<String>()) {
            let read = incident_id(&written(&id));
            prop_assert_eq!(read.as_str(), &id);
        }
    }
}
