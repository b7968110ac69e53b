//! Whole reads of fake dashboards.
use serde_json::{Value, json};
use status::{monitor::Match, snapshot::Listing};

use super::FORMAT;
use crate::{
    contract::{ParsedPage, ReadError},
    testing::{
        Page,
        facts::{check, chosen, open_incidents},
    },
};

const PAGE: &str = "https://health.aws.amazon.com/health/status";
const EVENTS: &str = "https://health.aws.amazon.com/public/currentevents";
const MULTIPLE: &str = "arn:aws:health:us-east-1::event/MULTIPLE_SERVICES/AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE/\
                        AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE_AAA11_BBB";

fn open_events() -> Value {
    serde_json::from_str(include_str!("../../../test_data/aws/open_events/public+currentevents")).unwrap()
}

fn read(documents: &[(&str, &Value)], open: &[&str]) -> (Vec<String>, Result<ParsedPage, ReadError>) {
    let documents: Vec<_> = documents.iter().map(|(url, document)| (*url, document.to_string())).collect();
    let documents: Vec<_> = documents.iter().map(|(url, document)| (*url, document.as_bytes())).collect();
    Page::at(PAGE).with_all(&documents).read(&FORMAT, None, &open_incidents(open))
}

fn parsed(events: &Value) -> ParsedPage {
    read(&[(EVENTS, events)], &[]).1.unwrap()
}

fn is_over(parsed: &ParsedPage, id: &str) -> Option<bool> {
    parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == id).map(|incident| incident.is_over())
}

#[test]
fn events_are_read_with_the_services_they_name() {
    let parsed = parsed(&open_events());
    check(
        &parsed,
        r##"
        ec2-ap-south-1 "Amazon Elastic Compute Cloud" in ap-south-1: operational
        ec2-us-east-1 "Amazon Elastic Compute Cloud" in us-east-1: major outage
        iam "AWS Identity and Access Management" in global: operational
        lambda-us-east-1 "AWS Lambda" in us-east-1: degraded performance
        sqs-us-east-1 "Amazon Simple Queue Service" in us-east-1: operational
        vpn-eu-west-1 "AWS VPN" in eu-west-1: degraded performance
        Incident arn:aws:health:ap-south-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/AWS_EC2_OPERATIONAL_ISSUE_EEE33_FFF "Amazon Elastic Compute Cloud (Mumbai): Increased Latency", resolved, impact Some(None), 2026-05-04T01:53:20Z to 2026-05-04T04:40:00Z
          ec2-ap-south-1
          75df5226c675fe4f39436854e61a1f3b 2026-05-04T01:53:20Z - "We look into slow disks."
          411914e92bbd140fafad7ee9954b9c69 2026-05-04T04:56:40Z resolved "Disks are fast again."
        Incident arn:aws:health:eu-west-1::event/VPN/AWS_VPN_OPERATIONAL_ISSUE/AWS_VPN_OPERATIONAL_ISSUE_CCC22_DDD "AWS VPN (Ireland): Connectivity Issues", investigating, impact Some(Minor), 2026-05-03T13:00:00Z to -
          vpn-eu-west-1=degraded performance
          62f42d5da7399303c696cd23b360d5c5 2026-05-03T13:00:00Z - "Some tunnels are slow."
        Incident arn:aws:health:us-east-1::event/MULTIPLE_SERVICES/AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE/AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE_AAA11_BBB "Multiple services (N. Virginia): Increased Error Rates", investigating, impact Some(Major), 2026-05-04T13:00:00Z to -
          ec2-us-east-1=major outage iam=operational lambda-us-east-1=degraded performance sqs-us-east-1=operational
          c03c02042c454e4cf88ba442425afbfd 2026-05-04T13:00:00Z - "We look into errors in the US-EAST-1 Region."
          31c6d3aec7130927aed482326203a695 2026-05-04T13:30:00Z - "Machines do not start. We found the cause."
          1ace399afb41b51cd49880ec24549592 2026-05-04T15:00:00Z - "Queues have recovered."
        components Partial, incidents Complete"##,
    );
    let url = parsed.snapshot.incidents[2].url.as_deref().unwrap();
    assert!(url.starts_with("https://health.aws.amazon.com/health/status?eventID=arn%3Aaws%3Ahealth%3Aus-east-1"));
}

#[test]
fn a_region_is_one_monitor() {
    let snapshot = parsed(&open_events()).snapshot;
    for (choice, expected) in [
        ("group:us-east-1", Match::Yes),
        ("group:US-East-1", Match::Yes),
        ("group:eu-west-1", Match::No),
        // Named as operational, while others are worse.
        ("group:global", Match::No),
        ("ec2-us-east-1", Match::Yes),
        ("ec2-ap-south-1", Match::No),
        ("Amazon Elastic Compute Cloud", Match::Yes),
        ("AWS VPN", Match::No),
    ] {
        assert_eq!(chosen(choice, MULTIPLE, &snapshot), expected, "{choice}");
    }
    // The only event there is names all the services that are listed, which are not all there are.
    let only = parsed(&json!([open_events()[0]])).snapshot;
    assert_eq!(chosen("group:eu-west-1", MULTIPLE, &only), Match::No);
}

#[test]
fn a_service_that_recovered_is_operational_while_the_event_goes_on_and_the_worst_event_counts() {
    let mut events = open_events();
    let status = |events: &Value| {
        let components = parsed(events).snapshot.components;
        components.into_iter().find(|component| component.id.as_str() == "sqs-us-east-1").unwrap().status.as_str()
    };
    assert_eq!(status(&events), "operational");
    events[1]["impacted_services"] = json!({"sqs-us-east-1": {"current": 2, "max": 2}});
    assert_eq!(status(&events), "degraded performance");
    events[1]["impacted_services"]["sqs-us-east-1"] = json!(7);
    events[0]["impacted_services"]["sqs-us-east-1"]["current"] = json!("9");
    let parsed = parsed(&events);
    assert_eq!(status(&events), "unknown");
    assert_eq!(
        parsed.problems,
        [r#"service "sqs-us-east-1" has an unknown status"#, r#"service "sqs-us-east-1" is of another shape"#]
    );
}

#[test]
fn several_things_say_that_an_event_is_over() {
    let over = |event: &Value| is_over(&parsed(&json!([event])), MULTIPLE).unwrap();
    let event = open_events()[0].clone();
    assert!(!over(&event));
    let with = |key: &str, value: Value| {
        let mut event = event.clone();
        event[key] = value;
        event
    };
    assert!(over(&with("status", json!("0"))));
    assert!(over(&with("status", json!(0))));
    assert!(over(&with("end_time", json!("1777910000"))));
    assert!(over(&with("summary", json!("[RESOLVED] Increased Error Rates"))));
    for nothing in [with("status", json!("odd")), with("end_time", json!("soon")), with("end_time", json!(0))] {
        assert!(!over(&nothing));
    }
    // its status stays at the worst, and the log says that it ended: but not while a service is in trouble
    let mut event = event;
    event["event_log"].as_array_mut().unwrap().push(
        json!({"summary": "[RESOLVED] Increased Error Rates", "message": "All is well.", "status": 0, "timestamp": 1777910000}),
    );
    assert!(!over(&event));
    for (_, service) in event["impacted_services"].as_object_mut().unwrap() {
        service["current"] = json!("0");
    }
    assert!(over(&event));
    event["event_log"].as_array_mut().unwrap().push(json!(7));
    assert!(!over(&event), "what was said after that cannot be read");
}

#[test]
fn an_event_that_left_the_list_is_looked_up_in_the_history() {
    let mut ended = open_events()[0].clone();
    let log = json!([{"summary": "[RESOLVED] x", "message": "All is well.", "status": 0, "timestamp": 1777910000}]);
    ended["event_log"] = log;
    ended["impacted_services"] = json!({"ec2-us-east-1": {"current": "0", "max": "3"}});
    ended.as_object_mut().unwrap().remove("service");
    let other = open_events()[1].clone();
    let history = json!({"ec2-us-east-1": [other, ended], "multipleservices-us-east-1": [ended]});
    let (asked, result) = read(&[(EVENTS, &json!([])), (super::PAST_EVENTS, &history)], &[MULTIPLE]);
    assert_eq!(asked, [EVENTS, super::PAST_EVENTS]);
    let parsed = result.unwrap();
    assert_eq!(is_over(&parsed, MULTIPLE), Some(true));
    assert_eq!((parsed.snapshot.incidents.len(), parsed.unlisted.len()), (1, 1), "only what was sought");
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Complete);

    let parsed = read(&[(EVENTS, &json!([]))], &[MULTIPLE]).1.unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
    assert_eq!(parsed.problems, ["the history could not be read: nothing at /historyevents.json (status 404)"]);
    let parsed = read(&[(EVENTS, &json!([])), (super::PAST_EVENTS, &json!({}))], &[MULTIPLE]).1.unwrap();
    assert_eq!((parsed.snapshot.incidents.len(), parsed.snapshot.coverage.incidents), (0, Listing::Complete));
    assert!(parsed.snapshot.components.is_empty(), "no service has a state");
}

#[test]
fn the_history_gives_what_ended_in_the_last_90_days_and_left_the_list() {
    // Told in the log as over, the newest in May 2026; each is as bad as it ever was.
    let past = |id: &str, began_at: i64, log: &[(i64, u8)]| {
        let log: Vec<_> =
            log.iter().map(|(at, status)| json!({"summary": "x", "status": status, "timestamp": at})).collect();
        json!({"arn": id, "date": began_at.to_string(), "status": "3", "summary": "Slow", "event_log": log})
    };
    let (april, november) = (1_775_000_000, 1_763_000_000);
    let history = json!({
        "ec2-us-east-1": [past("arn:april", april, &[(april, 3), (april + 3_600, 0)])],
        "iam": [
            past("arn:long", november, &[(november, 2), (april, 0)]),
            past("arn:old", november, &[(november, 2), (november + 3_600, 0)]),
            past("arn:open", april, &[(april, 3)]),
        ],
    });
    let page = Page::at(PAGE).with(super::PAST_EVENTS, &history);
    let (asked, read) = page.history(&super::HISTORY, "currentevents", &[]);
    assert_eq!(asked, [super::PAST_EVENTS]);
    let read = read.unwrap();
    let told: Vec<_> = read.incidents.iter().map(|it| (it.id.as_str(), it.is_over())).collect();
    assert_eq!(told, [("arn:april", true), ("arn:long", true), ("arn:open", false)]);
    let april_event = &read.incidents[0];
    assert_eq!((april_event.started_at, april_event.resolved_at), (epoch(april), epoch(april + 3_600)));
    assert_eq!(april_event.components[0].id.as_str(), "ec2-us-east-1");
    assert_eq!(read.problems, [""; 0]);

    let (asked, read) = page.history(&super::HISTORY, "data", &[]);
    assert!(asked.is_empty() && read.unwrap().incidents.is_empty(), "the old document is its own history");
    let (_, read) = Page::at(PAGE).history(&super::HISTORY, "currentevents", &[]);
    assert!(matches!(read, Err(ReadError::NotThisFormat(_))));
}

fn epoch(second: i64) -> Option<jiff::Timestamp> {
    Some(jiff::Timestamp::from_second(second).unwrap())
}

#[test]
fn the_first_read_is_one_request() {
    let (asked, result) = read(&[(EVENTS, &open_events())], &[]);
    assert_eq!((asked, result.unwrap().source.as_ref()), (vec![EVENTS.to_owned()], "currentevents"));
}

#[test]
fn the_list_comes_in_utf_16() {
    let document = include_bytes!("../../../test_data/aws/open_events_utf16/public+currentevents");
    let read = |document: &[u8]| Page::at(PAGE).with(EVENTS, document).read(&FORMAT, None, &[]).1;
    assert_eq!(is_over(&read(document).unwrap(), MULTIPLE), Some(false));
    assert!(matches!(read(&document[..document.len() - 1]), Err(ReadError::Malformed(_))));
    assert!(matches!(read(&document[..document.len() - 40]), Err(ReadError::Malformed(_))));
}

#[test]
fn the_old_document_has_clock_times_of_california() {
    let document = include_bytes!("../../../test_data/aws/old_data/data.json");
    let page = Page::at("https://status.aws.amazon.com/").with("data.json", document);
    let (asked, result) = page.read(&FORMAT, None, &[]);
    assert_eq!(asked, ["public/currentevents", "data.json"]);
    let parsed = result.unwrap();
    assert_eq!(parsed.source, "data");
    check(
        &parsed,
        r##"
        s3-us-standard "Amazon Simple Storage Service" in us-east-1: operational
        sqs-us-east-2 "Amazon Simple Queue Service" in us-east-2: degraded performance
        Incident s3-us-standard_1641013200 "Amazon Simple Storage Service (US Standard): Elevated Errors", resolved, impact Some(None), 2022-01-01T05:00:00Z to 2022-01-01T09:30:00Z
          s3-us-standard
          e28c76ae6db4cd47364c78929f0ff9b9 2022-01-01T05:00:00Z - "We look into errors."
          e1d592b202d544c6b3883d55f9e41bd8 2022-01-01T09:30:00Z resolved "There are none any more."
        Incident sqs-us-east-2_1656990000 "Amazon Simple Queue Service (Ohio): Increased Latency", investigating, impact Some(Minor), 2022-07-05T03:00:00Z to -
          sqs-us-east-2=degraded performance
          0274cc9620a83c6c12d52e074e7fbd7d 2022-07-05T03:00:00Z - "We look into slow queues."
          a6f8e6c0daf8a564361ceebf7f7786f4 2022-07-05T06:55:00Z - "We found the cause (https://example.com/cause)."
          a641b0eb93a0a1b0c0f79bc6eed7077c 2022-07-05T08:14:00Z - "Half of the queues are fast."
        components Partial, incidents Complete"##,
    );
    assert_eq!(page.read(&FORMAT, Some("data"), &[]).0, ["data.json"]);
    let empty = r#"{"archive": [], "current": []}"#;
    let page = Page::at("https://status.aws.amazon.com/").with("data.json", empty);
    let parsed = page.read(&FORMAT, Some("data"), &open_incidents(&["x"])).1.unwrap();
    assert_eq!(parsed.snapshot.coverage.incidents, Listing::Partial);
}

#[test]
fn a_list_of_another_provider_is_refused() {
    let error = read(&[(EVENTS, &json!([{"id": 1, "name": "x"}]))], &[]).1.unwrap_err();
    assert!(matches!(error, ReadError::NotThisFormat(_)), "{error}");
}
