//! Whether this machine has internet, and which platforms answer at all. Without internet every page fails, which is
//! one fact and not thousands of failing pages: it is detected within one round, logged once, and tested with a few
//! pages after growing pauses. Wanted properties:
//! - rows prove nothing: most pages are on one platform, whose outage must not stop the reading of all others, so
//!   platforms and domains are counted;
//! - a platform that hangs takes part of a round, never all of it.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use outbound::FetchError;
use status::provider::Provider;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

/// So many failures in a row, without a single page that answers, mean that there is no internet: if a name that does
/// not resolve or a missing route, as every page has without internet, is among those of so many platforms or domains;
const OFFLINE_FAILURES: u32 = 5;
const OFFLINE_ORIGINS: usize = 3;
/// or, if all are time-outs and lost connections, which may be the fault of a page, so many of so many.
const SILENT_FAILURES: u32 = 20;
const SILENT_ORIGINS: usize = 8;
/// Two that are silent at once may be a coincidence, also if there are no others.
const LEAST_SILENT_ORIGINS: usize = 3;
/// Before each next test of whether the internet is back.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(120), Duration::from_secs(240), Duration::from_secs(300)];
/// After so many pages of a platform in a row without an answer, the others wait for a place.
const FAILURES_TO_DOUBT: u32 = 5;

pub(crate) struct Connectivity {
    state: Mutex<State>,
    /// Places in a round for pages whose platform does not answer.
    doubtful: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    /// Since a page answered: what gave no answer, by origin.
    silent: BTreeMap<String, Silence>,
    silent_since: Option<Timestamp>,
    /// Pages without an answer in a row, by origin.
    in_a_row: HashMap<String, u32>,
    /// How many origins the pages have.
    origins: usize,
    missing: Option<Missing>,
    back_at: Option<Timestamp>,
}

#[derive(Default)]
struct Silence {
    failures: u32,
    is_offline_sign: bool,
}

struct Missing {
    since: Timestamp,
    /// How many tests in a row failed, and when the next one is due.
    tests: usize,
    retry_at: Timestamp,
    /// Origins of which a page is part of the present test.
    tested: BTreeSet<String>,
}

/// Leave to poll a page. Held during the poll.
pub(crate) struct Admission {
    _place: Option<OwnedSemaphorePermit>,
}

impl Connectivity {
    /// `doubtful`: how many pages of silent platforms are polled at the same time.
    pub(crate) fn new(doubtful: usize) -> Self {
        Self { state: Mutex::default(), doubtful: Arc::new(Semaphore::new(doubtful.max(1))) }
    }

    /// What the pages' origins are counted by.
    pub(crate) fn expect_origins(&self, origins: usize) {
        self.state().origins = origins;
    }

    /// `None`: the page must not be polled now. `patient`: it rather waits for its platform's turn.
    pub(crate) async fn admit(&self, origin: &str, patient: bool, now: Timestamp) -> Option<Admission> {
        let is_doubtful = {
            let mut state = self.state();
            if let Some(missing) = &mut state.missing
                && (now < missing.retry_at || !missing.tested.insert(origin.to_owned()))
            {
                return None;
            }
            state.in_a_row.get(origin).is_some_and(|failures| *failures >= FAILURES_TO_DOUBT)
        };
        let places = self.doubtful.clone();
        match (is_doubtful, patient) {
            (false, _) => Some(Admission { _place: None }),
            (true, true) => Some(Admission { _place: places.acquire_owned().await.ok() }),
            (true, false) => places.try_acquire_owned().ok().map(|place| Admission { _place: Some(place) }),
        }
    }

    pub(crate) fn answered(&self, origin: &str, now: Timestamp) {
        let mut state = self.state();
        state.in_a_row.remove(origin);
        state.silent.clear();
        state.silent_since = None;
        if state.missing.take().is_some() {
            state.back_at = Some(now);
            tracing::info!("the internet is back: public pages are polled again");
        }
    }

    /// Since when there is no internet, so that no page is at fault.
    pub(crate) fn missing_since(&self) -> Option<Timestamp> {
        self.state().missing.as_ref().map(|missing| missing.since)
    }

    /// When the internet was back after it had been missing.
    pub(crate) fn back_at(&self) -> Option<Timestamp> {
        self.state().back_at
    }

    /// One more page failed as all do without internet.
    pub(crate) fn no_answer(&self, origin: &str, error: &FetchError, now: Timestamp) {
        let mut state = self.state();
        *state.in_a_row.entry(origin.to_owned()).or_default() += 1;
        let since = *state.silent_since.get_or_insert(now);
        let silence = state.silent.entry(origin.to_owned()).or_default();
        silence.failures += 1;
        silence.is_offline_sign |= error.is_offline_sign();
        let looks_missing = state.looks_missing();
        match &mut state.missing {
            Some(missing) if now < missing.retry_at => {}
            Some(missing) => {
                missing.tests += 1;
                missing.retry_at = now + PAUSES[missing.tests.min(PAUSES.len() - 1)];
                missing.tested.clear();
            }
            None if looks_missing => {
                tracing::warn!("no internet: public pages are not polled until a test succeeds");
                let retry_at = now + PAUSES[0];
                state.missing = Some(Missing { since, tests: 0, retry_at, tested: BTreeSet::new() });
            }
            None => {}
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while holding this")
    }
}

impl State {
    fn looks_missing(&self) -> bool {
        let failures: u32 = self.silent.values().map(|silence| silence.failures).sum();
        let offline = self.silent.values().filter(|silence| silence.is_offline_sign).count();
        // An instance with few pages has few origins.
        let all = self.origins.max(1);
        (failures >= OFFLINE_FAILURES && offline >= OFFLINE_ORIGINS.min(all))
            || (failures >= SILENT_FAILURES && self.silent.len() >= SILENT_ORIGINS.min(all).max(LEAST_SILENT_ORIGINS))
    }
}

/// What a page depends on to be reached, apart from our own internet: its platform, or the domain it is on. `None`: a
/// page on this machine or given by IP address, which says nothing about the internet.
pub(crate) fn origin(page: &Provider, platform: Option<&str>) -> Option<String> {
    let url = Url::parse(&page.page_url).ok().filter(is_public)?;
    platform.map(str::to_owned).or_else(|| catalogue::domain_of(&url).or(url.host_str()).map(str::to_owned))
}

/// Pages on this machine or given by IP address say nothing about the internet.
fn is_public(page: &Url) -> bool {
    match page.host() {
        Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn unresolved() -> FetchError {
        FetchError::Dns { host: "status.acme.test".into(), reason: "no such name".into() }
    }

    fn timed_out() -> FetchError {
        FetchError::Connect { host: "status.acme.test".into(), kind: std::io::ErrorKind::TimedOut }
    }

    fn connectivity(origins: usize) -> Connectivity {
        let connectivity = Connectivity::new(2);
        connectivity.expect_origins(origins);
        connectivity
    }

    async fn may_try(connectivity: &Connectivity, origin: &str, now: Timestamp) -> bool {
        connectivity.admit(origin, false, now).await.is_some()
    }

    #[tokio::test]
    async fn missing_internet_is_detected_after_a_few_pages_and_tested_after_growing_pauses() {
        let connectivity = connectivity(30);
        for origin in ["a", "b", "a", "b"] {
            connectivity.no_answer(origin, &unresolved(), at(0));
        }
        assert!(connectivity.missing_since().is_none() && may_try(&connectivity, "a", at(0)).await);
        connectivity.no_answer("c", &unresolved(), at(3));
        assert_eq!(connectivity.missing_since(), Some(at(0)));
        assert!(!may_try(&connectivity, "a", at(62)).await);
        assert!(may_try(&connectivity, "a", at(63)).await);
        connectivity.no_answer("a", &timed_out(), at(63));
        assert!(!may_try(&connectivity, "a", at(63 + 119)).await, "the next test needs no new evidence");
        assert!(may_try(&connectivity, "a", at(63 + 120)).await);
        connectivity.answered("a", at(184));
        assert!(may_try(&connectivity, "a", at(184)).await);
        assert_eq!((connectivity.missing_since(), connectivity.back_at()), (None, Some(at(184))));
        connectivity.no_answer("a", &unresolved(), at(184));
        assert!(connectivity.missing_since().is_none(), "one page that fails is that page's failure");
    }

    #[tokio::test]
    async fn a_test_asks_each_platform_once() {
        let connectivity = connectivity(30);
        ["a", "b", "c", "a", "b"].iter().for_each(|origin| connectivity.no_answer(origin, &unresolved(), at(0)));
        assert!(connectivity.missing_since().is_some());
        let now = at(60);
        assert!(may_try(&connectivity, "a", now).await && may_try(&connectivity, "b", now).await);
        assert!(!may_try(&connectivity, "a", now).await);
    }

    #[test]
    fn pages_of_one_platform_never_add_up_to_missing_internet() {
        let connectivity = connectivity(4);
        for _ in 0..200 {
            connectivity.no_answer("statuspage", &timed_out(), at(0));
            connectivity.no_answer("statuspage", &unresolved(), at(0));
        }
        assert!(connectivity.missing_since().is_none());
        connectivity.no_answer("incidentio", &unresolved(), at(1));
        assert!(connectivity.missing_since().is_none(), "two of four");
        connectivity.no_answer("example.com", &unresolved(), at(1));
        assert!(connectivity.missing_since().is_some());
    }

    #[test]
    fn timeouts_are_weaker_evidence_than_unresolved_names() {
        let many = connectivity(30);
        for page in 0..7 * 20 {
            many.no_answer(&format!("origin {}", page % 7), &timed_out(), at(0));
        }
        assert!(many.missing_since().is_none(), "seven of thirty");
        many.no_answer("origin 7", &timed_out(), at(0));
        assert!(many.missing_since().is_some());

        let few = connectivity(2);
        for page in 0..100 {
            few.no_answer(&format!("origin {}", page % 2), &timed_out(), at(0));
        }
        assert!(few.missing_since().is_none(), "two may hang at the same time by chance");
    }

    #[test]
    fn an_instance_with_one_platform_has_no_internet_if_no_name_resolves() {
        let connectivity = connectivity(1);
        for _ in 0..4 {
            connectivity.no_answer("statuspage", &unresolved(), at(0));
        }
        assert!(connectivity.missing_since().is_none());
        connectivity.no_answer("statuspage", &unresolved(), at(0));
        assert!(connectivity.missing_since().is_some());
    }

    #[test]
    fn one_answer_between_failures_clears_the_doubt() {
        let connectivity = connectivity(30);
        for page in 0..60 {
            connectivity.no_answer(&format!("origin {page}"), &unresolved(), at(0));
            assert!(connectivity.missing_since().is_none());
            connectivity.answered("another", at(0));
        }
    }

    #[tokio::test]
    async fn a_platform_that_hangs_takes_part_of_the_round_until_it_answers() {
        let connectivity = connectivity(30);
        for _ in 0..5 {
            connectivity.no_answer("statuspage", &timed_out(), at(0));
        }
        let first = connectivity.admit("statuspage", false, at(1)).await;
        let second = connectivity.admit("statuspage", false, at(1)).await;
        assert!(first.is_some() && second.is_some());
        assert!(connectivity.admit("statuspage", false, at(1)).await.is_none(), "there are two places");
        assert!(connectivity.admit("example.com", false, at(1)).await.is_some());
        drop(second);
        assert!(connectivity.admit("statuspage", false, at(1)).await.is_some());
        connectivity.answered("statuspage", at(2));
        let all: Vec<_> = (0..9).map(|_| connectivity.admit("statuspage", false, at(2))).collect();
        for admitted in all {
            assert!(admitted.await.is_some());
        }
    }
}
