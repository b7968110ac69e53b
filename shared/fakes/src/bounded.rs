//! Lists that forget.
use std::collections::VecDeque;

/// Appends to a list of at most `capacity` items; the oldest is forgotten.
pub(crate) fn push_bounded<T>(list: &mut VecDeque<T>, item: T, capacity: usize) {
    if list.len() >= capacity {
        list.pop_front();
    }
    list.push_back(item);
}
