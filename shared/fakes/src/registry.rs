//! The list of fakes, one line each.
use crate::fake::{Fake, Service};

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

/// A path of each service that is reached over HTTP, with `SECRET` wherever such a path holds a secret.
pub fn example_paths() -> impl Iterator<Item = (Service, &'static str)> {
    FAKES.iter().filter_map(|fake| Some((fake.service, fake.http.as_ref()?.example)))
}
