//! A thread that owns an open file and does the work of many tasks in groups: what arrives while it is at work is the
//! next group. So a group costs one commit, and a flush of the disk, however many wait for it.
use std::{
    sync::{Mutex, PoisonError, RwLock},
    thread::{self, JoinHandle},
};

use tokio::sync::mpsc;

/// Bounds how long the first of a group waits for the last.
const MAX_GROUP: usize = 256;

/// A running thread. It ends when this is dropped, after the jobs that were sent.
pub(crate) struct Worker<J> {
    /// `None` after [`Worker::close`].
    jobs: RwLock<Option<mpsc::UnboundedSender<J>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<J: Send + 'static> Worker<J> {
    /// `work` does a group of jobs and leaves the list empty. What it owns is dropped when the thread ends.
    pub(crate) fn start(name: &str, mut work: impl FnMut(&mut Vec<J>) + Send + 'static) -> std::io::Result<Self> {
        let (jobs, mut received) = mpsc::unbounded_channel();
        let run = move || {
            let mut group = Vec::new();
            while received.blocking_recv_many(&mut group, MAX_GROUP) > 0 {
                work(&mut group);
                group.clear();
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { jobs: RwLock::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// `false` after [`Worker::close`]: the job is dropped.
    pub(crate) fn send(&self, job: J) -> bool {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }
}

impl<J> Worker<J> {
    /// Waits for the jobs that were sent, and for the thread to drop what it owns.
    pub(crate) fn close(&self) {
        self.jobs.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl<J> Drop for Worker<J> {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn jobs_that_wait_are_one_group_and_close_waits_for_them() {
        let (started, wait_for_start) = channel();
        let (go, wait_for_go) = channel::<()>();
        let (groups, all) = channel();
        let worker = Worker::start("test", move |group: &mut Vec<u32>| {
            let _ = started.send(());
            let _ = wait_for_go.recv();
            let _ = groups.send(group.clone());
        })
        .unwrap();
        assert!(worker.send(1));
        wait_for_start.recv().unwrap();
        (2..5).for_each(|job| assert!(worker.send(job)));
        drop(go);
        worker.close();
        assert_eq!(all.iter().collect::<Vec<_>>(), [vec![1], vec![2, 3, 4]]);
        assert!(!worker.send(5));
    }
}
