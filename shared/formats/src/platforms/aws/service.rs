//! Services in regions: the components.
use std::collections::BTreeMap;

use status::{
    ids::ComponentId,
    snapshot::{Affected, Component},
    words::{ComponentStatus, Impact},
};

use crate::text::values::Word;

/// Where services are that are in no region.
const GLOBAL: &str = "global";
/// The region that S3 knew as the US Standard one.
const US_STANDARD: (&str, &str) = ("us-standard", "us-east-1");

/// A service as one event has it.
#[derive(Clone, Debug)]
pub(super) struct Service {
    /// `ec2-us-east-1`, or only `iam`.
    pub(super) id: String,
    pub(super) name: Option<String>,
    /// How the event has it; `None` when the event is over.
    pub(super) in_event: Option<ComponentStatus>,
    /// How it is as far as this event says.
    pub(super) now: ComponentStatus,
}

impl Service {
    pub(super) fn new(id: &str, name: Option<&Word>, code: Option<u8>, is_over: bool) -> Self {
        let status = code.and_then(component_status).unwrap_or(ComponentStatus::Unknown);
        Self {
            id: id.to_owned(),
            name: name.map(|name| plain_name(name.as_str()).to_owned()).filter(|name| !name.is_empty()),
            in_event: (!is_over).then_some(status),
            // The code of an ended event may be the worst it ever was.
            now: if is_over && status != ComponentStatus::Operational { ComponentStatus::Unknown } else { status },
        }
    }
}

/// Of the form `ec2-us-east-1`: events without ids of their own are known by it.
pub(super) fn is_id(id: &str) -> bool {
    let of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !id.is_empty() && id.bytes().all(of_id)
}

/// `0` is over or well, `1` an information, `2` a degradation, `3` a disruption.
pub(super) fn code(word: &str) -> Option<u8> {
    word.parse().ok().filter(|code| *code <= 3)
}

fn component_status(code: u8) -> Option<ComponentStatus> {
    Some(match code {
        0 | 1 => ComponentStatus::Operational,
        2 => ComponentStatus::DegradedPerformance,
        3 => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

pub(super) fn impact(worst: u8) -> Impact {
    match worst {
        0 | 1 => Impact::None,
        2 => Impact::Minor,
        _ => Impact::Major,
    }
}

/// `Amazon Chime (N. Virginia)` without the region, which is the group.
pub(super) fn plain_name(name: &str) -> &str {
    let name = name.trim();
    match name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((plain, _)) => plain,
        None => name,
    }
}

/// The code of the region at the end of an id, as `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn region(id: &str) -> Option<&str> {
    const DIRECTIONS: [&str; 9] =
        ["central", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"];
    if id.strip_suffix(US_STANDARD.0).is_some_and(|front| front.ends_with('-')) {
        return Some(US_STANDARD.1);
    }
    let parts: Vec<&str> = id.split('-').collect();
    let [front @ .., area, direction, number] = parts.as_slice() else {
        return None;
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !DIRECTIONS.contains(direction) {
        return None;
    }
    let is_country = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let before = front.last().copied().unwrap_or_default();
    let has_partition = before == "eusc" || (before == "us" && (*area == "gov" || area.starts_with("iso")));
    let used = match (has_partition, is_country(area)) {
        (true, _) => 4,
        (false, true) => 3,
        (false, false) => return None,
    };
    let length: usize = parts[parts.len() - used..].iter().map(|part| part.len() + 1).sum::<usize>() - 1;
    Some(&id[id.len() - length..])
}

/// The services of all events.
#[derive(Default)]
pub(super) struct Services(BTreeMap<ComponentId, Component>);

impl Services {
    /// Of several events that name a service the worst counts.
    pub(super) fn add(&mut self, services: &[Service]) {
        for service in services {
            let known = self.0.entry(ComponentId::new(&service.id)).or_insert_with(|| {
                let region = region(&service.id);
                let front = region.and_then(|region| service.id.strip_suffix(region)?.strip_suffix('-'));
                let code = front.unwrap_or(&service.id);
                Component {
                    id: ComponentId::new(&service.id),
                    name: service.name.clone().unwrap_or_else(|| code.to_owned()),
                    group: Some(region.unwrap_or(GLOBAL).to_owned()),
                    status: ComponentStatus::Unknown,
                }
            });
            known.status = known.status.max(service.now);
        }
    }

    pub(super) fn into_components(self) -> Vec<Component> {
        self.0.into_values().collect()
    }
}

pub(super) fn affected(services: &[Service]) -> Vec<Affected> {
    services.iter().map(|service| Affected { id: ComponentId::new(&service.id), status: service.in_event }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_ends_with_the_code_of_its_region() {
        for (id, expected) in [
            ("ec2-us-east-1", Some("us-east-1")),
            ("acm-pca-me-central-1", Some("me-central-1")),
            ("internetconnectivity-us-gov-west-1", Some("us-gov-west-1")),
            ("s3-us-isob-east-1", Some("us-isob-east-1")),
            ("ec2-eusc-de-east-1", Some("eusc-de-east-1")),
            ("multipleservices-ap-southeast-5", Some("ap-southeast-5")),
            ("s3-us-standard", Some("us-east-1")),
            ("us-east-1", Some("us-east-1")),
            ("cloudfront", None),
            ("management-console", None),
            ("a-b-c", None),
            ("thing-east-1", None),
            ("--", None),
            ("", None),
        ] {
            assert_eq!(region(id), expected, "{id}");
        }
    }

    #[test]
    fn the_region_is_no_part_of_a_name() {
        assert_eq!(plain_name("Amazon Chime (N. Virginia)"), "Amazon Chime");
        assert_eq!(plain_name("Amazon Route 53"), "Amazon Route 53");
    }
}
