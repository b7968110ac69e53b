//! Where a session is from, as coarse as its owner needs to recognise it: the browser by name, and a network.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// In the order in which they are looked for: most browsers also name those they descend from.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux, 192.0.2.0/24`. No word of it is the browser's own.
pub(crate) fn from(user_agent: Option<&str>, address: IpAddr) -> String {
    let user_agent = user_agent.unwrap_or_default();
    let known =
        |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    let browser = known(&BROWSERS).unwrap_or("another browser");
    let network = match address {
        IpAddr::V4(v4) => format!("{}/24", Ipv4Addr::from(u32::from(v4) & 0xffff_ff00)),
        IpAddr::V6(v6) => format!("{}/48", Ipv6Addr::from(u128::from(v6) & (u128::MAX << 80))),
    };
    match known(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}, {network}"),
        None => format!("{browser}, {network}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_is_known_by_name_and_address_by_network() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
        assert_eq!(from(Some(edge), "192.0.2.77".parse().unwrap()), "Edge on Windows, 192.0.2.0/24");
        let evil = from(Some("<script>alert(1)</script>"), "2001:db8:1:2:3::4".parse().unwrap());
        assert_eq!(evil, "another browser, 2001:db8:1::/48");
    }
}
