//! Name resolution that leaves only vetted addresses. The HTTP client connects to exactly what comes out of here and
//! resolves nothing again, so a name cannot answer with a public address when vetted and with a private one after.
use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::{Guard, Refused};

/// The resolver of the client for one scheme: the guard's rule depends on it and a resolver is not told.
pub(crate) struct Vetted {
    pub(crate) guard: Arc<Guard>,
    pub(crate) plain: bool,
}

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, plain) = (self.guard.clone(), self.plain);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let vetted = vet(&guard, name.as_str(), found, plain)?;
            if vetted.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be reached. A refusal only if that leaves none of several.
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
