//! Manners that were planned, met over a socket where they are about the connection.
use std::{net::SocketAddr, time::Duration};

use fakes::{Fakes, Fault, Reply};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::post;

const HOOK: &str = "/services/T0/B0/x";

/// Everything that comes back until the connection ends.
async fn over_a_socket(address: SocketAddr) -> String {
    let body = r#"{"text":"t"}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn faults_come_in_turn_those_of_the_destination_first() {
    let fakes = Fakes::unlimited();
    fakes.set_faults([Reply::text(500, "a").into(), Reply::text(501, "b").into()]);
    fakes.set_faults_at(HOOK, [Fault::None, Reply::text(410, "c").with("x-y", 1).into()]);
    let hook = format!("/hooks.slack.com{HOOK}");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(post(&fakes, &hook, &json!({"text": "t"})).await.status);
    }
    assert_eq!(statuses, [200, 410, 500, 501, 200]);
    assert_eq!(fakes.slack_posts().len(), 2, "what was answered otherwise is not shown");
    let answered: Vec<u16> = fakes.received_at(HOOK).iter().map(|received| received.answered).collect();
    assert_eq!(answered, statuses);
}

#[tokio::test]
async fn message_is_taken_though_its_answer_is_cut_or_never_comes() {
    let fakes = Fakes::unlimited();
    let address = fakes.listen().await.unwrap().http;
    fakes.set_faults([Fault::Cut, Fault::Hang]);
    let cut = over_a_socket(address).await;
    assert!(cut.starts_with("HTTP/1.1 200") && !cut.ends_with("0\r\n\r\n"), "{cut}");
    let hanging = tokio::spawn(over_a_socket(address));
    timeout(Duration::from_secs(60), fakes.has(2)).await.unwrap();
    assert_eq!(fakes.slack_posts().len(), 2);
    assert!(fakes.received().iter().all(|received| received.answered == 0));
    assert!(!hanging.is_finished());
    hanging.abort();
    assert!(over_a_socket(address).await.ends_with("ok"));
}

#[tokio::test]
async fn waiting_ends_when_what_is_waited_for_was_received() {
    let fakes = Fakes::unlimited();
    let address = fakes.listen().await.unwrap().http;
    let waiting = {
        let fakes = fakes.clone();
        tokio::spawn(async move {
            fakes.has_at(HOOK, 2).await;
            fakes.until(|fakes| fakes.slack_posts().len() == 3).await;
        })
    };
    for _ in 0..3 {
        over_a_socket(address).await;
    }
    timeout(Duration::from_secs(60), waiting).await.unwrap().unwrap();
}
