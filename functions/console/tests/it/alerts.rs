//! Groups and the delivery log, as members use them, and whom all pages of alerts are closed to.
use accounts::sign_up::SignUp;
use http::StatusCode;
use status::{
    monitor::{Destination, Group, Scope, Settings},
    words::{Event, Severity},
};
use store::{AccountSettings, Disabled, ManagedBy};

use crate::{
    destinations::{SECRET, SLACK, add_slack},
    members::joined,
    watch::{save, stripe},
    world::{OWNER, World, hidden, settings_of},
};

const JO: &str = "jo@example.com";

#[tokio::test]
async fn account_without_a_destination_is_told_that_nobody_is_alerted() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let page = jo.open("/alerts").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("No destination yet: nobody is alerted."), "{}", page.body);
    add_slack(&mut jo, "Ops").await;
    let page = jo.open("/alerts").await;
    assert!(!page.body.contains("nobody is alerted"), "{}", page.body);
    assert!(page.body.contains("Default") && page.body.contains("Not tested yet") && page.body.contains("Ops"));
}

/// One that was put right is tested where it is seen to be paused.
#[tokio::test]
async fn paused_destination_says_why_and_is_tested_from_the_overview() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let test = format!("action=\"{path}/test\"");
    assert!(!jo.open("/alerts").await.body.contains(&test), "nothing is wrong with it");
    let destination = settings_of(&world, JO).await.destinations.remove(0).value;
    let now = jiff::Timestamp::now();
    world.store.disable(&destination, &Disabled::because("answered 404: no_service", now), now).await.unwrap();
    let page = jo.open("/alerts").await.body;
    assert!(page.contains("answered 404: no_service") && page.contains(&test), "{page}");
    let mut al = joined(&world, &mut jo, "al@example.com", "reader", 2).await;
    let page = al.open("/alerts").await.body;
    assert!(page.contains("answered 404: no_service") && !page.contains(&test), "{page}");
}

#[tokio::test]
async fn group_is_saved_as_the_form_says_and_its_problems_are_at_their_fields() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    let destination = settings_of(&world, JO).await.destinations[0].value.id.clone();
    let form = format!(
        "name=Night&scope=all&severities=major&events=opened&destinations={destination}&quiet=yes&zone=Mars%2FBase\
         &days=mon&from=22%3A00&until=7"
    );
    let refused = jo.post("/alerts/groups/new", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("href=\"#quiet_hours.zone\"") && refused.body.contains("href=\"#quiet_hours.until\"")
    );
    assert!(
        refused.body.contains("value=\"Mars/Base\"") && refused.body.contains("value=\"Night\""),
        "{}",
        refused.body
    );
    let form = form.replace("Mars%2FBase", "Europe%2FBerlin").replace("until=7", "until=07%3A00");
    assert_eq!(jo.post("/alerts/groups/new", &form).await.leads_to().1, "/alerts?done=group");
    let settings = settings_of(&world, JO).await;
    let night = settings.groups.iter().find(|group| group.value.shown_name() == "Night").unwrap();
    assert_eq!(night.value.quiet_hours.as_ref().unwrap().zone, "Europe/Berlin");
    assert_eq!(night.value.destinations, [destination]);
    let page = jo.open("/alerts").await;
    assert!(page.body.contains("quiet 22:00–07:00 Europe/Berlin, mon"), "{}", page.body);
}

#[tokio::test]
async fn of_two_who_edit_one_group_the_second_sees_both_and_loses_nothing() {
    let world = World::start(SignUp::Open).await;
    let (mut jo, mut al) = (world.signed_in(JO, 1).await, world.signed_in(JO, 2).await);
    add_slack(&mut jo, "Ops").await;
    let path = "/alerts/groups/group_default";
    let version = hidden(&jo.open(path).await.body, "version");
    let form = |name: &str| format!("name={name}&scope=all&severities=major&events=opened&version={version}");
    assert_eq!(jo.post(path, &form("Days")).await.status, StatusCode::SEE_OTHER);
    let conflict = al.post(path, &form("Nights")).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert!(conflict.body.contains("<td>Days</td><td>Nights</td>"), "{}", conflict.body);
    assert!(conflict.body.contains("value=\"Nights\""), "{}", conflict.body);
    assert_eq!(settings_of(&world, JO).await.groups[0].value.shown_name(), "Days");
    let version = hidden(&conflict.body, "version");
    let form = format!("name=Nights&scope=all&severities=major&events=opened&version={version}");
    assert_eq!(al.post(path, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(settings_of(&world, JO).await.groups[0].value.shown_name(), "Nights");
}

#[tokio::test]
async fn default_group_stays_and_others_are_removed_by_a_page_that_asks() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let page = jo.open("/alerts/groups/group_default").await;
    assert!(!page.body.contains("Remove this group"), "{}", page.body);
    let version = hidden(&page.body, "version");
    let refused = jo.post("/alerts/groups/group_default/remove", &format!("version={version}")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let ask = jo.open(&format!("{path}/remove")).await;
    assert!(ask.body.contains("Remove Ops?"), "{}", ask.body);
    jo.post(&format!("{path}/remove"), &format!("version={}", hidden(&ask.body, "version"))).await;
    let settings = settings_of(&world, JO).await;
    assert!(settings.destinations.is_empty() && settings.groups[0].value.destinations.is_empty());
    assert_eq!(jo.open(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_the_configuration_file_declares_is_shown_and_not_edited() {
    let world = World::start(SignUp::Open).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let url = ("url".to_owned(), "https://hooks.slack.com/services/T0/B0/s3cretHookKey".to_owned());
    let destination = Destination {
        id: "ops".into(),
        account: "local".into(),
        label: None,
        channel: "slack".to_owned(),
        settings: Settings([url].into()),
    };
    let group = Group {
        id: "everyone".into(),
        account: "local".into(),
        name: None,
        destinations: vec!["ops".into()],
        severities: vec![Severity::Major],
        events: vec![Event::Opened],
        scope: Scope::All,
        quiet_hours: None,
        digest: None,
        follow_up: None,
    };
    let declared =
        AccountSettings { destinations: vec![destination], groups: vec![group], ..AccountSettings::default() };
    world.store.apply(&"local".into(), &declared).await.unwrap();
    for path in ["/alerts/destinations/ops", "/alerts/groups/everyone"] {
        let page = owner.open(path).await;
        assert!(page.body.contains("declared in the configuration file"), "{path}: {}", page.body);
        assert!(!page.body.contains(">Save<") && !page.body.contains("/remove"), "{path}: {}", page.body);
        let form =
            format!("channel=slack&setting.url={SLACK}&name=x&scope=all&severities=major&events=opened&version=0");
        assert_eq!(owner.post(path, &form).await.status, StatusCode::CONFLICT, "{path}");
        let removed = owner.post(&format!("{path}/remove"), "version=0").await;
        assert_eq!(removed.status, StatusCode::CONFLICT, "{path}");
    }
    let sent = owner.post("/alerts/destinations/ops/test", "").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "it may be tested");
}

#[tokio::test]
async fn another_account_finds_none_of_it() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let page = jo.open(&path).await;
    jo.post("/alerts/groups/new", "name=Mine&scope=all&severities=major&events=opened").await;
    let group = settings_of(&world, JO)
        .await
        .groups
        .iter()
        .find(|it| it.value.shown_name() == "Mine")
        .unwrap()
        .value
        .id
        .clone();
    let id = path.rsplit('/').next().unwrap();
    let test = jo.post(&format!("{path}/test"), "").await.header(http::header::LOCATION).to_owned();
    let alert = test.split_once("test=").unwrap().1.split('#').next().unwrap().to_owned();

    let mut evil = world.signed_in("evil@example.net", 2).await;
    let version = hidden(&page.body, "version");
    for path in [
        path.clone(),
        format!("{path}/remove"),
        format!("/alerts/groups/{group}"),
        format!("/alerts/groups/{group}/remove"),
    ] {
        assert_eq!(evil.open(&path).await.status, StatusCode::NOT_FOUND, "GET {path}");
        let form = format!(
            "channel=slack&setting.url={SLACK}&version={version}&name=x&scope=all&severities=major&events=opened"
        );
        assert_eq!(evil.post(&path, &form).await.status, StatusCode::NOT_FOUND, "POST {path}");
    }
    for action in ["test", "resend"] {
        assert_eq!(evil.post(&format!("{path}/{action}"), "").await.status, StatusCode::NOT_FOUND, "{action}");
    }
    let again = evil.post("/alerts/log/again", &format!("alert={alert}&destination={id}")).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let log = evil.open(&format!("/alerts/log?destination={id}")).await;
    assert!(log.body.contains("Nothing matches"), "{}", log.body);
    let group =
        evil.post("/alerts/groups/new", &format!("scope=all&severities=major&events=opened&destinations={id}")).await;
    assert_eq!(group.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody sends to a destination of others");
    assert_eq!(settings_of(&world, JO).await.destinations.len(), 1);
}

#[tokio::test]
async fn reader_sees_and_changes_nothing() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    jo.post("/account/invitations", "address=al%40example.com&role=reader").await;
    let link = world.link_to("al@example.com");
    let mut al = world.browser(2);
    al.submit(&link, "").await;
    for shown in ["/alerts", path.as_str(), "/alerts/groups/group_default", "/alerts/log"] {
        let page = al.open(shown).await;
        assert_eq!(page.status, StatusCode::OK, "{shown}");
        assert!(!page.body.contains(SECRET) && !page.body.contains("Send test"), "{shown}");
    }
    for refused in ["/alerts/destinations/new", "/alerts/groups/new"] {
        assert_eq!(al.open(refused).await.status, StatusCode::FORBIDDEN, "{refused}");
    }
    let slack = format!("channel=slack&setting.url={SLACK}");
    for (refused, form) in [
        ("/alerts/destinations/new".to_owned(), slack.as_str()),
        (path.clone(), &format!("{slack}&version=1")),
        (format!("{path}/test"), ""),
        (format!("{path}/remove"), "version=1"),
        ("/alerts/groups/group_default".to_owned(), "name=x&scope=all&severities=major&events=opened&version=1"),
    ] {
        assert_eq!(al.post(&refused, form).await.status, StatusCode::FORBIDDEN, "{refused}");
    }
    let settings = settings_of(&world, JO).await;
    assert!(settings.destinations.iter().all(|it| it.managed_by == ManagedBy::Web && it.version == 1));
}

#[tokio::test]
async fn preview_of_a_group_says_what_it_would_have_told_of_what_it_covers() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    let path = "/alerts/groups/group_default/preview";
    assert!(jo.open(path).await.body.contains("The group covers nothing yet."), "nothing is watched");
    save(&mut jo, "which=chosen&group=Europe").await;
    let page = jo.open(path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<strong>1 of 2 incidents</strong>"), "{}", page.body);
    assert!(page.body.contains("<strong>1 message</strong>") && page.body.contains("1 alert at once."));
    let (told, not_told) = page.body.split_once("Not told").unwrap();
    assert!(told.contains("Europe fails") && not_told.contains("America fails"), "{}", page.body);
    assert!(not_told.contains("it concerned other components"), "{not_told}");
    // Somewhere it is night at any time.
    let nights = ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Auckland"];
    let mut found = Vec::new();
    for zone in nights {
        let page = jo.open(&format!("{path}?zone={zone}")).await.body;
        assert!(page.contains(&format!("07:00 {zone})")), "{page}");
        found.push(page.contains("<strong>1 at night</strong>"));
    }
    assert!(found.contains(&true) && found.contains(&false), "{found:?}");
    let mut al = world.signed_in("al@example.com", 2).await;
    assert_eq!(jo.open("/alerts/groups/group_none/preview").await.status, StatusCode::NOT_FOUND);

    let destination = settings_of(&world, JO).await.destinations[0].value.id.clone();
    let form = format!(
        "name=Calm&scope=all&severities=major&severities=minor&events=opened&destinations={destination}&digest=hour\
         &follow_up=yes&follow_up_minutes=30&follow_up_to={destination}"
    );
    assert_eq!(jo.post("/alerts/groups/new", &form).await.leads_to().1, "/alerts?done=group");
    let settings = settings_of(&world, JO).await;
    let calm = settings.groups.iter().find(|group| group.value.shown_name() == "Calm").unwrap();
    let page = jo.open(&format!("/alerts/groups/{}/preview", calm.value.id)).await.body;
    assert_eq!(al.open(&format!("/alerts/groups/{}/preview", calm.value.id)).await.status, StatusCode::NOT_FOUND);
    assert!(page.contains("<strong>2 messages</strong>"), "{page}");
    assert!(page.contains("1 summary of 1 change, 1 follow-up."), "{page}");
}

/// Before it is saved, and also of a group that is not there yet.
#[tokio::test]
async fn group_is_previewed_as_it_is_typed() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    save(&mut jo, "which=all").await;
    let fields = "submit=preview&night_zone=Asia%2FTokyo&name=Calm+nights&scope=all&severities=major&severities=minor";
    for path in ["/alerts/groups/new", "/alerts/groups/group_default"] {
        let before = settings_of(&world, JO).await;
        let preview = jo.post(path, &format!("{fields}&events=opened&version=1")).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
        assert!(preview.body.contains("<strong>2 of 2 incidents</strong>"), "{}", preview.body);
        assert!(preview.body.contains("07:00 Asia/Tokyo)"), "{}", preview.body);
        assert!(preview.body.contains("value=\"Calm nights\""), "what was typed stays: {}", preview.body);
        let hourly = jo.post(path, &format!("{fields}&events=opened&digest=hour&version=1")).await.body;
        assert!(hourly.contains("1 summary of 2 changes."), "{hourly}");
        let none = jo.post(path, &format!("{fields}&version=1")).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", none.body);
        assert!(none.body.contains("href=\"#events\"") && !none.body.contains("id=\"preview\""), "{}", none.body);
        let after = settings_of(&world, JO).await;
        assert_eq!((before.groups, before.destinations), (after.groups, after.destinations), "nothing is saved");
    }
    let gone = jo.post("/alerts/groups/group_none", &format!("{fields}&events=opened&version=1")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn follow_up_of_a_removed_destination_goes_to_whoever_got_the_first_alert() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    add_slack(&mut jo, "Boss").await;
    let settings = settings_of(&world, JO).await;
    let id_of = |name: &str| {
        let mut destinations = settings.destinations.iter().map(|it| &it.value);
        destinations.find(|it| it.shown_name() == name).unwrap().id.clone()
    };
    let (ops, boss) = (id_of("Ops"), id_of("Boss"));
    let form = |minutes: &str| {
        format!(
            "name=Night&scope=all&severities=major&events=opened&destinations={ops}&follow_up=yes\
             &follow_up_minutes={minutes}&follow_up_to={boss}"
        )
    };
    let refused = jo.post("/alerts/groups/new", &form("soon")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("href=\"#follow_up.minutes\""), "{}", refused.body);
    assert_eq!(jo.post("/alerts/groups/new", &form("30")).await.leads_to().1, "/alerts?done=group");
    let follow_up = async || {
        let settings = settings_of(&world, JO).await;
        let night = settings.groups.iter().find(|group| group.value.shown_name() == "Night").unwrap();
        night.value.follow_up.clone().unwrap()
    };
    assert_eq!(follow_up().await.destination, Some(boss.clone()));
    assert!(jo.open("/alerts").await.body.contains("follow-up after 30 min"));
    let stored = settings_of(&world, JO).await;
    let version = stored.destinations.iter().find(|it| it.value.id == boss).unwrap().version;
    let gone = jo.post(&format!("/alerts/destinations/{boss}/remove"), &format!("version={version}")).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    let left = follow_up().await;
    assert_eq!((left.minutes, left.destination), (30, None));
}
