//! Resolves names to addresses that the guard allows. Connections are made to exactly these and nothing is resolved
//! again, so a name cannot resolve to a public address for the check and to a private one for the connection. Each
//! connection has its own look-up: most pages are asked once a round, and no answer may be used for longer than its
//! name server says.
use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{
    exhausted::exhaustion_of_now,
    guard::{Guard, Refused},
};

/// Why a name led to no address.
pub(crate) enum Unresolved {
    Refused(Refused),
    Failed(io::Error),
}

/// The addresses of a name that may be reached, at least one.
pub(crate) async fn vetted(guard: &Guard, name: &str, port: u16, plain: bool) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = tokio::net::lookup_host((name, port)).await;
    let found = found.map_err(|error| Unresolved::Failed(exhaustion_of_now().unwrap_or(error)))?;
    let vetted = vet(guard, name, found, plain).map_err(Unresolved::Refused)?;
    if vetted.is_empty() {
        return Err(Unresolved::Failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    Ok(vetted)
}

/// The resolver of the client of deliveries for one scheme.
pub(crate) struct GuardedResolver {
    pub(crate) guard: Arc<Guard>,
    /// Whether the scheme is plain HTTP.
    pub(crate) plain: bool,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, plain) = (self.guard.clone(), self.plain);
        Box::pin(async move {
            match vetted(&guard, name.as_str(), 0, plain).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(Unresolved::Refused(refused)) => Err(refused.into()),
                Err(Unresolved::Failed(error)) => Err(error.into()),
            }
        })
    }
}

/// Keeps the addresses that may be reached. It is an error if the guard refuses all of them.
fn vet(
    guard: &Guard,
    host: &str,
    found: impl Iterator<Item = SocketAddr>,
    plain: bool,
) -> Result<Vec<SocketAddr>, Refused> {
    let mut refused = None;
    let mut vetted = Vec::new();
    for address in found {
        match guard.check_address(host, address.ip(), plain) {
            Ok(()) => vetted.push(address),
            Err(reason) => refused = Some(reason),
        }
    }
    match refused {
        Some(reason) if vetted.is_empty() => Err(reason),
        _ => Ok(vetted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn private_addresses_among_public_ones_are_dropped() {
        let found = addresses(&["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1111"]);
        let vetted = vet(&Guard::default(), "mixed.example", found.into_iter(), false);
        assert_eq!(vetted, Ok(addresses(&["1.1.1.1", "2606:4700::1111"])));
    }

    #[test]
    fn name_with_private_addresses_only_is_refused() {
        let found = addresses(&["10.0.0.1"]);
        let refused = Refused::NotPublic { host: "inside.example".into(), address: found[0].ip() };
        assert_eq!(vet(&Guard::default(), "inside.example", found.into_iter(), false), Err(refused));
    }
}
