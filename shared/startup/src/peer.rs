//! Whom an address stands for, where peers are counted.
use std::net::{IpAddr, Ipv6Addr};

/// The peer at this address: an IPv4 address, or the network of an IPv6 address, since one host has a /64 to choose
/// from. An IPv4 address that is written as IPv6 is the IPv4 address.
pub fn peer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_peer() {
        let peer = |text: &str| peer(text.parse().unwrap()).to_string();
        assert_eq!(peer("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(peer("2001:db8:1:2::9"), "2001:db8:1:2::");
        assert_ne!(peer("2001:db8:1:3::9"), "2001:db8:1:2::");
        assert_eq!((peer("::ffff:192.0.2.7"), peer("192.0.2.7")), ("192.0.2.7".into(), "192.0.2.7".into()));
        assert_ne!(peer("192.0.2.8"), "192.0.2.7");
    }
}
