//! The list of fakes, one line each.
use crate::{bounded::Capacity, fake::Fake, rate::RateLimiter, service::Service, world::Fakes};

/// In the order in which routing asks whose a request is.
pub(crate) static FAKES: &[&Fake] = &[
    &crate::slack::FAKE,
    &crate::discord::FAKE,
    &crate::teams::FAKE,
    &crate::ses::FAKE,
    &crate::webhook::FAKE,
    &crate::smtp::FAKE,
];

/// Every service that has a fake.
pub fn services() -> impl Iterator<Item = Service> {
    FAKES.iter().map(|fake| fake.service)
}

/// A request path for each service that is reached over HTTP: `/<host>/<path>`, with `SECRET` in place of a secret.
pub fn example_paths() -> impl Iterator<Item = (Service, &'static str)> {
    FAKES.iter().filter_map(|fake| Some((fake.service, fake.http.as_ref()?.example)))
}

/// How many requests the local mode remembers, and how many messages per service; and how many bytes of each.
const CAPACITY: Capacity = Capacity { items: 500, bytes: 8 << 20 };

impl Default for Fakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Fakes {
    /// With the real rates; remembers the newest only.
    pub fn new() -> Self {
        let limits = FAKES.iter().flat_map(|fake| fake.limits);
        Self::with(RateLimiter::new(limits.copied()), CAPACITY)
    }

    /// Accepts as much as comes, as fast as it comes, and remembers all of it. Sizes are limited all the same.
    pub fn unlimited() -> Self {
        Self::with(RateLimiter::new([]), Capacity::UNLIMITED)
    }
}
