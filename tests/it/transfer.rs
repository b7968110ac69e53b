//! An instance that moves: `export` from one data folder, `import` into another.
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use accounts::audit::{AuditEntry, Values};
use jiff::{SignedDuration, Timestamp};
use poller::PollEvent;
use status::board::{Board, BoardAddress};
use statuswire::{
    cli::{ExportArgs, ImportArgs, InstanceArgs},
    commands::{export, import},
    local_app::{LocalApp, LocalAppOptions, TABLE},
};
use store::{Consent, Edit, Feed, Import, Store, SuppressionCause, new_board_address};
use tests::{
    receiver::{Fault, Receiver},
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, default_settings, destination, group, hook, monitor},
};

const MAIL: &str = "ops@example.com";

/// Two data folders, and a file between them.
struct Move {
    folder: tempfile::TempDir,
}

impl Move {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn instance(&self, name: &str) -> InstanceArgs {
        InstanceArgs { data: self.path(name), stack: None, table: None, keys: None }
    }

    async fn export(&self, from: &str, file: &str) -> anyhow::Result<ExitCode> {
        let (file, instance) = (self.path(file), self.instance(from));
        export::run(ExportArgs { file, while_running: false, leave_queued: false, instance }).await
    }

    async fn import(&self, file: &str, into: &str) -> anyhow::Result<ExitCode> {
        import::run(ImportArgs { file: self.path(file), instance: self.instance(into) }).await
    }

    /// The lines with items, without order.
    fn items(&self, file: &str) -> BTreeSet<String> {
        let text = fs::read_to_string(self.path(file)).unwrap();
        text.lines().filter(|line| line.contains("\"sum\"")).map(str::to_owned).collect()
    }
}

fn shown(i1: &[&str], i2: &[&str]) -> StatusPage {
    let incident = |id: &str, phases: &[&str]| {
        phases.iter().fold(Incident::new(id, &["API"]), |incident, phase| incident.post(phase))
    };
    let page = StatusPage::operational(&["API", "Web"]);
    let shown = [("i1", i1), ("i2", i2)].into_iter().filter(|(_, phases)| !phases.is_empty());
    shown.fold(page, |page, (id, phases)| page.with(incident(id, phases)))
}

fn settings(server: &StatusPageServer, receiver: &Receiver) -> String {
    world::mail(receiver, "https://status.example.com")
        + &default_settings(server, receiver)
        + &destination("mail", "email", &format!("address = '{MAIL}'"))
        + &group("mailed", &["mail"], EVERYTHING)
}

/// An instance in the folder `old` that has told of `i1`, which is open, and of `i2`, which is over.
async fn told(moved: &Move) -> (StatusPageServer, Receiver, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = settings(&server, &receiver);
    let world = World::with(server, receiver, &settings, Some(&moved.path("old"))).await;
    world.server.show("acme", &StatusPage::operational(&["API", "Web"]));
    world.round().await;
    world.server.show("acme", &shown(&["investigating"], &["investigating"]));
    assert_eq!(world.round_events().await, ["opened i1", "opened i2"]);
    world.server.show("acme", &shown(&["investigating"], &["investigating", "resolved"]));
    assert_eq!(world.round_events().await, ["resolved i2"]);
    world.answer("local", MAIL, Consent::Unsubscribed).await;
    let (store, now) = (&world.app.store, Timestamp::now());
    store.suppress("gone@example.com", SuppressionCause::Bounced, "it bounced", now).await.unwrap();
    let World { server, receiver, app, .. } = world;
    app.stack.stop().await;
    (server, receiver, settings)
}

/// With the settings that are stored there.
async fn start(folder: &Path) -> anyhow::Result<LocalApp> {
    let options = LocalAppOptions {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        has_accounts: false,
        folder: Some(folder),
        poll: poller::Options { catalogue: false, ..poller::Options::default() },
        ..LocalAppOptions::default()
    };
    LocalApp::start(options).await
}

/// A store over a data folder that nobody uses.
async fn with_store(folder: &Path, work: impl AsyncFnOnce(Store)) {
    let stack = LocalApp::start_stack(Some(folder)).await.unwrap();
    store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
    work(LocalApp::store(&stack).unwrap()).await;
    stack.stop().await;
}

#[tokio::test]
async fn end_of_an_incident_that_was_told_before_the_move_is_told_once_after_it() {
    let moved = Move::new();
    let (server, receiver, settings) = told(&moved).await;
    moved.export("old", "file").await.unwrap();
    moved.import("file", "new").await.unwrap();
    moved.export("new", "again").await.unwrap();
    assert_eq!(moved.items("again"), moved.items("file"), "nothing is lost, nothing is made up");
    assert_eq!(fs::metadata(moved.path("file")).unwrap().permissions().mode() & 0o777, 0o600);

    let before = receiver.events().len();
    let world = World::with(server, receiver, &settings, Some(&moved.path("new"))).await;
    assert!(world.round_events().await.is_empty(), "what was told is not told again");
    let (recipient, _) = world.app.store.recipient(&"local".into(), MAIL).await.unwrap();
    assert_eq!(recipient.unwrap().consent, Consent::Unsubscribed);
    assert!(world.app.store.suppression("gone@example.com").await.unwrap().is_some());
    let summaries = world.app.store.page_summaries().await.unwrap();
    assert_eq!(summaries[0].open.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["i1"], "it is made anew");

    world.server.show("acme", &shown(&["investigating", "resolved"], &["investigating", "resolved"]));
    world.round().await;
    world.round().await;
    assert_eq!(world.receiver.events()[before..], ["resolved i1"]);
    world.finish().await;
}

#[tokio::test]
async fn interrupted_import_continues_and_nothing_runs_on_half_of_it() {
    let moved = Move::new();
    told(&moved).await;
    moved.export("old", "file").await.unwrap();
    let text = fs::read_to_string(moved.path("file")).unwrap();
    let header: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let half: Vec<_> = text
        .lines()
        .skip(1)
        .take(5)
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            serde_json::from_value(line["item"].clone()).unwrap()
        })
        .collect();
    let export = header["id"].as_str().unwrap().to_owned();
    with_store(&moved.path("new"), async |store| {
        // More was written than was noted.
        let import = Import { export, items: 3, finished_at: None };
        assert!(store.note_import(&import).await.unwrap());
        store.import_items(half).await.unwrap();
    })
    .await;
    let refused = start(&moved.path("new")).await.err().unwrap().to_string();
    assert!(refused.contains("half imported"), "{refused}");
    let refused = moved.export("new", "half").await.unwrap_err().to_string();
    assert!(refused.contains("half imported"), "{refused}");
    moved.import("file", "new").await.unwrap();
    moved.export("new", "again").await.unwrap();
    assert_eq!(moved.items("again"), moved.items("file"));
}

#[tokio::test]
async fn only_an_empty_instance_is_imported_into_and_only_once() {
    let moved = Move::new();
    let (server, receiver, settings) = told(&moved).await;
    moved.export("old", "file").await.unwrap();
    moved.export("old", "file").await.unwrap_err();
    moved.export("old", "other").await.unwrap();
    let refused = moved.import("file", "old").await.unwrap_err().to_string();
    assert!(refused.contains("data of its own"), "{refused}");
    moved.import("file", "new").await.unwrap();
    let refused = moved.import("other", "new").await.unwrap_err().to_string();
    assert!(refused.contains("another file"), "{refused}");

    let world = World::with(server, receiver, &settings, Some(&moved.path("new"))).await;
    let running = moved.export("new", "running").await.unwrap_err().to_string();
    assert!(running.contains("stop it"), "{running}");
    world.server.show("acme", &shown(&["investigating", "resolved"], &["investigating", "resolved"]));
    world.round().await;
    // It would open `i1` again.
    moved.import("file", "new").await.unwrap();
    let open = world.page("acme").await.head.open;
    assert!(open.is_empty(), "a finished import writes nothing: {open:?}");
    world.finish().await;
}

#[tokio::test]
async fn damaged_file_writes_nothing() {
    let moved = Move::new();
    told(&moved).await;
    moved.export("old", "file").await.unwrap();
    let text = fs::read_to_string(moved.path("file")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(moved.path("file"), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let refused = moved.import("file", "new").await.unwrap_err().to_string();
    assert!(refused.contains("has no end"), "{refused}");
    assert!(!moved.path("new").exists());
}

#[tokio::test]
async fn delivery_that_was_tried_and_not_ended_is_sent_by_the_new_instance() {
    let moved = Move::new();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = default_settings(&server, &receiver);
    let world = World::with(server, receiver, &settings, Some(&moved.path("old"))).await;
    world.server.show("acme", &StatusPage::operational(&["API"]));
    world.round().await;
    world.receiver.behave_at("/hook", [Fault::Answer(503, Vec::new())]);
    world.server.show("acme", &shown(&["investigating"], &[]));
    world.round().await;
    let World { server, receiver, app, .. } = world;
    app.stack.stop().await;
    assert!(receiver.events().is_empty());

    let refused = moved.export("old", "file").await.unwrap_err().to_string();
    assert!(refused.contains("in the queues") && refused.contains("--leave-queued"), "{refused}");
    let (file, instance) = (moved.path("file"), moved.instance("old"));
    export::run(ExportArgs { file, while_running: false, leave_queued: true, instance }).await.unwrap();
    moved.import("file", "new").await.unwrap();
    let world = World::with(server, receiver, &settings, Some(&moved.path("new"))).await;
    let running = world.run_queues();
    world.receiver.wait_for(2).await;
    running.stop().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);
    world.finish().await;
}

/// Many pages answer without a login too, and say something else then.
#[tokio::test]
async fn page_that_needs_a_login_is_not_read_before_the_new_instance_has_it() {
    const ID: &str = "private-acme";
    let moved = Move::new();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let url = server.url(ID);
    let settings = [
        NETWORK.to_owned(),
        format!("[[page]]\nid = '{ID}'\nname = 'Hushed'\nurl = '{url}'\nusername = 'me'\npassword = 'hunter2'\n"),
        monitor("acme", ID, ""),
        hook(&receiver, "hook"),
        group("everyone", &["hook"], EVERYTHING),
    ]
    .concat();
    let world = World::with(server, receiver, &settings, Some(&moved.path("old"))).await;
    world.server.show(ID, &shown(&[], &[]));
    world.round().await;
    world.server.show(ID, &shown(&["investigating"], &[]));
    assert_eq!(world.round_events().await, ["opened i1"]);
    let World { server, receiver, app, .. } = world;
    app.stack.stop().await;
    moved.export("old", "file").await.unwrap();
    assert!(!fs::read_to_string(moved.path("file")).unwrap().contains("hunter2"));
    moved.import("file", "new").await.unwrap();

    // What everybody sees has no incident.
    server.show(ID, &StatusPage::operational(&["API", "Web"]));
    let before = server.request_count();
    let app = start(&moved.path("new")).await.unwrap();
    for minute in 0..3 {
        let at = Timestamp::now() + SignedDuration::from_mins(minute);
        app.poller.handle(PollEvent { all: true, ..PollEvent::default() }, at).await.unwrap();
    }
    assert_eq!(server.request_count(), before, "it is not asked");
    let health = app.store.healths(&[ID.into()]).await.unwrap().into_values().next().unwrap();
    let reason = health.reason.unwrap();
    assert!(reason.contains("login of page private-acme is not here: apply the configuration"), "{reason}");
    assert_eq!(app.store.page(&ID.into()).await.unwrap().unwrap().head.open.len(), 1, "it goes on");
    app.stack.stop().await;

    server.show(ID, &shown(&["investigating"], &[]));
    let world = World::with(server, receiver, &settings, Some(&moved.path("new"))).await;
    assert!(world.round_events().await.is_empty());
    assert!(world.server.requests_with("Basic ") > 0);
    world.server.show(ID, &shown(&["investigating", "resolved"], &[]));
    assert_eq!(world.round_events().await, ["resolved i1"]);
    world.finish().await;
}

/// What is made on the pages goes with an entry of the audit log.
fn edit() -> Edit {
    Edit::of(AuditEntry {
        account: "acc".into(),
        at: Timestamp::now(),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "setting.saved".to_owned(),
        target: "it".to_owned(),
        before: Values::new(),
        after: Values::new(),
    })
}

#[tokio::test]
async fn secret_addresses_of_boards_and_feeds_are_the_same_after_the_move() {
    let moved = Move::new();
    let (address, name) = (BoardAddress::Secret, "Vendors".to_owned());
    let board = Board { id: "brd".into(), account: "acc".into(), name, address, providers: vec!["github".into()] };
    let feed = Feed { account: "acc".into(), group: None };
    let (of_board, of_feed) = (new_board_address(&board, [7; 32]), new_board_address(&board, [8; 32]));
    with_store(&moved.path("old"), async |store| {
        store.save_board(&board, Some(&of_board), None, &edit()).await.unwrap();
        store.save_feed(&feed, &of_feed, None, &edit()).await.unwrap();
    })
    .await;
    moved.export("old", "file").await.unwrap();
    moved.import("file", "new").await.unwrap();
    let keys = |name| fs::read_to_string(moved.path(name).join("destination-keys.json")).unwrap();
    assert_ne!(keys("old"), keys("new"));
    with_store(&moved.path("new"), async |store| {
        let stored = store.board(&board.account, &board.id).await.unwrap().unwrap();
        assert_eq!(store.address_of(&stored.value).as_ref(), Some(&of_board), "its members see it");
        assert_eq!(store.board_at(&of_board).await.unwrap().as_ref(), Some(&board), "and it leads there");
        let stored = store.feed(&feed.account, None).await.unwrap().unwrap();
        assert_eq!(store.address_of_feed(&stored.value).as_ref(), Some(&of_feed));
        assert_eq!(store.feed_at(&of_feed).await.unwrap().as_ref(), Some(&feed));
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_not_left_behind_unsaid() {
    let moved = Move::new();
    let stack = LocalApp::start_stack(Some(&moved.path("old"))).await.unwrap();
    store::table::create_if_absent(&stack.dynamodb, TABLE).await.unwrap();
    let dead = stack.sqs.send_message().queue_url(&stack.dead_letters.alerts).message_body("{}");
    dead.message_group_id("acme").message_deduplication_id("1").send().await.unwrap();
    stack.stop().await;
    let refused = moved.export("old", "file").await.unwrap_err().to_string();
    assert!(refused.contains("dead letters (1 of alerts)") && refused.contains("--dead-letters alerts"), "{refused}");
    let (file, instance) = (moved.path("file"), moved.instance("old"));
    export::run(ExportArgs { file, while_running: false, leave_queued: true, instance }).await.unwrap();
}
