//! `serve` without a configuration: what a new user sees.
use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// The running program; it dies with the test.
pub(crate) struct Serve {
    _child: Child,
    pub(crate) lines: tokio::io::Lines<BufReader<ChildStdout>>,
    pub(crate) address: String,
}

impl Serve {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_statuswire"))
            .args(["serve", "--no-catalogue", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("it prints its address");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        Self { _child: child, lines, address }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).unwrap()
    }
}

#[tokio::test]
async fn new_user_sees_the_replayed_incident_from_opening_to_end_within_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(&["--data", folder.path().join("data").to_str().unwrap()]).await;
    let mut ends = 0;
    let until_the_end = async {
        while ends < 4 {
            let line = serve.lines.next_line().await.unwrap().expect("it goes on");
            ends += usize::from(line.contains("delivered resolved"));
        }
    };
    timeout(Duration::from_secs(60), until_the_end).await.expect("within a minute");

    let received = serve.get("/receiver.json").await;
    let of_channel = |channel: &str| -> Vec<Value> {
        received.as_array().unwrap().iter().filter(|message| message["channel"] == channel).cloned().collect()
    };
    let webhooks = of_channel("webhook");
    let events: Vec<&str> = webhooks.iter().map(|message| message["body"]["type"].as_str().unwrap()).collect();
    assert_eq!(events.first(), Some(&"incident.opened"));
    assert_eq!(events.last(), Some(&"incident.resolved"));
    assert!(events[1..events.len() - 1].iter().all(|event| *event == "incident.updated"), "{events:?}");
    let updates: Vec<&Value> = webhooks.iter().flat_map(|m| m["body"]["data"]["updates"].as_array().unwrap()).collect();
    let phases: Vec<&str> = updates.iter().map(|update| update["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["investigating", "investigating", "investigating", "monitoring", "resolved"]);
    let ids = |messages: &[Value]| messages.iter().map(|message| message["alert_id"].clone()).collect::<Vec<_>>();
    let mut slack = ids(&of_channel("slack"));
    // The bot edits its message with the same alert that it then replies with.
    slack.dedup();
    assert_eq!(slack, ids(&webhooks));
    let all = received.as_array().unwrap();
    let refused: Vec<&Value> = all.iter().filter(|message| message["status"].as_u64() >= Some(300)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(of_channel("teams").len(), 3, "a card when it opens, when components recover and when it is over");
    let posted = |message: &Value| !message["destination"].as_str().unwrap().contains("/messages/");
    let discord = of_channel("discord");
    assert_eq!(
        discord.iter().filter(|message| posted(message)).count(),
        2,
        "one message, and a line below for its end"
    );

    // Not of the list of incidents, which ends a year before today.
    let data = &webhooks[0]["body"]["data"];
    let id = |of: &str| data[of]["id"].as_str().unwrap();
    let incident = serve.get(&format!("/api/v1/incidents/{}/{}", id("provider"), id("incident"))).await;
    assert_eq!((&incident["open"], incident["updates"].as_array().unwrap().len()), (&Value::from(false), 5));
    let components = incident["components"].as_array().unwrap();
    assert_eq!(components.len(), 8);
    assert!(components.iter().all(|component| component["status"] == "operational"), "nothing hangs at the end");
    assert_eq!(serve.get("/health").await["status"], "ok");
}
