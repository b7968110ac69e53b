//! The open connections of a server, and which one makes room for another.
use std::{
    cmp::Reverse,
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::sync::Notify;

/// Counted for a response whose size is not known, such as one that is compressed while it is sent.
const UNKNOWN_SIZE: usize = 1 << 20;

pub(super) struct Connections {
    limit: usize,
    waiting_bytes: usize,
    started: Instant,
    seats: Mutex<Seats>,
    /// A connection ended, or began to wait for its peer.
    changed: Notify,
}

#[derive(Default)]
struct Seats {
    taken: u64,
    by_number: HashMap<u64, Entry>,
}

struct Entry {
    peer: IpAddr,
    activity: Activity,
}

/// What a connection is doing.
#[derive(Clone)]
pub(super) struct Activity(Arc<Shared>);

struct Shared {
    connections: Arc<Connections>,
    number: u64,
    /// Milliseconds after the start of the server since when it waits for its peer; [`BUSY`] if its peer waits for us.
    waiting_since: AtomicU64,
    /// When the headers of the latest request were there.
    asked_at: AtomicU64,
    /// Of a response that the peer has not taken yet.
    bytes: AtomicUsize,
    /// All of the response is in the connection's buffer.
    is_whole: AtomicBool,
    has_asked: AtomicBool,
    is_closing: AtomicBool,
    close: Notify,
}

const BUSY: u64 = u64::MAX;

/// The place of one connection, free again when dropped.
pub(super) struct Seat(Activity);

impl Connections {
    pub(super) fn new(limit: usize, waiting_bytes: usize) -> Self {
        let (seats, changed) = (Mutex::default(), Notify::new());
        Self { limit, waiting_bytes, started: Instant::now(), seats, changed }
    }

    /// A place for a connection of this peer, as soon as there is one. Only one caller may wait at a time.
    pub(super) async fn seat(self: &Arc<Self>, peer: IpAddr) -> Seat {
        loop {
            if let Some(seat) = self.free_seat(peer) {
                return seat;
            }
            self.close_one();
            self.changed.notified().await;
        }
    }

    fn free_seat(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let mut seats = self.seats();
        if seats.by_number.len() >= self.limit {
            return None;
        }
        seats.taken += 1;
        let number = seats.taken;
        let activity = Activity(Arc::new(Shared {
            connections: self.clone(),
            number,
            waiting_since: AtomicU64::new(self.now()),
            asked_at: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            is_whole: AtomicBool::new(false),
            has_asked: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            close: Notify::new(),
        }));
        seats.by_number.insert(number, Entry { peer, activity: activity.clone() });
        Some(Seat(activity))
    }

    /// Closes the connection that has waited longest, of the peer that has most connections; of those that began to
    /// wait in the same millisecond, the oldest. None is closed while another one is closing, or if all are busy.
    pub(super) fn close_one(&self) {
        let seats = self.seats();
        if seats.by_number.values().any(|entry| entry.activity.0.is_closing.load(Ordering::Relaxed)) {
            return;
        }
        let mut of_peer: HashMap<IpAddr, usize> = HashMap::new();
        for entry in seats.by_number.values() {
            *of_peer.entry(entry.peer).or_default() += 1;
        }
        let waiting = seats.by_number.values().filter_map(|entry| Some((entry, entry.activity.waiting_since()?)));
        let longest =
            waiting.max_by_key(|(entry, since)| (of_peer[&entry.peer], Reverse((*since, entry.activity.0.number))));
        if let Some((entry, _)) = longest {
            entry.activity.close();
        }
    }

    /// Closes connections whose peers do not take their responses, but not `besides`, until the rest fits.
    fn close_for_bytes(&self, besides: u64) {
        let seats = self.seats();
        let mut of_peer: HashMap<IpAddr, usize> = HashMap::new();
        let mut slow: Vec<(&Entry, u64)> = Vec::new();
        for (number, entry) in &seats.by_number {
            let bytes = entry.activity.0.bytes.load(Ordering::Relaxed);
            *of_peer.entry(entry.peer).or_default() += bytes;
            match entry.activity.waiting_since() {
                Some(since) if bytes > 0 && *number != besides => slow.push((entry, since)),
                _ => {}
            }
        }
        let mut total: usize = of_peer.values().sum();
        slow.sort_by_key(|(entry, since)| (of_peer[&entry.peer], Reverse((*since, entry.activity.0.number))));
        while let Some((entry, _)) = slow.pop_if(|_| total > self.waiting_bytes) {
            total -= entry.activity.0.bytes.swap(0, Ordering::Relaxed);
            entry.activity.close();
        }
    }

    pub(super) async fn until_empty(&self) {
        while !self.seats().by_number.is_empty() {
            self.changed.notified().await;
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(BUSY - 1)
    }
}

impl Activity {
    /// The headers of a request are there.
    pub(super) fn begin_request(&self) {
        self.0.has_asked.store(true, Ordering::Relaxed);
        self.0.asked_at.store(self.0.connections.now(), Ordering::Relaxed);
        self.go_on();
    }

    /// The response is ready, and the peer has to take it. `bytes`: its size, if it is known.
    pub(super) fn begin_response(&self, bytes: Option<u64>) {
        let bytes = bytes.map_or(UNKNOWN_SIZE, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        self.0.is_whole.store(false, Ordering::Relaxed);
        self.0.bytes.store(bytes, Ordering::Relaxed);
        self.wait_since(self.0.connections.now());
        if bytes > 0 {
            self.0.connections.close_for_bytes(self.0.number);
        }
    }

    /// The rest of the response is in the connection's buffer.
    pub(super) fn end_response(&self) {
        self.0.is_whole.store(true, Ordering::Relaxed);
    }

    /// The connection's buffer is empty: of a whole response, the peer has taken everything.
    pub(super) fn flushed(&self) {
        if self.0.is_whole.load(Ordering::Relaxed) {
            self.0.bytes.store(0, Ordering::Relaxed);
        }
    }

    /// It waits for more of the request's body. A body in small pieces is as slow as one that does not come.
    pub(super) fn wait_for_body(&self) {
        self.wait_since(self.0.asked_at.load(Ordering::Relaxed));
    }

    /// It waits for its peer, unless it did already.
    fn wait_since(&self, since: u64) {
        let was = self.0.waiting_since.compare_exchange(BUSY, since, Ordering::Relaxed, Ordering::Relaxed);
        if was.is_ok() {
            self.0.connections.changed.notify_one();
        }
    }

    /// Its peer waits for us.
    pub(super) fn go_on(&self) {
        self.0.waiting_since.store(BUSY, Ordering::Relaxed);
    }

    /// Whether there was a request.
    pub(super) fn has_asked(&self) -> bool {
        self.0.has_asked.load(Ordering::Relaxed)
    }

    fn waiting_since(&self) -> Option<u64> {
        Some(self.0.waiting_since.load(Ordering::Relaxed)).filter(|since| *since != BUSY)
    }

    fn close(&self) {
        self.0.is_closing.store(true, Ordering::Relaxed);
        self.0.close.notify_one();
    }
}

impl Seat {
    pub(super) fn activity(&self) -> Activity {
        self.0.clone()
    }

    /// Waits until the connection has to make room.
    pub(super) async fn closed(&self) {
        self.0.0.close.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let connections = &self.0.0.connections;
        connections.seats().by_number.remove(&self.0.0.number);
        connections.changed.notify_one();
    }
}
