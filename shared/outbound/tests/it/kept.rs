//! Connections that wait for another request.
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use outbound::{Outbound, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use crate::settings;

/// Every loopback address at one port.
struct Hosts {
    port: u16,
    /// Connections so far.
    opened: Arc<AtomicUsize>,
    /// Connections at present.
    open: Arc<AtomicUsize>,
}

impl Hosts {
    /// Answers so many requests on each connection, and cuts it at the next one.
    async fn start(answers: usize) -> Self {
        Self::start_with(answers, b"").await
    }

    /// Likewise, after these bytes.
    async fn start_with(answers: usize, last: &'static [u8]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let hosts = Self { port: listener.local_addr().unwrap().port(), opened: Arc::default(), open: Arc::default() };
        let (opened, open) = (hosts.opened.clone(), hosts.open.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                opened.fetch_add(1, SeqCst);
                open.fetch_add(1, SeqCst);
                let open = open.clone();
                tokio::spawn(async move {
                    for request in 0.. {
                        let read = stream.read(&mut [0; 4096]).await;
                        if read.unwrap_or(0) == 0 {
                            break;
                        }
                        if request == answers {
                            let _ = stream.write_all(last).await;
                            break;
                        }
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npage").await;
                    }
                    open.fetch_sub(1, SeqCst);
                });
            }
        });
        hosts
    }

    fn url(&self, host: u8) -> Url {
        format!("http://127.0.0.{host}:{}/", self.port).parse().unwrap()
    }

    async fn read(&self, outbound: &Outbound, host: u8) {
        assert_eq!(outbound.fetch(&self.url(host), None).await.unwrap().raw, "page");
    }

    async fn until_open(&self, number: usize) {
        while self.open.load(SeqCst) != number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn requests_of_a_read_share_a_connection() {
    let (hosts, outbound) = (Hosts::start(usize::MAX).await, Outbound::new(settings()));
    for _ in 0..3 {
        hosts.read(&outbound, 1).await;
    }
    assert_eq!(hosts.opened.load(SeqCst), 1);
}

#[tokio::test]
async fn kept_connection_that_the_host_cuts_is_replaced() {
    let (hosts, outbound) = (Hosts::start(1).await, Outbound::new(settings()));
    for _ in 0..3 {
        hosts.read(&outbound, 1).await;
    }
    assert_eq!(hosts.opened.load(SeqCst), 3);
}

#[tokio::test]
async fn broken_answer_on_a_kept_connection_is_not_asked_for_again() {
    let hosts = Hosts::start_with(1, b"no answer of HTTP\r\n\r\n").await;
    let outbound = Outbound::new(settings());
    hosts.read(&outbound, 1).await;
    outbound.fetch(&hosts.url(1), None).await.unwrap_err();
    assert_eq!(hosts.opened.load(SeqCst), 1);
}

/// Linux answers at all addresses of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn few_connections_are_kept_whatever_the_number_of_hosts() {
    let hosts = Hosts::start(usize::MAX).await;
    let outbound = Outbound::new(Settings { kept: 2, idle: Duration::from_secs(60), ..settings() });
    for host in 1..=9 {
        hosts.read(&outbound, host).await;
    }
    hosts.until_open(2).await;
    for host in [8, 9] {
        hosts.read(&outbound, host).await;
    }
    assert_eq!(hosts.opened.load(SeqCst), 9, "the oldest made room");
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let hosts = Hosts::start(usize::MAX).await;
    let outbound = Outbound::new(Settings { idle: Duration::from_millis(5), ..settings() });
    for _ in 0..2 {
        hosts.read(&outbound, 1).await;
        hosts.until_open(0).await;
    }
    assert_eq!(hosts.opened.load(SeqCst), 2);
}
