//! `statuswire serve` killed while it runs.
use std::path::Path;

use http::HeaderValue;
use outbound::{Guard, Outbound, Settings};
use serde_json::Value;
use tests::receiver::Fault;
use url::Url;

use super::{
    PATHS, Story,
    process::{Process, until},
    two_destinations,
};

#[tokio::test]
async fn idle_serve_that_is_killed_loses_nothing_and_repeats_nothing() {
    let story = every_second().await;
    let mut server = serve(story.folder.path());
    story.show(&["investigating"]);
    until("both deliveries are recorded", || server.log().matches("delivered opened").count() == 2).await;
    let known = known(&server).await;
    assert_eq!(known[1]["id"], "i1");
    server.kill();

    let server = serve(story.folder.path());
    story.is_read_again().await;
    assert_eq!(self::known(&server).await, known);
    assert_eq!(story.receiver.events(), ["opened i1"; 2]);
    story.show(&["investigating", "resolved"]);
    until("both get the end", || server.log().matches("delivered resolved").count() == 2).await;
    drop(server);
    story.ends(&["opened i1", "resolved i1"], 0..=0).await;
}

#[tokio::test]
async fn serve_killed_while_delivering_delivers_after_the_restart() {
    let story = every_second().await;
    let mut server = serve(story.folder.path());
    story.receiver.behave([Fault::Hang, Fault::Hang]);
    story.show(&["investigating"]);
    story.receiver.wait_for(2).await;
    server.kill();

    let server = serve(story.folder.path());
    until("both deliveries are recorded", || server.log().matches("delivered opened").count() == 2).await;
    for path in PATHS {
        let got = story.receiver.messages_at(path);
        assert_eq!(got.iter().map(|message| message.answered).collect::<Vec<_>>(), [0, 200]);
        assert_eq!(got[0].id(), got[1].id());
    }
    drop(server);
    story.ends(&["opened i1"], 0..=0).await;
}

/// A story in which the page is read every second.
async fn every_second() -> Story {
    let story = Story::begin("while it serves").await;
    let settings = two_destinations(&story.server, &story.receiver, "interval = 1\n");
    std::fs::write(story.folder.path().join("statuswire.toml"), settings).unwrap();
    story
}

fn serve(folder: &Path) -> Process {
    Process::start(folder, &["never", "serve", "--listen", "127.0.0.1:0", "--no-catalogue", "--no-replay"])
}

/// The page's components and the incident, from the server's API.
async fn known(server: &Process) -> [Value; 2] {
    let log = server.log();
    let base = log.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("tests")));
    let get = async |path: &str| -> Value {
        let url: Url = format!("{base}{path}").parse().unwrap();
        let fetched = outbound.fetch(&url, None).await.unwrap();
        serde_json::from_slice(&outbound.inflate(&fetched).unwrap()).unwrap()
    };
    [get("/api/v1/providers/acme/components").await, get("/api/v1/incidents/acme/i1").await]
}

impl Story {
    async fn is_read_again(&self) {
        let asked = self.server.request_count();
        // The second read starts after the first one was handled.
        until("the page is read twice", || self.server.request_count() >= asked + 2).await;
    }
}
