//! How often a service lets one destination be used. The time is tokio's, so that tests may stop it.
use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

/// What is limited, each destination by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Posts to one conversation, or through one incoming webhook. "One a second, short bursts":
    /// <https://docs.slack.dev/apis/web-api/rate-limits>.
    SlackPosts,
    /// Edits by one token: tier 3, 50 and more a minute (same page).
    SlackEdits,
    /// Requests to one webhook. Discord promises no number; five in two seconds is what users of webhooks see:
    /// <https://birdie0.github.io/discord-webhooks-guide/other/rate_limits.html>.
    DiscordRequests,
    /// Runs of one flow. Microsoft names no number for Workflows; its connectors before them took four a second:
    /// <https://learn.microsoft.com/en-us/microsoftteams/service/webhooks-and-connectors/how-to/connectors-using>.
    TeamsRuns,
    /// Recipients of one account, in SES's sandbox: <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>.
    SesRecipients,
}

#[derive(Clone, Copy, Debug)]
pub struct Rate {
    most: u32,
    per: Duration,
    refill: Refill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refill {
    /// A little at a time: the rate holds on average, with bursts of `most`.
    Steady,
    /// All at once, when the time is over.
    AtOnce,
}

impl Rate {
    /// On average, with bursts of as many.
    pub fn steady(most: u32, per: Duration) -> Self {
        Self { most, per, refill: Refill::Steady }
    }

    /// In a stretch of time that begins with the first request.
    pub fn window(most: u32, per: Duration) -> Self {
        Self { most, per, refill: Refill::AtOnce }
    }
}

pub(crate) struct Rates {
    limits: HashMap<Limit, Rate>,
    used: HashMap<(Limit, String), Bucket>,
}

struct Bucket {
    left: f64,
    since: Instant,
}

/// How a destination stands after a request.
pub(crate) struct Standing {
    pub(crate) most: u32,
    pub(crate) remaining: u32,
    /// Until nothing is used up any more.
    pub(crate) reset_after: Duration,
    /// The request is one too many; when to come again.
    pub(crate) refused: Option<Duration>,
}

impl Rates {
    pub(crate) fn none() -> Self {
        Self { limits: HashMap::new(), used: HashMap::new() }
    }

    pub(crate) fn real() -> Self {
        let second = Duration::from_secs(1);
        let limits = HashMap::from([
            (Limit::SlackPosts, Rate::steady(3, second * 3)),
            (Limit::SlackEdits, Rate::steady(50, second * 60)),
            (Limit::DiscordRequests, Rate::window(5, second * 2)),
            (Limit::TeamsRuns, Rate::window(4, second)),
            (Limit::SesRecipients, Rate::steady(1, second)),
        ]);
        Self { limits, used: HashMap::new() }
    }

    pub(crate) fn set(&mut self, limit: Limit, rate: Option<Rate>) {
        match rate {
            Some(rate) => self.limits.insert(limit, rate),
            None => self.limits.remove(&limit),
        };
        self.used.retain(|(of, _), _| *of != limit);
    }

    /// Uses up `cost` of what the destination may do, unless that is too much. `None`: there is no limit.
    pub(crate) fn take(&mut self, limit: Limit, destination: &str, cost: u32) -> Option<Standing> {
        let rate = *self.limits.get(&limit)?;
        let now = Instant::now();
        let full = Bucket { left: f64::from(rate.most), since: now };
        let bucket = self.used.entry((limit, destination.to_owned())).or_insert(full);
        bucket.refill(&rate, now);

        // What costs more than a full bucket passes when it is full, or it never would.
        let cost = f64::from(cost.min(rate.most));
        let enough = bucket.left + TOLERANCE >= cost;
        if enough {
            bucket.left -= cost;
        }
        let refill = |missing: f64| match rate.refill {
            Refill::Steady => rate.per.mul_f64(missing.max(0.0) / f64::from(rate.most)),
            Refill::AtOnce => rate.per.saturating_sub(now - bucket.since),
        };
        Some(Standing {
            most: rate.most,
            remaining: (bucket.left + TOLERANCE) as u32,
            reset_after: refill(f64::from(rate.most) - bucket.left),
            refused: (!enough).then(|| refill(cost - bucket.left)),
        })
    }

    /// How long to wait, if this is one too many.
    pub(crate) fn refuses(&mut self, limit: Limit, destination: &str, cost: u32) -> Option<Duration> {
        self.take(limit, destination, cost)?.refused
    }
}

/// Sums of fractions are not exact.
const TOLERANCE: f64 = 1e-6;

impl Bucket {
    fn refill(&mut self, rate: &Rate, now: Instant) {
        let most = f64::from(rate.most);
        let passed = now - self.since;
        match rate.refill {
            Refill::Steady => {
                self.left = (self.left + most * passed.as_secs_f64() / rate.per.as_secs_f64()).min(most);
                self.since = now;
            }
            Refill::AtOnce if passed >= rate.per => {
                self.left = most;
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
