//! Where reads do the work that takes long: inflating, parsing, comparing. On the task that polls it would hold up all
//! other pages, and more threads than these would take more memory and give no more speed. Wanted properties:
//! - small work is done at once, because handing it over costs more;
//! - small work never waits for large work, and each lane keeps the order in which it was asked;
//! - a panic costs the page that caused it, and no other.
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Instant,
};

use tokio::{sync::oneshot, time::timeout_at};

/// Work on fewer bytes is done at once.
const SMALL: usize = 64 * 1024;
/// Work on more bytes has a lane of its own.
const LARGE: usize = 512 * 1024;

/// The threads for such work. They start when they are needed first, and end with this.
#[derive(Default)]
pub(crate) struct Lanes {
    usual: Lane,
    large: Lane,
    begun: AtomicU64,
}

/// Why work has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undone {
    /// Its turn did not come in time. It was not begun.
    NoTurn,
    /// It panicked.
    Fault,
}

impl Lanes {
    /// How much work was asked for since the start.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    /// The result of `work` on about so many bytes. `until`: no turn that comes later is of use.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        until: Option<Instant>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        self.begun.fetch_add(1, Relaxed);
        match bytes {
            ..SMALL => caught(work),
            SMALL..LARGE => self.usual.run(until, work).await,
            _ => self.large.run(until, work).await,
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Lane(OnceLock<mpsc::Sender<Job>>);

impl Lane {
    async fn run<T: Send + 'static>(
        &self,
        until: Option<Instant>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let (sender, mut result) = oneshot::channel();
        let has_begun = Arc::new(AtomicBool::new(false));
        let begun = has_begun.clone();
        let job = move || {
            begun.store(true, Relaxed);
            // Nobody waits for it any more.
            if !sender.is_closed() {
                _ = sender.send(caught(work));
            }
        };
        self.jobs().send(Box::new(job)).expect("the thread of a lane lives as long as the lane");
        let done = match until {
            Some(until) => match timeout_at(until.into(), &mut result).await {
                Err(_) if has_begun.load(Relaxed) => result.await,
                Err(_) => return Err(Undone::NoTurn),
                Ok(done) => done,
            },
            None => result.await,
        };
        done.unwrap_or(Err(Undone::Fault))
    }

    fn jobs(&self) -> &mpsc::Sender<Job> {
        self.0.get_or_init(|| {
            let (sender, jobs) = mpsc::channel::<Job>();
            let work = move || jobs.into_iter().for_each(|job| job());
            thread::Builder::new().name("reads".into()).spawn(work).expect("a thread at the start");
            sender
        })
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Undone> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_: Box<dyn Any + Send>| Undone::Fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_work_does_not_wait_for_large_work() {
        let (lanes, (release, gate)) = (Lanes::default(), mpsc::channel::<()>());
        let large = lanes.run(LARGE, None, move || gate.recv().is_ok());
        let rest = async {
            assert_eq!(lanes.run(0, None, || 1).await, Ok(1));
            assert_eq!(lanes.run(SMALL, None, || 2).await, Ok(2));
            // Its turn comes only after the large work, which is too late.
            assert_eq!(lanes.run(LARGE, Some(Instant::now()), || 3).await, Err(Undone::NoTurn));
            release.send(()).unwrap();
        };
        assert_eq!(tokio::join!(large, rest).0, Ok(true));
        assert_eq!(lanes.run(LARGE, None, || 4).await, Ok(4));
    }

    #[tokio::test]
    async fn panic_costs_only_the_work_that_caused_it() {
        let lanes = Lanes::default();
        for bytes in [0, SMALL, LARGE] {
            let fault = lanes.run(bytes, None, || -> u8 { panic!("a fault of a reader") }).await;
            assert_eq!(fault, Err(Undone::Fault));
            assert_eq!(lanes.run(bytes, None, || 1).await, Ok(1));
        }
    }
}
