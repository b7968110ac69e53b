//! Vultr: alerts of several regions, planned work by its title, ends.
use super::*;
use crate::testing::{Page as FakePage, facts::check};

#[test]
fn alert_of_several_regions_is_one_incident() {
    let (asked, parsed) = FakePage::case("vultr/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, [STATUS]);
    check(
        &parsed.unwrap(),
        "ams \"Amsterdam\" in Netherlands: unknown
        atl \"Atlanta\" in United States: operational
        blr \"Bangalore\" in India: unknown
        Incident a-1 \"Amsterdam Network Degradation\", -, impact None, 2026-05-04T13:00:00Z to -
          ams blr
          c03c02042c454e4cf88ba442425afbfd 2026-05-04T13:00:00Z - \"Packets are lost.\"
          4492be487445d2696fdfe5030760cb07 2026-05-04T14:00:00Z - \"A carrier has trouble.\"
        Incident a-3 \"Atlanta Power Outage\", resolved, impact None, 2026-04-28T10:00:00Z to 2026-04-28T12:00:00Z
          atl
          d8afec997127d2b0b3720361bc7308e9 2026-04-28T10:00:00Z - \"A rack has no power.\"
        Incident a-9 \"Control panel is slow\", -, impact None, 2026-05-04T15:00:00Z to -
          
          1ace399afb41b51cd49880ec24549592 2026-05-04T15:00:00Z - \"We look into it.\"
        Maintenance a-2 \"Atlanta Scheduled Maintenance - 2026-05-10\", -, impact None, - to -
          atl
          9889c04d721cb380c538d148487798e4 2026-05-02T16:07:00Z - \"New power units.\"
        components Complete, incidents Complete",
    );
}

#[test]
fn region_without_alerts_is_well() {
    check(
        &FakePage::case("vultr/all_operational").read(&FORMAT, None, &[]).1.unwrap(),
        "ams \"Amsterdam\" in Netherlands: operational
        atl \"Atlanta\" in United States: operational
        components Complete, incidents Complete",
    );
}

#[test]
fn alert_in_an_unknown_state_is_open_and_its_region_not_known_to_be_well() {
    let body = r#"{"service_alerts":[],"regions":{"ams":{"location":"Amsterdam","alerts":[{"id":"a","subject":"T",
        "status":"odd","start_date":"2026-05-04T13:00:00+00:00","entries":[]}]}}}"#;
    let parsed = FakePage::of(&[(STATUS, body)]).read(&FORMAT, None, &[]).1.unwrap();
    assert!(!parsed.snapshot.incidents[0].is_over());
    assert_eq!(parsed.snapshot.components[0].status, ComponentStatus::Unknown);
    assert_eq!(parsed.problems, ["incident \"a\" has the unknown status \"odd\""]);
}
