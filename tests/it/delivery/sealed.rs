//! Secrets of destinations in the data folder, and a key that does not fit.
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use statuswire::local_app::{LocalApp, LocalAppOptions};
use store::Keyring;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{SECRET, World, default_settings},
};

/// The files of the folder that contain this text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let files = files.filter(|file| file.file_type().unwrap().is_file());
    let has = |path: &Path| fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes());
    files.filter(|file| has(&file.path())).map(|file| file.file_name().into_string().unwrap()).collect()
}

/// Another process on the same folder. It applies no settings.
async fn restarted(world: World, folder: &Path) -> World {
    let World { server, receiver, app } = world;
    app.stack.stop().await;
    let options = LocalAppOptions {
        has_accounts: false,
        folder: Some(folder),
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        poll: poller::Options { catalogue: false, ..poller::Options::default() },
        ..LocalAppOptions::default()
    };
    World { server, receiver, app: LocalApp::start(options).await.unwrap() }
}

#[tokio::test]
async fn delivery_waits_for_the_key_and_nothing_is_disabled() {
    let folder = tempfile::tempdir().unwrap();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = default_settings(&server, &receiver);
    let world = World::with(server, receiver, &settings, Some(folder.path())).await;
    let page = StatusPage::operational(&["API"]);
    world.server.show("acme", &page);
    world.round().await;

    let keys = folder.path().join("destination-keys.json");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    let right = fs::read_to_string(&keys).unwrap();
    fs::write(&keys, Keyring::generate()).unwrap();
    let world = restarted(world, folder.path()).await;
    assert_eq!(files_with(folder.path(), SECRET), [""; 0], "no secret is stored");

    world.server.show("acme", &page.with(Incident::new("i1", &["API"]).post("investigating")));
    world.round().await;
    assert!(world.receiver.messages().is_empty());
    assert_eq!(world.app.stack.waiting().await.unwrap(), 1, "the delivery waits");
    let hook = world.destination("hook").await;
    assert_eq!((&hook.disabled, hook.failing_since, &hook.refusals), (&None, None, &None));
    let error = world.app.store.unseal(&hook.destination).unwrap_err().to_string();
    assert!(error.contains("destination hook") && error.contains("key 1 is another one now"), "{error}");
    let log = world.app.store.deliveries_to(&"hook".into(), jiff::Timestamp::UNIX_EPOCH, None, 10).await.unwrap();
    assert_eq!(log.deliveries.len(), 1);
    assert!(log.deliveries[0].ended.is_none() && log.deliveries[0].attempts.is_empty(), "no attempt is counted");

    fs::write(&keys, right).unwrap();
    let world = restarted(world, folder.path()).await;
    let hook = world.destination("hook").await.destination;
    assert_eq!(world.app.store.unseal(&hook).unwrap().settings.get("secret"), Some(SECRET));
    world.app.stack.stop().await;
}
