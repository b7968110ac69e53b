//! Flushes the write-ahead log to the disk, once for all who wait.
use std::{fs::File, io, path::Path};

use tokio::sync::oneshot;

use crate::worker::{Work, Worker};

/// A thread that flushes.
pub(super) struct Flusher(Worker<oneshot::Sender<bool>>);

impl Flusher {
    /// Of the log of this SQLite file; `None` if the file has none.
    pub(super) fn of_log(file: &Path) -> io::Result<Option<Self>> {
        let mut path = file.as_os_str().to_owned();
        path.push("-wal");
        match File::open(path) {
            Ok(log) => Self::start(move || log.sync_data()).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn start(flush: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        Worker::start("queues-log", Flush { flush, waiting: Vec::new() }).map(Self)
    }

    pub(super) fn close(&self) {
        self.0.close();
    }

    /// Whether what was committed before this call is on the disk.
    pub(super) async fn flush(&self) -> bool {
        let (flushed, answer) = oneshot::channel();
        self.0.send(flushed);
        answer.await.unwrap_or(false)
    }
}

struct Flush<F> {
    flush: F,
    waiting: Vec<oneshot::Sender<bool>>,
}

impl<F: FnMut() -> io::Result<()> + Send + 'static> Work<oneshot::Sender<bool>> for Flush<F> {
    fn work(&mut self, jobs: &mut Vec<oneshot::Sender<bool>>) {
        self.waiting.append(jobs);
    }

    fn end_group(&mut self) {
        let flushed = (self.flush)();
        if let Err(error) = &flushed {
            tracing::error!(%error, "the log of the queues was not flushed");
        }
        for one in self.waiting.drain(..) {
            let _ = one.send(flushed.is_ok());
        }
    }
}
