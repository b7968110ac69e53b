//! A draft of the follow-up of a group.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    follow_up::{FollowUp, MINUTES},
    ids::DestinationId,
};

use crate::{
    Context,
    problem::{Code, Problems},
    words::{quoted, suggest},
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUpDraft {
    /// How long after the first alert, if the incident is still open: 5 minutes to a week.
    pub minutes: u32,
    /// ID of a destination; `None`: whoever got the first alert.
    pub destination: Option<String>,
}

impl FollowUpDraft {
    pub(crate) fn checked(&self, context: &Context<'_>, problems: &mut Problems) -> FollowUp {
        if !MINUTES.contains(&self.minutes) {
            let message = format!("must be from {} to {}", MINUTES.start(), MINUTES.end());
            problems.add("follow_up.minutes", Code::Invalid, message, "write a number of minutes, such as 30");
        }
        let destination = self.destination.as_deref().map(str::trim).filter(|id| !id.is_empty());
        if let Some(id) = destination
            && !context.known.destinations.contains(id)
        {
            let hint = suggest(id, "destinations", context.known.destinations.iter().map(String::as_str));
            problems.add("follow_up.destination", Code::Unknown, format!("unknown destination {}", quoted(id)), hint);
        }
        FollowUp { minutes: self.minutes, destination: destination.map(DestinationId::new) }
    }
}
