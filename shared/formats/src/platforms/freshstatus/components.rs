//! The tree of components: what has others below it is a heading over them.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

use crate::{
    Answer,
    read::{lenient_list::elements, problems::Problems},
    text::values::{Text, Word},
};

const MAX_DEPTH: usize = 5;

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

/// None and not all where the document cannot be read: incidents are told without it.
pub(super) fn read(answer: &Answer, problems: &mut Problems) -> (Vec<Component>, Listing) {
    let document: Document<'_> = match answer.json() {
        Ok(document) => document,
        Err(error) => {
            problems.add(format!("the components could not be read: {error}"));
            return (Vec::new(), Listing::Partial);
        }
    };
    let mut tree = Tree { found: BTreeMap::new(), whole: !document.components.is_empty() };
    tree.add(&document.components, &mut Vec::new(), problems);
    (tree.found.into_values().collect(), if tree.whole { Listing::Complete } else { Listing::Partial })
}

struct Tree {
    found: BTreeMap<ComponentId, Component>,
    whole: bool,
}

impl Tree {
    /// `above`: the names of the headings.
    fn add(&mut self, list: &[&RawValue], above: &mut Vec<String>, problems: &mut Problems) {
        if above.len() >= MAX_DEPTH {
            self.whole = false;
            problems.add(format!("components more than {MAX_DEPTH} levels down were left out"));
            return;
        }
        let (nodes, whole) = elements::<Node<'_>>(list, "a component", problems);
        self.whole &= whole;
        for node in nodes {
            match node.components.as_deref() {
                Some(below) if !below.is_empty() => {
                    above.push(node.name.0.to_string());
                    self.add(below, above, problems);
                    above.pop();
                }
                _ => {
                    let id = ComponentId::new(node.id.as_str());
                    let status = state(&node, problems);
                    let group = (!above.is_empty()).then(|| above.join(" / "));
                    let component = Component { id, name: node.name.0.into_owned(), group, status };
                    self.found.entry(component.id.clone()).or_insert(component);
                }
            }
        }
    }
}

fn state(node: &Node<'_>, problems: &mut Problems) -> ComponentStatus {
    let word = node.status.as_ref().map_or("", |word| &*word.0);
    let status = component_status(word).unwrap_or_else(|| problems.unknown_status(node.id.as_str(), word));
    let options = node.display_options.and_then(|raw| serde_json::from_str::<Options<'_>>(raw.get()).ok());
    let ignored = options.and_then(|options| options.ignore_overall_status).map(RawValue::get);
    // The provider itself does not count it: seen of what is given up and stands at an outage for good.
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
