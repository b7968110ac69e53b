//! Lists that forget.
use std::collections::VecDeque;

use serde_json::Value;

/// How much a list remembers.
#[derive(Clone, Copy)]
pub(crate) struct Capacity {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

impl Capacity {
    pub(crate) const UNLIMITED: Self = Self { items: usize::MAX, bytes: usize::MAX };
}

/// About how many bytes an item takes.
pub(crate) trait Size {
    fn size(&self) -> usize;
}

/// Appends to a list that has room for so much; the oldest items are forgotten. The newest is always kept.
pub(crate) fn push_bounded<T: Size>(list: &mut VecDeque<T>, item: T, capacity: Capacity) {
    list.push_back(item);
    if list.len() > capacity.items {
        list.pop_front();
    }
    if capacity.bytes == usize::MAX {
        return;
    }
    let mut bytes: usize = list.iter().map(Size::size).sum();
    while bytes > capacity.bytes && list.len() > 1 {
        bytes -= list.pop_front().map_or(0, |oldest| oldest.size());
    }
}

/// Of a document in memory, where each value takes some bytes of its own.
pub(crate) fn bytes_of(value: &Value) -> usize {
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes_of).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + 64 + bytes_of(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of_val(value) + inner
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Size for Vec<u8> {
        fn size(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn list_forgets_the_oldest_by_number_and_by_bytes_but_never_the_newest() {
        let mut list = VecDeque::new();
        let sizes = |list: &VecDeque<Vec<u8>>| list.iter().map(Vec::len).collect::<Vec<_>>();
        for size in [1, 2, 3, 4] {
            push_bounded(&mut list, vec![0; size], Capacity { items: 3, bytes: 100 });
        }
        assert_eq!(sizes(&list), [2, 3, 4]);
        push_bounded(&mut list, vec![0; 94], Capacity { items: 3, bytes: 100 });
        assert_eq!(sizes(&list), [4, 94]);
        push_bounded(&mut list, vec![0; 1000], Capacity { items: 3, bytes: 100 });
        assert_eq!(sizes(&list), [1000]);
    }
}
