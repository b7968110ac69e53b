//! Commands that end: `probe`, `config check`, `serve --once`.
use std::{net::SocketAddr, path::Path};

use serde_json::Value;
use tokio::process::Command;

use crate::fake_page::FakePage;

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) async fn statuswire(arguments: &[&str]) -> Ran {
    statuswire_with(&[], arguments).await
}

/// The same with these environment variables.
async fn statuswire_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statuswire"));
    let output = command.args(arguments).envs(variables.iter().copied()).output().await.unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn probe_prints_what_the_poller_would_read() {
    let (page, address) = FakePage::start().await;
    page.post("investigating");
    let ran = statuswire(&["probe", &format!("http://{address}/page"), "--allow", "127.0.0.0/8"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let seen: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(keys(&seen), ["format", "led", "moved_to", "page", "problems", "snapshot"]);
    assert_eq!(seen["format"], "statuspage");
    assert_eq!(keys(&seen["snapshot"]), ["components", "incidents", "maintenances", "page"]);
    assert_eq!(keys(&seen["snapshot"]["components"][0]), ["group", "id", "name", "status"]);
    let incident = &seen["snapshot"]["incidents"][0];
    let of_incident = ["components", "id", "impact", "phase", "resolved_at", "started_at", "title", "updates", "url"];
    assert_eq!(keys(incident), of_incident);
    assert_eq!(incident["started_at"], "2026-05-04T15:00:00Z");
    assert_eq!((&incident["resolved_at"], &incident["impact"]), (&Value::Null, &Value::from("major")));
    assert_eq!(keys(&incident["updates"][0]), ["body", "components", "id", "phase", "posted_at"]);
    for said in [
        "format statuspage",
        "1 open incident, 0 maintenances",
        "[[page]]",
        &format!("url = \"http://{address}/page\""),
    ] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn probe_reads_a_page_with_its_login() {
    // The example of RFC 7617.
    const BASIC: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    let variables = [("PAGE_PASSWORD", "open sesame"), ("PAGE_KEY", "k3y"), ("PAGE_LOGIN", BASIC)];
    let (page, address) = FakePage::start().await;
    page.require(&[("authorization", BASIC), ("x-api-key", "k3y")]);
    let url = format!("http://{address}/page");
    let probe = async |more: &[&str]| {
        let ran = statuswire_with(&variables, &[&["probe", "--allow", "127.0.0.0/8"], more].concat()).await;
        for secret in ["open sesame", "k3y", "QWxh"] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{}{}", ran.stdout, ran.stderr);
        }
        ran
    };
    assert_eq!(probe(&[&url]).await.code, 2, "it needs a login");
    let key = ["--header", "X-Api-Key: env:PAGE_KEY"];
    let user = ["--user", "Aladdin", "--password", "env:PAGE_PASSWORD"];
    let by_user = probe(&[&[&*url], &user[..], &key[..]].concat()).await;
    assert_eq!(by_user.code, 0, "{}", by_user.stderr);
    for line in [
        "id = \"private-",
        "username = \"Aladdin\"\npassword = \"env:PAGE_PASSWORD\"",
        "headers = { \"X-Api-Key\" = \"env:PAGE_KEY\" }",
    ] {
        assert!(by_user.stderr.contains(line), "{}", by_user.stderr);
    }
    let by_header = probe(&[&[&*url, "--header", "Authorization:env:PAGE_LOGIN"], &key[..]].concat()).await;
    assert_eq!(by_header.code, 0, "{}", by_header.stderr);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statuswire.toml");
    let login = "headers = { Authorization = 'env:PAGE_LOGIN', X-Api-Key = 'env:PAGE_KEY' }";
    let network = "[network]\nallow = ['127.0.0.0/8']";
    let declared = format!("{network}\n[[page]]\nid = 'private-acme'\nurl = '{url}'\n{login}\n");
    std::fs::write(&file, declared).unwrap();
    let file = ["--config", file.to_str().unwrap()];
    let ran = probe(&[&["private-acme"], &file[..]].concat()).await;
    assert_eq!((ran.code, ran.stderr.contains("[[page]]")), (0, false), "{}", ran.stderr);
    let unknown = probe(&[&["private-other"], &file[..]].concat()).await;
    assert_eq!((unknown.code, unknown.stderr.contains("it has private-acme")), (1, true), "{}", unknown.stderr);
}

#[tokio::test]
async fn probe_takes_no_secret_from_its_arguments() {
    for (arguments, hint) in [
        (&["--user", "me", "--password", "hunter2"][..], "--password env:PAGE_PASSWORD"),
        (&["--user", "me", "--password", "env:hunter2"], "--password env:PAGE_PASSWORD"),
        (&["--header", "Authorization: Bearer hunter2"], "--header 'Authorization: env:PAGE_TOKEN'"),
        (&["--header", "hunter2"], "--header 'Authorization: env:PAGE_TOKEN'"),
    ] {
        let ran = statuswire(&[&["probe", "https://status.example.com"], arguments].concat()).await;
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(hint) && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let unset = statuswire(&["probe", "https://a.example", "--header", "X-Key: env:NOBODY_SETS_THIS"]).await;
    assert!(unset.stderr.contains("\"NOBODY_SETS_THIS\" is not set"), "{}", unset.stderr);
}

/// What a machine says whose clock was never set. `faketime` is not everywhere.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a part that is left out is said")]
async fn clock_before_1970_is_named() {
    let ran = |clock: &'static str, arguments: &'static [&'static str]| async move {
        let mut command = Command::new("faketime");
        let output = command.arg(clock).arg(env!("CARGO_BIN_EXE_statuswire")).args(arguments).output().await;
        output.ok().map(|output| (output.status.code(), String::from_utf8(output.stderr).unwrap()))
    };
    let folder = tempfile::tempdir().unwrap();
    let data: &'static str = folder.path().join("data").to_str().unwrap().to_owned().leak();
    for clock in ["1969-12-31 12:00:00", "1901-12-14 00:00:00", "9999-12-31 23:59:59"] {
        let once: &'static [&'static str] = vec!["serve", "--once", "--no-catalogue", "--data", data].leak();
        for arguments in [once, &["probe", "https://127.0.0.1:1/"], &["deliveries"]] {
            let Some((code, stderr)) = ran(clock, arguments).await else {
                println!("SKIPPED: faketime is not installed");
                return;
            };
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("the clock of this machine says") && !stderr.contains("panicked"), "{stderr}");
        }
        let (code, stderr) = ran(clock, &["catalogue", "search", "github"]).await.unwrap();
        assert_eq!(code, Some(0), "{stderr}");
    }
}

#[tokio::test]
async fn probe_distinguishes_other_pages_from_unreachable_ones() {
    let (_, address) = FakePage::start().await;
    let code = async |url: String| statuswire(&["probe", &url, "--allow", "127.0.0.0/8"]).await.code;
    assert_eq!(code(format!("http://{address}/html")).await, 2);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(code(format!("http://{closed}/")).await, 3);
    // The same page without permission to reach a private address.
    let refused = statuswire(&["probe", &format!("http://{address}/page")]).await;
    assert_eq!(refused.code, 3);
    assert!(refused.stdout.contains("--allow"), "{}", refused.stdout);
}

#[tokio::test]
async fn config_check_lists_all_errors_by_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statuswire.toml");
    std::fs::write(&file, "[[page]]\nid = \"a\"\nurl = \"ftp://x\"\n\n[[group]]\nid = \"g\"\ndestinations = [\"d\"]\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let ran = statuswire(&["config", "check", file]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(&format!("{file}:3:7: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{file}:7:17: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains(": 2 errors"), "{}", ran.stderr);
}

/// The config file of the rounds below.
fn settings(folder: &Path, address: SocketAddr) -> String {
    let file = folder.join("statuswire.toml");
    let text = format!(
        r#"
        network.allow = ["127.0.0.0/8"]
        [[page]]
        id = "acme"
        url = "http://{address}/page"
        [[destination]]
        id = "hook"
        channel = "webhook"
        url = "http://{address}/hook"
        secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        [[group]]
        id = "all"
        destinations = ["hook"]
        events = ["opened", "updated", "resolved"]
        [[monitor]]
        id = "acme"
        page = "acme"
        "#
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn successive_rounds_over_one_folder_tell_an_incident_once() {
    let (page, address) = FakePage::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = settings(folder.path(), address);
    let data = folder.path().join("data");
    let round = async || {
        let arguments =
            ["serve", "--once", "--json", "--no-catalogue", "--config", &config, "--data", data.to_str().unwrap()];
        let ran = statuswire(&arguments).await;
        let summary: Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
        (ran.code, summary)
    };
    let (code, baseline) = round().await;
    assert_eq!((code, &baseline["changed"], &baseline["alerts"]), (0, &Value::from(1), &Value::from(0)));
    let of_summary = [
        "alerts",
        "changed",
        "delivered",
        "duration_ms",
        "failed",
        "no_internet",
        "pages",
        "platform_faults",
        "store_reads",
        "store_writes",
        "unchanged",
        "unreadable",
    ];
    assert_eq!(keys(&baseline), of_summary);
    let (_, unchanged) = round().await;
    assert_eq!((&unchanged["unchanged"], &unchanged["store_writes"]), (&Value::from(1), &Value::from(0)));

    page.post("investigating");
    page.refuse(true);
    let (code, refused) = round().await;
    assert_eq!((code, &refused["alerts"], &refused["failed"]), (1, &Value::from(1), &Value::from(1)));
    page.refuse(false);
    let (code, made_up_for) = round().await;
    assert_eq!((code, &made_up_for["delivered"], &made_up_for["failed"]), (0, &Value::from(1), &Value::from(0)));
    page.post("monitoring");
    round().await;
    page.post("resolved");
    round().await;
    round().await;
    assert_eq!(page.received(), ["incident.opened", "incident.updated", "incident.resolved"]);
}

#[tokio::test]
async fn config_check_names_what_fits_nothing_on_a_page_that_was_read() {
    let (page, address) = FakePage::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (config, data) = (settings(folder.path(), address), folder.path().join("data"));
    let text = std::fs::read_to_string(&config).unwrap() + "components = [\"API\", \"Apii\", \"group:Europe\"]\n";
    std::fs::write(&config, text).unwrap();
    let data = data.to_str().unwrap();
    let check = ["config", "check", &config, "--data", data];
    let before = statuswire(&check).await;
    assert_eq!((before.code, before.stderr.as_str()), (0, ""), "the page was never read");
    let ran = statuswire(&["serve", "--once", "--no-catalogue", "--config", &config, "--data", data]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(page.received(), ["monitor.unmatched"]);
    let after = statuswire(&check).await;
    assert_eq!(after.code, 0);
    for (entry, hint) in [("Apii", "did you mean \"API\"?"), ("group:Europe", "the page has \"API\"")] {
        let warning =
            format!("monitor \"acme\": components: \"{entry}\" fits no component of the page; {hint} (warning)");
        assert!(after.stderr.contains(&warning), "{}", after.stderr);
    }
    assert!(!after.stderr.contains("\"API\" fits"), "{}", after.stderr);
}
