//! An HTTP server of status pages. A story sets its reply path by path, well-behaved or not, and can count its
//! requests.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, StatusCode, header};
use tokio::net::TcpListener;

use crate::status_page::StatusPage;

/// The reply at a path, or at a path with a query.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, headers and body.
    Plain(u16, Vec<(&'static str, String)>, Bytes),
    /// The body with an `ETag`, and 304 to a request that has it.
    Cacheable(Bytes),
    /// Headers, then nothing.
    Hang,
    /// A body without an end.
    Endless,
    /// A body of this many bytes, with `Content-Length`.
    Large(u64),
    /// The beginning of a body, then the connection is closed.
    Cut(Bytes),
}

#[derive(Clone)]
pub struct StatusPageServer {
    pub address: SocketAddr,
    state: Arc<Mutex<ServerState>>,
}

#[derive(Default)]
struct ServerState {
    replies: HashMap<String, Reply>,
    requests: Vec<(String, HeaderMap)>,
    /// Headers that every request needs.
    required: Vec<(&'static str, String)>,
}

impl StatusPageServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let state = Arc::new(Mutex::new(ServerState::default()));
        let app = Router::new().fallback(answer).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, state }
    }

    /// The URL of one of its pages.
    pub fn url(&self, page: &str) -> String {
        format!("http://{}/p/{page}", self.address)
    }

    /// Serves a Statuspage at `/p/<page>`.
    pub fn show(&self, page: &str, content: &StatusPage) {
        let json = |document: serde_json::Value| Reply::Cacheable(document.to_string().into());
        self.set(&format!("/p/{page}/api/v2/summary.json"), json(content.summary()));
        self.set(&format!("/p/{page}/api/v2/incidents.json"), json(content.history()));
        self.set(&format!("/p/{page}/api/v2/scheduled-maintenances.json"), json(content.maintenance_history()));
    }

    pub fn set(&self, path: &str, reply: Reply) {
        self.state.lock().unwrap().replies.insert(path.to_owned(), reply);
    }

    /// Answers with 401 from now on whoever does not send these headers.
    pub fn require(&self, headers: &[(&'static str, &str)]) {
        self.state.lock().unwrap().required = headers.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    }

    /// The number of requests with this text in a header.
    pub fn requests_with(&self, text: &str) -> usize {
        let has = |headers: &HeaderMap| headers.values().any(|value| value.to_str().is_ok_and(|it| it.contains(text)));
        self.state.lock().unwrap().requests.iter().filter(|(_, headers)| has(headers)).count()
    }

    /// The number of requests for a path.
    pub fn requests_to(&self, path: &str) -> usize {
        self.state.lock().unwrap().requests.iter().filter(|(requested, _)| requested == path).count()
    }

    /// The number of all requests.
    pub fn request_count(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }
}

impl Reply {
    pub fn json(body: impl ToString) -> Self {
        Self::Plain(200, vec![("content-type", "application/json".to_owned())], body.to_string().into())
    }
    /// Status 200 with this content type.
    pub fn of_type(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::Plain(200, vec![("content-type", content_type.to_owned())], body.into())
    }
    pub fn redirect(to: &str) -> Self {
        Self::Plain(302, vec![("location", to.to_owned())], Bytes::new())
    }
    pub fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), Bytes::new())
    }
}

async fn answer(State(state): State<Arc<Mutex<ServerState>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let reply = {
        let mut state = state.lock().unwrap();
        state.requests.push((path.clone(), request.headers().clone()));
        let has =
            |(name, text): &(&str, String)| request.headers().get(*name).is_some_and(|given| given == text.as_str());
        if !state.required.iter().all(has) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let whole = request.uri().path_and_query().map(|whole| state.replies.get(whole.as_str()).cloned());
        whole.flatten().or_else(|| state.replies.get(&path).cloned())
    };
    match reply {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Reply::Plain(status, headers, body)) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Some(Reply::Cacheable(body)) => {
            let etag = format!("W/\"{}\"", status::ids::digest(&[&String::from_utf8_lossy(&body)]));
            let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
            if known {
                return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
            }
            ([(header::ETAG, etag), (header::CONTENT_TYPE, "application/json".to_owned())], body).into_response()
        }
        Some(Reply::Hang) => {
            let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
            Body::from_stream(never).into_response()
        }
        Some(Reply::Endless) => Body::from_stream(spaces()).into_response(),
        Some(Reply::Large(bytes)) => {
            let body = Body::from_stream(spaces().take(bytes as usize / CHUNK));
            ([(header::CONTENT_LENGTH, bytes.to_string())], body).into_response()
        }
        Some(Reply::Cut(part)) => {
            let end = Err(std::io::Error::other("the connection is cut here"));
            Body::from_stream(futures_util::stream::iter([Ok(part), end])).into_response()
        }
    }
}

const CHUNK: usize = 64 * 1024;

fn spaces() -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[b' '; CHUNK])))
}
