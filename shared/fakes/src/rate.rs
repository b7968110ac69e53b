//! Rate limits per destination. The clock is tokio's, so that tests can pause it.
use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// What a service limits, for each destination by itself; each fake declares its own as associated constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit(&'static str);

impl Limit {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Rate {
    max: u32,
    per: Duration,
    refill: Refill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refill {
    /// Continuously: the rate holds on average, with bursts of `max`.
    Steady,
    /// All at once, at the end of the window.
    AtOnce,
}

impl Rate {
    /// `max` per `per` on average, with bursts of `max`.
    pub const fn steady(max: u32, per: Duration) -> Self {
        Self { max, per, refill: Refill::Steady }
    }

    /// `max` in a window of `per` that begins with the first request.
    pub const fn window(max: u32, per: Duration) -> Self {
        Self { max, per, refill: Refill::AtOnce }
    }
}

/// Above this, the buckets that are full again are forgotten.
const MAX_DESTINATIONS: usize = 1000;

/// A bucket per limit and destination.
pub(crate) struct RateLimiter {
    limits: HashMap<Limit, Rate>,
    used: HashMap<(Limit, String), Bucket>,
}

struct Bucket {
    left: f64,
    since: Instant,
}

/// What a destination may still do after a request.
pub(crate) struct Quota {
    pub(crate) max: u32,
    pub(crate) remaining: u32,
    /// Until the quota is full again.
    pub(crate) reset_after: Duration,
    /// How long to wait, if this request was one too many.
    pub(crate) retry_after: Option<Duration>,
}

impl RateLimiter {
    pub(crate) fn new(limits: impl IntoIterator<Item = (Limit, Rate)>) -> Self {
        Self { limits: limits.into_iter().collect(), used: HashMap::new() }
    }

    pub(crate) fn set(&mut self, limit: Limit, rate: Option<Rate>) {
        match rate {
            Some(rate) => self.limits.insert(limit, rate),
            None => self.limits.remove(&limit),
        };
        self.used.retain(|(of, _), _| *of != limit);
    }

    /// Uses `cost` of the destination's quota, unless that is too much. `None`: there is no limit.
    pub(crate) fn take(&mut self, limit: Limit, destination: &str, cost: u32) -> Option<Quota> {
        let rate = *self.limits.get(&limit)?;
        let now = Instant::now();
        if self.used.len() >= MAX_DESTINATIONS {
            self.used
                .retain(|(limit, _), bucket| self.limits.get(limit).is_some_and(|rate| now - bucket.since < rate.per));
        }
        let full = Bucket { left: f64::from(rate.max), since: now };
        let bucket = self.used.entry((limit, destination.to_owned())).or_insert(full);
        bucket.refill(&rate, now);

        // A cost above the maximum passes when the bucket is full; otherwise it never would.
        let cost = f64::from(cost.min(rate.max));
        let enough = bucket.left + TOLERANCE >= cost;
        if enough {
            bucket.left -= cost;
        }
        let refill = |missing: f64| match rate.refill {
            Refill::Steady => rate.per.mul_f64(missing.max(0.0) / f64::from(rate.max)),
            Refill::AtOnce => rate.per.saturating_sub(now - bucket.since),
        };
        Some(Quota {
            max: rate.max,
            remaining: (bucket.left + TOLERANCE) as u32,
            reset_after: refill(f64::from(rate.max) - bucket.left),
            retry_after: (!enough).then(|| refill(cost - bucket.left)),
        })
    }

    /// How long to wait, if this request is one too many.
    pub(crate) fn retry_after(&mut self, limit: Limit, destination: &str, cost: u32) -> Option<Duration> {
        self.take(limit, destination, cost)?.retry_after
    }
}

/// Sums of fractions are not exact.
const TOLERANCE: f64 = 1e-6;

impl Bucket {
    fn refill(&mut self, rate: &Rate, now: Instant) {
        let max = f64::from(rate.max);
        let passed = now - self.since;
        match rate.refill {
            Refill::Steady => {
                self.left = (self.left + max * passed.as_secs_f64() / rate.per.as_secs_f64()).min(max);
                self.since = now;
            }
            Refill::AtOnce if passed >= rate.per => {
                self.left = max;
                self.since = now;
            }
            Refill::AtOnce => {}
        }
    }
}

/// For `Retry-After`: whole seconds, never too few.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
}
