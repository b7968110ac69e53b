//! The incident of Clerk of 10 March 2026 as three of incident.io's sources show it: eight components degraded, of
//! which the last two updates name seven. The eighth neither recovers at "monitoring" nor stays degraded after the end.
use serde_json::{Value, json};
use status::{
    snapshot::Affected,
    words::{ComponentStatus, Event},
};

use super::{Moment, Told, check, replay};

const PAGE: &str = "https://status.example.com";
const INCIDENT: &str = "01KKCAFE5T00000000000000CK";
const COMPONENTS: [&str; 8] = [
    "Machine authentication",
    "Webhooks",
    "B2B SaaS",
    "Email delivery",
    "SMS delivery",
    "User and authentication",
    "Billing",
    "Session management",
];

/// Time, phase, the components that the update names, and the status it gives them all.
struct Stage {
    time: &'static str,
    phase: &'static str,
    named: &'static [&'static str],
    state: &'static str,
}

const STAGES: [Stage; 5] = [
    Stage { time: "15:53", phase: "Investigating", named: &COMPONENTS, state: "Degraded performance" },
    Stage { time: "16:17", phase: "Investigating", named: &COMPONENTS, state: "Degraded performance" },
    Stage { time: "16:24", phase: "Investigating", named: &COMPONENTS, state: "Degraded performance" },
    Stage { time: "16:34", phase: "Monitoring", named: COMPONENTS.split_at(1).1, state: "Operational" },
    Stage { time: "17:26", phase: "Resolved", named: COMPONENTS.split_at(1).1, state: "Operational" },
];

/// A read before the incident, one in the minute after each update, and one more without news.
fn sequence(answers: impl Fn(Option<usize>) -> Vec<(&'static str, String)>) -> Vec<Told> {
    let moment = |time: &str, stage| Moment {
        at: format!("2026-03-10T{time}:40Z").parse().unwrap(),
        answers: answers(stage).into_iter().map(|(path, body)| (path.to_owned(), body.into())).collect(),
    };
    let stages = STAGES.iter().enumerate().map(|(number, stage)| moment(stage.time, Some(number)));
    let moments = std::iter::once(moment("15:00", None)).chain(stages).chain([moment("17:40", Some(4))]);
    replay("incidentio", PAGE, moments)
}

/// `eighth` is the id of the component that the last two updates leave out.
fn the_eighth_is_held_until_the_end(sequence: &[Told], eighth: &str) {
    let status = |named: &[Affected]| named.iter().find(|named| named.id.as_str() == eighth).unwrap().status;
    for told in &sequence[1..] {
        let ended = told.at >= "2026-03-10T17:26:00Z".parse().unwrap();
        let expected = if ended { ComponentStatus::Operational } else { ComponentStatus::DegradedPerformance };
        assert_eq!(told.page_state.component(&eighth.into()).unwrap().status, expected, "on the page at {}", told.at);
        let incident = &told.page_state.incidents.iter().find(|known| known.incident.id.as_str() == INCIDENT).unwrap();
        assert_eq!(status(&incident.incident.components), Some(expected), "in the incident at {}", told.at);
        for alert in &told.alerts {
            let component = alert.components.iter().find(|component| component.id.as_str() == eighth).unwrap();
            assert_eq!(component.status, expected, "in the alert at {}", told.at);
            assert_eq!(component.was.is_some(), alert.event == Event::Resolved, "in the alert at {}", told.at);
        }
    }
}

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../../shared/formats/test_data/incidentio/", $name)).to_owned()
    };
}

#[test]
fn through_the_proxy() {
    let told = sequence(|stage| {
        let page = match stage {
            Some(0) => document!("clerk_1_opened/proxy+status.example.com"),
            Some(1) => document!("clerk_2_update/proxy+status.example.com"),
            Some(2) => document!("clerk_3_narrowed/proxy+status.example.com"),
            Some(3) => document!("clerk_4_monitoring/proxy+status.example.com"),
            _ => document!("clerk_5_resolved/proxy+status.example.com"),
        };
        let mut answers = vec![
            ("proxy/status.example.com", page),
            ("proxy/status.example.com/incidents", document!("clerk_1_opened/proxy+status.example.com+incidents")),
        ];
        if stage == Some(4) {
            let ended = document!("clerk_5_resolved/proxy+status.example.com+incidents+01KKCAFE5T00000000000000CK");
            answers.push(("proxy/status.example.com/incidents/01KKCAFE5T00000000000000CK", ended));
        }
        answers
    });
    the_eighth_is_held_until_the_end(&told, "01J8ZQ5W3TC0MP0NENT0000000");
    check("clerk-proxy", &told);
}

#[test]
fn through_the_widget_whose_ends_are_in_the_feed() {
    let told = sequence(|stage| vec![("api/v1/summary", widget(stage).to_string()), ("feed.atom", feed(stage))]);
    the_eighth_is_held_until_the_end(&told, "Machine authentication");
    check("clerk-widget", &told);
}

#[test]
fn through_the_feed_alone() {
    let told = sequence(|stage| vec![("feed.atom", feed(stage))]);
    the_eighth_is_held_until_the_end(&told, "Machine authentication");
    check("clerk-feed", &told);
}

/// What is open, with its newest update; component ids are their names.
fn widget(stage: Option<usize>) -> Value {
    let open = stage.map(|number| (number, &STAGES[number])).filter(|(_, stage)| stage.phase != "Resolved");
    let ongoing: Vec<Value> = open
        .into_iter()
        .map(|(number, stage)| {
            let state = stage.state.to_lowercase().replace(' ', "_");
            let affected: Vec<Value> =
                stage.named.iter().map(|name| json!({"id": name, "name": name, "current_status": state})).collect();
            json!({
                "id": INCIDENT,
                "name": "Elevated error rates",
                "status": stage.phase.to_lowercase(),
                "last_update_at": format!("2026-03-10T{}:00Z", stage.time),
                "last_update_message": format!("Message {number}."),
                "affected_components": affected,
            })
        })
        .collect();
    json!({
        "page_title": "Example",
        "page_url": PAGE,
        "ongoing_incidents": ongoing,
        "in_progress_maintenances": [],
        "scheduled_maintenances": [],
    })
}

/// One entry per incident, rewritten at each update.
fn feed(stage: Option<usize>) -> String {
    let entry = stage.map_or(String::new(), |number| {
        let Stage { time, phase, named, state } = &STAGES[number];
        let items: String = named.iter().map(|name| format!("<li>{name} ({state})</li>\n")).collect();
        format!(
            "<entry><title>Elevated error rates</title><id>{PAGE}//incidents/{INCIDENT}</id>
            <link href=\"{PAGE}//incidents/{INCIDENT}\"/><updated>2026-03-10T{time}:00.000Z</updated>
            <content type=\"html\"><![CDATA[<b>Status: {phase}</b><br/><br/>Message {number}.<br/><br/>
            <b>Affected components</b>\n<ul>{items}</ul>]]></content></entry>"
        )
    });
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{PAGE}/</id><title>Example status</title>
        <updated>2026-03-10T18:00:00Z</updated><generator>incident.io</generator>{entry}</feed>"
    )
}
