//! Hostile pages among good ones, round by round.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use status::health::HealthState;
use tests::{
    hostile_pages::{HostilePages, Kind, kinds},
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, WorldOptions, group, hook, monitor},
};

/// Good pages beside the hostile ones.
const GOOD: usize = 25;

pub(super) struct Among {
    pub(super) world: World,
    pub(super) hostile: HostilePages,
    bad: Vec<String>,
    /// What the newest round inflated, parsed or compared.
    processed: AtomicU64,
}

/// What became of a hostile page in one round.
#[derive(Debug)]
pub(super) struct Seen {
    /// Why it could not be read, if it could not be.
    pub(super) reason: Option<String>,
    /// What of it was left out.
    pub(super) problems: Vec<String>,
    /// What was told of it in this round, as `event incident`.
    pub(super) told: Vec<String>,
    pub(super) requests: usize,
}

pub(super) fn kind(name: &str) -> Kind {
    kinds().into_iter().find(|kind| kind.name == name).unwrap_or_else(|| panic!("no kind is called {name}"))
}

impl Among {
    /// Good pages and pages of these kinds, all calm and read once.
    pub(super) async fn begin(kinds: Vec<Kind>, options: WorldOptions<'_>) -> Self {
        let among = Self::begin_any(kinds, options).await;
        assert_eq!(among.world.receiver.messages().len(), 0, "all pages are calm");
        among
    }

    /// Likewise; the pages may have news from the beginning.
    pub(super) async fn begin_any(kinds: Vec<Kind>, options: WorldOptions<'_>) -> Self {
        let (server, receiver, hostile) =
            (StatusPageServer::start().await, Receiver::start().await, HostilePages::start());
        let mut settings = NETWORK.to_owned() + &hook(&receiver, "good") + &hook(&receiver, "bad");
        let mut monitors = [Vec::new(), Vec::new()];
        for id in (0..GOOD).map(good) {
            settings += &(world::page(&server, &id) + &monitor(&id, &id, ""));
            server.show(&id, &calm());
            monitors[0].push(id);
        }
        for (number, kind) in kinds.into_iter().enumerate() {
            let (id, format) = (format!("bad-{number}"), kind.format);
            let url = hostile.serve(&id, kind);
            settings += &format!("[[page]]\nid = '{id}'\nname = 'Bad'\nurl = '{url}'\nformat = '{format}'\n");
            settings += &monitor(&id, &id, "");
            monitors[1].push(id);
        }
        for (name, monitors) in ["good", "bad"].iter().zip(&monitors) {
            settings += &group(name, &[name], &format!("monitors = {monitors:?}\n{EVERYTHING}"));
        }
        let [_, bad] = monitors;
        let world = World::with_options(server, receiver, &settings, options).await;
        let among = Self { world, hostile, bad, processed: AtomicU64::default() };
        among.round().await;
        among
    }

    /// The hostile pages get this version in a round in which all good pages change.
    pub(super) async fn turn(&self, version: u64, phase: &str) -> Vec<Seen> {
        self.bad.iter().for_each(|id| self.hostile.set_version(id, version));
        for id in (0..GOOD).map(good) {
            let incident = Incident::new("i1", &["API"]).post("investigating");
            let incident = if phase == "resolved" { incident.post(phase) } else { incident };
            self.world.server.show(&id, &calm().with(incident));
        }
        let before = self.world.receiver.events_at("/good").len();
        let seen = self.round().await;
        let event = if phase == "resolved" { "resolved i1" } else { "opened i1" };
        let told = self.world.receiver.events_at("/good").split_off(before);
        assert_eq!(told, vec![event; GOOD], "each good page is told of once");
        self.good_pages_are_fine().await;
        seen
    }

    /// One more round in which nothing changes.
    pub(super) async fn again(&self) -> Vec<Seen> {
        let before = self.world.receiver.events_at("/good").len();
        let seen = self.round().await;
        assert_eq!(self.world.receiver.events_at("/good").len(), before, "nothing is told twice");
        self.good_pages_are_fine().await;
        seen
    }

    async fn round(&self) -> Vec<Seen> {
        let requests: Vec<usize> = self.bad.iter().map(|id| self.hostile.requests_to(id)).collect();
        let before = self.world.receiver.events_at("/bad").len();
        self.processed.store(self.world.round().await.processed, Relaxed);
        let told = self.world.receiver.events_at("/bad").split_off(before);
        let mut seen = Vec::new();
        for (id, before) in self.bad.iter().zip(requests) {
            let health = self.world.health(id).await;
            let failing = health.as_ref().filter(|health| health.state != HealthState::Readable);
            seen.push(Seen {
                reason: failing.and_then(|health| health.reason.clone()),
                problems: health.as_ref().map(|health| health.problems.clone()).unwrap_or_default(),
                told: told.clone(),
                requests: self.hostile.requests_to(id) - before,
            });
        }
        seen
    }

    /// Likewise; nothing of what came is inflated, parsed or compared.
    pub(super) async fn again_for_free(&self) -> Vec<Seen> {
        let seen = self.again().await;
        assert_eq!(self.processed.load(Relaxed), 0, "{seen:?}");
        seen
    }

    async fn good_pages_are_fine(&self) {
        for id in (0..GOOD).map(good) {
            let health = self.world.health(&id).await;
            assert!(
                health.as_ref().is_none_or(|it| it.state == HealthState::Readable && it.failures == 0),
                "{health:?}"
            );
        }
    }
}

fn good(number: usize) -> String {
    format!("good-{number}")
}

fn calm() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}
