//! The data of a Nuxt page: one list, in which objects and lists name their members by the place of these. It is walked
//! and not unfolded, since one place may be named many times; and no further than any real page needs.
use std::cell::Cell;

use serde_json::Value;

use crate::{contract::ReadError, read::answers::json_list};

/// Places that are looked up. A large page has some ten thousand.
const MAX_STEPS: usize = 300_000;
/// Wrappers around one value.
const MAX_WRAPPERS: usize = 8;
const WRAPPERS: [&str; 6] = ["ShallowReactive", "Reactive", "ShallowRef", "Ref", "EmptyRef", "EmptyShallowRef"];

pub(super) struct Payload {
    values: Vec<Value>,
    steps: Cell<usize>,
}

/// A value of the payload.
#[derive(Clone, Copy)]
pub(super) struct Node<'p> {
    payload: &'p Payload,
    value: &'p Value,
}

impl Payload {
    /// `path` is where it came from.
    pub(super) fn read(path: &str, script: &str) -> Result<Self, ReadError> {
        json_list(path, script)?;
        let values = serde_json::from_str(script);
        let values = values.map_err(|_| ReadError::Malformed(format!("the data in {path} is no JSON")))?;
        Ok(Self { values, steps: Cell::new(0) })
    }

    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.at(0)
    }

    /// Whether something was not looked at.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() >= MAX_STEPS
    }

    fn at(&self, place: u64) -> Option<Node<'_>> {
        let mut place = place;
        for _ in 0..MAX_WRAPPERS {
            if self.is_exhausted() {
                return None;
            }
            self.steps.set(self.steps.get() + 1);
            let value = self.values.get(usize::try_from(place).ok()?)?;
            let tag = value.get(0).and_then(Value::as_str);
            match (tag, value.get(1)) {
                (Some(tag), Some(inner)) if WRAPPERS.contains(&tag) => place = inner.as_u64()?,
                (Some("Date"), Some(time)) => return Some(Node { payload: self, value: time }),
                _ => return Some(Node { payload: self, value }),
            }
        }
        None
    }
}

impl<'p> Node<'p> {
    pub(super) fn get(self, key: &str) -> Option<Node<'p>> {
        self.payload.at(self.value.as_object()?.get(key)?.as_u64()?)
    }

    /// The member whose key begins like this.
    pub(super) fn get_prefixed(self, prefix: &str) -> Option<Node<'p>> {
        let (_, place) = self.value.as_object()?.iter().find(|(key, _)| key.starts_with(prefix))?;
        self.payload.at(place.as_u64()?)
    }

    /// `None`: it is no list, or one of its members is nowhere.
    pub(super) fn list(self) -> Option<Vec<Node<'p>>> {
        let places = self.value.as_array()?.iter();
        places.map(|place| self.payload.at(place.as_u64()?)).collect()
    }

    pub(super) fn text(self, key: &str) -> Option<&'p str> {
        self.get(key)?.value.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn number(self, key: &str) -> Option<i64> {
        self.get(key)?.value.as_i64()
    }

    pub(super) fn is_exhausted(self) -> bool {
        self.payload.is_exhausted()
    }
}
