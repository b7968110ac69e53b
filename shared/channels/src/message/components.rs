//! The affected components of a message.
use std::cmp::Reverse;

use status::{alert::NamedComponent, words::ComponentStatus};

use super::Tone;
use crate::text::{cut, one_line};

/// Characters of a component's or a group's name.
const MAX_NAME: usize = 80;

/// One component.
pub(crate) struct Component {
    /// `Group / API`
    pub(crate) name: String,
    /// `None` if neither its state nor a change of it is known.
    pub(crate) status: Option<&'static str>,
    /// The state before, if this alert changes it.
    pub(crate) was: Option<&'static str>,
    pub(crate) tone: Tone,
}

impl Component {
    pub(super) fn of(component: &NamedComponent) -> Self {
        let name = cut(&one_line(&component.name), MAX_NAME);
        let unknown = component.status == ComponentStatus::Unknown && component.was.is_none();
        Self {
            name: match &component.group {
                Some(group) => format!("{} / {name}", cut(&one_line(group), MAX_NAME)),
                None => name,
            },
            status: (!unknown).then(|| component.status.as_str()),
            was: component.was.map(ComponentStatus::as_str),
            tone: Tone::of_component(component.status),
        }
    }

    /// `Group / API — degraded performance (was operational)`
    pub(super) fn line(&self) -> String {
        let name = &self.name;
        match (self.status, self.was) {
            (None, _) => name.clone(),
            (Some(status), None) => format!("{name} — {status}"),
            (Some(status), Some(was)) => format!("{name} — {status} (was {was})"),
        }
    }
}

/// Changed ones first, then the worst; equal ones keep their order.
pub(crate) fn by_weight(components: &[NamedComponent]) -> Vec<&NamedComponent> {
    let mut sorted: Vec<_> = components.iter().collect();
    sorted.sort_by_key(|component| (component.was.is_none(), Reverse(component.status)));
    sorted
}
