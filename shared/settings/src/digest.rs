//! A draft of the digest of a group.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::digest::{Digest, Every};

use crate::{
    problem::{Code, Problems},
    quiet_hours::{time, zone},
    words::{quoted, suggest},
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DigestDraft {
    /// `hour` or `day`.
    pub every: String,
    /// Name of an IANA time zone. Only with `day`.
    pub zone: Option<String>,
    /// `09:00`. Only with `day`.
    pub at: Option<String>,
    /// Whether alerts of severity major are delivered at once; `None`: they are.
    pub major_bypass: Option<bool>,
}

impl DigestDraft {
    pub(crate) fn checked(&self, problems: &mut Problems) -> Option<Digest> {
        let every = match self.every.trim() {
            "hour" => {
                for (field, given) in [("digest.zone", &self.zone), ("digest.at", &self.at)] {
                    if given.as_ref().is_some_and(|text| !text.trim().is_empty()) {
                        problems.add(field, Code::Invalid, "is only for a daily digest", "leave it out");
                    }
                }
                Some(Every::Hour)
            }
            "day" => {
                let zone = zone("digest.zone", self.zone.as_deref().unwrap_or_default().trim(), problems);
                let at = time("digest.at", self.at.as_deref().unwrap_or_default(), problems);
                zone.zip(at).map(|(zone, at)| Every::Day { zone, at })
            }
            "" => {
                problems.add("digest.every", Code::Missing, "is missing", "write \"hour\" or \"day\"");
                None
            }
            other => {
                let hint = suggest(other, "words", ["hour", "day"]);
                problems.add("digest.every", Code::Unknown, format!("unknown word {}", quoted(other)), hint);
                None
            }
        };
        Some(Digest { every: every?, major_bypass: self.major_bypass.unwrap_or(true) })
    }
}
