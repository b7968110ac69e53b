//! An instance that polls the pretend internet, in simulated time.
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use http::HeaderValue;
use jiff::Timestamp;
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller};
use queue::send::AlertsQueue;
use status::ids::ProviderId;
use statuswire::local_app::{LocalApp, TABLE};
use store::Store;
use tests::pretend_internet::PretendInternet;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use web::Web;

use super::rows::{Row, Said, said};

pub(super) struct Instance {
    pub(super) store: Store,
    app: local::stack::Stack,
    internet: PretendInternet,
    poller: Poller,
    only: Vec<ProviderId>,
    now: Timestamp,
}

pub(super) fn outbound(internet: &PretendInternet) -> Outbound {
    let settings = Settings::new(Guard::default(), HeaderValue::from_static("a story"));
    Outbound::new(Settings { served_here: Some(internet.hosts()), ..settings })
}

impl Instance {
    pub(super) async fn start(internet: &PretendInternet, rows: &[Row], every: u64) -> Self {
        let app = LocalApp::start_stack(None).await.unwrap();
        store::table::create_if_absent(&app.dynamodb, TABLE).await.unwrap();
        let poller = poller(&app, internet, every);
        let only = rows.iter().map(|row| ProviderId::new(row.entry.slug)).collect();
        let store = LocalApp::store(&app).unwrap();
        Self { store, poller, app, internet: internet.clone(), only, now: Timestamp::now() }
    }

    /// A new process. `every`: the hours between two rounds.
    pub(super) fn restart(&mut self, every: u64) {
        self.poller = poller(&self.app, &self.internet, every);
    }

    /// Rounds for so many hours, one every few hours. Returns how many requests each host got in each.
    pub(super) async fn run(&mut self, hours: u64, every: u64) -> Vec<HashMap<String, usize>> {
        let mut requests = Vec::new();
        for _ in 0..hours / every {
            self.now += Duration::from_secs(every * 3600);
            let event = PollEvent { only: self.only.clone(), ..PollEvent::default() };
            let summary = self.poller.handle(event, self.now).await.unwrap();
            assert_eq!((summary.alerts, summary.no_internet), (0, false), "{summary:?}");
            requests.push(self.internet.take_requests());
        }
        self.assert_nothing_was_told().await;
        requests
    }

    pub(super) async fn overlay(&self) -> BTreeMap<String, Said> {
        let rows = self.store.catalogue_overlay().await.unwrap();
        rows.iter().map(|row| (row.provider.to_string(), said(row))).collect()
    }

    /// Nobody was told anything: no alert is stored, none waits.
    async fn assert_nothing_was_told(&self) {
        assert!(self.store.outbox().await.unwrap().is_empty());
        assert_eq!(self.app.waiting().await.unwrap(), 0);
        let summaries = self.store.page_summaries().await.unwrap();
        let open: Vec<_> = summaries.iter().filter(|summary| !summary.open.is_empty()).collect();
        assert!(open.is_empty(), "{open:?}");
    }

    /// The page `/catalogue`, with the head of its answer. It is larger than what is read of other answers.
    pub(super) async fn catalogue_page(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = web::router(Web::new(self.store.clone(), true, None));
        tokio::spawn(async move { axum::serve(listener, pages).await });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /catalogue HTTP/1.0\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(super) async fn stop(self) {
        self.app.stop().await;
    }
}

fn poller(app: &local::stack::Stack, internet: &PretendInternet, every: u64) -> Poller {
    let alerts = AlertsQueue::new(app.sqs.clone(), &app.queues.alerts);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let options = Options { deadline: hours(1), tick: hours(every), ..Options::default() };
    Poller::new(outbound(internet), Store::new(&app.dynamodb, TABLE), alerts, options)
}
