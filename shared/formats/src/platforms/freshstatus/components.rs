//! The tree of components.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

use crate::{
    contract::Answer,
    read::{
        component_tree::{self, Leaf, leaves},
        problems::Problems,
    },
    text::values::{Text, Word},
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    components: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Node<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    display_options: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Options<'a> {
    #[serde(borrow)]
    ignore_overall_status: Option<&'a RawValue>,
}

/// An empty, partial list where the document cannot be read: incidents are read without it.
pub(super) fn read(answer: &Answer, problems: &mut Problems) -> (Vec<Component>, Listing) {
    let document: Document<'_> = match answer.json() {
        Ok(document) => document,
        Err(error) => {
            problems.add(format!("the components could not be read: {error}"));
            return (Vec::new(), Listing::Partial);
        }
    };
    let (leaves, whole) = leaves::<Node<'_>>(&document.components, "a component", problems);
    let mut components = BTreeMap::new();
    for leaf in leaves {
        let (status, group) = (state(&leaf.node, problems), leaf.group());
        let Leaf { node: Node { id, name, .. }, .. } = leaf;
        let id = ComponentId::new(id.as_str());
        components.entry(id.clone()).or_insert(Component { id, name: name.0.into_owned(), group, status });
    }
    let listing = if whole && !components.is_empty() { Listing::Complete } else { Listing::Partial };
    (components.into_values().collect(), listing)
}

impl<'a> component_tree::Node<'a> for Node<'a> {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name.0
    }
    fn below(&self) -> &[&'a RawValue] {
        self.components.as_deref().unwrap_or_default()
    }
}

fn state(node: &Node<'_>, problems: &mut Problems) -> ComponentStatus {
    let word = node.status.as_ref().map_or("", |word| &*word.0);
    let status = component_status(word).unwrap_or_else(|| problems.unknown_status(node.id.as_str(), word));
    let options = node.display_options.and_then(|raw| serde_json::from_str::<Options<'_>>(raw.get()).ok());
    let ignored = options.and_then(|options| options.ignore_overall_status).map(RawValue::get);
    // The provider itself does not count such a component. It was seen on abandoned ones that show an outage for good.
    if matches!(ignored, Some("\"true\"" | "true")) && status.is_trouble() { ComponentStatus::Unknown } else { status }
}

pub(super) fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "OP" => ComponentStatus::Operational,
        "PD" => ComponentStatus::DegradedPerformance,
        "PO" => ComponentStatus::PartialOutage,
        "MO" => ComponentStatus::MajorOutage,
        "UM" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}
