//! Destinations: added, changed, tested, and mail addresses whose owners are asked.
use accounts::sign_up::SignUp;
use http::StatusCode;
use queue::task::DeliveryTask;
use store::Consent;

use crate::world::{Answer, Browser, World, account_of, hidden, settings_of};

const JO: &str = "jo@example.com";
pub(crate) const SLACK: &str = "https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2Fs3cretHookKey";
pub(crate) const SECRET: &str = "s3cretHookKey";

/// The path that a form led to, without its query.
pub(crate) fn path_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header(http::header::LOCATION).split('?').next().unwrap().to_owned()
}

pub(crate) async fn add_slack(browser: &mut Browser, label: &str) -> String {
    let form = format!("channel=slack&label={label}&setting.url={SLACK}");
    path_of(&browser.post("/alerts/destinations/new", &form).await)
}

pub(crate) async fn add_mail(browser: &mut Browser, address: &str) -> Answer {
    let address = address.replace('@', "%40");
    browser.post("/alerts/destinations/new", &format!("channel=email&setting.address={address}")).await
}

/// What waits in the queue of a channel. Takes it.
pub(crate) async fn queued(world: &World, channel: &str) -> Vec<DeliveryTask> {
    let url = &world.stack.queues.channels[channel];
    let received = world.stack.sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
    received.messages().iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()).collect()
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
async fn settings_are_exported_as_a_configuration_file_that_names_secrets() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let new = jo.open("/account/export.toml").await.body;
    assert!(new.contains("# name = \"Default\"") && !new.contains("\n[[group]]"), "it alerts nobody yet: {new}");
    add_slack(&mut jo, "Ops").await;
    jo.post("/watch", "provider=github").await;
    let file = jo.open("/account/export.toml").await;
    assert_eq!(file.header(http::header::CONTENT_TYPE), "application/toml");
    for part in
        ["[[destination]]", "label = \"Ops\"", "url = \"env:DESTINATION_", "\n[[group]]", "provider = \"github\""]
    {
        assert!(file.body.contains(part), "{part}: {}", file.body);
    }
    assert!(!file.body.contains(SECRET), "{}", file.body);
    let mut al = world.signed_in("al@example.com", 2).await;
    assert!(!al.open("/account/export.toml").await.body.contains("github"));
}

#[tokio::test]
async fn conflict_of_a_destination_names_what_differs_as_its_form_does() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let form = "channel=slack&label=Ops&setting.token=xoxb-1-secret&setting.conversation=%23ops";
    let path = path_of(&jo.post("/alerts/destinations/new", form).await);
    let change = |name: &str| format!("channel=slack&label={name}&setting.conversation=%23{name}&version=1");
    assert_eq!(jo.post(&path, &change("first")).await.status, StatusCode::SEE_OTHER);
    let second = jo.post(&path, &change("second")).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    for row in [["Name", "first", "second"], ["Slack channel", "#first", "#second"]] {
        let [name, stored, typed] = row;
        let cells = format!("<td>{name}</td><td>{stored}</td><td>{typed}</td>");
        assert!(second.body.contains(&cells), "{cells}: {}", second.body);
    }
    assert!(!second.body.contains("<td>label") && !second.body.contains("xoxb-1-secret"), "{}", second.body);
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

/// The key that is proposed is copied at once: it must not be another one that is stored.
#[tokio::test]
async fn signing_key_is_proposed_once_and_the_stored_one_is_what_was_sent() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let form = jo.open("/alerts/destinations/new?channel=webhook").await;
    let proposed = hidden(&form.body, "setting.secret");
    assert!(proposed.starts_with("whsec_"), "{}", form.body);
    let key = site::paths::segment(&proposed).to_string();
    let fields = format!("channel=webhook&label=Mine&setting.secret={key}&setting.previous_secret=wrong&setting.url");
    let refused = jo.post("/alerts/destinations/new", &format!("{fields}=https%3A%2F%2Fhooks.example%2Fin")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.body.contains("made for you just now"), "{}", refused.body);
    assert_eq!(hidden(&refused.body, "setting.secret"), "", "neither another key nor the secret itself");
    assert_eq!(refused.body.matches("Enter it once more").count(), 3, "{}", refused.body);
    assert!(refused.body.contains("<details open>"), "what is to be repeated is seen: {}", refused.body);

    let form = format!("channel=webhook&setting.secret={key}&setting.url=https%3A%2F%2Fhooks.example%2Fin");
    assert_eq!(jo.post("/alerts/destinations/new", &form).await.status, StatusCode::SEE_OTHER);
    let stored = settings_of(&world, JO).await.destinations.remove(0).value;
    assert_eq!(world.store.unseal(&stored).unwrap().settings.get("secret"), Some(proposed.as_str()));
}

/// Whoever signs in by a mailed link adds the same address a moment later.
#[tokio::test]
async fn own_address_is_asked_although_a_link_was_mailed_there_just_now() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.browser(1);
    jo.submit("/account/sign-in", "address=jo%40example.com").await;
    assert_eq!(jo.submit(&world.link_to(JO), "").await.status, StatusCode::SEE_OTHER);
    let added = add_mail(&mut jo, JO).await;
    assert!(added.header(http::header::LOCATION).ends_with("done=asked"), "{:?}", added.headers);
    assert_eq!(queued(&world, "email").await.len(), 1);
    let again = jo.post(&format!("{}/resend", path_of(&added)), "").await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS, "once in ten minutes all the same");

    // Of others nothing is proved: a mail to them was the only one for now.
    jo.submit("/account/sign-in", "address=al%40example.com").await;
    let added = add_mail(&mut jo, "al@example.com").await;
    assert!(added.header(http::header::LOCATION).ends_with("done=not-asked"), "{:?}", added.headers);
}

#[tokio::test]
async fn refused_question_does_not_use_up_those_of_the_day() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let path = path_of(&add_mail(&mut jo, "stranger@example.org").await);
    for _ in 0..25 {
        let again = jo.post(&format!("{path}/resend"), "").await;
        assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let another = add_mail(&mut jo, "other@example.org").await;
    assert!(another.header(http::header::LOCATION).ends_with("done=asked"), "{:?}", another.headers);
}
