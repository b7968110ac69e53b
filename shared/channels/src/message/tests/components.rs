//! What a message says of components: which recovered, which are in trouble, how many there are.
use super::*;

/// The update of 16:34 and the end of the Clerk incident.
#[test]
fn recoveries_and_the_last_to_recover_are_named() {
    let names = ["B2B SaaS", "Billing", "Email delivery", "Session management", "SMS delivery", "Users", "Webhooks"];
    let seven = |status, was, until| {
        let one = move |name: &str| troubled(component(name, status, was), DegradedPerformance, "15:53:00", until);
        names.iter().rev().map(move |name| one(name))
    };
    let eighth = |status, was, until| {
        troubled(component("Machine authentication", status, was), DegradedPerformance, "15:53:00", until)
    };
    let recovered = seven(Operational, Some(DegradedPerformance), Some("16:34:00"));
    let update = with(updated(), recovered.chain([eighth(DegradedPerformance, None, None)]).collect());
    assert_eq!(
        components(&update),
        [
            "Still degraded (1 of 8): Machine authentication",
            "Recovered (7): B2B SaaS, Billing, Email delivery, Session management, SMS delivery, Users, Webhooks",
        ]
    );
    let later = seven(Operational, None, Some("16:34:00"));
    let later = with(updated(), later.chain([eighth(DegradedPerformance, None, None)]).collect());
    assert!(components(&later)[1].starts_with("Recovered earlier (7): B2B SaaS"));

    let last = eighth(Operational, Some(DegradedPerformance), Some("17:26:00"));
    let end = with(ended(HowEnded::ByProvider), seven(Operational, None, Some("16:34:00")).chain([last]).collect());
    assert_eq!(
        components(&end),
        ["All 8 components operational. Last to recover: Machine authentication (degraded 1 h 33 min)."]
    );
    // Both updates came in one read.
    let last = eighth(Operational, Some(DegradedPerformance), Some("17:26:00"));
    let at_once = seven(Operational, Some(DegradedPerformance), Some("16:34:00"));
    assert_eq!(components(&with(ended(HowEnded::ByProvider), at_once.chain([last]).collect())), components(&end));
}

#[test]
fn last_to_recover_is_named_as_far_as_it_is_known() {
    let end =
        |components: Vec<NamedComponent>| self::components(&with(ended(HowEnded::ByProvider), components)).join("");
    let fine = |name: &str, was| component(name, Operational, was);
    let degraded = Some(DegradedPerformance);
    // No update names it: only that it was in trouble until then.
    assert_eq!(
        end(vec![fine("API", degraded), fine("Web", None)]),
        "All 2 components operational. Last to recover: API (degraded until the end)."
    );
    assert_eq!(end(vec![fine("API", degraded), fine("Web", degraded)]), "All 2 components operational.");
    assert_eq!(end(vec![fine("API", None), fine("Web", None)]), "All 2 components operational.");
    // One recovered at an unknown time before the end, two with it.
    let earlier = troubled(fine("Web", None), MajorOutage, "12:00:00", None);
    assert_eq!(
        end(vec![fine("API", degraded), fine("CDN", Some(MajorOutage)), earlier.clone()]),
        "All 3 components operational. Last to recover: API, CDN."
    );
    // Who recovered last, nobody says.
    let unknown = troubled(fine("API", None), MajorOutage, "12:00:00", None);
    let known = troubled(fine("Web", None), MajorOutage, "12:00:00", Some("12:30:00"));
    assert_eq!(end(vec![unknown, known.clone()]), "All 2 components operational.");
    let several = NamedComponent {
        trouble: Some(Trouble {
            status: None,
            from: at("12:00:00"),
            until: Some(at("13:00:00")),
            seconds: Some(3_000),
        }),
        ..fine("API", None)
    };
    assert_eq!(end(vec![several, known]), "All 2 components operational. Last to recover: API (affected 50 min).");
    let only = troubled(fine("API", Some(MajorOutage)), MajorOutage, "12:00:00", Some("13:10:00"));
    assert_eq!(end(vec![only]), "API is operational again (major outage 1 h 10 min).");
    assert_eq!(end(vec![fine("API", None)]), "API is operational.");
    let many = (0..6).map(|n| fine(&format!("C{n}"), Some(PartialOutage))).chain([earlier]).collect();
    assert_eq!(
        end(many),
        "All 7 components operational. Last to recover: C0, C1, C2 and 3 more (partial outage until the end)."
    );
}

#[test]
fn end_that_left_something_in_trouble_never_says_all() {
    let end = with(
        ended(HowEnded::ByProvider),
        vec![
            component("API", DegradedPerformance, None),
            component("CDN", UnderMaintenance, Some(MajorOutage)),
            component("DNS", Operational, Some(MajorOutage)),
            component("Web", Unknown, None),
        ],
    );
    assert_eq!(headline(&end), "🟡 Resolved – Clerk: Sign-in errors");
    assert_eq!(
        components(&end),
        [
            "Still degraded (1 of 4): API",
            "Now under maintenance (1 of 4): CDN (was major outage)",
            "Recovered (1): DNS",
            "State not known (1): Web",
        ]
    );
}

#[test]
fn end_that_nobody_posted_claims_no_recovery() {
    let released = |name: &str, was| NamedComponent { released: true, ..component(name, Operational, was) };
    let gone = with(ended(HowEnded::NoLongerListed), vec![released("API", Some(MajorOutage)), released("Web", None)]);
    assert_eq!(components(&gone), ["Last known as major outage (1 of 2): API", "Operational (1): Web"]);
    assert_eq!(
        message(&gone, false).note.unwrap(),
        "The provider removed this incident from its status page without posting a resolution."
    );
    // The page's own list shows them.
    let listed = vec![component("API", Operational, Some(MajorOutage)), component("Web", Operational, None)];
    assert_eq!(
        components(&with(ended(HowEnded::NoLongerListed), listed)),
        ["All 2 components operational. Last to recover: API."]
    );
    let merged = with(ended(HowEnded::Merged), vec![component("API", MajorOutage, None)]);
    assert_eq!(headline(&merged), "⚪ Replaced – Clerk: Sign-in errors");
    assert_eq!(components(&merged), ["Still major outage (1): API"]);
}

#[test]
fn states_are_listed_worst_first_with_what_changed() {
    let grouped = |name: &str, group: &str, status| NamedComponent {
        group: Some(group.to_owned()),
        ..component(name, status, None)
    };
    let mut joined = component("Docs", DegradedPerformance, None);
    joined.joined = true;
    let alert = with(
        updated(),
        vec![
            joined,
            component("web", PartialOutage, Some(DegradedPerformance)),
            component("API", PartialOutage, Some(MajorOutage)),
            grouped("DNS", "Europe", MajorOutage),
            component("Mail", DegradedPerformance, Some(Operational)),
            component("Chat", Operational, None),
            component("Status", Unknown, None),
        ],
    );
    assert_eq!(
        components(&alert),
        [
            "Still major outage (1 of 7): Europe / DNS",
            "Now partial outage (2 of 7): API (was major outage), web (was degraded)",
            "Now degraded (2 of 7): Docs, Mail",
            "Mentioned, operational (1): Chat",
            "Mentioned, no state given (1): Status",
        ]
    );
    let first = Alert { event: Event::Opened, ..alert };
    assert_eq!(
        components(&first)[..3],
        ["Major outage (1 of 7): Europe / DNS", "Partial outage (2 of 7): API, web", "Degraded (2 of 7): Docs, Mail",]
    );
}

#[test]
fn many_names_are_counted() {
    let many: Vec<_> = (0..300).map(|n| component(&format!("C{n:03}"), MajorOutage, None)).collect();
    let lines = components(&with(opened(), many));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("Major outage (300): C000, C001, "), "{}", lines[0]);
    assert!(lines[0].ends_with(", C011, +288 more"), "{}", lines[0]);
}

#[test]
fn page_that_is_named_as_a_whole_is_listed_too() {
    let mut alert = with(opened(), vec![component("API", MajorOutage, None), component("Web", MajorOutage, None)]);
    alert.tags_everything = true;
    assert_eq!(components(&alert), ["Major outage (2): API, Web"]);
    assert_eq!(
        message(&alert, true).reasons,
        ["Sent because the provider named every component of its page, so your filter could not be applied."]
    );
}

#[test]
fn incident_without_components_says_so() {
    let alert = with(opened(), Vec::new());
    assert_eq!(message(&alert, false).reasons, ["No components listed."]);
    assert_eq!(
        message(&alert, true).reasons,
        ["Sent because the provider did not name components, so your filter could not be applied."]
    );
    assert_eq!(
        message(&opened(), true).reasons,
        ["Sent because your filter fits none of the components on the status page."]
    );
    assert!(message(&with(ended(HowEnded::ByProvider), Vec::new()), false).reasons.is_empty());
}
