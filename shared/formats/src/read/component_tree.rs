//! Components that stand under others. One that has others below it only sums these up: it is their group.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    read::{lenient_list::elements, problems::Problems},
    text::values::short_name,
};

/// Deeper than any page was seen to go.
const MAX_DEPTH: usize = 8;

/// An element of a list, with the list of those below it.
pub(crate) trait Node<'a>: Deserialize<'a> {
    fn id(&self) -> &str;
    fn name(&self) -> &str;
    fn below(&self) -> &[&'a RawValue];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A component that has none below it.
pub(crate) struct Leaf<T> {
    pub(crate) node: T,
    /// What it stands under, from the top.
    pub(crate) above: Vec<Heading>,
}

impl<T> Leaf<T> {
    pub(crate) fn group(&self) -> Option<String> {
        group(self.above.iter().map(|heading| heading.name.as_str()))
    }
}

/// The name of the group below these headings, from the top: `Europe / Dublin`.
pub(crate) fn group<'n>(headings: impl Iterator<Item = &'n str>) -> Option<String> {
    Some(headings.map(short_name).collect::<Vec<_>>().join(" / ")).filter(|group| !group.is_empty())
}

/// The leaves of a list, in its order, and whether all of it could be read. `what` names an element: "a service".
pub(crate) fn leaves<'a, T: Node<'a>>(
    list: &[&'a RawValue],
    what: &str,
    problems: &mut Problems,
) -> (Vec<Leaf<T>>, bool) {
    let mut leaves = Vec::new();
    let whole = add(list, &mut Vec::new(), what, &mut leaves, problems);
    (leaves, whole)
}

fn add<'a, T: Node<'a>>(
    list: &[&'a RawValue],
    above: &mut Vec<Heading>,
    what: &str,
    leaves: &mut Vec<Leaf<T>>,
    problems: &mut Problems,
) -> bool {
    if above.len() >= MAX_DEPTH {
        problems.add(format!("{what} more than {MAX_DEPTH} levels down was left out"));
        return false;
    }
    let (nodes, mut whole) = elements::<T>(list, what, problems);
    for node in nodes {
        if node.below().is_empty() {
            leaves.push(Leaf { node, above: above.clone() });
            continue;
        }
        above.push(Heading { id: short_name(node.id()), name: short_name(node.name()) });
        whole &= add(node.below(), above, what, leaves, problems);
        above.pop();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Part<'a> {
        name: String,
        #[serde(borrow, default)]
        parts: Vec<&'a RawValue>,
    }

    impl<'a> Node<'a> for Part<'a> {
        fn id(&self) -> &str {
            &self.name
        }
        fn name(&self) -> &str {
            &self.name
        }
        fn below(&self) -> &[&'a RawValue] {
            &self.parts
        }
    }

    fn read(json: &str) -> (Vec<String>, bool, Vec<String>) {
        let list: Vec<&RawValue> = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let (leaves, whole) = leaves::<Part<'_>>(&list, "a part", &mut problems);
        let lines = leaves.iter().map(|leaf| format!("{}: {}", leaf.group().unwrap_or_default(), leaf.node.name));
        (lines.collect(), whole, problems.into_vec())
    }

    #[test]
    fn what_has_others_below_it_is_their_group() {
        let json = r#"[{"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}, {"name": "d", "parts": []}]}]"#;
        assert_eq!(read(json), (vec!["a / b: c".into(), "a: d".into()], true, vec![]));
    }

    #[test]
    fn a_damaged_or_too_deep_element_costs_itself_only() {
        let (lines, whole, problems) = read(r#"[{"name": 1}, {"name": "a"}]"#);
        assert_eq!((lines, whole), (vec![": a".into()], false));
        assert_eq!(problems, ["a part of another shape was left out"]);
        let deep = format!("{}{}{}", r#"[{"name": "a", "parts": "#.repeat(9), "[]", "}]".repeat(9));
        let (lines, whole, problems) = read(&deep);
        assert_eq!((lines, whole), (vec![], false));
        assert_eq!(problems, ["a part more than 8 levels down was left out"]);
    }
}
