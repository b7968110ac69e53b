//! Which addresses may be reached. Users name the URLs that we call from inside our network, so by default only the
//! public internet is reachable. What holds:
//! - HTTPS reaches public addresses. Private, local and special ones must be named in `allow`.
//! - Plain HTTP reaches only what `allow` names, so nothing crosses the internet unencrypted.
//! - An IPv6 address that stands for an IPv4 address (mapped, NAT64) is checked as that IPv4 address. The retired
//!   mappings (compatible, 6to4, Teredo) are never public.
//! - The rule is the same for a URL in the configuration, the target of a redirect and an address found by resolution.
//! - A refusal shows host and address, never path, query or user information.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The rule of one process. The default reaches the public internet over HTTPS and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Networks reachable although not public, and over plain HTTP too: `[network] allow` of the configuration.
    pub allow: Vec<IpNet>,
    /// Listeners of this process, reachable over HTTP by literal address only: a resolver does not see the port, so it
    /// cannot match a name with them.
    pub own: Vec<SocketAddr>,
}

/// Why a URL or address is refused. The text names the host and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not a URL we can reach: it must start with https:// and name a host")]
    NotWeb,
    #[error("{host}: a URL must not hold a user name or password: remove what stands before the @")]
    UserInfo { host: String },
    #[error("{host}: port 0 cannot be reached: name the real port")]
    PortZero { host: String },
    /// `address`: the IPv4 address, if an IPv6 address stands for one.
    #[error("{host} is at {address}, which is not a public address: to reach it, add it to `[network] allow`")]
    NotPublic { host: String, address: IpAddr },
    #[error("{host}: plain HTTP is only for addresses in `[network] allow`: use https")]
    PlainHttp { host: String },
}

impl Guard {
    /// Checks a URL without resolving its name. The resolver checks the addresses later.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::NotWeb);
        }
        let (Some(target), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Refused::NotWeb);
        };
        let host = target.to_string();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo { host });
        }
        if port == 0 {
            return Err(Refused::PortZero { host });
        }
        let plain = url.scheme() == "http";
        match target {
            Host::Ipv4(address) => self.check_literal(&host, SocketAddr::new(address.into(), port), plain),
            Host::Ipv6(address) => self.check_literal(&host, SocketAddr::new(address.into(), port), plain),
            Host::Domain(name) if is_localhost(name) => self
                .check_address(&host, Ipv4Addr::LOCALHOST.into(), plain)
                .or_else(|refused| self.check_address(&host, Ipv6Addr::LOCALHOST.into(), plain).map_err(|_| refused)),
            Host::Domain(_) if plain && self.allow.is_empty() => Err(Refused::PlainHttp { host }),
            Host::Domain(_) => Ok(()),
        }
    }

    fn check_literal(&self, host: &str, literal: SocketAddr, plain: bool) -> Result<(), Refused> {
        if self.own.contains(&literal) { Ok(()) } else { self.check_address(host, literal.ip(), plain) }
    }

    /// Whether `host` may be reached at `address`, over plain HTTP or over HTTPS.
    pub(crate) fn check_address(&self, host: &str, address: IpAddr, plain: bool) -> Result<(), Refused> {
        if self.allows(address) {
            return Ok(());
        }
        let (host, address) = (host.to_owned(), embedded_ipv4(address));
        match (is_public(address), plain) {
            (true, false) => Ok(()),
            (true, true) => Err(Refused::PlainHttp { host }),
            (false, _) => Err(Refused::NotPublic { host, address }),
        }
    }

    /// Whether `allow` names the address, whichever way each of them is spelt.
    pub fn allows(&self, address: IpAddr) -> bool {
        let target = embedded_ipv4(address);
        self.allow.iter().any(|network| canonical_network(*network).contains(&target))
    }

    /// The same of the host of a URL. A name is no address.
    pub fn allows_host(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
            _ => false,
        }
    }
}

/// The entry of [`Guard::allow`] that stands for this address alone.
pub fn network_of(address: IpAddr) -> IpNet {
    canonical_network(IpNet::from(address))
}

/// Names that mean this machine by definition (RFC 6761), whatever a resolver answers.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// The IPv4 address that an IPv6 address stands for, else the address itself: where packets end up.
fn embedded_ipv4(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if NAT64.contains(&v6) => {
            let [.., a, b, c, d] = v6.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address.to_canonical(),
    }
}

/// The network as the guard compares it with addresses: without bits of a host, and as an IPv4 network if its addresses
/// stand for IPv4 addresses.
pub fn canonical_network(network: IpNet) -> IpNet {
    /// Bits in front of the IPv4 address.
    const PREFIX: u8 = 96;
    match (network.prefix_len().checked_sub(PREFIX), embedded_ipv4(network.addr())) {
        (Some(length), IpAddr::V4(address)) => Ipv4Net::new(address, length).map_or(network, IpNet::V4),
        _ => network,
    }
    .trunc()
}

/// Whether packets to the address end up in the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match embedded_ipv4(address) {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => GLOBAL_V6.contains(&v6) && !SPECIAL_V6.iter().any(|net| net.contains(&v6)),
    }
}

/// Networks that IANA's registry of special-purpose IPv4 addresses does not list as globally reachable, and multicast.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this network
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local, with the metadata services of clouds
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // 6to4 relays
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarking
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// The part of IPv6 for global unicast. Loopback, unique local, link-local, multicast and IPv4-compatible addresses lie
/// outside.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// Networks within [`GLOBAL_V6`] that are not public.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0], 23),     // protocol assignments: Teredo, benchmarking, ORCHID
    v6([0x2001, 0xdb8, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0], 16),     // 6to4
    v6([0x3fff, 0, 0, 0], 20),     // documentation
];

/// The well-known prefix of NAT64, through which a network without IPv4 reaches every IPv4 host.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d]: [u16; 4], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
