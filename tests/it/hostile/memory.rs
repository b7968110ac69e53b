//! The peak memory of a program that reads hostile pages, in a process of its own.
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tests::{
    hostile_pages::HostilePages,
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, group, hook, monitor},
};

use super::among::kind;

/// In kilobytes: what a small function has, with room to spare.
const MOST: u64 = 256 * 1024;
const GOOD: usize = 5;

/// Runs one round of the program and returns its peak in kilobytes.
async fn round(folder: &Path) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crashing"))
        .args(["never", "serve", "--once", "--no-catalogue"])
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--config")
        .arg(folder.join("statuswire.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        // The kernel keeps the highest, so that only what happens in the last moment is missed.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = highest.map_or(peak, |highest| highest.parse().unwrap());
        if child.try_wait().unwrap().is_some() {
            return peak;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The peak of each of these rounds, by the version of the hostile pages.
async fn peaks(names: &[&str], versions: &[u64]) -> Vec<u64> {
    let (server, receiver, hostile) = (StatusPageServer::start().await, Receiver::start().await, HostilePages::start());
    let mut settings = NETWORK.to_owned() + &hook(&receiver, "good") + &hook(&receiver, "bad");
    let good: Vec<String> = (0..GOOD).map(|number| format!("good-{number}")).collect();
    let bad: Vec<String> = (0..names.len()).map(|number| format!("bad-{number}")).collect();
    for id in &good {
        settings += &(world::page(&server, id) + &monitor(id, id, ""));
        server.show(id, &StatusPage::operational(&["API"]));
    }
    for (id, name) in bad.iter().zip(names) {
        let kind = kind(name);
        let format = kind.format;
        let url = hostile.serve(id, kind);
        settings += &format!("[[page]]\nid = '{id}'\nname = 'Bad'\nurl = '{url}'\nformat = '{format}'\n");
        settings += &monitor(id, id, "");
    }
    settings += &group("good", &["good"], &format!("monitors = {good:?}\n{EVERYTHING}"));
    settings += &group("bad", &["bad"], &format!("monitors = {bad:?}\n{EVERYTHING}"));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("statuswire.toml"), settings).unwrap();
    round(folder.path()).await;
    let mut peaks = Vec::new();
    for (number, version) in versions.iter().enumerate() {
        bad.iter().for_each(|id| hostile.set_version(id, *version));
        for id in &good {
            let incident = Incident::new(&format!("i{number}"), &["API"]).post("investigating");
            server.show(id, &StatusPage::operational(&["API"]).with(incident));
        }
        let before = receiver.events_at("/good").len();
        peaks.push(round(folder.path()).await);
        let told = receiver.events_at("/good").split_off(before);
        let opened = told.iter().filter(|event| **event == format!("opened i{number}")).count();
        assert_eq!(opened, GOOD, "{told:?}: {}", fs::read_to_string(folder.path().join("log")).unwrap());
    }
    peaks
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_of_each_kind_fits_into_256_mb() {
    let names = [
        "gzip bomb",
        "brotli bomb",
        "endless",
        "280,000 components",
        "80,000 entries, Atom",
        "80,000 entries, RSS",
        "8 MB title",
        "4 MB title",
        "4 MB name",
        "4 MB entry",
        "4,900 updates",
        "2,300 usual updates",
    ];
    for name in names {
        let peaks = peaks(&[name], &[1, 2]).await;
        assert!(peaks.iter().all(|peak| *peak > 0 && *peak <= MOST), "{name}: {peaks:?} kB");
    }
}

/// What is kept of such a page is small where it is stored and large where it is read.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_dense_pages_at_once_fit_into_256_mb_however_often_they_change() {
    let peaks = peaks(&["dense texts"; 12], &[1, 2, 3]).await;
    assert!(peaks.iter().all(|peak| *peak > 0 && *peak <= MOST), "{peaks:?} kB");
}
