//! A store per test, and short constructors of what is stored.
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef},
    },
    error::BoxError,
};
use jiff::Timestamp;
use local::dynamodb::DynamoDb;
use status::{
    alert::{Alert, IncidentFacts},
    ids::{IncidentId, ProviderId, UpdateId},
    page_state::{IncidentState, Origin, PageState},
    provider::Provider,
    snapshot::{Incident, Kind, Listing, Page, Update},
    words::{Event, Phase, Severity},
};
use store::{Commit, Keyring, PageHead, PageRecord, Store, StoredDestination};

pub(crate) struct World {
    pub(crate) store: Store,
    dynamodb: DynamoDb,
}

/// In memory, table created.
pub(crate) async fn world() -> World {
    World::open(None).await
}

pub(crate) async fn world_in(file: &Path) -> World {
    World::open(Some(file)).await
}

impl World {
    async fn open(file: Option<&Path>) -> Self {
        let dynamodb = DynamoDb::open(file).unwrap();
        let client = dynamodb.client();
        store::table::create_if_absent(&client, "statuswire").await.unwrap();
        let store = Store::new(&client, "statuswire").with_keys(keyring(&[1]), is_secret);
        Self { store, dynamodb }
    }

    /// Another process with the same table and these keys.
    pub(crate) fn with_keys(&self, keys: &[u32]) -> Store {
        Store::new(&self.client(), "statuswire").with_keys(keyring(keys), is_secret)
    }

    /// A destination as it is stored.
    pub(crate) async fn stored(&self, id: &str) -> StoredDestination {
        self.store.destination(&id.into()).await.unwrap().expect("it is stored").destination
    }

    /// For what an earlier version wrote.
    pub(crate) fn client(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.client()
    }

    /// A store whose process dies at its next request but `requests`: before it is sent, or before its response is
    /// read.
    pub(crate) fn dying_after(&self, requests: u32, when: When) -> Store {
        let dying = Dying { left: AtomicU32::new(requests), when };
        let config = self.client().config().to_builder().interceptor(dying).build();
        Store::new(&aws_sdk_dynamodb::Client::from_conf(config), "statuswire").with_keys(keyring(&[1]), is_secret)
    }

    /// A store with a count of the requests that wait for their answers at the same time.
    pub(crate) fn crowded(&self) -> (Store, Crowd) {
        let crowd = Crowd::default();
        let config = self.client().config().to_builder().interceptor(crowd.clone()).build();
        let store =
            Store::new(&aws_sdk_dynamodb::Client::from_conf(config), "statuswire").with_keys(keyring(&[1]), is_secret);
        (store, crowd)
    }

    /// Waits until the database is closed.
    pub(crate) async fn stop(self) {
        self.dynamodb.stop().await;
    }
}

/// Keys of these numbers.
pub(crate) fn keyring(numbers: &[u32]) -> Keyring {
    let keys = numbers.iter().map(|number| (number.to_string(), format!("{number}").repeat(40)));
    let keys: BTreeMap<String, String> = keys.collect();
    Keyring::parse(&serde_json::to_string(&keys).unwrap()).unwrap()
}

pub(crate) fn is_secret(_channel: &str, key: &str) -> bool {
    key != "username"
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    BeforeRequest,
    AfterResponse,
}

#[derive(Debug)]
struct Dying {
    left: AtomicU32,
    when: When,
}

impl Dying {
    fn count(&self, when: When) {
        if self.when == when {
            let _ = self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        }
    }

    fn is_dead(&self) -> Result<(), BoxError> {
        if self.left.load(Relaxed) == 0 { Err("the process is dead".into()) } else { Ok(()) }
    }
}

impl Intercept for Dying {
    fn name(&self) -> &'static str {
        "death"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.is_dead()?;
        self.count(When::BeforeRequest);
        Ok(())
    }

    fn read_after_transmit(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(When::AfterResponse);
        self.is_dead()
    }
}

/// Requests that wait for their answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd(Arc<(AtomicU32, AtomicU32)>);

impl Crowd {
    /// The most at the same time so far.
    pub(crate) fn most(&self) -> u32 {
        self.0.1.load(Relaxed)
    }
}

impl Intercept for Crowd {
    fn name(&self) -> &'static str {
        "crowd"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let waiting = self.0.0.fetch_add(1, Relaxed) + 1;
        self.0.1.fetch_max(waiting, Relaxed);
        Ok(())
    }

    fn read_after_transmit(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.0.fetch_sub(1, Relaxed);
        Ok(())
    }
}

/// A time of day on the day of all tests. It is far ahead: rows that expire are deleted by the clock of this machine.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2126-11-23T{time}Z").parse().unwrap()
}

pub(crate) fn incident_state(id: &str, started_at: Timestamp) -> IncidentState {
    IncidentState {
        incident: Incident {
            id: IncidentId::new(id),
            kind: Kind::Incident,
            title: format!("Errors in {id}"),
            phase: Some(Phase::Investigating),
            impact: None,
            url: None,
            started_at: Some(started_at),
            resolved_at: None,
            window: None,
            components: Vec::new(),
            updates: Vec::new(),
        },
        first_seen_at: at("23:59:59"),
        backfilled: false,
        episode: 1,
        missing_reads: 0,
        newest: None,
        attributed: Default::default(),
        page_id: None,
        origin: Origin::Provider,
        severity: Severity::Minor,
        revision: 0,
        ended: None,
        edited: BTreeMap::new(),
        reminded: None,
        overran: None,
        suspected_redate: false,
        retitled: 0,
        rescheduled: Vec::new(),
        news_at: None,
        no_news_since: None,
        opened_in: None,
        left_out_through: None,
    }
}

/// An update whose body hardly compresses.
pub(crate) fn incompressible(seed: u64, bytes: usize) -> Update {
    let mut state = seed;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + (state >> 57) as u8 % 90)
    };
    let body = (0..bytes).map(|_| letter()).collect();
    Update { id: UpdateId::new("u"), phase: None, posted_at: None, body: Some(body), components: Vec::new() }
}

pub(crate) fn alert(provider: &str, incident: &str, event: Event) -> Alert {
    let page = Provider {
        id: ProviderId::new(provider),
        name: "Provider".into(),
        page_url: "https://status.example.com".into(),
        format: None,
        interval: None,
    };
    let incident = IncidentFacts {
        id: IncidentId::new(incident),
        episode: 1,
        kind: Kind::Incident,
        title: "Errors".into(),
        phase: None,
        impact: None,
        url: None,
        started_at: None,
        ended_at: None,
        window: None,
        first_seen_at: at("10:00:00"),
    };
    Alert::new(&page, event, incident, "u1", at("10:00:00"))
}

/// A commit of `version` on top of the one before; all its incidents are part of the page state.
pub(crate) fn commit(provider: &str, version: u64, incidents: Vec<IncidentState>, alerts: Vec<Alert>) -> Commit {
    Commit {
        page: PageRecord {
            head: PageHead {
                provider: ProviderId::new(provider),
                version,
                format: "statuspage".into(),
                source: "summary".into(),
                resolved: None,
                etag: Some("\"abc\"".into()),
                last_modified: None,
                body_digest: Some("00ff".into()),
                snapshot_digest: format!("digest {version}"),
                unsettled: true,
                open: vec![(Kind::Maintenance, IncidentId::new("m1"))],
                due_at: None,
                read_again_at: None,
                filters_unchecked: false,
                identity: None,
                left_out: None,
                unlisted_since: None,
                import_pending_since: None,
                imported_at: None,
            },
            page_state: PageState {
                page: Page { id: None, name: Some("Provider".into()), url: None },
                components: Vec::new(),
                listing: Listing::Complete,
                recovering: BTreeMap::new(),
                incidents: incidents.clone(),
                former_names: BTreeMap::new(),
                former_groups: BTreeMap::new(),
                baseline_at: at("09:00:00"),
                joined_at: BTreeMap::new(),
                is_window: false,
                left_out: std::collections::BTreeSet::new(),
                history_until: None,
            },
        },
        read_version: version.checked_sub(1).filter(|read| *read > 0),
        incidents,
        page_summary: None,
        alerts,
        now: at("10:00:00"),
    }
}
