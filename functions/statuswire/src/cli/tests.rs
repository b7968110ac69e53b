//! What arguments mean.
use super::*;

#[test]
fn demo_runs_by_itself_only_where_nobody_else_can_come() {
    let has_demo = |arguments: &[&str], private| {
        let cli = Cli::parse_from([&["statuswire"], arguments].concat());
        cli.serve.has_demo(private)
    };
    assert!(has_demo(&[], false));
    assert!(!has_demo(&[], true));
    for listen in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
        assert!(has_demo(&["--listen", listen], false), "{listen}");
        assert!(!has_demo(&["--listen", listen], true), "{listen}");
    }
    for listen in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[::ffff:192.0.2.1]:80"] {
        assert!(!has_demo(&["--listen", listen], false), "{listen}");
        assert!(has_demo(&["--listen", listen, "--replay"], true), "{listen}");
        assert!(has_demo(&["--listen", listen, "--no-network"], true), "it would watch nothing");
    }
    assert!(!has_demo(&["--no-replay"], false));
}

#[test]
fn age_is_subtracted_from_now_and_too_long_a_one_is_refused() {
    let seconds = |text| time_or_age(text).map(|time| Timestamp::now().duration_since(time).as_secs());
    assert_eq!(seconds("3d"), Ok(3 * 86_400));
    assert_eq!(seconds("90m"), Ok(5_400));
    assert_eq!(time_or_age("1970-01-01T00:00:00Z"), Ok(Timestamp::UNIX_EPOCH));
    for wrong in ["99999999999999999d", "9999999999d", "d", "soon", "-9999999999d"] {
        assert!(time_or_age(wrong).is_err(), "{wrong}");
    }
}
