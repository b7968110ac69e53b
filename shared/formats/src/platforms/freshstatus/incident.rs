//! Incidents and maintenance, which one list holds.
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::Phase,
};

use super::components::component_status;
use crate::{
    contract::ReadContext,
    read::{
        answers::endpoint,
        lenient_list::elements,
        maintenance::phase_at,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        urls::is_number,
        values::{Text, Word, plain_text},
    },
};

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    id: Word,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    is_planned: bool,
    #[serde(borrow)]
    start_time: Option<Text<'a>>,
    #[serde(borrow)]
    end_time: Option<Text<'a>>,
    #[serde(borrow)]
    scheduled_start_time: Option<Text<'a>>,
    #[serde(borrow)]
    scheduled_end_time: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    affected_components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct AffectedComponent<'a> {
    component: Word,
    #[serde(borrow)]
    new_status: Option<Text<'a>>,
}

impl Item<'_> {
    pub(super) fn is(&self, id: &IncidentId) -> bool {
        self.id.as_str() == id.as_str()
    }

    /// With the time of its last change.
    pub(super) fn incident(&self, context: &ReadContext<'_>, problems: &mut Problems) -> (Option<Timestamp>, Incident) {
        let id = self.id.as_str();
        let mut time = |text: &Option<Text<'_>>| {
            let text = &text.as_ref()?.0;
            let time = rfc3339(text);
            if time.is_none() {
                problems.add(format!("incident {}: {} is no time with a zone", quoted(id), quoted(text)));
            }
            time
        };
        let (started_at, ended_at) = (time(&self.start_time), time(&self.end_time));
        let (planned_start, planned_end) = (time(&self.scheduled_start_time), time(&self.scheduled_end_time));
        let changed_at = time(&self.updated_at).or(started_at.max(ended_at));
        // The planned end is no end: a maintenance may take longer.
        let phase = match (self.is_planned, &self.end_time, ended_at) {
            (true, Some(_), None) => Some(Phase::Completed),
            (true, ..) => phase_at(context.now, Window { starts_at: started_at.max(planned_start), ends_at: ended_at }),
            (false, Some(_), _) => Some(Phase::Resolved),
            (false, None, _) => None,
        };
        let is_over = phase.is_some_and(Phase::is_over);
        let window = Window { starts_at: planned_start.or(started_at), ends_at: planned_end.or(ended_at) };
        let first = self.description.as_ref().map(|text| Update {
            id: UpdateId::from("description"),
            phase: None,
            posted_at: started_at.filter(|_| !self.is_planned),
            body: Some(plain_text(&text.0)),
            components: Vec::new(),
        });
        let incident = Incident {
            id: IncidentId::new(id),
            kind: if self.is_planned { Kind::Maintenance } else { Kind::Incident },
            title: plain_text(&self.title.0),
            phase,
            impact: None,
            url: is_number(id).then(|| endpoint(context.page, &format!("incident/{id}")).to_string()),
            started_at: started_at.filter(|_| !self.is_planned),
            resolved_at: ended_at.filter(|_| is_over),
            window: self.is_planned.then_some(window),
            components: self.affected(problems),
            updates: first.into_iter().collect(),
        };
        (changed_at, incident)
    }

    fn affected(&self, problems: &mut Problems) -> Vec<Affected> {
        let list = self.affected_components.as_deref().unwrap_or_default();
        let named = elements::<AffectedComponent<'_>>(list, "a component of an incident", problems).0;
        let mut affected: Vec<Affected> = Vec::new();
        for named in named {
            let word = named.new_status.as_ref().map(|word| &*word.0);
            let status = word.and_then(component_status);
            if let (Some(word), None) = (word, status) {
                let id = quoted(self.id.as_str());
                problems.add(format!("incident {id}: unknown status {} of a component", quoted(word)));
            }
            affected.push(Affected { id: ComponentId::new(named.component.as_str()), status });
        }
        affected.sort();
        affected.dedup_by(|a, b| a.id == b.id);
        affected
    }
}
