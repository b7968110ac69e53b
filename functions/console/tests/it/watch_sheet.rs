//! What an account watches of one provider: narrowed to components, previewed, and changed by two people at once.
use accounts::sign_up::SignUp;
use http::StatusCode;
use status::monitor::{ComponentFilter, Monitor, Scope, WhenUnknown};
use store::AccountSettings;

use crate::{
    destinations::add_slack,
    pages::{component, read},
    watch::{ago, chosen, save, stripe},
    world::{OWNER, World, hidden, settings_of},
};

const JO: &str = "jo@example.com";

#[tokio::test]
async fn provider_is_narrowed_to_components_with_what_would_have_alerted() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    let fresh = jo.open("/watch/stripe").await.body;
    assert!(fresh.contains("0 of 3 selected") && fresh.contains("<strong>2 of 2 incidents</strong>"), "{fresh}");
    let preview = jo.post("/watch/stripe", "submit=preview&which=chosen&group=Europe&zone=Asia%2FTokyo").await;
    assert_eq!(preview.status, StatusCode::OK);
    let body = preview.body;
    assert!(body.contains("2 of 3 selected") && body.contains("<strong>1 of 2 incidents</strong>"), "{body}");
    assert!(body.contains("Asia/Tokyo") && body.contains("<s><bdi>America fails</bdi></s>"), "{body}");
    assert!(body.contains("it concerned other components") && body.contains("value=\"Europe\" checked"), "{body}");
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 0, "a preview saves nothing");
    let saved = save(&mut jo, "which=chosen&group=Europe&component=us-api&unknown=drop").await;
    assert!(saved.leads_to().1.starts_with("/watch/stripe?monitor=monitor_"), "{}", saved.body);
    assert_eq!(chosen(&world, JO).await.unwrap(), ["group:Europe", "us-api"]);
    assert_eq!(settings_of(&world, JO).await.monitors[0].value.unknown, WhenUnknown::Drop);
    let page = jo.open(saved.leads_to().1).await.body;
    assert!(page.contains("Watching Stripe. Nobody is alerted yet"), "{page}");
    // One component is taken out of the ticked group.
    let before = "group_before=Europe&component_before=eu-api&component_before=eu-web";
    save(&mut jo, &format!("which=chosen&group=Europe&{before}&component=eu-web")).await;
    assert_eq!(chosen(&world, JO).await.unwrap(), ["Dashboard"]);
    save(&mut jo, "which=all").await;
    assert_eq!(chosen(&world, JO).await, None);
}

#[tokio::test]
async fn each_component_has_bars_of_what_was_seen_of_it() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    let page = jo.open("/watch/stripe").await.body;
    let bars = |id: &str| {
        let (_, row) = page.split_once(&format!("value=\"{id}\"")).unwrap();
        let (_, label) = row.split_once("aria-label=\"").unwrap();
        label.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(page.matches("<svg class=\"days\"").count(), 3, "{page}");
    for (id, bars_begin) in
        [("eu-api", "Incidents on "), ("us-api", "Incidents on "), ("eu-web", "No incidents on the ")]
    {
        assert!(bars(id).starts_with(bars_begin), "{id}: {}", bars(id));
    }
    assert_ne!(bars("eu-api"), bars("us-api"), "one failed four days longer");
}

#[tokio::test]
async fn what_was_just_begun_is_undone_unless_it_was_changed_since() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    for is_changed in [true, false] {
        let saved = save(&mut jo, "which=all").await;
        let page = jo.open(saved.leads_to().1).await.body;
        let (undo, _) = page.split_once(">Undo</button>").expect("it can be undone");
        let (_, undo) = undo.rsplit_once("<form").unwrap();
        assert!(undo.contains("action=\"/watch/stripe/remove\""), "{undo}");
        let form = format!("monitor={}&version={}", hidden(undo, "monitor"), hidden(undo, "version"));
        if is_changed {
            let changed = save(&mut jo, "which=chosen&group=Europe").await;
            assert!(!jo.open(changed.leads_to().1).await.body.contains(">Undo<"));
            assert_eq!(jo.post("/watch/stripe/remove", &form).await.status, StatusCode::CONFLICT);
            assert_eq!(chosen(&world, JO).await.unwrap(), ["group:Europe"]);
            let page = jo.open("/watch/stripe").await.body;
            let form = format!("monitor={}&version={}", hidden(&page, "monitor"), hidden(&page, "version"));
            jo.post("/watch/stripe/remove", &form).await;
        } else {
            assert_eq!(jo.post("/watch/stripe/remove", &form).await.status, StatusCode::SEE_OTHER);
        }
        assert!(settings_of(&world, JO).await.monitors.is_empty());
    }
}

#[tokio::test]
async fn what_is_ticked_is_kept_while_components_are_searched() {
    let world = World::start(SignUp::Open).await;
    let many: Vec<_> = (0..1_000)
        .map(|n| {
            component(
                &format!("a-rather-long-id-{n}"),
                &format!("Part {n}"),
                Some(if n % 2 == 0 { "Even" } else { "Odd" }),
            )
        })
        .collect();
    read(&world.store, "stripe", &many, &[], ago(9)).await;
    let mut jo = world.signed_in(JO, 1).await;
    let ticked: String =
        (0..1_000).filter(|n| n % 2 == 1).map(|n| format!("&component=a-rather-long-id-{n}")).collect();
    let found = jo.post("/watch/stripe", &format!("submit=find&which=chosen&group=Even&q=part+77{ticked}")).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(
        found.body.contains("19 of 1000 components match") && found.body.contains("1000 of 1000 selected"),
        "{}",
        found.body.chars().take(9_000).collect::<String>()
    );
    let hidden = found.body.matches("type=\"hidden\" name=\"component\"").count();
    assert_eq!(hidden, 1_000 - 19, "what is not shown goes with the form");
    let empty = jo.post("/watch/stripe", "submit=save&which=chosen").await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.body.contains("Choose at least one component"));
    let torn = jo.post("/watch/stripe", "submit=save&which=all&which_before=all&component=a-rather-long-id-1").await;
    assert!(torn.body.contains("Choose one of the two") && torn.body.contains("1 of 1000 selected"), "{}", torn.body);
    save(&mut jo, &format!("which=chosen&group=Even{ticked}")).await;
    assert_eq!(chosen(&world, JO).await.unwrap().len(), 501);
    let page = jo.open("/watch/stripe?q=part+77").await;
    assert!(page.body.contains("1000 of 1000 selected"));
    let oversized = format!("submit=find&q={}", "x".repeat(600 << 10));
    assert_eq!(jo.post("/watch/stripe", &oversized).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn of_two_who_edit_one_monitor_the_second_sees_both() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let (mut here, mut there) = (world.signed_in(JO, 1).await, world.signed_in(JO, 2).await);
    save(&mut here, "which=all").await;
    let opened = there.open("/watch/stripe").await.body;
    let (id, version) = (hidden(&opened, "monitor"), hidden(&opened, "version"));
    save(&mut here, "which=chosen&group=Europe").await;
    let late = format!("submit=save&monitor={id}&version={version}&which=chosen&component=us-api&component=eu-web");
    let refused = there.post("/watch/stripe", &late).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.body.contains("1 group; incidents") && refused.body.contains("2 components; incidents"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("value=\"us-api\" checked") && !refused.body.contains("value=\"Europe\" checked"));
    assert_eq!(chosen(&world, JO).await.unwrap(), ["group:Europe"]);
    let again = late.replace(&format!("version={version}"), &format!("version={}", hidden(&refused.body, "version")));
    assert_eq!(there.post("/watch/stripe", &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(chosen(&world, JO).await.unwrap(), ["Dashboard", "us-api"]);
    // Two who begin at once make one monitor.
    let blind = there.post("/watch/stripe", "submit=save&which=all").await;
    assert_eq!(blind.status, StatusCode::CONFLICT);
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 1);
    let another = there.post("/watch/stripe", "submit=save&which=all&another=1").await;
    assert_eq!(another.status, StatusCode::SEE_OTHER);
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 2);
}

#[tokio::test]
async fn component_that_vanished_is_kept_until_it_is_unticked() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    save(&mut jo, "which=chosen&component=eu-web&component=us-api").await;
    read(&world.store, "stripe", &[component("us-api", "API", Some("America"))], &[], ago(4)).await;
    let page = jo.open("/watch/stripe").await.body;
    assert!(page.contains("No longer listed") && page.contains("name=\"gone\" value=\"Dashboard\" checked"), "{page}");
    save(&mut jo, "which=chosen&component=us-api&gone=Dashboard").await;
    assert_eq!(chosen(&world, JO).await.unwrap(), ["API", "Dashboard"]);
    save(&mut jo, "which=chosen&component=us-api").await;
    assert_eq!(chosen(&world, JO).await.unwrap(), ["API"]);
}

#[tokio::test]
async fn page_that_was_never_checked_says_so_and_is_watched_whole() {
    let world = World::start(SignUp::Open).await;
    let mut jo = world.signed_in(JO, 1).await;
    let page = jo.open("/watch/github").await.body;
    assert!(page.contains("Components appear after the first check") && page.contains("Known after the first check"));
    let saved = jo.post("/watch/github", "submit=save&which=all").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(chosen(&world, JO).await, None);
}

#[tokio::test]
async fn what_was_changed_since_is_not_removed_unseen() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let (mut here, mut there) = (world.signed_in(JO, 1).await, world.signed_in(JO, 2).await);
    save(&mut here, "which=all").await;
    let asked = here.open("/watch/stripe/remove").await.body;
    save(&mut there, "which=chosen&group=Europe").await;
    let form = format!("monitor={}&version={}", hidden(&asked, "monitor"), hidden(&asked, "version"));
    assert_eq!(here.post("/watch/stripe/remove", &form).await.status, StatusCode::CONFLICT);
    assert_eq!(settings_of(&world, JO).await.monitors.len(), 1);
}

#[tokio::test]
async fn monitors_of_the_file_are_shown_and_not_changed() {
    let world = World::start(SignUp::Invitation).await;
    stripe(&world).await;
    let monitor = Monitor {
        id: "pay".into(),
        account: "local".into(),
        provider: "stripe".into(),
        components: ComponentFilter::All,
        unknown: WhenUnknown::Tell,
    };
    let declared = AccountSettings { monitors: vec![monitor], ..AccountSettings::default() };
    world.store.apply(&"local".into(), &declared).await.unwrap();
    let mut owner = world.signed_in(OWNER, 1).await;
    let listed = owner.open("/watch").await.body;
    assert!(listed.contains("All components, in the configuration file"), "{listed}");
    let page = owner.open("/watch/stripe").await.body;
    assert!(page.contains("declared in the configuration file") && !page.contains("value=\"save\""), "{page}");
    assert!(page.contains("<strong>2 of 2 incidents</strong>"), "{page}");
    let refused = owner.post("/watch/stripe", "submit=save&monitor=pay&version=0&which=all").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(owner.open("/watch/stripe/remove?monitor=pay").await.status, StatusCode::NOT_FOUND);
    let another = owner.post("/watch/stripe", "submit=save&another=1&which=chosen&group=Europe").await;
    assert_eq!(another.status, StatusCode::SEE_OTHER);
    let both = owner.open("/watch").await.body;
    assert!(both.contains("2 monitors"), "{both}");
}

async fn group_with_chosen_monitors(world: &World, name: &str) -> (Vec<String>, u64) {
    let groups = settings_of(world, JO).await.groups;
    let group = groups.into_iter().find(|group| group.value.shown_name() == name).unwrap();
    let Scope::Monitors(monitors) = &group.value.scope else { panic!("{group:?}") };
    (monitors.iter().map(ToString::to_string).collect(), group.version)
}

/// An account whose groups all have chosen monitors would watch something that alerts nobody.
#[tokio::test]
async fn sheet_says_that_no_group_alerts_and_puts_the_monitor_into_the_ticked_ones() {
    let world = World::start(SignUp::Open).await;
    stripe(&world).await;
    let mut jo = world.signed_in(JO, 1).await;
    add_slack(&mut jo, "Ops").await;
    let destination = settings_of(&world, JO).await.destinations[0].value.id.clone();
    let all = jo.open("/watch/stripe").await.body;
    assert!(all.contains("Default</bdi></a> alerts on everything you watch"), "{all}");
    assert!(!all.contains("No group alerts on this yet"), "{all}");
    let github = jo.post("/watch/github", "submit=save&which=all").await.leads_to().1.to_owned();
    let github = github.split_once("monitor=").unwrap().1.split('&').next().unwrap().to_owned();
    let group = "scope=chosen&severities=major&severities=minor&events=opened&events=resolved";
    for name in ["Days", "Nights"] {
        let form = format!("name={name}&{group}&monitors={github}&destinations={destination}");
        assert_eq!(jo.post("/alerts/groups/new", &form).await.leads_to().1, "/alerts?done=group");
    }
    let version = hidden(&jo.open("/alerts/groups/group_default").await.body, "version");
    let default = format!("name=Default&{group}&monitors={github}&version={version}");
    assert_eq!(jo.post("/alerts/groups/group_default", &default).await.status, StatusCode::SEE_OTHER);

    let fresh = jo.open("/watch/stripe").await.body;
    assert!(fresh.contains("No group alerts on this yet") && fresh.contains("/alerts/groups/new"), "{fresh}");
    assert!(fresh.contains("<strong>0 of 2 incidents</strong>"), "{fresh}");
    let groups = settings_of(&world, JO).await.groups;
    let id = |name: &str| groups.iter().find(|group| group.value.shown_name() == name).unwrap().value.id.to_string();
    let (days, nights) = (id("Days"), id("Nights"));
    let preview = jo.post("/watch/stripe", &format!("submit=preview&which=all&alert_group={nights}")).await.body;
    assert!(preview.contains("<strong>2 of 2 incidents</strong>"), "{preview}");
    assert!(preview.contains(&format!("value=\"{nights}\" checked")) && !preview.contains("alert_group_before"));
    assert_eq!(group_with_chosen_monitors(&world, "Nights").await, (vec![github.clone()], 1), "nothing is saved");

    // Watched from the list, nobody would know either.
    jo.post("/watch", "provider=openai").await;
    let list = jo.open("/watch").await.body;
    assert!(list.contains("1 monitor alerts nobody: no group with a destination covers it."), "{list}");

    let saved = jo.post("/watch/stripe", &format!("submit=save&which=all&alert_group={nights}")).await;
    let page = jo.open(saved.leads_to().1).await.body;
    assert!(page.contains("Watching Stripe. Alerts go to Nights."), "{page}");
    let stripe = hidden(&page, "monitor");
    assert_eq!(group_with_chosen_monitors(&world, "Nights").await, (vec![github.clone(), stripe.clone()], 2));
    assert_eq!(hidden(&page, "alert_group_before"), nights);

    // Somebody puts it into another group meanwhile, which this form knows nothing of.
    let form = format!("name=Days&{group}&monitors={github}&monitors={stripe}&destinations={destination}&version=1");
    assert_eq!(jo.post(&format!("/alerts/groups/{days}"), &form).await.status, StatusCode::SEE_OTHER);
    let taken_out = format!("submit=save&monitor={stripe}&version=1&which=all&alert_group_before={nights}");
    assert_eq!(jo.post("/watch/stripe", &taken_out).await.status, StatusCode::SEE_OTHER);
    assert_eq!(group_with_chosen_monitors(&world, "Nights").await, (vec![github.clone()], 3));
    assert_eq!(group_with_chosen_monitors(&world, "Days").await, (vec![github, stripe], 2));
    let log = jo.open("/account/audit").await.body;
    assert!(log.contains("put into groups") && log.contains("taken out of groups"), "{log}");
}
