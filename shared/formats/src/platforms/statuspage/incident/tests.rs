//! Single documents; how they come together is tested one level up.
use serde_json::{Value, json};
use status::{
    snapshot::{Affected, Kind},
    words::Phase,
};

use crate::platforms::statuspage::incidents;

#[test]
fn unknown_words_and_times_without_a_zone_are_left_out_and_named() {
    let document = json!({"incidents": [{
        "id": "1ncweird0001", "name": "Odd", "status": "pondering\u{7}", "impact": "cosmic",
        "started_at": "2026-05-04T09:00:00", "resolved_at": "2026-05-04T10:00:00+02:00", "shortlink": "javascript:1",
        "incident_updates": [{"id": "u1", "status": "identified", "body": null, "display_at": "yesterday",
            "affected_components": [{"code": null, "new_status": "operational"}, {"code": "c1", "new_status": "odd"}]}],
    }]});
    let (incidents, problems) = incidents(document.to_string().as_bytes()).unwrap();
    let odd = &incidents[0];
    assert_eq!((odd.kind, odd.phase, odd.impact, odd.started_at), (Kind::Incident, None, None, None));
    assert_eq!(odd.resolved_at, Some("2026-05-04T08:00:00Z".parse().unwrap()));
    assert_eq!(odd.url, None);
    let named = Affected { id: "c1".into(), status: None };
    assert_eq!(odd.components, [named]);
    assert_eq!((odd.updates[0].posted_at, &odd.updates[0].body), (None, &None));
    assert_eq!(
        problems,
        [
            r#"incident "1ncweird0001" has the unknown status "pondering\u{7}""#,
            r#"incident "1ncweird0001" has the display_at "yesterday", which is no time with a zone"#,
            r#"incident "1ncweird0001" names a component without id"#,
            r#"incident "1ncweird0001" has the unknown component status "odd""#,
            r#"incident "1ncweird0001" has the unknown impact "cosmic""#,
            r#"incident "1ncweird0001" has the started_at "2026-05-04T09:00:00", which is no time with a zone"#,
        ]
    );
}

#[test]
fn updates_without_ids_are_known_by_time_and_phase() {
    let ids = |updates: Value| -> Vec<String> {
        let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "identified", "impact": "none",
            "incident_updates": updates}]});
        let (incidents, _) = incidents(document.to_string().as_bytes()).unwrap();
        incidents[0].updates.iter().map(|update| update.id.to_string()).collect()
    };
    let first = json!({"status": "investigating", "body": "a", "display_at": "2026-05-04T09:00:00Z"});
    let second = json!({"status": "identified", "body": "b", "display_at": "2026-05-04T09:10:00Z"});
    let known = ids(json!([second, first]));
    assert_ne!(known[0], known[1]);
    let same = json!({"status": "investigating", "body": "edited", "display_at": "2026-05-04T11:00:00.000+02:00"});
    assert_eq!(ids(json!([same, second])), known);
}

#[test]
fn a_backdated_update_stands_where_the_page_shows_it() {
    let update = |id: &str, shown: &str, created: &str| json!({"id": id, "status": "investigating", "body": "", "display_at": shown, "created_at": created});
    let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "investigating", "impact": "none",
    "incident_updates": [
        update("backdated", "2026-05-04T08:00:00Z", "2026-05-04T10:00:00Z"),
        update("posted_second", "2026-05-04T09:00:00Z", "2026-05-04T09:00:02Z"),
        update("posted_first", "2026-05-04T09:00:00Z", "2026-05-04T09:00:01Z"),
    ]}]});
    let (incidents, _) = incidents(document.to_string().as_bytes()).unwrap();
    let ids: Vec<_> = incidents[0].updates.iter().map(|update| update.id.as_str()).collect();
    assert_eq!(ids, ["backdated", "posted_first", "posted_second"]);
}

#[test]
fn html_becomes_text_and_other_angle_brackets_stay() {
    let body = |body: &str| {
        let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "resolved", "impact": "none",
            "incident_updates": [{"id": "u", "status": "resolved", "body": body,
                "display_at": "2026-05-04T08:00:00Z"}]}]});
        incidents(document.to_string().as_bytes()).unwrap().0[0].updates[0].body.clone().unwrap()
    };
    assert!(!body("<p>All <strong>good</strong>.</p>").contains('<'));
    for plain in ["if a < b", "see <https://example.com>", "replace <name> by yours", "line\nline", ""] {
        assert_eq!(body(plain), plain);
    }
}

#[test]
fn planned_work_among_the_incidents_is_a_maintenance() {
    let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "in_progress", "impact": "maintenance",
        "started_at": "2026-05-01T08:00:00Z", "incident_updates": []}]});
    let (incidents, problems) = incidents(document.to_string().as_bytes()).unwrap();
    assert_eq!((incidents[0].kind, incidents[0].started_at), (Kind::Maintenance, None));
    assert_eq!(incidents[0].window, None);
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn an_incident_with_the_impact_maintenance_is_maintenance_whatever_its_phase() {
    let of = |status: &str, key: &str| {
        let update = json!({"id": "u1", "status": "investigating", "body": "Routers are exchanged.",
            "display_at": "2026-05-04T08:00:00Z"});
        let last = json!({"id": "u2", "status": status, "body": "", "display_at": "2026-05-04T09:00:00Z"});
        let mut incident = json!({"id": "1nc1", "name": "Planned router work", "status": status,
            "impact": "maintenance", "started_at": "2026-05-01T08:00:00Z",
            "scheduled_for": "2026-05-04T08:00:00Z", "incident_updates": [last, update]});
        if status == "resolved" {
            incident["resolved_at"] = json!("2026-05-04T09:00:00Z");
        }
        let (incidents, problems) = incidents(json!({ key: [incident] }).to_string().as_bytes()).unwrap();
        assert_eq!(problems, Vec::<String>::new());
        incidents.into_iter().next().unwrap()
    };
    for key in ["incidents", "scheduled_maintenances"] {
        for (status, phase) in [
            ("investigating", Phase::InProgress),
            ("identified", Phase::InProgress),
            ("monitoring", Phase::Verifying),
            ("resolved", Phase::Completed),
        ] {
            let work = of(status, key);
            assert_eq!((work.kind, work.phase, work.impact), (Kind::Maintenance, Some(phase), None), "{key} {status}");
            assert_eq!(work.started_at, Some("2026-05-04T08:00:00Z".parse().unwrap()));
            assert_eq!(work.is_over(), status == "resolved");
            assert!(work.window.is_some());
        }
    }
}

#[test]
fn an_incident_without_a_start_begins_when_it_was_created_or_first_told() {
    let started = |created: Option<&str>, updates: &[&str]| {
        let updates: Vec<Value> = updates
            .iter()
            .map(|at| json!({"id": at, "status": "investigating", "body": "", "display_at": at}))
            .collect();
        let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "investigating", "impact": "minor",
            "created_at": created, "incident_updates": updates}]});
        incidents(document.to_string().as_bytes()).unwrap().0[0].started_at.map(|at| at.to_string())
    };
    let (eight, nine) = ("2026-05-04T08:00:00Z", "2026-05-04T09:00:00Z");
    assert_eq!(started(Some(eight), &[nine]).as_deref(), Some(eight));
    assert_eq!(started(Some(nine), &[eight]).as_deref(), Some(eight), "the update was set back");
    assert_eq!(started(None, &[nine, eight]).as_deref(), Some(eight));
    assert_eq!(started(Some(nine), &[]).as_deref(), Some(nine));
    assert_eq!(started(None, &[]), None);
}

#[test]
fn an_incident_without_impact_that_only_puts_components_under_maintenance_is_maintenance() {
    let kind = |impact: &str, states: &[&str]| {
        let updates = states.iter().enumerate().map(|(n, state)| {
            json!({"id": format!("u{n}"), "status": "investigating", "body": "", "display_at": "2026-05-04T08:00:00Z",
                "affected_components": [{"code": "c1", "new_status": state}]})
        });
        let document = json!({"incidents": [{"id": "1nc1", "name": "x", "status": "investigating", "impact": impact,
            "incident_updates": updates.collect::<Vec<_>>()}]});
        incidents(document.to_string().as_bytes()).unwrap().0[0].kind
    };
    assert_eq!(kind("none", &["under_maintenance"]), Kind::Maintenance);
    assert_eq!(kind("none", &["operational", "under_maintenance"]), Kind::Maintenance);
    for (impact, states) in [
        ("none", &["under_maintenance", "partial_outage"][..]),
        ("none", &["operational"]),
        ("none", &["wobbly"]),
        ("none", &[]),
        ("minor", &["under_maintenance"]),
    ] {
        assert_eq!(kind(impact, states), Kind::Incident, "{impact} {states:?}");
    }
}
