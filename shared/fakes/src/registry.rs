//! The list of fakes, one line each.
use crate::{
    discord,
    fake::{Fake, Service},
    ses, slack, smtp, teams, webhook,
};

pub(crate) static FAKES: [&Fake; 6] =
    [&slack::FAKE, &discord::FAKE, &teams::FAKE, &ses::FAKE, &webhook::FAKE, &smtp::FAKE];

/// Every service that has a fake.
pub fn services() -> impl Iterator<Item = Service> {
    FAKES.iter().map(|fake| fake.service)
}

/// A path of each service that is reached over HTTP, with `SECRET` wherever such a path holds a secret.
pub fn example_paths() -> impl Iterator<Item = (Service, &'static str)> {
    FAKES.iter().filter_map(|fake| Some((fake.service, fake.http.as_ref()?.example)))
}
