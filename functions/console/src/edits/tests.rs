//! What is true of every change, over an embedded store.
use accounts::{ApiToken, Member, audit::AuditEntry, role::Role, scope::Scope, secret::Secret, sign_up::SignUp};
use futures_util::future::join_all;
use local::dynamodb::DynamoDb;
use outbound::Guard;
use settings::{BoardDraft, DestinationDraft, GroupDraft, MonitorDraft, PageDraft, Problem};
use status::monitor::Scope as Monitors;
use store::{AccountSettings, Keyring, Store, Stored, StoredSettings};

use super::*;
use crate::{
    actor::Actor,
    state::{Console, Settings},
};

const HOOK: &str = "https://hooks.example.com/a-secret-path";

const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

struct World {
    console: Console,
    _dynamodb: DynamoDb,
}

async fn world() -> World {
    let dynamodb = DynamoDb::open(None).unwrap();
    store::table::create_if_absent(&dynamodb.client(), "statuswire").await.unwrap();
    let keyring = Keyring::parse(&Keyring::generate()).unwrap();
    let store = Store::new(&dynamodb.client(), "statuswire").with_keys(keyring, channels::is_secret);
    let settings = Settings {
        sign_up: SignUp::Open,
        owner: None,
        public_url: None,
        mail: None,
        guard: Guard::default(),
        max_monitors: Some(3),
        file_account: "local".into(),
    };
    World { console: Console::new(store, settings), _dynamodb: dynamodb }
}

impl World {
    async fn log(&self, account: &str) -> Vec<AuditEntry> {
        self.console.store.audit_log(&account.into(), None, 100).await.unwrap().entries
    }

    async fn settings(&self, account: &str) -> StoredSettings {
        self.console.store.stored_settings(&account.into()).await.unwrap()
    }
}

fn member(account: &str, role: Role) -> Actor {
    let since = jiff::Timestamp::now();
    Actor::member(&Member { account: account.into(), address: "jo@example.com".to_owned(), role, since })
}

fn token(scope: Scope) -> Actor {
    let since = jiff::Timestamp::now();
    let maker = Member { account: "ours".into(), address: "jo@example.com".to_owned(), role: Role::Owner, since };
    let token = ApiToken {
        account: "ours".into(),
        id: "1".to_owned(),
        name: "CI".to_owned(),
        scope,
        digest: Secret::new([1; 32]).digest(),
        by: "jo@example.com".to_owned(),
        made_with: None,
        since,
        ends_at: None,
        used_at: None,
    };
    Actor::token(&token, &maker)
}

fn editor() -> Actor {
    member("ours", Role::Editor)
}

fn watching(provider: &str) -> MonitorDraft {
    MonitorDraft { provider: Some(provider.to_owned()), ..MonitorDraft::default() }
}

fn hook(url: &str) -> DestinationDraft {
    DestinationDraft {
        label: Some("Ops".to_owned()),
        channel: "webhook".to_owned(),
        settings: [("url".to_owned(), url.to_owned()), ("secret".to_owned(), KEY.to_owned())].into(),
        ..DestinationDraft::default()
    }
}

fn page_at(url: &str) -> PageDraft {
    PageDraft { url: Some(url.to_owned()), ..PageDraft::default() }
}

fn problems<T: std::fmt::Debug>(done: Result<T, Refused>) -> Vec<(String, settings::Code)> {
    let Err(Refused::Problems(problems)) = done else { panic!("{done:?}") };
    problems.into_iter().map(|Problem { field, code, .. }| (field, code)).collect()
}

#[tokio::test]
async fn account_has_no_more_monitors_than_it_may_whoever_is_fast() {
    let world = world().await;
    let by = editor();
    let providers = ["github", "stripe", "slack", "openai", "twilio", "zoom"];
    let saved = join_all(providers.map(|it| save_monitor(&world.console, &by, watching(it), None))).await;
    assert_eq!(saved.iter().filter(|saved| saved.is_ok()).count(), 3);
    let refused = saved.iter().filter(|it| matches!(it, Err(Refused::Limit { what: "monitors", most: 3 })));
    assert_eq!(refused.count(), 3);
    let first = world.settings("ours").await.monitors.remove(0);
    remove_monitor(&world.console, &by, &first.value.id, first.version).await.unwrap();
    save_monitor(&world.console, &by, watching("zoom"), None).await.unwrap();
    let of_file = member("local", Role::Owner);
    let many = providers.map(watching).to_vec();
    assert_eq!(watch(&world.console, &of_file, many).await.unwrap().len(), 6, "of whoever runs the instance");
}

#[tokio::test]
async fn several_providers_are_watched_all_or_none_and_each_once() {
    let world = world().await;
    let by = editor();
    let over = ["github", "stripe", "slack", "zoom"].map(watching).to_vec();
    assert!(matches!(watch(&world.console, &by, over).await, Err(Refused::Limit { .. })));
    let unknown = vec![watching("github"), watching("no-such-provider")];
    assert_eq!(problems(watch(&world.console, &by, unknown).await), [("provider".to_owned(), settings::Code::Unknown)]);
    assert_eq!(world.settings("ours").await.monitors, []);
    let twice = ["github", "github", "stripe"].map(watching).to_vec();
    assert_eq!(watch(&world.console, &by, twice.clone()).await.unwrap().len(), 2);
    assert_eq!(watch(&world.console, &by, twice).await.unwrap(), []);
}

#[tokio::test]
async fn first_destination_is_in_the_default_group_which_stays() {
    let world = world().await;
    let by = editor();
    let first = save_destination(&world.console, &by, hook(HOOK), None).await.unwrap();
    save_destination(&world.console, &by, hook("https://hooks.example.com/2"), None).await.unwrap();
    let settings = world.settings("ours").await;
    let group = &settings.groups[0];
    assert_eq!((settings.groups.len(), group.value.shown_name()), (1, "Default"));
    assert_eq!(group.value.destinations, std::slice::from_ref(&first.value.id));
    let removed = remove_group(&world.console, &by, &default_group(), group.version).await;
    assert!(matches!(removed, Err(Refused::DefaultGroup)));
    remove_destination(&world.console, &by, &first.value.id, first.version).await.unwrap();
    assert_eq!(world.settings("ours").await.groups[0].value.destinations, [], "its group waits for another");
    let draft = GroupDraft { name: Some("All".to_owned()), ..GroupDraft::of(&group.value) };
    assert_eq!(problems(save_group(&world.console, &by, draft.clone(), Some(3)).await)[0].0, "destinations[0]");
    let saved = save_group(&world.console, &by, GroupDraft { destinations: Vec::new(), ..draft }, Some(3)).await;
    assert_eq!(saved.unwrap().value.shown_name(), "All");
}

#[tokio::test]
async fn group_of_one_monitor_alerts_of_none_once_that_is_removed() {
    let world = world().await;
    let by = editor();
    let monitors = watch(&world.console, &by, ["github", "stripe"].map(watching).to_vec()).await.unwrap();
    let (one, other) = (&monitors[0], &monitors[1]);
    let draft = |list: &[&Stored<status::monitor::Monitor>]| GroupDraft {
        monitors: Some(list.iter().map(|monitor| monitor.value.id.to_string()).collect()),
        ..GroupDraft::default()
    };
    let alone = save_group(&world.console, &by, draft(&[one]), None).await.unwrap().value.id;
    let both = save_group(&world.console, &by, draft(&[one, other]), None).await.unwrap().value.id;
    remove_monitor(&world.console, &by, &one.value.id, one.version).await.unwrap();
    let scope = async |id| group(&world.console, &by.account, id).await.unwrap().value.scope;
    assert_eq!(scope(&alone).await, Monitors::Monitors(Vec::new()));
    assert_eq!(scope(&both).await, Monitors::Monitors(vec![other.value.id.clone()]));
}

#[tokio::test]
async fn nobody_changes_what_is_not_theirs_to_change() {
    let world = world().await;
    let by = editor();
    let monitor = save_monitor(&world.console, &by, watching("github"), None).await.unwrap();
    let destination = save_destination(&world.console, &by, hook(HOOK), None).await.unwrap();
    let page = save_page(&world.console, &by, page_at("https://status.example.com"), None).await.unwrap();
    let before = world.settings("ours").await;
    for reader in [member("ours", Role::Reader), token(Scope::Read)] {
        let saved = save_monitor(&world.console, &reader, watching("stripe"), None).await;
        assert!(matches!(saved, Err(Refused::Forbidden)));
        let removed = remove_destination(&world.console, &reader, &destination.value.id, destination.version).await;
        assert!(matches!(removed, Err(Refused::Forbidden)));
    }
    let evil = member("theirs", Role::Owner);
    let changed = MonitorDraft { id: monitor.value.id.to_string(), ..watching("stripe") };
    let changed = save_monitor(&world.console, &evil, changed, Some(monitor.version)).await;
    assert!(matches!(changed, Err(Refused::NotFound)));
    let stolen = DestinationDraft { id: destination.value.id.to_string(), ..hook("https://evil.example.com") };
    assert!(matches!(save_destination(&world.console, &evil, stolen, Some(1)).await, Err(Refused::NotFound)));
    assert!(matches!(remove_page(&world.console, &evil, &page.value.0.id, 1).await, Err(Refused::NotFound)));
    let group = GroupDraft { destinations: vec![destination.value.id.to_string()], ..GroupDraft::default() };
    assert_eq!(problems(save_group(&world.console, &evil, group, None).await)[0].0, "destinations[0]");
    assert_eq!(world.settings("ours").await, before);
    let chosen = MonitorDraft { id: "mine".to_owned(), ..watching("stripe") };
    assert_eq!(problems(save_monitor(&world.console, &by, chosen, None).await)[0].0, "id");
}

#[tokio::test]
async fn what_the_file_declares_stays() {
    let world = world().await;
    let owner = member("local", Role::Owner);
    let declared = save_monitor(&world.console, &owner, watching("github"), None).await.unwrap().value;
    let declared = status::monitor::Monitor { id: "m1".into(), ..declared };
    let file = AccountSettings { monitors: vec![declared], ..AccountSettings::default() };
    world.console.store.apply(&"local".into(), &file).await.unwrap();
    let draft = MonitorDraft { id: "m1".to_owned(), ..watching("stripe") };
    let saved = save_monitor(&world.console, &owner, draft, Some(0)).await;
    assert!(matches!(saved, Err(Refused::ManagedByFile)));
    let removed = remove_monitor(&world.console, &owner, &"m1".into(), 0).await;
    assert!(matches!(removed, Err(Refused::ManagedByFile)));
}

#[tokio::test]
async fn blank_secret_is_kept_and_no_secret_is_logged() {
    let world = world().await;
    let by = editor();
    let saved = save_destination(&world.console, &by, hook(HOOK), None).await.unwrap();
    let id = saved.value.id.to_string();
    let relabelled = DestinationDraft { id: id.clone(), label: Some("On call".to_owned()), ..hook(" ") };
    let saved = save_destination(&world.console, &by, relabelled, Some(saved.version)).await.unwrap();
    let url = |saved: &Stored<store::StoredDestination>| {
        world.console.store.unseal(&saved.value).unwrap().settings.get("url").map(str::to_owned)
    };
    assert_eq!((saved.value.shown_name(), url(&saved).as_deref()), ("On call", Some(HOOK)));
    let other = "https://hooks.example.com/another-secret";
    let moved = DestinationDraft { id: id.clone(), ..hook(other) };
    let moved = save_destination(&world.console, &by, moved, Some(saved.version)).await.unwrap();
    assert_eq!(url(&moved).as_deref(), Some(other));
    let channel = DestinationDraft { id, channel: "slack".to_owned(), ..hook(other) };
    let refused = save_destination(&world.console, &by, channel, Some(moved.version)).await;
    assert_eq!(problems(refused), [("channel".to_owned(), settings::Code::Refused)]);
    let log = world.log("ours").await;
    let text = format!("{log:?}");
    assert!(!text.contains("secret-path") && !text.contains("another-secret"), "{text}");
    let of_move = log.iter().find(|entry| entry.after.contains_key("changed")).unwrap();
    assert_eq!((of_move.action.as_str(), of_move.after["changed"].as_str()), ("destination.changed", "url"));
}

#[tokio::test]
async fn every_change_is_logged_with_before_and_after() {
    let world = world().await;
    let by = token(Scope::Write);
    let page = save_page(&world.console, &by, page_at("https://status.example.com/"), None).await.unwrap();
    let id = page.value.0.id.to_string();
    let again = save_page(&world.console, &by, page_at("https://STATUS.example.com"), None).await;
    assert_eq!(problems(again), [("url".to_owned(), settings::Code::Taken)]);
    let own = MonitorDraft { page: Some(id), ..MonitorDraft::default() };
    let monitor = save_monitor(&world.console, &by, own.clone(), None).await.unwrap();
    let narrowed = MonitorDraft {
        id: monitor.value.id.to_string(),
        components: Some(vec!["API".to_owned(), "group:Europe".to_owned()]),
        ..own
    };
    let narrowed = save_monitor(&world.console, &by, narrowed, Some(monitor.version)).await.unwrap();
    let in_use = remove_page(&world.console, &by, &page.value.0.id, page.version).await;
    assert!(matches!(in_use, Err(Refused::InUse)));
    let late = remove_monitor(&world.console, &by, &narrowed.value.id, monitor.version).await;
    assert!(matches!(late, Err(Refused::Conflict)));
    remove_monitor(&world.console, &by, &narrowed.value.id, narrowed.version).await.unwrap();
    remove_page(&world.console, &by, &page.value.0.id, page.version).await.unwrap();
    let log = world.log("ours").await;
    let mut entries: Vec<_> = log.iter().map(|entry| (entry.at, entry.who.as_str(), entry.action.as_str())).collect();
    entries.sort_unstable();
    let entries: Vec<_> = entries.into_iter().map(|(_, who, action)| format!("{who}: {action}")).collect();
    let expected = [
        "statuswire: group.made",
        "token CI: page.added",
        "token CI: monitor.made",
        "token CI: monitor.changed",
        "token CI: monitor.removed",
        "token CI: page.removed",
    ];
    assert_eq!(entries, expected);
    let changed = log.iter().find(|entry| entry.action == "monitor.changed").unwrap();
    assert!(!changed.before.contains_key("components"));
    assert_eq!(changed.after["components"], "API, group:Europe");
}

#[tokio::test]
async fn request_that_is_repeated_makes_one_thing() {
    let world = world().await;
    let repeatable = crate::actor::Repeatable {
        key: "k".to_owned(),
        request: "digest".to_owned(),
        ends_at: jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24),
    };
    let mut by = token(Scope::Write);
    by.repeatable = Some(repeatable);
    let both = join_all([0, 1].map(|_| save_monitor(&world.console, &by, watching("github"), None))).await;
    let (made, refused): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
    assert!(matches!(refused[..], [Err(Refused::MadeBefore)]), "{refused:?}");
    let id = made[0].as_ref().unwrap().value.id.to_string();
    let known = world.console.store.made(&by.account, "k", jiff::Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((known.request.as_str(), known.id), ("digest", id));
    assert_eq!(world.settings("ours").await.monitors.len(), 1);
}

#[tokio::test]
async fn account_has_no_more_boards_than_it_may_whoever_is_fast() {
    let world = world().await;
    let by = editor();
    let named = |name: &str| BoardDraft {
        name: name.to_owned(),
        providers: vec!["github".to_owned()],
        ..BoardDraft::default()
    };
    for number in 0..18 {
        save_board(&world.console, &by, named(&number.to_string()), None).await.unwrap();
    }
    let saved = join_all(["a", "b", "c", "d", "e"].map(|it| save_board(&world.console, &by, named(it), None))).await;
    assert_eq!(saved.iter().filter(|saved| saved.is_ok()).count(), 2, "{saved:?}");
    let refused = saved.iter().filter(|it| matches!(it, Err(Refused::Limit { what: "boards", most: 20 })));
    assert_eq!(refused.count(), 3);
}

/// A group that names what is removed at the same moment is refused, or loses it.
#[tokio::test]
async fn no_group_names_what_is_gone_whoever_is_fast() {
    let world = world().await;
    let by = editor();
    for _ in 0..20 {
        let monitor = save_monitor(&world.console, &by, watching("github"), None).await.unwrap();
        let destination = save_destination(&world.console, &by, hook(HOOK), None).await.unwrap();
        let draft = GroupDraft {
            destinations: vec![destination.value.id.to_string()],
            monitors: Some(vec![monitor.value.id.to_string()]),
            ..GroupDraft::default()
        };
        let (made, no_monitor, no_destination) = tokio::join!(
            save_group(&world.console, &by, draft, None),
            remove_monitor(&world.console, &by, &monitor.value.id, monitor.version),
            remove_destination(&world.console, &by, &destination.value.id, destination.version),
        );
        no_monitor.unwrap();
        no_destination.unwrap();
        if let Err(refused) = made {
            assert!(matches!(refused, Refused::Problems(_)), "{refused:?}");
        }
        for group in world.settings("ours").await.groups {
            assert_eq!(group.value.destinations, []);
            assert!(matches!(&group.value.scope, Monitors::All) || group.value.scope == Monitors::Monitors(Vec::new()));
            if group.value.id != default_group() {
                remove_group(&world.console, &by, &group.value.id, group.version).await.unwrap();
            }
        }
    }
}

/// A page that a monitor begins to watch at the same moment stays.
#[tokio::test]
async fn no_monitor_watches_a_page_that_is_gone_whoever_is_fast() {
    let world = world().await;
    let by = editor();
    for _ in 0..20 {
        let page = save_page(&world.console, &by, page_at("https://status.example.com"), None).await.unwrap();
        let id = page.value.0.id;
        let own = MonitorDraft { page: Some(id.to_string()), ..MonitorDraft::default() };
        let (made, removed) = tokio::join!(
            save_monitor(&world.console, &by, own, None),
            remove_page(&world.console, &by, &id, page.version),
        );
        assert_ne!(made.is_ok(), removed.is_ok());
        if let Ok(monitor) = made {
            remove_monitor(&world.console, &by, &monitor.value.id, monitor.version).await.unwrap();
            remove_page(&world.console, &by, &id, page.version).await.unwrap();
        }
    }
}
