//! Lists by id. A page chooses how long its lists are, so nothing searches one list for each entry of another.
use std::collections::BTreeMap;

/// The entries of a list by a key. Of entries that share a key the first stays, as a search would find it.
pub(crate) fn first_by<'a, T, K: Ord>(
    list: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> BTreeMap<K, &'a T> {
    let mut by_key = BTreeMap::new();
    for entry in list {
        by_key.entry(key(entry)).or_insert(entry);
    }
    by_key
}

/// The positions of the entries of a list by a key that does not borrow the list.
pub(crate) fn positions_by<T, K: Ord>(list: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, usize> {
    let mut by_key = BTreeMap::new();
    for (at, entry) in list.iter().enumerate() {
        by_key.entry(key(entry)).or_insert(at);
    }
    by_key
}
