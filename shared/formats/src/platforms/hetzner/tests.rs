//! Hetzner: posts of three types, systems below others.
use status::words::Phase;

use super::*;
use crate::testing::{
    Page as FakePage,
    facts::{check, incident},
};

#[test]
fn outages_and_maintenance_are_read_and_information_is_not() {
    let (asked, parsed) = FakePage::case("hetzner/incident_open").read(&FORMAT, None, &[]);
    assert_eq!(asked, [""]);
    check(
        &parsed.unwrap(),
        "/systems/1 \"Cloud\": operational
        /systems/3 \"Helsinki\" in Cloud: partial outage
        /systems/4 \"Falkenstein\" in Cloud: operational
        Incident 490 \"Packets were lost\", resolved, impact None, 2026-04-20T14:00:00Z to 2026-04-20T15:00:00Z
          /systems/4
        Incident 501 \"Volumes in Helsinki do not answer\", investigating, impact None, 2026-05-04T14:00:00Z to -
          /systems/3
        Maintenance 503 \"New routers\", scheduled, impact None, - to -
          planned 2026-05-07T01:00:00Z to 2026-05-07T03:00:00Z
          /systems/4
        components Complete, incidents Complete",
    );
}

fn with_post(keys: &str) -> ParsedPage {
    let html = format!(
        r#"<html><script id="__NEXT_DATA__" type="application/json">{{"props":{{"pageProps":{{"systems":[],"incidents":
        {{"topNotification":[{{"id":1,"titleEn":"T",{keys}}}],"informationList":[],"maintenanceList":[],
        "incidentHistory":[]}}}}}}}}</script></html>"#
    );
    FakePage::of(&[("", html)]).read(&FORMAT, None, &[]).1.unwrap()
}

#[test]
fn outage_whose_end_is_past_is_over() {
    let phase = |end: &str| {
        let keys = format!(
            r#""incidentType":"outage","incidentState":"investigating","startTime":"2026-05-04T13:00:00Z","endTime":"{end}""#
        );
        incident(&with_post(&keys), "1").phase
    };
    assert_eq!(phase("2026-05-04T15:00:00Z"), Some(Phase::Resolved));
    assert_eq!(phase("2026-05-04T17:00:00Z"), Some(Phase::Investigating));
}

#[test]
fn post_of_an_unknown_type_is_an_incident() {
    let parsed = with_post(r#""incidentType":"odd","incidentState":"odd""#);
    assert_eq!(incident(&parsed, "1").phase, None);
    assert_eq!(
        parsed.problems,
        ["incident \"1\" has the unknown type \"odd\"", "incident \"1\" has the unknown state \"odd\""]
    );
}
