//! Tables of addresses and URLs with the guard's verdict.
use super::*;

fn guard(allow: &[&str]) -> Guard {
    Guard { allow: allow.iter().map(|net| net.parse().unwrap()).collect(), own: Vec::new() }
}

fn check(guard: &Guard, url: &str) -> Result<(), Refused> {
    guard.check_url(&url.parse().unwrap())
}

fn reachable(guard: &Guard, address: &str) -> bool {
    guard.check_address("host", address.parse().unwrap(), false).is_ok()
}

const SPECIAL: [&str; 42] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

#[test]
fn special_addresses_are_refused_without_allow() {
    for address in SPECIAL {
        assert!(!reachable(&guard(&[]), address), "{address}");
    }
}

#[test]
fn special_addresses_are_reached_where_allow_names_them() {
    for address in SPECIAL {
        // A mapped or NAT64 address is allowed by naming the IPv4 address behind it.
        let allow = IpNet::from(embedded_ipv4(address.parse().unwrap())).to_string();
        assert!(reachable(&guard(&[&allow]), address), "{address}");
    }
}

#[test]
fn public_addresses_are_reached_up_to_the_edges_of_special_ones() {
    for address in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2001:200::1",
        "2606:4700::1111",
    ] {
        assert!(reachable(&guard(&[]), address), "{address}");
    }
}

#[test]
fn allow_opens_nothing_beside_its_networks() {
    let guard = guard(&["127.0.0.0/8", "fd00::/16"]);
    assert!(reachable(&guard, "127.8.8.8"));
    assert!(reachable(&guard, "::ffff:127.0.0.1"));
    assert!(!reachable(&guard, "::1"));
    assert!(!reachable(&guard, "10.0.0.1"));
    assert!(!reachable(&guard, "fd01::1"));
}

#[test]
fn plain_http_reaches_only_what_is_allowed() {
    let none = guard(&[]);
    let lan = guard(&["10.0.0.0/8"]);
    assert_eq!(
        check(&none, "http://status.example.com/"),
        Err(Refused::PlainHttp { host: "status.example.com".into() })
    );
    assert_eq!(check(&none, "http://8.8.8.8/"), Err(Refused::PlainHttp { host: "8.8.8.8".into() }));
    assert_eq!(check(&lan, "http://8.8.8.8/"), Err(Refused::PlainHttp { host: "8.8.8.8".into() }));
    assert_eq!(check(&lan, "http://10.1.2.3:8080/"), Ok(()));
    // The name may be one of an allowed address: that is seen once it is resolved.
    assert_eq!(check(&lan, "http://status.example.com/"), Ok(()));
    assert!(lan.check_address("status.example.com", "8.8.8.8".parse().unwrap(), true).is_err());
}

#[test]
fn every_spelling_of_a_private_literal_is_refused() {
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://%31%32%37.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
    ] {
        assert!(matches!(check(&guard(&[]), url), Err(Refused::NotPublic { .. })), "{url}");
    }
}

#[test]
fn localhost_is_loopback_without_asking_a_resolver() {
    for url in ["https://localhost/", "http://localhost:8080/", "https://LOCALHOST./", "https://a.b.localhost/"] {
        assert!(matches!(check(&guard(&[]), url), Err(Refused::NotPublic { .. })), "{url}");
        assert_eq!(check(&guard(&["127.0.0.0/8"]), url), Ok(()), "{url}");
        assert_eq!(check(&guard(&["::1/128"]), url), Ok(()), "{url}");
    }
    assert_eq!(check(&guard(&[]), "https://localhost.example.com/"), Ok(()));
}

#[test]
fn own_listeners_are_reached_at_their_port_only() {
    let guard = Guard { allow: Vec::new(), own: vec!["127.0.0.1:8080".parse().unwrap()] };
    assert_eq!(check(&guard, "http://127.0.0.1:8080/page"), Ok(()));
    assert!(check(&guard, "http://127.0.0.1:8081/page").is_err());
    assert!(check(&guard, "http://127.0.0.2:8080/page").is_err());
    assert!(check(&guard, "http://localhost:8080/page").is_err());
}

#[test]
fn malformed_targets_are_refused() {
    let any = guard(&["0.0.0.0/0", "::/0"]);
    for url in ["ftp://example.com/", "file:///etc/passwd", "data:,x", "unix:/run/docker.sock"] {
        assert_eq!(check(&any, url), Err(Refused::NotWeb), "{url}");
    }
    let host = || "example.com".to_owned();
    assert_eq!(check(&any, "https://me:pw@example.com/"), Err(Refused::UserInfo { host: host() }));
    assert_eq!(check(&any, "https://token@example.com/"), Err(Refused::UserInfo { host: host() }));
    assert_eq!(check(&any, "https://example.com:0/"), Err(Refused::PortZero { host: host() }));
}

#[test]
fn refusals_show_the_host_and_what_to_do_but_no_secret() {
    for url in [
        "http://hooks.example.com/hidden?hidden#hidden",
        "https://hidden:hidden@hooks.example.com/hidden",
        "https://hooks.example.com:0/hidden?hidden",
        "https://127.0.0.1/hidden?hidden",
    ] {
        let refused = check(&guard(&[]), url).unwrap_err();
        let shown = format!("{refused} {refused:?}");
        assert!(!shown.contains("hidden"), "{shown}");
        assert!(shown.contains("hooks.example.com") || shown.contains("127.0.0.1"), "{shown}");
    }
    let refused = check(&guard(&[]), "https://10.0.0.1/").unwrap_err();
    assert!(refused.to_string().contains("[network] allow"));
}

/// However the address and the network are spelt, they mean the same.
#[test]
fn networks_of_mapped_addresses_are_those_of_ipv4() {
    for (spelt, expected) in [
        ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
        ("::ffff:a01:203/112", "10.1.0.0/16"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("64:ff9b::10.1.2.3/128", "10.1.2.3/32"),
        ("64:ff9b::10.1.2.3/104", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("fd00::1/8", "fd00::/8"),
        ("::10.1.2.3/128", "::a01:203/128"),
    ] {
        assert_eq!(canonical_network(spelt.parse().unwrap()).to_string(), expected, "{spelt}");
    }
    for network in ["::ffff:10.1.2.0/120", "64:ff9b::10.1.2.0/120", "10.1.2.9/24"] {
        let guard = guard(&[network, "10.1.2.3/32"]);
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"] {
            assert!(reachable(&guard, address), "{network} {address}");
        }
        assert!(!reachable(&guard, "10.1.3.1") && !reachable(&guard, "::ffff:10.1.3.1"), "{network}");
        assert_eq!(check(&guard, "http://[::ffff:10.1.2.3]/"), Ok(()));
    }
    assert!(!reachable(&guard(&["::/0"]), "10.1.2.3"), "IPv6 networks hold no IPv4 address");
}

#[test]
fn refusal_names_the_address_as_allow_would() {
    let address: IpAddr = "10.1.2.3".parse().unwrap();
    for url in ["https://[::ffff:10.1.2.3]/", "https://[64:ff9b::a01:203]/", "https://10.1.2.3/"] {
        let refused = check(&Guard::default(), url).unwrap_err();
        assert!(matches!(&refused, Refused::NotPublic { address: named, .. } if *named == address), "{refused}");
    }
}
