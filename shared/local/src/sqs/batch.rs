//! The batch operations: up to ten requests of one kind, each with a result of its own.
use std::collections::HashSet;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;

use super::error::{Result, SqsError};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "T: DeserializeOwned"))]
pub(super) struct Batch<T> {
    #[serde(default = "Vec::new")]
    entries: Vec<BatchEntry<T>>,
}

impl<T> Batch<T> {
    pub(super) fn requests(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.request)
    }
}

struct BatchEntry<T> {
    id: String,
    request: T,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for BatchEntry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Named {
            id: String,
        }
        let entry = <&RawValue>::deserialize(deserializer)?.get();
        let Named { id } = serde_json::from_str(entry).map_err(D::Error::custom)?;
        Ok(Self { id, request: serde_json::from_str(entry).map_err(D::Error::custom)? })
    }
}

/// What came of the entries of a batch.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entries<O> {
    successful: Vec<Successful<O>>,
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Successful<O> {
    #[serde(rename = "Id")]
    id: String,
    #[serde(flatten)]
    output: O,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    id: String,
    code: &'static str,
    message: String,
    sender_fault: bool,
}

/// Runs the entries of a batch one by one. A refused entry does not stop the others.
pub(super) fn each_entry<I, O: Serialize>(
    batch: &Batch<I>,
    mut operation: impl FnMut(&I) -> Result<O>,
) -> Result<Entries<O>> {
    let entries = &batch.entries;
    if entries.is_empty() {
        return Err(SqsError::empty_batch());
    }
    if entries.len() > 10 {
        return Err(SqsError::batch_too_long(entries.len()));
    }
    if entries.iter().map(|entry| &entry.id).collect::<HashSet<_>>().len() < entries.len() {
        return Err(SqsError::repeated_entry_id());
    }
    let mut done = Entries { successful: Vec::new(), failed: Vec::new() };
    for BatchEntry { id, request } in entries {
        let id = id.clone();
        match operation(request) {
            Ok(output) => done.successful.push(Successful { id, output }),
            Err(error) if error.is_internal() => return Err(error),
            Err(SqsError { code, message, .. }) => {
                done.failed.push(Failed { id, code, message, sender_fault: true });
            }
        }
    }
    Ok(done)
}
