//! What an account watches: found, listed with how it is, and given up.
use accounts::{
    audit::{AuditEntry, Values},
    sign_up::SignUp,
};
use console::Demo;
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use status::monitor::{ComponentFilter, Monitor, WhenUnknown};
use store::{AccountSettings, Edit};

use crate::{
    pages::{component, incident, read},
    world::{Browser, OWNER, World, account_of, hidden, settings_of},
};

const JO: &str = "jo@example.com";

pub(crate) fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// The entries of the only monitor; `None`: all components.
pub(crate) async fn chosen(world: &World, address: &str) -> Option<Vec<String>> {
    match &settings_of(world, address).await.monitors[0].value.components {
        ComponentFilter::All => None,
        ComponentFilter::Chosen(entries) => Some(entries.iter().map(ToString::to_string).collect()),
    }
}

/// Stripe with two groups, and an incident of each some days ago.
pub(crate) async fn stripe(world: &World) {
    let components = [
        component("eu-api", "API", Some("Europe")),
        component("eu-web", "Dashboard", Some("Europe")),
        component("us-api", "API", Some("America")),
    ];
    read(&world.store, "stripe", &components, &[], ago(800)).await;
    let hits =
        [incident("a", "Europe fails", ago(700), &["eu-api"]), incident("b", "America fails", ago(600), &["us-api"])];
    read(&world.store, "stripe", &components, &hits, ago(500)).await;
}

/// The form of Stripe as it was opened, with further fields.
pub(crate) async fn save(browser: &mut Browser, fields: &str) -> crate::world::Answer {
    let page = browser.open("/watch/stripe").await.body;
    let known = match page.contains("name=\"version\"") {
        true => format!("monitor={}&version={}&", hidden(&page, "monitor"), hidden(&page, "version")),
        false => String::new(),
    };
    browser.post("/watch/stripe", &format!("{known}submit=save&{fields}")).await
}

#[tokio::test]
async fn ticked_providers_are_watched_and_listed_with_the_worst_first() {
    let world = World::start(SignUp::Open).await;
    let api = component("api", "API", None);
    read(&world.store, "github", std::slice::from_ref(&api), &[], ago(9)).await;
    read(&world.store, "stripe", std::slice::from_ref(&api), &[], ago(9)).await;
    read(&world.store, "stripe", &[api], &[incident("i", "Payments <b>fail</b>", ago(2), &["api"])], ago(1)).await;
    let mut jo = world.signed_in(JO, 1).await;
    let found = jo.open("/watch?q=git+hub").await.body;
    assert!(found.contains("value=\"github\"") && found.contains("Operational"), "{found}");
    let made = jo.post("/watch", "provider=github&provider=stripe&provider=github&provider=nobody-has-this").await;
    assert_eq!(made.leads_to(), (StatusCode::SEE_OTHER, "/watch?done=watched&count=2"), "{}", made.body);
    let page = jo.open("/watch?done=watched&count=2").await.body;
    assert!(page.contains("2 more providers are watched now.") && page.contains("nobody is alerted"), "{page}");
    assert!(page.contains("1 of 2 has an open incident."), "{page}");
    assert!(page.contains("Payments &lt;b&gt;fail&lt;/b&gt;") && page.contains("/incidents/stripe/i"), "{page}");
    assert!(page.find("/watch/stripe").unwrap() < page.find("/watch/github").unwrap());
    let again = jo.post("/watch", "provider=github").await;
    assert_eq!(again.leads_to().1, "/watch?done=watched&count=0", "it is watched once");
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 2);
}

#[tokio::test]
async fn more_than_the_limit_is_refused_as_a_whole_and_the_ticks_stay() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let six = "provider=github&provider=stripe&provider=openai&provider=twilio&provider=sentry&provider=npm";
    let refused = jo.post("/watch", six).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("may have 5 monitors. It has 0, and you ticked 6"), "{}", refused.body);
    assert_eq!(refused.body.matches("checked>").count(), 6, "{}", refused.body);
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 0);
    jo.post("/watch", &six.replace("&provider=npm", "")).await;
    let sixth = jo.post("/watch/npm", "submit=save&which=all").await;
    assert!(
        sixth.status == StatusCode::UNPROCESSABLE_ENTITY && sixth.body.contains("as it may have: 5"),
        "{}",
        sixth.body
    );
    let page = jo.post("/watch/from/address", "url=status.example.com").await;
    assert!(
        page.status == StatusCode::UNPROCESSABLE_ENTITY && page.body.contains("as it may have: 5"),
        "{}",
        page.body
    );
    assert_eq!(settings_of(&world, JO).await.pages.len(), 0, "a page that nobody watches is not added");
    assert_eq!(jo.post("/watch", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn address_becomes_a_page_that_nobody_else_sees_and_goes_with_its_monitor() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let mut al = world.signed_in("al@example.com", 2).await;
    let offered = jo.open("/watch?q=status.xyzzy-inc.example").await.body;
    assert!(offered.contains("Nothing matches") && offered.contains("value=\"https://status.xyzzy-inc.example\""));
    let added = jo.post("/watch/from/address", "url=status.xyzzy-inc.example&name=Xyzzy+%3Cb%3E").await;
    let path = added.leads_to().1.to_owned();
    assert!(path.ends_with("?done=added"), "{}", added.body);
    let page = jo.open(&path).await.body;
    assert!(page.contains("Xyzzy &lt;b&gt;") && page.contains("within 15 minutes"), "{page}");
    let path = path.trim_end_matches("?done=added");
    assert_eq!(al.open(path).await.status, StatusCode::NOT_FOUND, "it is another account's");
    assert_eq!(al.post(path, "submit=save&which=all").await.status, StatusCode::NOT_FOUND);
    assert!(!al.open("/watch?q=xyzzy").await.body.contains("Xyzzy &lt;"));
    let again = jo.post("/watch/from/address", "url=https%3A%2F%2Fstatus.xyzzy-inc.example%2F").await;
    assert_eq!(again.leads_to().1, format!("{path}?done=known"));
    let known = jo.post("/watch/from/address", "url=www.githubstatus.com").await;
    assert_eq!(known.leads_to().1, "/watch/github?done=known");
    for refused in
        ["http%3A%2F%2F169.254.169.254", "localhost", "https%3A%2F%2Fa%3Ab%40example.com", "nothing+at+all", ""]
    {
        let refused = jo.post("/watch/from/address", &format!("url={refused}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("aria-describedby=\"url-problem\""), "{}", refused.body);
    }
    let asked = jo.open(&format!("{path}/remove")).await.body;
    assert!(asked.contains("Stop watching Xyzzy") && asked.contains("is removed from your account"), "{asked}");
    let form = format!("monitor={}&version={}", hidden(&asked, "monitor"), hidden(&asked, "version"));
    assert_eq!(al.post(&format!("{path}/remove"), &form).await.status, StatusCode::NOT_FOUND);
    let removed = jo.post(&format!("{path}/remove"), &form).await;
    assert_eq!(removed.leads_to(), (StatusCode::SEE_OTHER, "/watch?done=removed"), "{}", removed.body);
    let left = settings_of(&world, JO).await;
    assert_eq!((left.monitors.len(), left.pages.len(), left.watched.len()), (0, 0, 0));
}

#[tokio::test]
async fn ids_of_another_account_do_not_exist() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let (mut jo, mut evil) = (world.signed_in(JO, 1).await, world.signed_in("evil@example.com", 2).await);
    save(&mut jo, "which=all").await;
    let id = settings_of(&world, JO).await.monitors[0].value.id.clone();
    for path in [format!("/watch/stripe?monitor={id}"), format!("/watch/stripe/remove?monitor={id}")] {
        assert_eq!(evil.open(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for submit in ["save", "preview"] {
        let form = format!("submit={submit}&monitor={id}&version=1&which=chosen&group=Europe");
        let answer = evil.post("/watch/stripe", &form).await;
        assert!(!answer.status.is_redirection(), "{submit}: {}", answer.status);
    }
    let removed = evil.post("/watch/stripe/remove", &format!("monitor={id}&version=1")).await;
    assert_eq!(removed.status, StatusCode::NOT_FOUND);
    assert_eq!(chosen(&world, JO).await, None);
    assert_eq!(settings_of(&world, "evil@example.com").await.monitors.len(), 0);
}

/// Its row was taken out of the catalogue after somebody had chosen it.
#[tokio::test]
async fn monitor_of_a_provider_that_is_no_longer_known_is_listed_and_can_be_removed() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let account = account_of(&world, JO).await;
    let monitor = Monitor {
        id: "monitor_gone".into(),
        account: account.clone(),
        provider: "left-the-catalogue".into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let entry = AuditEntry {
        account,
        at: Timestamp::now(),
        id: "1".to_owned(),
        who: JO.to_owned(),
        action: "monitor.added".to_owned(),
        target: "left-the-catalogue".to_owned(),
        before: Values::new(),
        after: Values::new(),
    };
    world.store.save_monitor(&monitor, None, &Edit::of(entry)).await.unwrap();
    let list = jo.open("/watch").await.body;
    let path = "/watch/left-the-catalogue/remove";
    assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
    assert!(!list.contains("href=\"/watch/left-the-catalogue\""), "{list}");
    let question = jo.open(path).await;
    assert_eq!(question.status, StatusCode::OK);
    assert!(!question.body.contains("href=\"/watch/left-the-catalogue\""), "{}", question.body);
    let form = format!("monitor={}&version={}", hidden(&question.body, "monitor"), hidden(&question.body, "version"));
    let removed = jo.post(path, &form).await;
    assert_eq!(removed.leads_to(), (StatusCode::SEE_OTHER, "/watch?done=removed"), "{}", removed.body);
    let left = settings_of(&world, JO).await;
    assert_eq!((left.monitors.len(), left.watched.len()), (0, 0));
}

#[tokio::test]
async fn pasted_list_is_matched_and_what_is_unknown_is_said() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/watch", "provider=github").await;
    let found = jo.post("/watch/from/list", "list=github.com%0D%0Astripe.com%0D%0A%3Cscript%3Ealert(1)").await;
    assert_eq!(found.status, StatusCode::OK);
    let body = found.body;
    assert!(
        body.contains("2 providers found, 1 of them watched already") && body.contains("Watch 1 provider"),
        "{body}"
    );
    assert!(body.contains("value=\"stripe\" checked") && !body.contains("value=\"github\" checked"), "{body}");
    assert!(
        body.contains("1 not found") && body.contains("&lt;script&gt;alert(1)") && !body.contains("<script>alert"),
        "{body}"
    );
    let long = format!("list={}", "some-name%0A".repeat(60_000));
    assert_eq!(jo.post("/watch/from/list", &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(jo.post("/watch/from/list", "list=+").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn new_account_begins_at_the_three_steps() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.browser(1);
    let link = console::sign_in_link(&world.store, "", JO, Timestamp::now()).await.unwrap();
    assert_eq!(jo.submit(&link, "").await.header(header::LOCATION), "/welcome");
    let page = jo.open("/welcome").await.body;
    assert!(page.contains("Find your providers") && page.contains("Skip") && !page.contains("✓"), "{page}");
    jo.post("/watch", "provider=github").await;
    let page = jo.open("/welcome").await.body;
    assert!(page.contains("You watch 1 provider.") && page.matches("✓").count() == 1, "{page}");
    let link = console::sign_in_link(&world.store, "", JO, Timestamp::now()).await.unwrap();
    assert_eq!(jo.submit(&link, "").await.header(header::LOCATION), "/account", "only the first time");
}

#[tokio::test]
async fn new_account_is_shown_the_demo_where_one_runs() {
    let world = World::start(SignUp::Open).await;
    assert!(!world.signed_in(JO, 1).await.open("/welcome").await.body.contains("demo"));
    stripe(&world).await;
    let page = catalogue::find("stripe").unwrap().provider();
    let world = world.with_demo(Demo { page, messages: "/receiver.json".to_owned() });
    let page = world.signed_in(JO, 2).await.open("/welcome").await.body;
    let (_, demo) = page.split_once("id=\"demo\"").unwrap();
    assert!(demo.contains("href=\"/providers/stripe\"") && demo.contains("href=\"/receiver.json\""), "{demo}");
    assert!(demo.contains("Europe fails"), "{demo}");
}

#[tokio::test]
async fn reader_sees_what_is_watched_and_changes_nothing() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    save(&mut jo, "which=chosen&group=Europe").await;
    jo.post("/account/invitations", "address=al%40example.com&role=reader").await;
    let mut al = world.browser(2);
    al.submit(&world.link_to("al@example.com"), "").await;
    let page = al.open("/watch/stripe").await.body;
    assert!(page.contains("You may read this account, and not change it.") && page.contains("1 group"), "{page}");
    assert!(page.contains("<strong>1 of 2 incidents</strong>") && !page.contains("value=\"save\""), "{page}");
    let (id, version) = (hidden(&page, "monitor"), hidden(&page, "version"));
    let known = format!("monitor={id}&version={version}");
    let preview = al.post("/watch/stripe", &format!("submit=preview&{known}&which=all&zone=Asia%2FTokyo")).await;
    assert!(preview.body.contains("<strong>1 of 2 incidents</strong>"), "of what is saved: {}", preview.body);
    for (path, form) in [
        ("/watch", "provider=github".to_owned()),
        ("/watch/from/address", "url=status.example.com".to_owned()),
        ("/watch/stripe", format!("submit=save&{known}&which=all")),
        ("/watch/stripe/remove", known.clone()),
    ] {
        assert_eq!(al.post(path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(al.open("/watch/stripe/remove").await.status, StatusCode::FORBIDDEN);
    assert_eq!(chosen(&world, JO).await.unwrap(), ["group:Europe"]);
}

#[tokio::test]
async fn pages_and_forms_cost_few_requests() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    jo.post("/watch", "provider=stripe&provider=github").await;
    let page = jo.open("/watch/stripe").await.body;
    let saved = format!(
        "form={}&monitor={}&version={}&submit=save&which=chosen&group=Europe",
        jo.token().await,
        hidden(&page, "monitor"),
        hidden(&page, "version")
    );
    // Two of each are for the session and the member.
    for (path, form, reads, writes) in [
        ("/welcome", None, 3, 0),
        ("/watch", None, 5, 0),
        ("/watch?q=stripe", None, 5, 0),
        ("/watch/stripe", None, 9, 0),
        ("/watch/stripe/remove", None, 3, 0),
        ("/watch/stripe", Some(&saved), 9, 1),
    ] {
        let before = world.store.counts();
        let answer = match form {
            None => jo.open(path).await,
            Some(form) => jo.submit(path, form).await,
        };
        let after = world.store.counts();
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.body);
        let cost = (after.reads - before.reads, after.writes - before.writes);
        assert!(cost.0 <= reads && cost.1 <= writes, "{path}: {cost:?}");
    }
}

#[tokio::test]
async fn instance_without_the_catalogue_offers_none_of_it() {
    let world = World::start(SignUp::Open).await.without_catalogue();
    let mut jo = world.signed_in(JO, 1).await;
    assert!(!jo.open("/watch").await.body.contains("Popular"));
    assert!(jo.open("/watch?q=github").await.body.contains("Nothing matches"));
    assert_eq!(jo.open("/watch/github").await.status, StatusCode::NOT_FOUND);
    assert_eq!(jo.post("/watch", "provider=github").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn account_with_a_thousand_monitors_has_pages() {
    let world = World::start(SignUp::Invitation).await;
    let slugs: Vec<&str> = catalogue::entries().iter().take(1_000).map(|entry| entry.slug).collect();
    let monitor = |slug: &&str| Monitor {
        id: (*slug).into(),
        account: "local".into(),
        provider: (*slug).into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let declared = AccountSettings { monitors: slugs.iter().map(monitor).collect(), ..AccountSettings::default() };
    world.store.apply(&"local".into(), &declared).await.unwrap();
    let mut owner = world.signed_in(OWNER, 1).await;
    let before = world.store.counts().reads;
    let page = owner.open("/watch?page=17").await.body;
    let reads = world.store.counts().reads - before;
    assert!(page.contains("Page 17 of 17") && page.contains("1000 are not checked yet"), "{page}");
    assert!(reads <= 30, "{reads} requests");
}

/// Made on the pages, so that groups name them one by one.
#[tokio::test]
async fn account_with_a_thousand_monitors_changes_them() {
    let world = World::start(SignUp::Invitation).await;
    let mut owner = world.signed_in(OWNER, 1).await;
    let ids: Vec<String> = catalogue::entries().iter().take(1_000).map(|entry| entry.slug.to_owned()).collect();
    for some in ids.chunks(500) {
        let watched = owner.post("/watch", &format!("provider={}", some.join("&provider="))).await;
        assert_eq!(watched.status, StatusCode::SEE_OTHER, "{}", watched.body);
    }
    let settings = settings_of(&world, OWNER).await;
    assert_eq!(settings.monitors.len(), 1_000);
    let monitors: Vec<&str> = settings.monitors.iter().map(|monitor| monitor.value.id.as_str()).collect();
    let chosen = format!("scope=chosen&severities=major&events=opened&monitors={}", monitors.join("&monitors="));
    let made = owner.post("/alerts/groups/new", &format!("name=All+of+them&{chosen}")).await;
    assert_eq!(made.leads_to(), (StatusCode::SEE_OTHER, "/alerts?done=group"), "{}", made.body);
    let group = &settings_of(&world, OWNER).await.groups[1];
    assert!(group.value.covers(&settings.monitors[999].value.id));
    let path = format!("/alerts/groups/{}", group.value.id);
    let form = owner.open(&path).await.body;
    assert_eq!(form.matches("name=\"monitors\"").count(), 1_000);
    assert!(form.contains("data-filter"), "a list that long can be narrowed");
    let again = owner.post(&path, &format!("name=&version={}&{chosen}", group.version)).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    for path in [format!("{path}/preview"), "/alerts".to_owned(), "/watch".to_owned(), "/account/export".to_owned()] {
        assert_eq!(owner.open(&path).await.status, StatusCode::OK, "{path}");
    }
    let client = world.token(&mut owner, "write").await;
    assert_eq!(client.get("/monitors").await.json()["monitors"].as_array().unwrap().len(), 1_000);
    let first = format!("/monitors/{}", monitors[0]);
    assert_eq!(client.send("DELETE", &first, &[("if-match", "*")], "").await.status, StatusCode::NO_CONTENT);
    let left = settings_of(&world, OWNER).await;
    assert!(left.monitors.len() == 999 && !left.groups[1].value.covers(&settings.monitors[0].value.id));
}
