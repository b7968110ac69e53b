//! How far a fan-out is, as data: by stage and segment, after which account and destination. It names what is done and
//! not rows, so that rows added, removed or moved meanwhile do not shift it.
use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use status::ids::{AccountId, DestinationId};

use crate::stages::NOTIFIED_STAGE;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The stages before this one are done.
    pub(crate) stage: usize,
    /// In this stage, the segments before this one are done.
    #[serde(default)]
    done: usize,
    /// Of the others, those that have begun.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    segments: BTreeMap<usize, Reached>,
}

/// What of a segment is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reached {
    /// The accounts up to this one.
    Account(AccountId),
    /// The accounts before this one, and of it the destinations up to this one.
    Within(AccountId, DestinationId),
    /// The destinations up to this one.
    Destination(DestinationId),
    /// All of it.
    End,
}

impl Progress {
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context("reading the progress of a fan-out")
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("progress is plain data")
    }

    /// Of a continuation that an earlier version queued, which read monitors first and notified destinations then, in
    /// another order than today. So the part begins anew; what repeats, the dispatcher drops.
    pub(crate) fn of_continuation(cursor: &str) -> anyhow::Result<Self> {
        let cursor: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(cursor).context("reading the cursor of a route task")?;
        let is_notified = cursor.contains_key("told") || cursor.contains_key("notified_of");
        Ok(Self { stage: if is_notified { NOTIFIED_STAGE } else { 0 }, ..Self::default() })
    }

    /// The segments of the stage that are not done, of so many.
    pub(crate) fn left(&self, segments: usize) -> impl Iterator<Item = usize> + use<> {
        let ended: Vec<usize> =
            self.segments.iter().filter(|(_, reached)| **reached == Reached::End).map(|(number, _)| *number).collect();
        (self.done..segments).filter(move |number| !ended.contains(number))
    }

    /// What of a segment is done; `None`: nothing.
    pub(crate) fn reached(&self, segment: usize) -> Option<Reached> {
        self.segments.get(&segment).cloned()
    }

    pub(crate) fn reach(&mut self, segment: usize, reached: Reached) {
        self.segments.insert(segment, reached);
        while self.segments.get(&self.done) == Some(&Reached::End) {
            self.segments.remove(&self.done);
            self.done += 1;
        }
    }

    pub(crate) fn end_stage(&mut self) {
        *self = Self { stage: self.stage + 1, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_stored_as_what_is_done() {
        let mut progress = Progress { stage: 1, ..Progress::default() };
        progress.reach(1, Reached::End);
        progress.reach(3, Reached::Within("a".into(), "d".into()));
        progress.reach(2, Reached::Account("b".into()));
        let text = r#"{"stage":1,"done":0,"segments":{"1":"end","2":{"account":"b"},"3":{"within":["a","d"]}}}"#;
        assert_eq!(progress.to_text(), text);
        assert_eq!(Progress::parse(text).unwrap(), progress);
        assert_eq!(progress.left(5).collect::<Vec<_>>(), [0, 2, 3, 4]);
        progress.reach(0, Reached::End);
        progress.reach(2, Reached::End);
        assert_eq!(progress.to_text(), r#"{"stage":1,"done":3,"segments":{"3":{"within":["a","d"]}}}"#);
        progress.end_stage();
        assert_eq!(progress.to_text(), r#"{"stage":2,"done":0}"#);
    }

    #[test]
    fn continuations_that_an_earlier_version_queued_can_be_read() {
        for (cursor, stage) in [
            (r#"{"monitors":"m"}"#, 0),
            (r#"{"monitors":null}"#, 0),
            (r#"{"concerned":"hook"}"#, 0),
            (r#"{"told":null}"#, NOTIFIED_STAGE),
            (r#"{"notified_of":[2,"m"]}"#, NOTIFIED_STAGE),
        ] {
            assert_eq!(Progress::of_continuation(cursor).unwrap(), Progress { stage, ..Progress::default() });
        }
    }
}
