//! A thread that owns an open file and does the work of many tasks in groups: what arrives while it is at work belongs
//! to the same group. So a group costs one commit, and a flush of the disk, however many wait for it.
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

/// What the thread does. It is dropped when the thread ends.
pub(crate) trait Work<J>: Send + 'static {
    /// Does these jobs and leaves the list empty. More of their group may follow.
    fn work(&mut self, jobs: &mut Vec<J>);

    /// No other job waits, or the group is large.
    fn end_group(&mut self);
}

impl<J: Send + 'static> Worker<J> {
    pub(crate) fn start(name: &str, mut work: impl Work<J>) -> std::io::Result<Self> {
        let (jobs, mut received) = mpsc::unbounded_channel();
        let run = move || {
            let mut some = Vec::new();
            while received.blocking_recv_many(&mut some, MAX_GROUP) > 0 {
                let mut done = 0;
                while !some.is_empty() {
                    done += some.len();
                    work.work(&mut some);
                    some.clear();
                    some.extend(std::iter::from_fn(|| received.try_recv().ok()).take(MAX_GROUP - done));
                }
                work.end_group();
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
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    struct Noting {
        started: Sender<()>,
        go: Receiver<()>,
        group: Vec<u32>,
        groups: Sender<Vec<u32>>,
    }

    impl Work<u32> for Noting {
        fn work(&mut self, jobs: &mut Vec<u32>) {
            let _ = self.started.send(());
            let _ = self.go.recv();
            self.group.append(jobs);
        }

        fn end_group(&mut self) {
            let _ = self.groups.send(std::mem::take(&mut self.group));
        }
    }

    #[test]
    fn jobs_that_arrive_during_the_work_are_of_its_group_and_close_waits_for_them() {
        let (started, wait_for_start) = channel();
        let (go, wait_for_go) = channel::<()>();
        let (groups, all) = channel();
        let worker = Worker::start("test", Noting { started, go: wait_for_go, group: Vec::new(), groups }).unwrap();
        assert!(worker.send(0));
        wait_for_start.recv().unwrap();
        let many = 2 * MAX_GROUP as u32;
        (1..many).for_each(|job| assert!(worker.send(job)));
        drop(go);
        worker.close();
        let half: Vec<u32> = (0..many / 2).collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), [half, (many / 2..many).collect()]);
        assert!(!worker.send(5));
    }
}
