//! The services and regions that the categories of an item name, and which components of the tables these are.
use status::{
    ids::ComponentId,
    snapshot::{Affected, Component},
};

use super::stage::stage;

/// Geographies as the tables call them, with the regions in them:
/// <https://learn.microsoft.com/azure/reliability/regions-list>. One that is not here is taken for a service, which
/// names it nonetheless.
const REGIONS: [(&str, &[&str]); 4] = [
    (
        "americas",
        &[
            "east us",
            "east us 2",
            "west us",
            "west us 2",
            "west us 3",
            "central us",
            "north central us",
            "south central us",
            "west central us",
            "canada central",
            "canada east",
            "brazil south",
            "brazil southeast",
            "mexico central",
            "chile central",
        ],
    ),
    (
        "europe",
        &[
            "north europe",
            "west europe",
            "uk south",
            "uk west",
            "france central",
            "france south",
            "germany west central",
            "germany north",
            "norway east",
            "norway west",
            "sweden central",
            "sweden south",
            "switzerland north",
            "switzerland west",
            "poland central",
            "italy north",
            "spain central",
            "austria east",
            "belgium central",
            "denmark east",
        ],
    ),
    (
        "asia",
        &[
            "southeast asia",
            "east asia",
            "australia east",
            "australia southeast",
            "australia central",
            "australia central 2",
            "central india",
            "south india",
            "west india",
            "japan east",
            "japan west",
            "korea central",
            "korea south",
            "new zealand north",
            "malaysia west",
            "indonesia central",
        ],
    ),
    (
        "africa",
        &["uae north", "uae central", "south africa north", "south africa west", "qatar central", "israel central"],
    ),
];

/// Services or regions of one incident. There are some hundred.
const MAX_PLACES: usize = 1_000;

#[derive(Default)]
pub(super) struct Places {
    services: Vec<String>,
    regions: Vec<String>,
}

impl Places {
    /// Of one item. Where no category is a region, a part of the title may be: "Storage - East US". Texts name regions
    /// for other reasons too, and are not looked at.
    pub(super) fn add(&mut self, title: &str, categories: &[String]) {
        for category in categories.iter().map(|category| category.trim()).filter(|category| !category.is_empty()) {
            let (list, is_new) = if geography(category).is_some() || is_everywhere(category) {
                (&mut self.regions, true)
            } else {
                (&mut self.services, stage(category).is_none())
            };
            if is_new && list.len() < MAX_PLACES && !list.iter().any(|known| known.eq_ignore_ascii_case(category)) {
                list.push(category.to_owned());
            }
        }
        if self.regions.is_empty() {
            let parts = title.split([',', '-', '–', '—']).map(str::trim);
            self.regions.extend(parts.filter(|part| geography(part).is_some()).map(str::to_owned));
        }
    }

    /// Components of the tables where they have such a service; else the names as they are.
    pub(super) fn affected(&self, components: &[Component]) -> Vec<Affected> {
        let mut affected: Vec<Affected> = Vec::new();
        for service in &self.services {
            let listed: Vec<&Component> =
                components.iter().filter(|one| one.name.eq_ignore_ascii_case(service)).collect();
            let here: Vec<&Component> = listed.into_iter().filter(|one| self.is_in(one)).collect();
            affected.extend(here.iter().map(|one| Affected {
                id: one.id.clone(),
                status: Some(one.status).filter(|status| status.is_trouble()),
            }));
            if here.is_empty() {
                affected.extend(self.named(service));
            }
        }
        if self.services.is_empty() {
            let regions = self.regions.iter().filter(|region| !is_everywhere(region));
            affected.extend(regions.map(|region| Affected { id: ComponentId::new(region), status: None }));
        }
        affected
    }

    /// Whether a component of the tables is in one of the regions; it is if none is named.
    fn is_in(&self, component: &Component) -> bool {
        let zone = component.id.as_str().split('/').next().unwrap_or_default();
        let mut known = self.regions.iter().filter_map(|region| geography(region)).peekable();
        known.peek().is_none() || known.any(|geography| zone.contains(geography))
    }

    fn named(&self, service: &str) -> Vec<Affected> {
        let of = |name: String| Affected { id: ComponentId::new(name), status: None };
        let regions = self.regions.iter().filter(|region| !is_everywhere(region));
        let named: Vec<Affected> = regions.map(|region| of(format!("{service} ({region})"))).collect();
        if named.is_empty() { vec![of(service.to_owned())] } else { named }
    }
}

fn geography(region: &str) -> Option<&'static str> {
    let region = region.trim().to_lowercase();
    REGIONS.iter().find(|(_, regions)| regions.contains(&region.as_str())).map(|(geography, _)| *geography)
}

fn is_everywhere(region: &str) -> bool {
    ["global", "non-regional", "multiple regions", "worldwide"].contains(&region.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use status::words::ComponentStatus;

    use super::*;

    fn affected(title: &str, categories: &[&str]) -> Vec<String> {
        let component = |zone: &str, name: &str, status: ComponentStatus| Component {
            id: ComponentId::new(format!("{zone}/{name}")),
            name: name.into(),
            group: None,
            status,
        };
        let components = [
            component("americas", "Storage", ComponentStatus::Operational),
            component("europe", "Storage", ComponentStatus::PartialOutage),
            component("middle-east-africa", "Batch", ComponentStatus::Operational),
        ];
        let mut places = Places::default();
        places.add(title, &categories.iter().map(|category| category.to_string()).collect::<Vec<_>>());
        let named = places.affected(&components).into_iter();
        named.map(|one| format!("{}={}", one.id, one.status.map_or("-", ComponentStatus::as_str))).collect()
    }

    #[test]
    fn categories_name_services_and_regions() {
        let check = |categories: &[&str], expected: &[&str]| assert_eq!(affected("x", categories), expected);
        check(&["Storage"], &["americas/Storage=-", "europe/Storage=partial outage"]);
        check(&["storage", "West Europe"], &["europe/Storage=partial outage"]);
        check(&["West US 3", "Storage", "Active"], &["americas/Storage=-"]);
        check(&["Batch", "Qatar Central"], &["middle-east-africa/Batch=-"]);
        check(&["Storage", "Global"], &["americas/Storage=-", "europe/Storage=partial outage"]);
        check(
            &["Network Infrastructure", "West US", "East US"],
            &["Network Infrastructure (West US)=-", "Network Infrastructure (East US)=-"],
        );
        check(&["Network Infrastructure"], &["Network Infrastructure=-"]);
        check(&["Storage", "Japan East"], &["Storage (Japan East)=-"]);
        check(&["Japan East"], &["Japan East=-"]);
        check(&["Mitigated", " "], &[]);
    }

    #[test]
    fn a_title_names_the_region_where_no_category_does() {
        assert_eq!(affected("Storage – West Europe – slow", &["Storage"]), ["europe/Storage=partial outage"]);
        assert_eq!(affected("Storage - West Europe", &["Storage", "East US"]), ["americas/Storage=-"]);
    }
}
