//! Where a mail leads to.
use status::ids::DeliveryId;

use super::{Read, email, to};
use crate::{
    Job, MailJob, Step,
    tests::alerts::{RECIPIENT_PAGE, at, opened},
};

#[test]
fn mail_leads_to_where_its_incident_is_acknowledged() {
    const LINK: &str = "https://status.example.com/alerts/incident/a1/ops/1785931200/1-00ff";
    let (alert, settings, destination) = (opened(), to("jo@example.com"), "ops".into());
    let read = |acknowledge| {
        let job = Job {
            id: &DeliveryId::new("dlv_0123456789abcdef"),
            alert: &alert,
            settings: &settings,
            handle: None,
            superseded: false,
            unknown: false,
            incident_url: None,
            mail: Some(MailJob { from: "a@b.example", page: RECIPIENT_PAGE, acknowledge, destination: &destination }),
            now: at("12:05:00"),
        };
        match (email().deliver)(&job, &[]) {
            Step::Mail(mail) => Read::of(&mail),
            _ => panic!("wanted a mail"),
        }
    };
    let with = read(Some(LINK));
    assert!(with.text.contains(&format!("Acknowledge or mute: {LINK}")), "{}", with.text);
    assert!(with.html.contains(&format!("href=\"{LINK}\"")), "{}", with.html);
    let without = read(None);
    assert!(!without.text.contains("Acknowledge") && !without.html.contains("Acknowledge"), "{}", without.text);
}
