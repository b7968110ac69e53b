//! Trouble that a page tells as a whole and nowhere else: its overall state is bad while no component is and nothing is
//! open. What is affected is unknown then, and nobody would hear of it otherwise, so it counts as an incident without
//! components. The incident is ours; its id is `overall@` and the millisecond in which it was first read.
//!
//! The overall state may lag behind the end of an incident, and some pages forget to reset it: as long as an incident
//! of at least that impact ended in the last days, it says nothing new.
use jiff::{SignedDuration, Timestamp};
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Component, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Phase},
};

use crate::contract::ReadContext;

const OURS: &str = "overall@";
const LAG: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether an incident is one of these. The page itself knows none of them.
pub(crate) fn is_ours(id: &IncidentId) -> bool {
    id.as_str().starts_with(OURS)
}

/// What a page says of itself as a whole.
pub(crate) struct Overall<'a> {
    /// Unknown: in a word that is not known, which begins and ends nothing.
    pub(crate) status: ComponentStatus,
    /// In the words of the page.
    pub(crate) said: &'a str,
    /// Where people see it.
    pub(crate) url: Option<String>,
}

impl Overall<'_> {
    /// The incident that this trouble is, if nothing else explains it, and the ends of those that were known before.
    /// `whole`: the read shows all components and all that is open, so that trouble which it does not show is over.
    pub(crate) fn incidents<'i>(
        &self,
        context: &ReadContext<'_>,
        components: &[Component],
        listed: impl Iterator<Item = &'i Incident>,
        whole: bool,
    ) -> Vec<Incident> {
        let known: Vec<&(Kind, IncidentId)> = context.open.iter().filter(|(_, id)| is_ours(id)).collect();
        let explains = |incident: &Incident| match incident.is_over() {
            true => self.lags_behind(incident, context.now),
            false => incident.phase != Some(Phase::Scheduled),
        };
        let mut listed = listed.filter(|incident| !is_ours(&incident.id));
        let explained =
            listed.any(explains) || components.iter().any(|component| component.status > ComponentStatus::Operational);
        let kind = match self.status {
            ComponentStatus::UnderMaintenance => Kind::Maintenance,
            _ => Kind::Incident,
        };
        let is_lone = self.status > ComponentStatus::Operational && !explained;
        let is_unsaid = !explained && (self.status == ComponentStatus::Unknown || !whole);
        let mut found: Vec<Incident> = known
            .iter()
            .map(|(known_kind, id)| {
                let goes_on = is_unsaid || is_lone && *known_kind == kind;
                self.incident(context, *known_kind, id.clone(), goes_on)
            })
            .collect();
        if is_lone && found.iter().all(|incident| incident.kind != kind) {
            let id = IncidentId::new(format!("{OURS}{}", context.now.as_millisecond()));
            found.push(self.incident(context, kind, id, true));
        }
        found
    }

    /// Whether an incident that is over may still be what the overall state is about.
    fn lags_behind(&self, ended: &Incident, now: Timestamp) -> bool {
        let at = ended.resolved_at.max(ended.newest_update_at());
        let is_recent = at.is_some_and(|at| now.duration_since(at) < LAG);
        let was = match ended.impact {
            Some(Impact::None) => ComponentStatus::Operational,
            Some(Impact::Minor) => ComponentStatus::DegradedPerformance,
            Some(Impact::Major) => ComponentStatus::PartialOutage,
            Some(Impact::Critical) | None => ComponentStatus::MajorOutage,
        };
        is_recent && was >= self.status
    }

    fn incident(&self, context: &ReadContext<'_>, kind: Kind, id: IncidentId, goes_on: bool) -> Incident {
        let number = id.as_str().strip_prefix(OURS).and_then(|number| number.parse().ok());
        let began = number.and_then(|number| Timestamp::from_millisecond(number).ok()).unwrap_or(context.now);
        let phase = match (kind, goes_on) {
            (Kind::Incident, true) => None,
            (Kind::Incident, false) => Some(Phase::Resolved),
            (Kind::Maintenance, true) => Some(Phase::InProgress),
            (Kind::Maintenance, false) => Some(Phase::Completed),
        };
        let impact = match self.status {
            ComponentStatus::MajorOutage => Some(Impact::Critical),
            ComponentStatus::PartialOutage => Some(Impact::Major),
            ComponentStatus::DegradedPerformance => Some(Impact::Minor),
            _ => None,
        };
        let first = Update {
            id: UpdateId::new("first"),
            phase: None,
            posted_at: Some(began),
            body: Some("The page says so as a whole. It lists no incident, and no component in trouble.".into()),
            components: Vec::new(),
        };
        Incident {
            title: match (self.said.trim(), kind) {
                _ if !goes_on => "Trouble of the page as a whole".into(),
                ("", Kind::Incident) => "Trouble of the page as a whole".into(),
                ("", Kind::Maintenance) => "Maintenance of the page as a whole".into(),
                (said, _) => said.to_owned(),
            },
            id,
            kind,
            phase,
            impact: impact.filter(|_| goes_on && kind == Kind::Incident),
            url: self.url.clone(),
            started_at: Some(began),
            resolved_at: (!goes_on).then_some(context.now),
            window: None,
            components: Vec::new(),
            updates: vec![first],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: ComponentStatus, open: &[(Kind, IncidentId)], trouble: bool, whole: bool) -> Vec<Incident> {
        read_beside(&[], status, open, trouble, whole)
    }

    fn read_beside(
        listed: &[Incident],
        status: ComponentStatus,
        open: &[(Kind, IncidentId)],
        trouble: bool,
        whole: bool,
    ) -> Vec<Incident> {
        let page = "https://status.example.com".parse().unwrap();
        let now = "2026-05-04T16:00:00Z".parse().unwrap();
        let context = ReadContext { page: &page, source: None, open, now };
        let component = |status| Component { id: "c1".into(), name: "API".into(), group: None, status };
        let status_of_api = if trouble { ComponentStatus::PartialOutage } else { ComponentStatus::Operational };
        let overall = Overall { status, said: "Something is wrong", url: None };
        overall.incidents(&context, &[component(status_of_api)], listed.iter(), whole)
    }

    #[test]
    fn trouble_that_nothing_explains_is_an_incident_until_it_is_over() {
        let opened = read(ComponentStatus::PartialOutage, &[], false, true);
        let [incident] = opened.as_slice() else { panic!("{opened:?}") };
        assert_eq!((incident.title.as_str(), incident.impact), ("Something is wrong", Some(Impact::Major)));
        assert!(!incident.is_over() && incident.components.is_empty());
        let known = [(Kind::Incident, incident.id.clone())];
        assert_eq!(read(ComponentStatus::PartialOutage, &known, false, true), opened);
        let worse = read(ComponentStatus::MajorOutage, &known, false, true);
        assert_eq!((worse[0].impact, worse[0].updates == incident.updates), (Some(Impact::Critical), true));
        for (status, trouble) in [(ComponentStatus::Operational, false), (ComponentStatus::PartialOutage, true)] {
            let ended = read(status, &known, trouble, true);
            assert!(ended.len() == 1 && ended[0].is_over() && ended[0].resolved_at.is_some(), "{ended:?}");
        }
    }

    #[test]
    fn what_is_well_or_explained_is_none() {
        assert!(read(ComponentStatus::Operational, &[], false, true).is_empty());
        assert!(read(ComponentStatus::Unknown, &[], false, true).is_empty());
        assert!(read(ComponentStatus::MajorOutage, &[], true, true).is_empty());
    }

    #[test]
    fn a_state_that_lags_behind_the_end_of_an_incident_is_nothing_new() {
        let ended = |impact: Impact, at: &str| {
            let [open] = read(ComponentStatus::PartialOutage, &[], false, true).try_into().unwrap();
            let resolved_at = Some(at.parse().unwrap());
            let phase = Some(Phase::Resolved);
            Incident { id: "i1".into(), phase, impact: Some(impact), resolved_at, updates: vec![], ..open }
        };
        let opens =
            |ended: Incident| !read_beside(&[ended], ComponentStatus::PartialOutage, &[], false, true).is_empty();
        assert!(!opens(ended(Impact::Major, "2026-05-04T15:00:00Z")));
        assert!(!opens(ended(Impact::Critical, "2026-05-01T15:00:00Z")));
        assert!(opens(ended(Impact::Minor, "2026-05-04T15:00:00Z")), "it is worse than that incident was");
        assert!(opens(ended(Impact::Major, "2026-04-04T15:00:00Z")), "that is long ago");
    }

    #[test]
    fn neither_an_unknown_word_nor_a_read_in_part_ends_it() {
        let known = [(Kind::Incident, IncidentId::from("overall@1777910400000"))];
        assert!(!read(ComponentStatus::Unknown, &known, false, true)[0].is_over());
        assert!(!read(ComponentStatus::Operational, &known, false, false)[0].is_over());
    }

    #[test]
    fn a_lone_maintenance_is_planned_work_and_trouble_after_it_is_not() {
        let running = read(ComponentStatus::UnderMaintenance, &[], false, true);
        assert_eq!((running[0].kind, running[0].phase), (Kind::Maintenance, Some(Phase::InProgress)));
        let known = [(Kind::Maintenance, IncidentId::from("overall@1777900000000"))];
        let worse = read(ComponentStatus::MajorOutage, &known, false, true);
        assert_eq!(
            (worse[0].phase, worse[1].kind, worse[1].is_over()),
            (Some(Phase::Completed), Kind::Incident, false)
        );
    }
}
