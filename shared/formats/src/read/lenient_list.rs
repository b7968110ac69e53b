//! Lists of a document, read element by element: a damaged one costs itself and not its neighbours.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::read::problems::Problems;

/// The elements of this shape, and whether all were. `what` names one in words: "a component".
pub(crate) fn elements<'a, T: Deserialize<'a>>(
    list: &[&'a RawValue],
    what: &str,
    problems: &mut Problems,
) -> (Vec<T>, bool) {
    let read: Vec<T> = list.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    let whole = read.len() == list.len();
    if !whole {
        problems.add(format!("{what} of another shape was left out"));
    }
    (read, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_element_costs_itself_only() {
        let raw: Vec<&RawValue> = serde_json::from_str("[1, \"two\", 3]").unwrap();
        let mut problems = Problems::default();
        assert_eq!(elements::<u8>(&raw, "a number", &mut problems), (vec![1, 3], false));
        assert_eq!(problems.into_vec(), ["a number of another shape was left out"]);
        assert_eq!(elements::<serde_json::Value>(&raw, "a number", &mut Problems::default()).0.len(), 3);
    }
}
