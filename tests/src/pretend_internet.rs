//! A pretend internet: status pages of thousands of hosts in this process, which a story can change, move and kill. It
//! is reached through [`outbound::ServedHere`], so that all reads are as on the internet, but for names and TLS.
use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Body;
use formats::testing::Page;
use http::{Method, Request, Response, StatusCode, Uri, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use outbound::{HostStream, ServedHere};
use serde_json::json;

use crate::status_page::StatusPage;

/// What answers at an address.
#[derive(Clone)]
pub enum Site {
    /// A page on Statuspage, with its id and its name.
    Statuspage { id: String, name: String },
    /// A page on cState.
    CState { name: String },
    /// A page on incident.io, which imitates Statuspage's API: its id has 26 characters.
    IncidentIo { id: String, name: String },
    /// What a case of `test_data` answers; its page is at the address that it is set at.
    Case(Arc<Page>),
    /// No status page.
    Shop,
    /// Everything has moved for good to this host.
    MovedTo(String),
    /// Every answer has this status: the page refuses programs, is in trouble, or is not there.
    Answers(u16),
    /// Nobody listens.
    Refuses,
    /// No host has this name.
    Dead,
}

type SitesByHost = HashMap<String, Vec<(String, Site)>>;

/// Sites by host, and there by the path that their addresses begin with.
#[derive(Clone, Default)]
pub struct PretendInternet {
    sites: Arc<Mutex<SitesByHost>>,
    /// By host, since they were counted last.
    requests: Arc<Mutex<HashMap<String, usize>>>,
}

impl PretendInternet {
    /// Puts a site at an address of the form `https://host/path`.
    pub fn set(&self, url: &str, site: Site) {
        let rest = url.strip_prefix("https://").expect("pages are read over HTTPS");
        let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let mut sites = self.sites();
        let of_host = sites.entry(host.to_owned()).or_default();
        of_host.retain(|(known, _)| known != path);
        of_host.push((path.to_owned(), site));
        of_host.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    }

    /// How many requests each host got since this was asked last.
    pub fn take_requests(&self) -> HashMap<String, usize> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For the settings of an `Outbound`.
    pub fn hosts(&self) -> ServedHere {
        let internet = self.clone();
        Arc::new(move |host| internet.connect(host))
    }

    fn sites(&self) -> MutexGuard<'_, SitesByHost> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self, host: &str) -> io::Result<Box<dyn HostStream>> {
        let has =
            |is: fn(&Site) -> bool| self.sites().get(host).is_some_and(|sites| sites.iter().any(|(_, it)| is(it)));
        if !has(|site| !matches!(site, Site::Dead)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if has(|site| matches!(site, Site::Refuses)) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (internet, host) = (self.clone(), host.to_owned());
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                let response = internet.answer(&host, request.method(), request.uri());
                async move { Ok::<_, Infallible>(response) }
            });
            _ = http1::Builder::new().serve_connection(TokioIo::new(theirs), answer).await;
        });
        Ok(Box::new(ours))
    }

    fn answer(&self, host: &str, method: &Method, uri: &Uri) -> Response<Body> {
        let path = uri.path();
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry(host.to_owned()).or_default() += 1;
        drop(requests);
        let found = {
            let sites = self.sites();
            let of_host = sites.get(host).map(Vec::as_slice).unwrap_or_default();
            of_host.iter().find(|(root, _)| path.starts_with(root.as_str())).cloned()
        };
        let Some((root, site)) = found else { return with_status(StatusCode::NOT_FOUND) };
        match site {
            Site::Case(page) => answer_of(&page, method, &format!("https://{host}{uri}")),
            site => site.answer(&path[root.len()..]),
        }
    }
}

impl Site {
    /// `path`: below the root of the site.
    fn answer(&self, path: &str) -> Response<Body> {
        let is_root = matches!(path, "" | "/");
        match self {
            Self::Statuspage { id, name } => match path {
                "/api/v2/summary.json" => {
                    let mut summary = StatusPage::operational(&["API", "Web"]).summary();
                    summary["page"]["id"] = json!(id);
                    summary["page"]["name"] = json!(name);
                    json_of(&summary)
                }
                "/api/v2/incidents.json" | "/api/v2/scheduled-maintenances.json" => {
                    json_of(&json!({"page": {"id": id, "name": name}, "incidents": [], "scheduled_maintenances": []}))
                }
                _ if is_root => {
                    html("<title>Status</title><link href=\"https://dka575ofm4ao0.cloudfront.net/a.css\">statuspage.io")
                }
                _ => with_status(StatusCode::NOT_FOUND),
            },
            Self::CState { name } => match path {
                "/index.json" => json_of(&json!({
                    "is": "index", "cStateVersion": "5.2", "apiVersion": "2.0", "title": name,
                    "systems": [{"name": "API", "category": "", "status": "ok", "unresolvedIssues": []}],
                })),
                _ if is_root => html("<title>Status</title><meta name=\"generator\" content=\"cState\">"),
                _ => with_status(StatusCode::NOT_FOUND),
            },
            Self::Shop if is_root => html("<title>Shoes</title>"),
            Self::IncidentIo { id, name } => match path {
                "/api/v2/summary.json" => json_of(&json!({
                    "page": {"id": id, "name": name}, "status": {"indicator": "none", "description": "fine"},
                    "components": [{"id": "01C", "name": "API", "status": "operational"}],
                })),
                _ if is_root => html("<title>Status</title><a href=\"https://incident.io\">Powered by incident.io</a>"),
                _ => with_status(StatusCode::NOT_FOUND),
            },
            Self::Answers(status) => with_status(StatusCode::from_u16(*status).expect("it is a status")),
            Self::Case(_) | Self::Shop | Self::Refuses | Self::Dead => with_status(StatusCode::NOT_FOUND),
            Self::MovedTo(host) => {
                let to = format!("https://{host}{path}");
                let response = Response::builder().status(StatusCode::MOVED_PERMANENTLY).header(header::LOCATION, to);
                response.body(Body::empty()).expect("a path of a request is fit for a header")
            }
        }
    }
}

fn answer_of(page: &Page, method: &Method, url: &str) -> Response<Body> {
    let posted = (method == Method::POST).then(String::new);
    let answer = page.answer(formats::Request { url: url.parse().expect("a request has a URL"), posted });
    let response = Response::builder().status(answer.status);
    response.body(Body::from(answer.body)).expect("there is no header")
}

fn json_of(document: &serde_json::Value) -> Response<Body> {
    with_type("application/json", document.to_string())
}

fn html(text: &str) -> Response<Body> {
    with_type("text/html", format!("<!doctype html><html><body>{text}</body></html>"))
}

fn with_type(content_type: &'static str, body: String) -> Response<Body> {
    let response = Response::builder().header(header::CONTENT_TYPE, content_type);
    response.body(Body::from(body)).expect("the header is fixed")
}

fn with_status(status: StatusCode) -> Response<Body> {
    let response = Response::builder().status(status);
    response.body(Body::from("no page")).expect("there is no header")
}
