//! Reads against a server on this machine: what is read again and what is not, and what a read may take.
mod posts;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use formats::{Answers, Fingerprint, ParsedPage, ReadContext, Stop};
use futures_util::future::join_all;
use http::HeaderValue;
use outbound::{Guard, Settings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// By path, behind `POST ` if it is posted to, with the status line and what headers are below it.
type Bodies = Vec<(&'static str, String, Vec<u8>)>;

/// A server whose answers are set, with an entity tag each. The rest is not there.
#[derive(Clone, Default)]
struct Server {
    bodies: Arc<Mutex<Bodies>>,
    requests: Arc<Mutex<Vec<String>>>,
    heads: Arc<Mutex<Vec<String>>>,
    knows_tags: bool,
}

impl Server {
    async fn start(self) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let server = self.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                    let answer = server.answer(String::from_utf8(request).unwrap());
                    _ = stream.write_all(&answer).await;
                });
            }
        });
        url
    }

    fn answer(&self, request: String) -> Vec<u8> {
        let (head, posted) = request.split_once("\r\n\r\n").unwrap();
        self.heads.lock().unwrap().push(head.to_ascii_lowercase());
        let mut words = head.split(' ');
        let path = match (words.next().unwrap(), words.next().unwrap()) {
            ("GET", path) => path.to_owned(),
            (method, path) => format!("{method} {path}"),
        };
        let bodies = self.bodies.lock().unwrap();
        let found = bodies.iter().find(|(known, ..)| *known == path);
        let (status, body) = found.map_or(("404 Not Found", &b""[..]), |(_, status, body)| (status, body));
        let tag = if self.knows_tags { format!("etag: \"{}\"\r\n", body.len()) } else { String::new() };
        let is_known = self.knows_tags && request.contains(&format!("if-none-match: \"{}\"", body.len()));
        self.requests.lock().unwrap().push(if posted.is_empty() { path } else { format!("{path} {posted}") });
        let (status, body) = if is_known { ("304 Not Modified", &b""[..]) } else { (status, body) };
        let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{tag}content-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn set(&self, path: &'static str, body: &[u8]) {
        self.set_status(path, "200 OK", body);
    }

    fn set_status(&self, path: &'static str, status: &str, body: &[u8]) {
        let mut bodies = self.bodies.lock().unwrap();
        bodies.retain(|(known, ..)| *known != path);
        bodies.push((path, status.to_owned(), body.to_vec()));
    }

    /// Since this was asked the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

/// Head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let Some((head, body)) = std::str::from_utf8(request).ok().and_then(|text| text.split_once("\r\n\r\n")) else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn outbound() -> Outbound {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    Outbound::new(Settings::new(guard, HeaderValue::from_static("test")))
}

fn now() -> Timestamp {
    "2026-05-04T16:00:00Z".parse().unwrap()
}

const NO_FINGERPRINT: Fingerprint = Fingerprint { hosts: &[], markers: &[], blind_probes: 0 };

fn request(format: &'static Format) -> ReadRequest<'static> {
    ReadRequest { format, initiator: Initiator::Us, source: None, open: &[], last: None }
}

/// How often answers were parsed by [`needs_two`].
static PARSED: AtomicUsize = AtomicUsize::new(0);
static NEEDS_TWO: Format = Format { name: "two", fingerprint: NO_FINGERPRINT, read: needs_two };

/// Asks for `/one`, then for `/two`, and never finds a page.
fn needs_two(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let one = answers.require(&context.page.join("one").unwrap())?;
    PARSED.fetch_add(1, SeqCst);
    let two = answers.require(&context.page.join("two").unwrap())?;
    let lengths = format!("{} and {} bytes", one.body.len(), two.body.len());
    Err(ReadError::Malformed(lengths).into())
}

#[tokio::test]
async fn what_led_to_nothing_is_parsed_again_only_when_something_else_comes() {
    for knows_tags in [false, true] {
        let server = Server { knows_tags, ..Server::default() };
        server.set("/one", b"1");
        server.set("/two", b"22");
        let (page, outbound, resources) = (server.clone().start().await, outbound(), Resources::default());
        let read = async |known: Option<&Trace>| {
            PARSED.store(0, SeqCst);
            let end = read_with(&resources.reader(&outbound, None), &page, request(&NEEDS_TWO), known, now()).await;
            (end, PARSED.load(SeqCst))
        };
        let (End::Read(Err(failure), trace), 2) = read(None).await else { panic!("it is read in full") };
        assert_eq!(failure.to_string(), "damaged: 1 and 2 bytes");
        assert!(matches!(read(Some(&trace)).await, (End::Again, 0)));

        // The second answer is another one: the first is needed in full, too.
        server.set("/two", b"333");
        let (End::Read(Err(failure), trace), 1..) = read(Some(&trace)).await else { panic!("it is read in full") };
        assert_eq!(failure.to_string(), "damaged: 1 and 3 bytes");
        assert!(matches!(read(Some(&trace)).await, (End::Again, 0)));

        server.set("/one", b"4444");
        let (End::Read(Err(failure), _), 1..) = read(Some(&trace)).await else { panic!("it is read in full") };
        assert_eq!(failure.to_string(), "damaged: 4 and 3 bytes");
    }
}

static PANICS: Format = Format {
    name: "panics",
    fingerprint: NO_FINGERPRINT,
    read: |context, answers| {
        answers.require(context.page)?;
        panic!("a fault of a reader")
    },
};

#[tokio::test]
async fn panic_of_a_reader_costs_its_page_only_and_is_not_repeated() {
    let server = Server::default();
    server.set("/", &[b'x'; 100_000]);
    let (page, outbound, resources) = (server.start().await, outbound(), Resources::default());
    let read = async |known| read_with(&resources.reader(&outbound, None), &page, request(&PANICS), known, now()).await;
    let End::Read(Err(failure @ ReadFailure::Fault), trace) = read(None).await else { panic!("it panics") };
    assert!(failure.is_repeatable() && !failure.is_ours());
    assert!(matches!(read(Some(&trace)).await, End::Again));
}

static KEEPS_ALL: Format = Format {
    name: "keeps",
    fingerprint: NO_FINGERPRINT,
    read: |context, answers| {
        answers.require(context.page)?;
        answers.require_all(&["a", "b", "c"].map(|path| context.page.join(path).unwrap()))?;
        Err(ReadError::Malformed(format!("{} answers", answers.0.iter().filter(|it| it.status == 200).count())).into())
    },
};

/// Three megabytes each: more than one read may take together, and many such reads at a time.
#[tokio::test]
async fn answers_of_a_read_are_bounded_together_and_large_reads_take_turns() {
    let server = Server::default();
    for path in ["/", "/a", "/b", "/c"] {
        server.set(path, &vec![b'x'; 3_000_000]);
    }
    let (page, outbound, resources) = (server.start().await, outbound(), Resources::default());
    let read = async || {
        let reader = resources.reader(&outbound, None);
        let end = read_with(&reader, &page, request(&KEEPS_ALL), None, now()).await;
        assert!(reader.room.used() <= outbound::Room::max() && reader.room.has_place());
        let End::Read(Err(failure), _) = end else { panic!("it is no page") };
        failure.to_string()
    };
    for failure in join_all((0..4).map(|_| read())).await {
        assert_eq!(failure, "damaged: 2 answers");
    }
}

#[tokio::test]
async fn page_whose_turn_does_not_come_in_time_is_not_at_fault() {
    let server = Server::default();
    server.set("/", &vec![b'x'; 600_000]);
    let (page, outbound, resources) = (server.start().await, outbound(), Resources::default());
    let others = join_all((0..8).map(async |_| {
        let reader = resources.reader(&outbound, Some(std::time::Instant::now()));
        reader.room.wait().await.is_ok().then_some(reader)
    }));
    assert!(others.await.iter().flatten().count() > 0);
    let reader = resources.reader(&outbound, Some(std::time::Instant::now()));
    let end = read_with(&reader, &page, request(&PANICS), None, now()).await;
    assert!(matches!(end, End::Read(Err(failure), _) if failure.is_no_turn()));
}
