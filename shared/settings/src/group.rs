//! A draft of a notification group: who receives which alerts. The default is openings and ends of incidents that are
//! not maintenance.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    ids::{DestinationId, GroupId, MonitorId},
    monitor::{Group, Scope},
    words::{Event, Severity},
};

use crate::{
    Context,
    digest::DigestDraft,
    follow_up::FollowUpDraft,
    problem::{Problem, Problems},
    quiet_hours::QuietHoursDraft,
    words::{check_id, chosen, name, references},
};

const SEVERITIES: [Severity; 3] = [Severity::Major, Severity::Minor, Severity::Maintenance];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GroupDraft {
    pub id: String,
    /// For people.
    pub name: Option<String>,
    /// Ids of destinations. In a file there is at least one.
    pub destinations: Vec<String>,
    /// `None`: major and minor.
    pub severities: Option<Vec<String>>,
    /// `None`: opened and resolved.
    pub events: Option<Vec<String>>,
    /// Ids of monitors; `None`: all of the account, also those to come.
    pub monitors: Option<Vec<String>>,
    /// `None`: there are none.
    pub quiet_hours: Option<QuietHoursDraft>,
    /// One summary in place of single alerts; `None`: there is none.
    pub digest: Option<DigestDraft>,
    /// One more alert if an incident is still open after a while; `None`: there is none.
    pub follow_up: Option<FollowUpDraft>,
}

impl GroupDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Group, Vec<Problem>> {
        let mut problems = Problems::default();
        let (known, of_file) = (context.known, context.of_file);
        check_id(&self.id, &mut problems);
        let name = name("name", self.name.as_deref(), &mut problems);
        // Elsewhere a group may wait for its first destination, or have lost its last one.
        let destinations = match of_file || !self.destinations.is_empty() {
            true => references(
                ["destination", "destinations"],
                &self.destinations,
                (&known.destinations, of_file),
                &mut problems,
            ),
            false => Vec::new(),
        };
        let severities = match &self.severities {
            None => vec![Severity::Major, Severity::Minor],
            Some(list) => chosen(["severity", "severities"], list, &SEVERITIES, Severity::as_str, &mut problems),
        };
        let events = match &self.events {
            None => vec![Event::Opened, Event::Resolved],
            Some(list) => {
                let choices: Vec<Event> = Event::choices().collect();
                chosen(["event", "events"], list, &choices, Event::as_str, &mut problems)
            }
        };
        let scope = match &self.monitors {
            None => Scope::All,
            Some(list) => {
                let chosen = references(["monitor", "monitors"], list, (&known.monitors, of_file), &mut problems);
                Scope::Monitors(chosen.into_iter().map(MonitorId::new).collect())
            }
        };
        let quiet_hours = self.quiet_hours.as_ref().and_then(|draft| draft.checked(&mut problems));
        let digest = self.digest.as_ref().and_then(|draft| draft.checked(&mut problems));
        let follow_up = self.follow_up.as_ref().map(|draft| draft.checked(context, &mut problems));
        let group = Group {
            id: GroupId::new(&self.id),
            account: context.account.clone(),
            name,
            destinations: destinations.into_iter().map(DestinationId::new).collect(),
            severities,
            events,
            scope,
            quiet_hours,
            digest,
            follow_up,
        };
        problems.or(Some(group))
    }
}
