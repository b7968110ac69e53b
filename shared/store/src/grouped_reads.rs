//! Reads for many callers in one request. One group is on its way at a time, and whatever is asked for meanwhile is the
//! next: a lone caller waits for nobody, and hundreds share requests of up to a hundred keys. No timer, and no task of
//! its own, which would not go on while a function is frozen: the callers themselves take turns in leading.
use std::{
    collections::{BTreeSet, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::oneshot;

use crate::{error::StoreError, items::Item, keys::Key};

/// Shared by the clones of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupedReads(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    /// A caller leads, or was told to.
    is_led: bool,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) keys: BTreeSet<Key>,
    pub(crate) turn: oneshot::Sender<Turn>,
}

#[derive(Debug)]
pub(crate) enum Turn {
    Found(Result<Vec<Item>, StoreError>),
    Lead(Lead),
}

/// The lead of the next group. Whoever drops it, with or without having read, passes it on.
#[derive(Debug)]
pub(crate) struct Lead(GroupedReads);

impl GroupedReads {
    /// The lead, if nobody has it, or else the turn to wait for: an error means that the leader was dropped.
    pub(crate) fn join(&self, keys: &BTreeSet<Key>) -> Result<Lead, oneshot::Receiver<Turn>> {
        let mut queue = self.lock();
        if !mem::replace(&mut queue.is_led, true) {
            return Ok(Lead(self.clone()));
        }
        let (turn, receiver) = oneshot::channel();
        queue.waiting.push_back(Waiting { keys: keys.clone(), turn });
        Err(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().expect("nothing panics while holding the queue of reads")
    }
}

impl Lead {
    /// The next ones for whom there is room in a request of so many keys. Two callers who want the same item are not in
    /// one group.
    pub(crate) fn take(&self, own: &BTreeSet<Key>, most: usize) -> Vec<Waiting> {
        let (mut taken, mut keys) = (Vec::new(), own.clone());
        let mut queue = self.0.lock();
        while let Some(next) = queue.waiting.front()
            && keys.len() + next.keys.len() <= most
            && keys.is_disjoint(&next.keys)
        {
            keys.extend(next.keys.iter().cloned());
            taken.extend(queue.waiting.pop_front());
        }
        taken
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.lock();
            let next = queue.waiting.pop_front();
            queue.is_led = next.is_some();
            next
        };
        if let Some(Waiting { turn, .. }) = next {
            // If that caller is gone, the lead is dropped again, and the next one gets it.
            let _ = turn.send(Turn::Lead(Self(self.0.clone())));
        }
    }
}
