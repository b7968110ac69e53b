//! A machine without internet is one fact, not thousands of broken vendors: it is noticed in one round, said once, and
//! tried again at growing distances with a handful of pages.
use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;
use outbound::FetchError;
use url::{Host, Url};

/// So much evidence in a row, and not one page that answers, is taken for a machine without internet.
const PROOF: u32 = 20;
/// A name that cannot be resolved, no way into the network: what every page gives then, and a page of its own rarely.
const STRONG: u32 = 4;
/// No connection, no answer in time: may be the page's own fault, or one of the platform that hosts it.
const WEAK: u32 = 1;
/// Kept short, because it may be a large platform that is down, and the others go on reporting.
const WAITS: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(120), Duration::from_secs(240), Duration::from_secs(300)];

#[derive(Default)]
pub(crate) struct Internet(Mutex<State>);

#[derive(Default)]
struct State {
    evidence: u32,
    /// How often in a row it was found to be missing, and when to look again.
    missing: Option<(usize, Timestamp)>,
}

impl Internet {
    /// Whether pages out there are worth a try now.
    pub(crate) fn is_worth_a_try(&self, now: Timestamp) -> bool {
        let state = self.state();
        state.missing.is_none_or(|(_, retry_at)| now >= retry_at)
    }

    /// While the last pages looked like a missing internet, only as many are tried at a time as prove it.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let state = self.state();
        state.evidence > 0 || state.missing.is_some()
    }

    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.evidence = 0;
        if state.missing.take().is_some() {
            tracing::info!("the internet is back: pages out there are read again");
        }
    }

    /// Whether the last pages prove that there is none, so that no page is to blame.
    pub(crate) fn is_missing(&self) -> bool {
        self.state().missing.is_some()
    }

    /// One more page that failed as all do without internet.
    pub(crate) fn no_answer(&self, error: &FetchError, now: Timestamp) {
        let mut state = self.state();
        state.evidence += if error.is_offline_sign() { STRONG } else { WEAK };
        if state.evidence < PROOF && state.missing.is_none() {
            return;
        }
        match state.missing {
            Some((_, retry_at)) if now < retry_at => {}
            missing => {
                let times = missing.map_or(0, |(times, _)| times + 1);
                let wait = WAITS[times.min(WAITS.len() - 1)];
                if times == 0 {
                    tracing::warn!("no internet: pages out there wait, and will be tried again now and then");
                }
                state.missing = Some((times, now + wait));
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while holding this")
    }
}

/// Pages on this machine or in its network say nothing about the internet.
pub(crate) fn is_out_there(page: &Url) -> bool {
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
    fn missing_internet_is_noticed_after_a_few_pages_and_backed_off_from() {
        let internet = Internet::default();
        for _ in 1..5 {
            internet.no_answer(&unresolved(), at(0));
        }
        assert!(!internet.is_missing() && internet.is_worth_a_try(at(0)));
        internet.no_answer(&unresolved(), at(0));
        assert!(internet.is_missing());
        assert!(!internet.is_worth_a_try(at(59)));
        assert!(internet.is_worth_a_try(at(60)));
        internet.no_answer(&timed_out(), at(60));
        assert!(!internet.is_worth_a_try(at(60 + 119)), "the next try needs no new proof");
        assert!(internet.is_worth_a_try(at(60 + 120)));
        internet.answered();
        assert!(internet.is_worth_a_try(at(181)));
        internet.no_answer(&unresolved(), at(181));
        assert!(!internet.is_missing(), "one page that fails is that page's failure");
    }

    #[test]
    fn pages_that_time_out_prove_less_than_names_that_do_not_resolve() {
        let internet = Internet::default();
        for _ in 1..20 {
            internet.no_answer(&timed_out(), at(0));
        }
        assert!(!internet.is_missing());
        internet.no_answer(&timed_out(), at(0));
        assert!(internet.is_missing());
    }

    #[test]
    fn one_answer_between_failures_clears_the_doubt() {
        let internet = Internet::default();
        for _ in 0..20 {
            internet.no_answer(&unresolved(), at(0));
            assert!(!internet.is_missing());
            internet.answered();
        }
    }
}
