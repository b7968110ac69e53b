//! What the fakes know, shared by all clones of [`Fakes`], and what tests tell them to do.
use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::watch;

use crate::{
    bounded::Capacity,
    fault::{Fault, FaultPlan},
    rate::{Limit, Rate, RateLimiter},
    received::{Log, Received},
};

/// All fakes. Clones share everything.
#[derive(Clone)]
pub struct Fakes {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    /// How many requests were received; changes wake those who wait.
    received: watch::Sender<usize>,
}

pub(crate) struct World {
    pub(crate) log: Log,
    pub(crate) faults: FaultPlan,
    /// Names of what was deleted: see [`Fakes::delete`].
    pub(crate) deleted: HashSet<String>,
    pub(crate) rates: RateLimiter,
    pub(crate) states: States,
    /// How much the log remembers, and each service of its messages.
    pub(crate) capacity: Capacity,
}

/// The state of each fake, by its type; it starts as the default.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Box<dyn Any + Send>>);

impl States {
    pub(crate) fn get<T: Default + Send + 'static>(&mut self) -> &mut T {
        let state = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        state.downcast_mut().expect("a state is stored under its own type")
    }
}

impl World {
    pub(crate) fn is_deleted(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.deleted.contains(name))
    }
}

impl Fakes {
    pub(crate) fn with(rates: RateLimiter, capacity: Capacity) -> Self {
        let world = World {
            log: Log::new(capacity),
            faults: FaultPlan::default(),
            deleted: HashSet::new(),
            rates,
            states: States::default(),
            capacity,
        };
        Self { shared: Arc::new(Shared { world: Mutex::new(world), received: watch::Sender::new(0) }) }
    }

    /// The faults of the next messages, in turn, whoever they are for.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world().faults.add(faults);
    }

    /// The faults of the next messages to one destination, in turn. It is known by any of its names: the path it is
    /// posted to, a Slack conversation's name or id, a Discord webhook's id, a Teams flow's id, a mail address.
    pub fn set_faults_at(&self, name: &str, faults: impl IntoIterator<Item = Fault>) {
        self.world().faults.add_at(name, faults);
    }

    /// The fault of every message to one destination from now on, after those that were planned in turn; `None` ends
    /// it.
    pub fn set_lasting_fault_at(&self, name: &str, fault: Option<Fault>) {
        self.world().faults.set_lasting(name, fault);
    }

    /// Deletes the destination of this name (see [`Self::set_faults_at`]; also a Slack token or a Discord thread).
    pub fn delete(&self, name: &str) {
        self.world().deleted.insert(name.to_owned());
    }

    /// Undoes [`Self::delete`].
    pub fn restore(&self, name: &str) {
        self.world().deleted.remove(name);
    }

    /// Sets a limit; `None` lifts it.
    pub fn limit(&self, limit: Limit, rate: Option<Rate>) {
        self.world().rates.set(limit, rate);
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().expect("nothing panics while holding the world")
    }

    /// Wakes those who wait in [`Self::until`]. Not while holding the world: they look at it.
    pub(crate) fn notify_waiting(&self) {
        self.shared.received.send_modify(|received| *received += 1);
    }

    /// Waits until this holds; it is checked again after every request.
    pub async fn until(&self, mut holds: impl FnMut(&Self) -> bool) {
        let mut received = self.shared.received.subscribe();
        let result = received.wait_for(|_| holds(self)).await;
        result.expect("the sender lives as long as the fakes");
    }

    /// What was received and is remembered, including what was refused, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.world().log.newest.iter().cloned().collect()
    }

    /// What was received for the destination of this name (see [`Self::set_faults_at`]).
    pub fn received_at(&self, name: &str) -> Vec<Received> {
        self.received().into_iter().filter(|received| received.is_at(name)).collect()
    }

    /// Waits until so many requests were received in all.
    pub async fn has(&self, number: usize) {
        self.until(|fakes| fakes.world().log.count >= number).await;
    }

    /// Waits until so many requests were received for the destination of this name.
    pub async fn has_at(&self, name: &str, number: usize) {
        self.until(|fakes| fakes.received_at(name).len() >= number).await;
    }
}
