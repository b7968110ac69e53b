//! Whether this machine has internet. Without it every page fails, which is one fact and not thousands of failing
//! pages: it is detected within one round, logged once, and tested with a few pages after growing pauses.
use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;
use outbound::FetchError;
use url::{Host, Url};

/// This much evidence in a row, without a single page that answers, means that there is no internet.
const EVIDENCE_NEEDED: u32 = 20;
/// A name that does not resolve, or no route: every page fails so without internet, and rarely a page by itself.
const STRONG_EVIDENCE: u32 = 4;
/// No connection or no answer in time: may be the fault of the page or of its platform.
const WEAK_EVIDENCE: u32 = 1;
/// Before each next test. Short, because the cause may be a large platform that is down while others still report.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(120), Duration::from_secs(240), Duration::from_secs(300)];

#[derive(Default)]
pub(crate) struct Connectivity(Mutex<State>);

#[derive(Default)]
struct State {
    evidence: u32,
    /// How many tests in a row failed, and when the next one is due.
    missing: Option<(usize, Timestamp)>,
}

impl Connectivity {
    /// Whether public pages may be polled now.
    pub(crate) fn may_try(&self, now: Timestamp) -> bool {
        let state = self.state();
        state.missing.is_none_or(|(_, retry_at)| now >= retry_at)
    }

    /// While the last pages failed as without internet, only a few are polled at a time.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let state = self.state();
        state.evidence > 0 || state.missing.is_some()
    }

    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.evidence = 0;
        if state.missing.take().is_some() {
            tracing::info!("the internet is back: public pages are polled again");
        }
    }

    /// Whether there is no internet, so that no page is at fault.
    pub(crate) fn is_missing(&self) -> bool {
        self.state().missing.is_some()
    }

    /// One more page failed as all do without internet.
    pub(crate) fn no_answer(&self, error: &FetchError, now: Timestamp) {
        let mut state = self.state();
        state.evidence += if error.is_offline_sign() { STRONG_EVIDENCE } else { WEAK_EVIDENCE };
        if state.evidence < EVIDENCE_NEEDED && state.missing.is_none() {
            return;
        }
        match state.missing {
            Some((_, retry_at)) if now < retry_at => {}
            missing => {
                let times = missing.map_or(0, |(times, _)| times + 1);
                let pause = PAUSES[times.min(PAUSES.len() - 1)];
                if times == 0 {
                    tracing::warn!("no internet: public pages are not polled until a test succeeds");
                }
                state.missing = Some((times, now + pause));
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while holding this")
    }
}

/// Pages on this machine or given by IP address say nothing about the internet.
pub(crate) fn is_public(page: &Url) -> bool {
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

    #[test]
    fn missing_internet_is_detected_after_a_few_pages_and_tested_after_growing_pauses() {
        let connectivity = Connectivity::default();
        for _ in 1..5 {
            connectivity.no_answer(&unresolved(), at(0));
        }
        assert!(!connectivity.is_missing() && connectivity.may_try(at(0)));
        connectivity.no_answer(&unresolved(), at(0));
        assert!(connectivity.is_missing());
        assert!(!connectivity.may_try(at(59)));
        assert!(connectivity.may_try(at(60)));
        connectivity.no_answer(&timed_out(), at(60));
        assert!(!connectivity.may_try(at(60 + 119)), "the next test needs no new evidence");
        assert!(connectivity.may_try(at(60 + 120)));
        connectivity.answered();
        assert!(connectivity.may_try(at(181)));
        connectivity.no_answer(&unresolved(), at(181));
        assert!(!connectivity.is_missing(), "one page that fails is that page's failure");
    }

    #[test]
    fn timeouts_are_weaker_evidence_than_unresolved_names() {
        let connectivity = Connectivity::default();
        for _ in 1..20 {
            connectivity.no_answer(&timed_out(), at(0));
        }
        assert!(!connectivity.is_missing());
        connectivity.no_answer(&timed_out(), at(0));
        assert!(connectivity.is_missing());
    }

    #[test]
    fn one_answer_between_failures_clears_the_doubt() {
        let connectivity = Connectivity::default();
        for _ in 0..20 {
            connectivity.no_answer(&unresolved(), at(0));
            assert!(!connectivity.is_missing());
            connectivity.answered();
        }
    }
}
