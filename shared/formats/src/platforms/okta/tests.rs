//! Facts about reading Okta's page. No recording of it is at hand; these documents have the shape its readers expect.
use status::ids::IncidentId;

use super::*;
use crate::{
    read::incident_set::ids_of,
    testing::{
        Page,
        facts::{at, incident, status_of},
    },
};

const INCIDENTS: &str = r#"[
    {"attributes":{"type":"Incident__c"},"Id":"a9C000000000001","Name":"I-101","Status__c":"Investigating",
     "Category__c":"Major Service Disruption","Incident_Title__c":"Sign-in fails","Impacted_Cells__c":"okta.com:1;okta.com:2",
     "Start_Time__c":"2026-05-04T14:00:00.000+0000","Last_Updated__c":"2026-05-04T14:20:00.000+0000",
     "Log__c":"<p>Some users <span>cannot</span> sign in.</p>"},
    {"attributes":{"type":"Incident__c"},"Id":"a9C000000000002","Name":"I-100","Status__c":"Resolved",
     "Category__c":"Service Degradation","Incident_Title__c":"Slow pages","Impacted_Cells__c":"oktapreview.com:1",
     "Start_Time__c":"2026-05-01T09:00:00.000+0000","End_Time__c":"2026-05-01T10:00:00.000+0000",
     "Last_Updated__c":"2026-05-02T08:00:00.000+0000","Log__c":"Pages are fast again."}
]"#;
const PLANNED: &str = r#"[{"Id":"a9C000000000003","Name":"P-7","Status__c":"Scheduled","Category__c":"Planned Maintenance",
    "Incident_Title__c":"Read-only window","Impacted_Cells__c":"okta-emea.com:1",
    "Start_Time__c":"2026-05-09T01:00:00.000+0000","End_Time__c":"2026-05-09T02:00:00.000+0000"}]"#;
const CELLS: &str = "okta.com:1,okta.com:2,okta-emea.com:1,oktapreview.com:1";

fn page(incidents: &str, planned: &str) -> String {
    format!(
        "<html><title>Okta Status</title><body>\n<span id=\"j:StringJSON\" data-id=\"incidents\">{incidents}</span>\n\
         <span id=\"j:PlannedOutageStringJSON\" data-id=\"planned-outages\">{planned}</span>\n\
         <span id=\"j:CellList\" data-id=\"cellList\">{CELLS}</span></body></html>\n"
    )
}

fn try_read(html: &str, open: &[(Kind, IncidentId)]) -> Result<ParsedPage, ReadError> {
    Page::at("https://status.okta.com").with("", html).read_asked(&FORMAT, None, open).1
}

fn read(html: &str, open: &[(Kind, IncidentId)]) -> ParsedPage {
    try_read(html, open).unwrap()
}

#[test]
fn incidents_planned_outages_and_cells_are_read() {
    let parsed = read(&page(INCIDENTS, PLANNED), &[]);
    assert_eq!(parsed.problems, Vec::<String>::new());
    assert_eq!(parsed.snapshot.coverage, Coverage { components: Listing::Complete, incidents: Listing::Complete });

    let open = incident(&parsed, "a9C000000000001");
    assert_eq!((open.kind, open.phase, open.impact), (Kind::Incident, Some(Phase::Investigating), Some(Impact::Major)));
    assert_eq!((open.title.as_str(), open.started_at), ("Sign-in fails", at("2026-05-04T14:00:00Z")));
    assert_eq!(open.updates[0].body.as_deref(), Some("Some users cannot sign in."));
    assert_eq!(open.updates[0].posted_at, at("2026-05-04T14:20:00Z"));
    let over = incident(&parsed, "a9C000000000002");
    assert_eq!((over.phase, over.resolved_at), (Some(Phase::Resolved), at("2026-05-01T10:00:00Z")));
    let planned = incident(&parsed, "a9C000000000003");
    assert_eq!((planned.kind, planned.phase, planned.impact), (Kind::Maintenance, Some(Phase::Scheduled), None));
    let window = Window { starts_at: at("2026-05-09T01:00:00Z"), ends_at: at("2026-05-09T02:00:00Z") };
    assert_eq!((planned.window, planned.started_at, planned.is_over()), (Some(window), None, false));
}

#[test]
fn a_cell_is_what_the_open_incidents_say_and_stands_under_its_domain() {
    let parsed = read(&page(INCIDENTS, PLANNED), &[]);
    assert_eq!(status_of(&parsed, "okta.com:2"), ComponentStatus::MajorOutage);
    assert_eq!(status_of(&parsed, "oktapreview.com:1"), ComponentStatus::Operational, "its incident is over");
    assert_eq!(status_of(&parsed, "okta-emea.com:1"), ComponentStatus::Operational, "its maintenance has not begun");
    let groups: Vec<_> = parsed.snapshot.components.iter().map(|cell| cell.group.as_deref().unwrap()).collect();
    assert_eq!(groups, ["okta-emea.com", "okta.com", "okta.com", "oktapreview.com"]);

    let begun = PLANNED.replace("Scheduled", "In Progress");
    assert_eq!(status_of(&read(&page(INCIDENTS, &begun), &[]), "okta-emea.com:1"), ComponentStatus::UnderMaintenance);
    let anywhere = INCIDENTS.replace("okta.com:1;okta.com:2", "");
    assert_eq!(status_of(&read(&page(&anywhere, PLANNED), &[]), "okta.com:1"), ComponentStatus::Unknown);
}

#[test]
fn a_disruption_is_as_bad_as_it_is_called() {
    let degree_of = |category: &str, feature: &str| {
        let incidents = INCIDENTS.replace("Major Service Disruption", category);
        let incidents = incidents.replace("\"Name\":\"I-101\"", &format!("\"Service_Feature__c\":\"{feature}\""));
        let parsed = read(&page(&incidents, "[]"), &[]);
        (incident(&parsed, "a9C000000000001").impact, status_of(&parsed, "okta.com:1"))
    };
    assert_eq!(degree_of("Service Disruption", ""), (Some(Impact::Major), ComponentStatus::MajorOutage));
    assert_eq!(degree_of("Minor Service Disruption", ""), (Some(Impact::Minor), ComponentStatus::PartialOutage));
    assert_eq!(degree_of("Performance Issue", ""), (Some(Impact::Minor), ComponentStatus::DegradedPerformance));
    assert_eq!(degree_of("Service Disruption", "tp"), (Some(Impact::Minor), ComponentStatus::DegradedPerformance));
    assert_eq!(degree_of("Something new", ""), (None, ComponentStatus::Unknown));
}

#[test]
fn the_same_text_is_the_same_update_whenever_the_record_was_touched() {
    let first = read(&page(INCIDENTS, "[]"), &[]);
    let touched = read(&page(&INCIDENTS.replace("14:20:00", "15:20:00"), "[]"), &[]);
    let retold = read(&page(&INCIDENTS.replace("Some users", "Most users"), "[]"), &[]);
    let update = |parsed: &ParsedPage| incident(parsed, "a9C000000000001").updates[0].id.clone();
    assert_eq!(update(&first), update(&touched));
    assert_ne!(update(&first), update(&retold));
}

#[test]
fn lists_written_with_entities_are_the_same_lists() {
    let escaped = |list: &str| list.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let plain = read(&page(INCIDENTS, PLANNED), &[]);
    let other = read(&page(&escaped(INCIDENTS), &escaped(PLANNED)), &[]);
    assert_eq!(plain.snapshot.digest(), other.snapshot.digest());
}

#[test]
fn an_unknown_word_does_not_end_an_incident() {
    let parsed = read(&page(&INCIDENTS.replace("Investigating", "Pondering"), "[]"), &[]);
    let open = incident(&parsed, "a9C000000000001");
    assert_eq!((open.phase, open.is_over()), (None, false));
    assert_eq!(parsed.problems, ["incident \"a9C000000000001\" has the unknown status \"Pondering\""]);
}

#[test]
fn what_the_list_lacks_is_withdrawn_only_where_the_list_is_a_whole_history() {
    let gone = [(Kind::Incident, IncidentId::new("a9C000000000009"))];
    let listing = |html: &str| read(html, &gone).snapshot.coverage.incidents;
    let whole = page(INCIDENTS, PLANNED);
    assert_eq!(listing(&whole), Listing::Complete);
    assert_eq!(read(&whole, &gone).unlisted, ids_of(gone.to_vec()));
    assert_eq!(listing(&page("[]", PLANNED)), Listing::Partial, "an empty list is no history");
    assert_eq!(listing(whole.trim_end().trim_end_matches("</html>")), Listing::Partial, "cut off");
    assert_eq!(listing(&whole.replace("planned-outages", "x").replace("PlannedOutage", "X")), Listing::Partial);
    assert_eq!(listing(&page(&INCIDENTS.replace("\"Id\":\"a9C000000000001\",", ""), "[]")), Listing::Partial);
}

#[test]
fn a_page_without_or_with_half_a_list_is_unusable() {
    let no_list = try_read("<html><body>Okta</body></html>", &[]).unwrap_err();
    assert!(matches!(no_list, ReadError::NotThisFormat(_)), "{no_list}");
    let html = page(INCIDENTS, PLANNED);
    let half = try_read(&html[..html.find("Slow pages").unwrap()], &[]).unwrap_err();
    assert!(matches!(half, ReadError::Malformed(_)), "{half}");
}
