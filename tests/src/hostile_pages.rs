//! Status pages that try to exhaust who reads them, each of one kind. Bodies are made while they are sent, so that the
//! server never holds one of them. A page is calm until its version is set; each version has new ids and new bytes.
mod bodies;
mod html;
mod kinds;

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;

pub use bodies::Chunks;
pub use kinds::{Kind, html_kinds, kinds};

/// What a page answers.
pub enum Answer {
    /// A body of this content type.
    Content(&'static str, Chunks),
    /// A compressed body and its encoding.
    Compressed(&'static str, Chunks),
    Redirect(String),
    /// A byte now and then, without an end.
    Drip,
    /// This many headers of 100 bytes.
    Headers(usize),
}

/// The server of hostile pages, on a host of its own.
#[derive(Clone)]
pub struct HostilePages {
    pub address: SocketAddr,
    state: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    by_name: HashMap<String, Page>,
    requests: HashMap<String, usize>,
}

#[derive(Clone)]
struct Page {
    kind: Arc<Kind>,
    /// 0: calm.
    version: Arc<AtomicU64>,
}

impl HostilePages {
    /// It has a thread of its own: it answers while its reader is busy.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        listener.set_nonblocking(true).expect("a socket");
        let state = Arc::new(Mutex::new(Pages::default()));
        let app = Router::new().fallback(answer).with_state(state.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, app).await
            })
        });
        Self { address, state }
    }

    /// Serves a page of this kind, and returns its URL.
    pub fn serve(&self, page: &str, kind: Kind) -> String {
        let page_of_kind = Page { kind: Arc::new(kind), version: Arc::default() };
        self.state.lock().unwrap().by_name.insert(page.to_owned(), page_of_kind);
        format!("http://{}/{page}", self.address)
    }

    /// 0 is calm.
    pub fn set_version(&self, page: &str, version: u64) {
        self.state.lock().unwrap().by_name[page].version.store(version, Relaxed);
    }

    /// The number of requests to this page.
    pub fn requests_to(&self, page: &str) -> usize {
        self.state.lock().unwrap().requests.get(page).copied().unwrap_or_default()
    }
}

async fn answer(State(state): State<Arc<Mutex<Pages>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).trim_start_matches('/');
    let (name, below) = path.split_once('/').unwrap_or((path, ""));
    let page = {
        let mut state = state.lock().unwrap();
        *state.requests.entry(name.to_owned()).or_default() += 1;
        state.by_name.get(name).cloned()
    };
    let Some(page) = page else { return StatusCode::NOT_FOUND.into_response() };
    match page.kind.answer(below, page.version.load(Relaxed)) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(answer) => respond(answer),
    }
}

fn respond(answer: Answer) -> Response {
    match answer {
        Answer::Content(content_type, chunks) => ([(header::CONTENT_TYPE, content_type)], body(chunks)).into_response(),
        Answer::Compressed(encoding, chunks) => {
            ([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, encoding)], body(chunks))
                .into_response()
        }
        Answer::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Answer::Drip => {
            let drip = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Some((Ok::<_, io::Error>(Bytes::from_static(b" ")), ()))
            });
            Body::from_stream(drip).into_response()
        }
        Answer::Headers(number) => {
            let mut response = StatusCode::OK.into_response();
            for index in 0..number {
                let name = HeaderName::try_from(format!("x-flood-{index}")).expect("a name");
                let value = HeaderValue::try_from("v".repeat(100)).expect("a value");
                response.headers_mut().insert(name, value);
            }
            response
        }
    }
}

fn body(chunks: Chunks) -> Body {
    Body::from_stream(stream::iter(chunks).map(Ok::<_, io::Error>))
}
