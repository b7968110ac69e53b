//! Lists of a document, read element by element: a damaged one costs itself and not its neighbours.
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::read::problems::Problems;

/// Of one list. The largest pages have some hundred elements in one.
const MAX_ELEMENTS: usize = 5_000;

/// The elements of this shape, and whether all were: only the first [`MAX_ELEMENTS`] are read. `what` names one in
/// words: "a component".
pub(crate) fn elements<'a, T: Deserialize<'a>>(
    list: &[&'a RawValue],
    what: &str,
    problems: &mut Problems,
) -> (Vec<T>, bool) {
    let first = &list[..list.len().min(MAX_ELEMENTS)];
    let read: Vec<T> = first.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    if read.len() < first.len() {
        problems.add(format!("{what} of another shape was left out"));
    }
    if first.len() < list.len() {
        problems.add(format!("{what} was left out: the list has {}, and {MAX_ELEMENTS} are read", list.len()));
    }
    let whole = read.len() == list.len();
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

    #[test]
    fn list_without_end_is_read_from_its_start() {
        let text = format!("[0{}]", ",0".repeat(9_999));
        let raw: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
        let mut problems = Problems::default();
        let (read, whole) = elements::<u8>(&raw, "a number", &mut problems);
        assert_eq!((read.len(), whole), (5_000, false));
        assert_eq!(problems.into_vec(), ["a number was left out: the list has 10000, and 5000 are read"]);
    }
}
