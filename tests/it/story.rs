//! Stories about one page, `acme`, with settings that a story changes.
use jiff::{SignedDuration, Timestamp};
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::World,
};

/// The configuration file, with some more lines in the group that a story is about.
pub(crate) type Settings = fn(&StatusPageServer, &Receiver, more: &str) -> String;

pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) began: Timestamp,
    settings: Settings,
}

impl Story {
    /// In a world that has a past.
    pub(crate) fn of(world: World, began: Timestamp, settings: Settings) -> Self {
        Self { world, began, settings }
    }

    /// The page was read, and nothing is wrong.
    pub(crate) async fn start(settings: Settings, more: &str) -> Self {
        let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
        let (began, file) = (Timestamp::now(), settings(&server, &receiver, more));
        let story = Self { world: World::with(server, receiver, &file, None).await, began, settings };
        story.read(with(Vec::new())).await;
        story
    }

    pub(crate) async fn set(&self, more: &str) {
        self.world.apply(&(self.settings)(&self.world.server, &self.world.receiver, more)).await;
    }

    pub(crate) async fn read(&self, page: StatusPage) {
        self.world.server.show("acme", &page);
        self.world.round().await;
    }

    /// The page is read so many minutes after the story began.
    pub(crate) async fn after(&self, minutes: i64, page: StatusPage) {
        self.world.server.show("acme", &page);
        self.world.poll(self.began + SignedDuration::from_mins(minutes)).await;
        self.world.deliver().await;
    }

    pub(crate) fn heard(&self, hook: &str) -> Vec<String> {
        self.world.receiver.events_at(&format!("/{hook}"))
    }
}

pub(crate) fn with(incidents: Vec<Incident>) -> StatusPage {
    let page = StatusPage::operational(&["API", "Web"]);
    incidents.into_iter().fold(page, StatusPage::with)
}

pub(crate) fn ongoing(id: &str) -> Incident {
    Incident { impact: "minor".to_owned(), ..Incident::new(id, &["API"]) }.post("investigating")
}
