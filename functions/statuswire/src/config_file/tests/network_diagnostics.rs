//! Invalid networks and every error reported for each, word for word; how valid ones are kept.
use super::{super::*, diagnostics::check_diagnostics};

#[test]
fn networks_are_cidr() {
    check_diagnostics(
        "[network]\nallow = [\"10.0.0.1\", \"10.0.0.0/33\", 8]\n",
        r#"
2:10: network: allow: is an address, not a network; write "10.0.0.1/32" to allow only this address
2:22: network: allow: is not a network; write an address and a prefix length, such as "127.0.0.0/8" or "fd00::/8"
2:37: network: allow: must be a string, not a number; write one value in quotes
"#,
    );
    check_diagnostics(
        "[network]\nallow = \"10.0.0.0/8\"\n",
        r#"
2:9: network: allow: must be a list of strings, not a string; write allow = ["127.0.0.0/8"]
"#,
    );
    check_diagnostics(
        "[network]\nallow = []\n",
        r#"
2:9: network: allow: is an empty list; write allow = ["127.0.0.0/8"]
"#,
    );
}

/// What a hint proposes is accepted, and lets the address through.
#[test]
fn proposed_networks_let_the_address_through() {
    for (host, proposed) in [
        ("10.1.2.3", "10.1.2.3/32"),
        ("[::ffff:10.1.2.3]", "10.1.2.3/32"),
        ("[64:ff9b::a01:203]", "10.1.2.3/32"),
        ("[::1]", "::1/128"),
        ("[fd00::5]", "fd00::5/128"),
        ("localhost", "127.0.0.1/32"),
    ] {
        let page = format!("[[page]]\nid = \"a\"\nurl = \"http://{host}/\"\ninterval = \"5s\"\n");
        let errors = check(&page, &|_| None).unwrap_err();
        let said = errors.iter().map(ToString::to_string).collect::<String>();
        assert!(said.contains(&format!("add \"{proposed}\" to [network] allow")), "{said}");
        let page = page.replace("http:", "https:").replace("localhost", "127.0.0.1");
        let config = check(&format!("[network]\nallow = [\"{proposed}\"]\n{page}"), &|_| None).unwrap();
        assert_eq!(config.network, [proposed.parse().unwrap()]);
    }
    check_diagnostics(
        "[network]\nallow = [\"::ffff:10.1.2.3\", \"64:ff9b::10.1.2.3\", \"fd00::1\", \"10.1.2.3/8.\"]\n",
        r#"
2:10: network: allow: is an address, not a network; write "10.1.2.3/32" to allow only this address
2:29: network: allow: is an address, not a network; write "10.1.2.3/32" to allow only this address
2:50: network: allow: is an address, not a network; write "fd00::1/128" to allow only this address
2:61: network: allow: is not a network; write an address and a prefix length, such as "127.0.0.0/8" or "fd00::/8"
"#,
    );
}

#[test]
fn networks_are_kept_as_they_are_compared() {
    let networks = |allow: &str| check(&format!("[network]\nallow = [{allow}]\n"), &|_| None).unwrap();
    let config = networks("\"::ffff:10.0.0.0/104\", \"10.1.2.3/16\", \"10.0.0.0/8\", \"fd00::1/8\"");
    let kept: Vec<String> = config.network.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8", "fd00::/8"]);
    assert_eq!(config.warnings, []);
    let config = networks("\"10.0.0.0/8\", \"0.0.0.0/0\", \"::/0\", \"::ffff:0:0/96\"");
    let warned: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    let positions: Vec<&str> = warned.iter().filter_map(|it| Some(it.split_once(": ")?.0)).collect();
    assert_eq!(positions, ["2:24", "2:37", "2:45"]);
    assert!(warned.iter().all(|it| it.contains("allows every address")), "{warned:?}");
}
