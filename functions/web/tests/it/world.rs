//! A store per test, pages read into it as the poller does, and the router called without a socket.
use accounts::audit::{AuditEntry, Values};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract,
    middleware::{Next, from_fn},
};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use local::dynamodb::DynamoDb;
use status::{
    ids::{AccountId, ProviderId},
    page_state::{IncidentState, PageState},
    page_summary::PageSummary,
    provider::Provider,
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Phase},
};
use store::{AccountSettings, Commit, Edit, PageHead, PageRecord, Store};
use tower::ServiceExt as _;
use web::{Password, Web};

/// The pages, which may do in the table what the role of the function allows.
pub(crate) fn router(web: Web) -> Router {
    let in_role = |request: extract::Request, next: Next| roles::acting("WebRole", next.run(request));
    web::router(web).layer(from_fn(in_role))
}

pub(crate) struct World {
    pub(crate) store: Store,
    _dynamodb: DynamoDb,
}

impl World {
    /// An in-memory store with these pages in the settings of an account. The name is the id with a capital.
    pub(crate) async fn start(pages: &[&str]) -> Self {
        let dynamodb = DynamoDb::open(None).unwrap();
        let client = roles::asking(&dynamodb.client());
        store::table::create_if_absent(&client, "statuswire").await.unwrap();
        let store = Store::new(&client, "statuswire");
        let pages = pages.iter().map(|id| provider(id)).collect();
        store.apply(&"local".into(), &AccountSettings { pages, ..AccountSettings::default() }).await.unwrap();
        Self { store, _dynamodb: dynamodb }
    }

    /// Replaces the pages of the account of the file.
    pub(crate) async fn declare(&self, pages: &[Provider]) {
        let settings = AccountSettings { pages: pages.to_vec(), ..AccountSettings::default() };
        self.store.apply(&"local".into(), &settings).await.unwrap();
    }

    /// One good read of a page: the first is the baseline, each other moves the page state on. What changed is
    /// committed.
    pub(crate) async fn read(&self, page: &str, snapshot: &Snapshot, now: Timestamp) -> PageState {
        let id = ProviderId::new(page);
        let before = self.store.page(&id).await.unwrap();
        let page_state = match &before {
            None => PageState::baseline(snapshot, now),
            Some(before) => before.page_state.apply(snapshot, now),
        };
        let is_known = |incident_state: &&IncidentState| {
            before
                .as_ref()
                .is_some_and(|before| before.page_state.incidents.iter().any(|known| known == *incident_state))
        };
        let incidents =
            page_state.incidents.iter().filter(|incident_state| !is_known(incident_state)).cloned().collect();
        let read_version = before.map(|before| before.head.version);
        let version = read_version.unwrap_or_default() + 1;
        let head = PageHead::of_read(&id, version, snapshot.digest(), &page_state);
        let page_summary = Some(PageSummary::of(&id, &page_state));
        let page = PageRecord { head, page_state: page_state.clone() };
        self.store
            .commit(&Commit { page, read_version, incidents, page_summary, alerts: Vec::new(), now })
            .await
            .unwrap();
        page_state
    }

    /// The response to a GET. Each call has a new router, so nothing is cached in between.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        self.ask(Request::get(path).header(header::ACCEPT, "*/*").body(Body::empty()).unwrap()).await
    }

    /// The page of an instance that polls the catalogue.
    pub(crate) async fn get_with_catalogue(&self, path: &str) -> String {
        let web = Web::new(self.store.clone(), true, None);
        let answer = router(web).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        String::from_utf8(to_bytes(answer.into_body(), 16 << 20).await.unwrap().to_vec()).unwrap()
    }

    /// The page as who knows the password of a private instance sees it.
    pub(crate) async fn get_privately(&self, path: &str) -> String {
        let web = Web::new(self.store.clone(), false, None).private(Some(Password::new("correct horse battery")));
        // any:correct horse battery
        let request = Request::get(path).header(header::AUTHORIZATION, "Basic YW55OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==");
        let answer = router(web).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        String::from_utf8(to_bytes(answer.into_body(), 16 << 20).await.unwrap().to_vec()).unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = router(Web::new(self.store.clone(), false, None)).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 16 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// Whose page is `https://status.<id>.example`.
pub(crate) fn provider(id: &str) -> Provider {
    let name = id[..1].to_uppercase() + &id[1..];
    let page_url = format!("https://status.{id}.example");
    Provider { id: id.into(), name, page_url, format: Some("statuspage".into()), interval: None }
}

/// A time of day on the day of the tests.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-11-23T{time}Z").parse().unwrap()
}

/// What goes with an edit of an account's settings.
pub(crate) fn edit(account: &AccountId) -> Edit {
    Edit::of(AuditEntry {
        account: account.clone(),
        at: at("06:00:00"),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "page.saved".to_owned(),
        target: "it".to_owned(),
        before: Values::new(),
        after: Values::new(),
    })
}

/// A complete snapshot.
pub(crate) fn snapshot(components: &[Component], incidents: &[Incident]) -> Snapshot {
    Snapshot {
        page: Page::default(),
        components: components.to_vec(),
        incidents: incidents.to_vec(),
        coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
    }
}

/// An operational component without a group.
pub(crate) fn component(id: &str, name: &str) -> Component {
    Component { id: id.into(), name: name.into(), group: None, status: ComponentStatus::Operational }
}

/// An open incident without updates and components.
pub(crate) fn incident(id: &str, title: &str, started_at: Timestamp) -> Incident {
    Incident {
        id: id.into(),
        kind: Kind::Incident,
        title: title.into(),
        phase: Some(Phase::Investigating),
        impact: None,
        url: None,
        started_at: Some(started_at),
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    }
}
