//! Groups, destinations and the delivery log, as members use them.
use accounts::sign_up::SignUp;
use http::StatusCode;
use queue::task::DeliveryTask;
use status::{
    ids::AccountId,
    monitor::{Destination, Group, Scope, Settings},
    words::{Event, Severity},
};
use store::{AccountSettings, Consent, ManagedBy, StoredSettings};

use crate::world::{Answer, Browser, OWNER, World};

const JO: &str = "jo@example.com";
const SLACK: &str = "https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2Fs3cretHookKey";
const SECRET: &str = "s3cretHookKey";

async fn account_of(world: &World, address: &str) -> AccountId {
    world.store.user(address).await.unwrap().unwrap().accounts[0].clone()
}

async fn settings_of(world: &World, address: &str) -> StoredSettings {
    world.store.stored_settings(&account_of(world, address).await).await.unwrap()
}

/// The path that a form led to, without its query.
fn path_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header(http::header::LOCATION).split('?').next().unwrap().to_owned()
}

async fn add_slack(browser: &mut Browser, label: &str) -> String {
    let form = format!("channel=slack&label={label}&setting.url={SLACK}");
    path_of(&browser.post("/alerts/destinations/new", &form).await)
}

async fn add_mail(browser: &mut Browser, address: &str) -> Answer {
    let address = address.replace('@', "%40");
    browser.post("/alerts/destinations/new", &format!("channel=email&setting.address={address}")).await
}

/// What waits in the queue of a channel. Takes it.
async fn queued(world: &World, channel: &str) -> Vec<DeliveryTask> {
    let url = &world.stack.queues.channels[channel];
    let received = world.stack.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
    received.messages().iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()).collect()
}

/// The value of a hidden field of the page's form.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

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

#[tokio::test]
async fn every_channel_has_a_tile_and_a_form_with_steps() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let tiles = jo.open("/alerts/destinations/new").await;
    for channel in channels::channels() {
        let path = format!("/alerts/destinations/new?channel={}", channel.name);
        assert!(tiles.body.contains(&path) && tiles.body.contains(channel.setup.title), "{}", channel.name);
        let form = jo.open(&path).await;
        for setting in channel.settings {
            assert!(
                form.body.contains(&format!("name=\"setting.{}\"", setting.key)),
                "{} {}",
                channel.name,
                setting.key
            );
            assert!(form.body.contains(setting.label), "{} {}", channel.name, setting.key);
        }
        assert!(form.body.contains("Where to find it"), "{}", channel.name);
    }
}

#[tokio::test]
async fn every_sample_is_saved_and_no_secret_is_shown_again() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    for channel in channels::channels() {
        for settings in channel.sample_settings() {
            if settings.0.values().any(|value| value.contains("127.0.0.1")) {
                continue;
            }
            let encoded = |text: &str| site::paths::segment(text);
            let fields = settings.0.iter().map(|(key, value)| format!("&setting.{key}={}", encoded(value)));
            let form = format!("channel={}{}", channel.name, fields.collect::<String>());
            let path = path_of(&jo.post("/alerts/destinations/new", &form).await);
            let page = jo.open(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{}", channel.name);
            for setting in channel.settings.iter().filter(|setting| setting.secret) {
                let Some(value) = settings.get(setting.key) else { continue };
                assert!(!page.body.contains(value), "{} `{}`", channel.name, setting.key);
            }
        }
    }
}

#[tokio::test]
async fn wrong_webhook_is_refused_at_its_field_without_repeating_it() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let form = "channel=slack&label=On+%22call&setting.url=https%3A%2F%2Fslack.com%2Fs3cret";
    let refused = jo.post("/alerts/destinations/new", form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("role=\"alert\"") && refused.body.contains("href=\"#url\""), "{}", refused.body);
    assert!(refused.body.contains("On &quot;call") && !refused.body.contains("s3cret"), "{}", refused.body);
    let private = "channel=discord&setting.url=http%3A%2F%2F169.254.169.254%2Fapi%2Fwebhooks%2F1%2Fx";
    let refused = jo.post("/alerts/destinations/new", private).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a stranger does not choose an address of ours");
    assert!(settings_of(&world, JO).await.destinations.is_empty());
}

#[tokio::test]
async fn blank_secret_keeps_the_stored_one() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let page = jo.open(&path).await;
    assert!(!page.body.contains(SECRET) && page.body.contains("leave blank to keep it"), "{}", page.body);
    let form = format!("channel=slack&label=On+call&setting.url=&version={}", hidden(&page.body, "version"));
    jo.post(&path, &form).await;
    let stored = settings_of(&world, JO).await.destinations.remove(0).value;
    assert_eq!(stored.label.as_deref(), Some("On call"));
    let known = world.store.unseal(&stored).unwrap();
    assert!(known.settings.get("url").unwrap().ends_with(SECRET));
}

#[tokio::test]
async fn webhook_is_replaced_by_a_bot_when_it_is_to_be_removed() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let bot = "channel=slack&setting.token=xoxb-1-x&setting.conversation=%23ops&version=1";
    let both = jo.post(&path, bot).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saved = jo.post(&path, &format!("{bot}&forget=url")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let stored = settings_of(&world, JO).await.destinations.remove(0).value;
    let known = world.store.unseal(&stored).unwrap();
    assert_eq!(known.settings.0.keys().collect::<Vec<_>>(), ["conversation", "token"]);
}

#[tokio::test]
async fn test_is_queued_and_its_page_waits_for_the_answer() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = add_slack(&mut jo, "Ops").await;
    let sent = jo.post(&format!("{path}/test"), "").await;
    let to = sent.header(http::header::LOCATION).to_owned();
    let [task] = &queued(&world, "slack").await[..] else { panic!("one test is queued") };
    assert!(to.contains(task.alert.as_str()), "{to}");
    let page = jo.open(to.split('#').next().unwrap()).await;
    assert!(
        page.body.contains("Waiting for the answer of Slack") && page.body.contains("data-live=\"1\""),
        "{}",
        page.body
    );
    let again = jo.post(&format!("{path}/test"), "").await;
    assert_eq!(again.status, StatusCode::CONFLICT, "not twice within seconds");
    let other = jo.open(&format!("{path}?test=nothing")).await;
    assert!(other.status == StatusCode::OK && !other.body.contains("Waiting for the answer"));
    let log = jo.open("/account/audit").await;
    assert!(log.body.contains("destination tested"), "{}", log.body);
}

#[tokio::test]
async fn owner_of_a_mail_address_is_asked_once_in_ten_minutes_whoever_names_it() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let added = add_mail(&mut jo, "victim@example.org").await;
    assert!(added.header(http::header::LOCATION).ends_with("done=asked"), "{:?}", added.headers);
    assert_eq!(queued(&world, "email").await.len(), 1);
    let path = path_of(&added);
    let page = jo.open(&path).await;
    assert!(page.body.contains("Waiting for victim@example.org to confirm"), "{}", page.body);
    assert!(!page.body.contains("Send test"), "{}", page.body);
    for _ in 0..3 {
        let again = jo.post(&format!("{path}/resend"), "").await;
        assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    }
    // Neither another account nor another network gets around it.
    let mut evil = world.signed_in("evil@example.net", 200).await;
    let added = add_mail(&mut evil, "victim@example.org").await;
    assert!(added.header(http::header::LOCATION).ends_with("done=not-asked"), "{:?}", added.headers);
    assert_eq!(queued(&world, "email").await.len(), 0);
    let test = evil.post(&format!("{}/test", path_of(&added)), "").await;
    assert_eq!(test.status, StatusCode::CONFLICT, "nothing but the question is sent");
}

#[tokio::test]
async fn account_asks_a_bounded_number_of_strangers() {
    let world = World::start(SignUp::Open).await;
    let mut asked = 0;
    for number in 0..25 {
        // From a network of its own each time.
        let mut jo = world.signed_in(JO, number).await;
        let added = add_mail(&mut jo, &format!("stranger{number}@example.org")).await;
        asked += usize::from(added.header(http::header::LOCATION).ends_with("done=asked"));
    }
    assert_eq!(asked, 20);
}

#[tokio::test]
async fn who_has_answered_is_not_asked_again() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = path_of(&add_mail(&mut jo, JO).await);
    let account = account_of(&world, JO).await;
    let (recipient, _) = world.store.recipient(&account, JO).await.unwrap();
    let now = jiff::Timestamp::now();
    world.store.answer(&recipient.unwrap(), Consent::Confirmed, now).await.unwrap();
    assert!(jo.open(&path).await.body.contains("Send test"));
    assert_eq!(jo.post(&format!("{path}/resend"), "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(queued(&world, "email").await.len(), 1, "the first question alone");
    let (recipient, _) = world.store.recipient(&account, JO).await.unwrap();
    world.store.answer(&recipient.unwrap(), Consent::Unsubscribed, now).await.unwrap();
    let page = jo.open(&path).await;
    assert!(page.body.contains("has unsubscribed. Only its owner can come back"), "{}", page.body);
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
