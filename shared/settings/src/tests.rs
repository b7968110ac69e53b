//! A good draft gives exactly its setting; a bad one gives all of its problems, each at its field, and no secret.
use std::collections::BTreeMap;

use proptest::prelude::*;
use status::{
    digest::{Digest, Every},
    follow_up::FollowUp,
    ids::DestinationId,
    monitor::{ComponentChoice, ComponentFilter, Scope, WhenUnknown},
    words::{Event, Severity},
};

use super::*;

const OURS: &str = "account_1";
const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[track_caller]
fn with<T>(check: impl FnOnce(&Context<'_>) -> T) -> T {
    let known = Known {
        pages: ["acme".to_owned()].into(),
        destinations: ["hook".to_owned()].into(),
        monitors: ["m1".to_owned()].into(),
    };
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    check(&Context { account: &OURS.into(), guard: &guard, known: &known, of_file: false })
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| format!("{:?} {}: {}", problem.code, problem.field, problem.message)).collect()
}

fn webhook(settings: &[(&str, &str)]) -> DestinationDraft {
    let settings: BTreeMap<String, String> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    DestinationDraft { id: "dst_1".to_owned(), channel: "webhook".to_owned(), settings, ..DestinationDraft::default() }
}

#[test]
fn good_drafts_become_settings_of_the_account() {
    let monitor = MonitorDraft {
        id: "m1".to_owned(),
        page: Some("acme".to_owned()),
        components: Some(words(&["API", "group:Europe"])),
        unknown: Some("drop".to_owned()),
        ..MonitorDraft::default()
    };
    let monitor = with(|context| monitor.validate(context)).unwrap();
    assert_eq!(
        (monitor.account.as_str(), monitor.provider.as_str(), monitor.unknown),
        (OURS, "acme", WhenUnknown::Drop)
    );
    let chosen = [ComponentChoice::Component("API".to_owned()), ComponentChoice::Group("Europe".to_owned())];
    assert_eq!(monitor.components, ComponentFilter::Chosen(chosen.to_vec()));

    let group = GroupDraft {
        id: "grp_1".to_owned(),
        name: Some("  On call ".to_owned()),
        destinations: words(&["hook"]),
        monitors: Some(words(&["m1"])),
        ..GroupDraft::default()
    };
    let group = with(|context| group.validate(context)).unwrap();
    assert_eq!((group.shown_name(), group.scope.clone()), ("On call", Scope::Monitors(vec!["m1".into()])));
    assert_eq!(group.severities, [Severity::Major, Severity::Minor]);
    assert_eq!(group.events, [Event::Opened, Event::Resolved]);

    // A form sends its empty fields too.
    let hook =
        webhook(&[("url", "https://hooks.example.com/a"), ("secret", KEY), ("previous_secret", ""), ("headers", " ")]);
    let hook = with(|context| hook.validate(context)).unwrap();
    assert_eq!((hook.id, hook.settings.0.len()), (DestinationId::new("dst_1"), 2));
}

#[test]
fn all_problems_come_at_once_each_at_its_field() {
    let monitor = MonitorDraft {
        id: "Not Good".to_owned(),
        provider: Some("githb".to_owned()),
        components: Some(words(&["API", "group: ", "", "API"])),
        unknown: Some("maybe".to_owned()),
        ..MonitorDraft::default()
    };
    assert_eq!(
        shown(&with(|context| monitor.validate(context)).unwrap_err()),
        [
            "Invalid id: is not a valid id",
            "Unknown provider: unknown provider \"githb\"",
            "Invalid components[2]: is empty",
            "Duplicate components[3]: lists \"API\" twice",
            "Invalid components[1]: has no group name",
            "Unknown unknown: unknown choice \"maybe\"",
        ]
    );
    let group = GroupDraft {
        destinations: words(&["hok"]),
        severities: Some(words(&["mayor"])),
        events: Some(Vec::new()),
        monitors: Some(words(&["m2"])),
        name: Some("a\u{202e}b".to_owned()),
        ..GroupDraft::default()
    };
    assert_eq!(
        shown(&with(|context| group.validate(context)).unwrap_err()),
        [
            "Missing id: is missing",
            "Invalid name: contains a control or invisible character",
            "Unknown destinations[0]: unknown destination \"hok\"",
            "Unknown severities[0]: unknown severity \"mayor\"",
            "Missing events: is an empty list",
            "Unknown monitors[0]: unknown monitor \"m2\"",
        ]
    );
    let hook = webhook(&[("ulr", "x"), ("secret", "hunter2")]);
    assert_eq!(
        shown(&with(|context| hook.validate(context)).unwrap_err())[..2],
        ["Unknown ulr: unknown setting \"ulr\"", "Missing url: is missing"]
    );
    let hook = webhook(&[("url", "https://10.0.0.7/hook/hunter2"), ("secret", KEY)]);
    let problems = with(|context| hook.validate(context)).unwrap_err();
    assert_eq!(shown(&problems), ["Refused url: 10.0.0.7 is not on the public internet"]);
    assert!(problems[0].hint.contains("10.0.0.7/32"));
}

#[test]
fn neither_a_problem_nor_debug_output_repeats_a_secret() {
    let secret = "https://hooks.slack.com/services/T000/B000/hunter2";
    let hook = DestinationDraft {
        id: secret.to_owned(),
        channel: "slack".to_owned(),
        settings: [("url".to_owned(), format!("{secret}?")), (secret.to_owned(), secret.to_owned())].into(),
        ..DestinationDraft::default()
    };
    let problems = with(|context| hook.validate(context)).unwrap_err();
    assert!(!format!("{problems:?} {hook:?}").contains("hunter2"), "{problems:?} {hook:?}");
    let group = GroupDraft {
        id: secret.to_owned(),
        destinations: words(&[secret, secret]),
        severities: Some(words(&[secret])),
        ..GroupDraft::default()
    };
    let problems = with(|context| group.validate(context)).unwrap_err();
    assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
}

#[test]
fn custom_page_has_the_id_of_its_canonical_url() {
    let page = |url: &str| {
        let draft = PageDraft { url: Some(url.to_owned()), ..PageDraft::default() };
        with(|context| draft.validate(context)).unwrap()
    };
    let acme = page("https://status.acme.test/");
    assert_eq!((acme.name.as_str(), acme.page_url.as_str()), ("status.acme.test", "https://status.acme.test"));
    for same in ["https://STATUS.acme.test", "https://status.acme.test:443//", " https://status.acme.test/#x "] {
        assert_eq!(page(same), acme, "{same}");
    }
    for other in ["https://status.acme.test/a", "https://status.acme.test/?a", "https://acme.test"] {
        assert_ne!(page(other).id, acme.id, "{other}");
    }
    // The file chooses its ids.
    let named = PageDraft {
        id: Some("acme".to_owned()),
        url: Some("https://status.acme.test/".to_owned()),
        interval: Some("5m".to_owned()),
        ..PageDraft::default()
    };
    let named = with(|context| named.validate(context)).unwrap();
    assert_eq!((named.id.as_str(), named.name.as_str()), ("acme", "acme"));
    assert_eq!(named.interval.unwrap().as_secs(), 300);
}

#[test]
fn page_of_the_catalogue_is_no_custom_page() {
    let draft = PageDraft { url: Some("https://www.githubstatus.com/".to_owned()), ..PageDraft::default() };
    let problems = with(|context| draft.validate(context)).unwrap_err();
    assert_eq!((problems[0].code, problems.len()), (Code::Taken, 1), "{problems:?}");
    assert!(problems[0].hint.contains("github"), "{problems:?}");
}

#[test]
fn digest_is_hourly_or_daily() {
    let group = |every: &str, zone: Option<&str>, at: Option<&str>| {
        let digest = DigestDraft {
            every: every.to_owned(),
            zone: zone.map(str::to_owned),
            at: at.map(str::to_owned),
            major_bypass: None,
        };
        let group = GroupDraft { id: "grp_1".to_owned(), destinations: words(&["hook"]), ..GroupDraft::default() };
        with(|context| GroupDraft { digest: Some(digest), ..group }.validate(context))
    };
    let hourly = group("hour", None, None).unwrap().digest.unwrap();
    assert_eq!(hourly, Digest { every: Every::Hour, major_bypass: true });
    let daily = group("day", Some("asia/tokyo"), Some("09:30")).unwrap().digest.unwrap();
    let at = jiff::civil::time(9, 30, 0, 0);
    assert_eq!(daily.every, Every::Day { zone: "Asia/Tokyo".to_owned(), at });
    for (draft, expected) in [
        (group("", None, None), vec!["Missing digest.every: is missing"]),
        (group("week", None, None), vec!["Unknown digest.every: unknown word \"week\""]),
        (group("day", None, None), vec!["Missing digest.zone: is missing", "Missing digest.at: is missing"]),
        (group("hour", None, Some("09:00")), vec!["Invalid digest.at: is only for a daily digest"]),
    ] {
        assert_eq!(shown(&draft.unwrap_err()), expected);
    }
}

#[test]
fn follow_up_comes_between_minutes_and_a_week_later_to_a_known_destination() {
    let group = |minutes: u32, destination: Option<&str>| {
        let follow_up = FollowUpDraft { minutes, destination: destination.map(str::to_owned) };
        let group = GroupDraft { id: "grp_1".to_owned(), destinations: words(&["hook"]), ..GroupDraft::default() };
        with(|context| GroupDraft { follow_up: Some(follow_up), ..group }.validate(context))
    };
    let same = FollowUp { minutes: 30, destination: None };
    assert_eq!(group(30, None).unwrap().follow_up, Some(same.clone()));
    assert_eq!(group(30, Some(" ")).unwrap().follow_up, Some(same));
    let other = FollowUp { minutes: 10_080, destination: Some("hook".into()) };
    assert_eq!(group(10_080, Some("hook")).unwrap().follow_up, Some(other));
    for (draft, expected) in [
        (group(4, None), "Invalid follow_up.minutes: must be from 5 to 10080"),
        (group(10_081, None), "Invalid follow_up.minutes: must be from 5 to 10080"),
        (group(5, Some("nobody")), "Unknown follow_up.destination: unknown destination \"nobody\""),
    ] {
        assert_eq!(shown(&draft.unwrap_err()), [expected]);
    }
}

#[test]
fn quiet_hours_have_a_zone_and_two_times() {
    let group = |draft: QuietHoursDraft| {
        let group = GroupDraft {
            id: "grp_1".to_owned(),
            destinations: words(&["hook"]),
            quiet_hours: Some(draft),
            ..GroupDraft::default()
        };
        with(|context| group.validate(context))
    };
    let night = QuietHoursDraft {
        zone: "europe/berlin".to_owned(),
        from: "22:00".to_owned(),
        until: "7:00".to_owned(),
        ..QuietHoursDraft::default()
    };
    let problems = group(night.clone()).unwrap_err();
    assert_eq!(shown(&problems), ["Invalid quiet_hours.until: is not a time of day"]);
    let quiet = group(QuietHoursDraft { until: "07:00".to_owned(), ..night.clone() }).unwrap().quiet_hours.unwrap();
    assert_eq!((quiet.zone.as_str(), quiet.days.len(), quiet.major_bypass), ("Europe/Berlin", 7, true));
    let wrong = QuietHoursDraft {
        zone: "Europe/Berln".to_owned(),
        days: Some(words(&["mon", "funday"])),
        from: "24:00".to_owned(),
        until: String::new(),
        major_bypass: Some(false),
    };
    assert_eq!(
        shown(&group(wrong).unwrap_err()),
        [
            "Unknown quiet_hours.zone: unknown time zone \"...\"",
            "Unknown quiet_hours.days[1]: unknown day \"funday\"",
            "Invalid quiet_hours.from: is not a time of day",
            "Missing quiet_hours.until: is missing",
        ]
    );
}

#[test]
fn generated_ids_are_valid_and_differ() {
    let ids = [[0; 16], [255; 16], [7; 16]].map(|random| new_id("dst", random));
    assert!(ids.iter().all(|id| is_id(id)), "{ids:?}");
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
}

#[test]
fn drafts_of_the_api_have_no_other_fields() {
    for text in [r#"{"id":"a","account":"theirs"}"#, r#"{"id":"a","version":7}"#, r#"{"id":"a","managed_by":"file"}"#] {
        assert!(serde_json::from_str::<GroupDraft>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<MonitorDraft>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<DestinationDraft>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<PageDraft>(text).is_err(), "{text}");
    }
}

#[test]
fn draft_of_a_setting_becomes_the_setting_again() {
    let whole = MonitorDraft { id: "m1".to_owned(), provider: Some("github".to_owned()), ..MonitorDraft::default() };
    let chosen = MonitorDraft {
        page: Some("acme".to_owned()),
        provider: None,
        components: Some(words(&["API", "group:Europe"])),
        unknown: Some("drop".to_owned()),
        ..whole.clone()
    };
    for draft in [whole, chosen] {
        let monitor = with(|context| draft.validate(context)).unwrap();
        let again = MonitorDraft::of(&monitor, draft.page.is_some());
        assert_eq!(with(|context| again.validate(context)).unwrap(), monitor);
    }
    let quiet = QuietHoursDraft {
        zone: "Europe/Berlin".to_owned(),
        days: Some(words(&["mon", "sun"])),
        from: "22:00".to_owned(),
        until: "07:30".to_owned(),
        major_bypass: Some(false),
    };
    let digest = DigestDraft {
        every: "day".to_owned(),
        zone: Some("Asia/Tokyo".to_owned()),
        at: Some("09:30".to_owned()),
        major_bypass: Some(false),
    };
    let bare = GroupDraft { id: "g1".to_owned(), ..GroupDraft::default() };
    let full = GroupDraft {
        name: Some("On call".to_owned()),
        destinations: words(&["hook"]),
        severities: Some(words(&["maintenance"])),
        events: Some(words(&["scheduled", "reminder"])),
        monitors: Some(words(&["m1"])),
        quiet_hours: Some(quiet),
        digest: Some(digest),
        follow_up: Some(FollowUpDraft { minutes: 30, destination: Some("hook".to_owned()) }),
        ..bare.clone()
    };
    for draft in [bare, full] {
        let group = with(|context| draft.validate(context)).unwrap();
        assert_eq!(with(|context| GroupDraft::of(&group).validate(context)).unwrap(), group);
    }
    let url = Some("https://status.example.com/x".to_owned());
    let page = PageDraft { url, interval: Some("5m".to_owned()), ..PageDraft::default() };
    let page = with(|context| page.validate(context)).unwrap();
    assert_eq!(with(|context| PageDraft::of(&page).validate(context)).unwrap(), page);
}

proptest! {
    #[test]
    fn any_draft_is_checked_without_a_panic(texts in proptest::collection::vec("\\PC{0,40}", 6), url in "\\PC{0,40}") {
        let monitor = MonitorDraft {
            id: texts[0].clone(),
            page: Some(texts[1].clone()),
            components: Some(texts.clone()),
            unknown: Some(texts[2].clone()),
            ..MonitorDraft::default()
        };
        let group = GroupDraft {
            id: texts[0].clone(),
            name: Some(texts[3].clone()),
            destinations: texts.clone(),
            severities: Some(texts.clone()),
            events: Some(texts.clone()),
            monitors: Some(texts.clone()),
            quiet_hours: Some(QuietHoursDraft {
                zone: texts[0].clone(),
                days: Some(texts.clone()),
                from: texts[1].clone(),
                until: texts[2].clone(),
                major_bypass: None,
            }),
            digest: Some(DigestDraft {
                every: texts[3].clone(),
                zone: Some(texts[4].clone()),
                at: Some(texts[5].clone()),
                major_bypass: None,
            }),
            follow_up: Some(FollowUpDraft { minutes: texts[0].len() as u32, destination: Some(texts[1].clone()) }),
        };
        let page = PageDraft {
            name: Some(texts[4].clone()),
            url: Some(format!("https://{url}")),
            interval: Some(texts[5].clone()),
            ..PageDraft::default()
        };
        let hook = webhook(&[("url", &url), (&texts[0], &texts[1])]);
        with(|context| {
            let _ = (monitor.validate(context), group.validate(context), page.validate(context), hook.validate(context));
        });
    }
}
