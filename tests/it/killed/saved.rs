//! A process is killed with SIGKILL while it saves settings: before the request to the store, and after it was answered
//! and before anything reads the response. What is left are the old settings or the new ones with their entry in the
//! audit log, never a mixture; the same request, sent again to the next process, does not do it twice.
use accounts::{
    ApiToken,
    audit::{AuditEntry, Values},
    credential::{API_TOKEN_PREFIX, Credential},
    scope::Scope,
    secret::Secret,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use jiff::Timestamp;
use outbound::{Guard, Outbound, Settings};
use status::ids::{AccountId, digest};
use statuswire::local_app::LocalApp;
use store::{Store, StoredSettings};
use tempfile::TempDir;

use super::process::{Process, until};

const OWNER: &str = "jo@example.com";
const HOOK: &str = r#"{"channel": "webhook", "settings": {"url": "https://hooks.example.com/1",
    "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}"#;
/// Every save takes the settings to their next revision, in one transaction.
const SAVE: &str = "TransactWriteItems REVISION#";

fn account() -> AccountId {
    "ours".into()
}

struct Story {
    folder: TempDir,
    token: String,
}

impl Story {
    /// An account with a monitor, a destination and a group that names both.
    async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("statuswire.toml"), "").unwrap();
        let secret = Secret::new([7; 32]);
        let credential = Credential { owner: account().to_string(), id: "1".to_owned(), secret: secret.clone() };
        let story = Self { folder, token: format!("{API_TOKEN_PREFIX}{}", credential.reveal()) };
        let now = Timestamp::now();
        story
            .with_store(async |store| {
                store.found_account(&account(), "Ours", false, OWNER, entry(now)).await.unwrap();
                let token = ApiToken {
                    account: account(),
                    id: "1".to_owned(),
                    name: "CI".to_owned(),
                    scope: Scope::Write,
                    digest: secret.digest(),
                    by: OWNER.to_owned(),
                    made_with: None,
                    since: now,
                    ends_at: None,
                    used_at: None,
                };
                store.put_api_token(&token, entry(now)).await.unwrap();
            })
            .await;
        let mut process = story.serves("before TransactWriteItems NOTHING 1");
        let monitor = made(story.sends(&process, "POST", "/monitors", r#"{"provider": "github"}"#).await);
        let hook = made(story.sends(&process, "POST", "/destinations", HOOK).await);
        let group = format!(r#"{{"name": "Old", "monitors": ["{monitor}"], "destinations": ["{hook}"]}}"#);
        made(story.sends(&process, "POST", "/groups", &group).await);
        process.kill();
        story
    }

    /// The console alone, on the data as they were left.
    fn serves(&self, moment: &str) -> Process {
        Process::start(self.folder.path(), &[moment, "serve", "--listen", "127.0.0.1:0"])
    }

    /// `None`: no answer came.
    async fn sends(&self, process: &Process, method: &str, path: &str, body: &str) -> Option<(u16, Vec<u8>)> {
        let mut base = String::new();
        until("it serves", || {
            base = process.log().split_whitespace().find(|word| word.starts_with("http://")).unwrap_or("").to_owned();
            !base.is_empty()
        })
        .await;
        let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
        let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("tests")));
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{base}/api/v1/account{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "*")
            .header("idempotency-key", digest(&[method, path, body]))
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let sent = outbound.send(request).await.ok()?;
        Some((sent.status, sent.body.to_vec()))
    }

    async fn with_store<T>(&self, ask: impl AsyncFnOnce(&Store) -> T) -> T {
        let stack = LocalApp::start_stack(Some(&self.folder.path().join("data"))).await.unwrap();
        store::table::create_if_absent(&stack.dynamodb, statuswire::local_app::TABLE).await.unwrap();
        let answer = ask(&LocalApp::store(&stack).unwrap()).await;
        stack.stop().await;
        answer
    }

    /// What is stored: the settings, who is counted as watching, and the actions of the audit log.
    async fn stored(&self) -> (StoredSettings, Vec<String>, Vec<String>) {
        self.with_store(async |store| {
            let settings = store.stored_settings(&account()).await.unwrap();
            let mut watched: Vec<_> =
                store.directory().await.unwrap().watched.iter().map(ToString::to_string).collect();
            watched.sort();
            let log = store.audit_log(&account(), None, 100).await.unwrap().entries;
            (settings, watched, log.into_iter().map(|entry| entry.action).collect())
        })
        .await
    }
}

fn entry(at: Timestamp) -> AuditEntry {
    AuditEntry {
        account: account(),
        at,
        id: "1".to_owned(),
        who: OWNER.to_owned(),
        action: "account.made".to_owned(),
        target: "it".to_owned(),
        before: Values::new(),
        after: Values::new(),
    }
}

fn made(answer: Option<(u16, Vec<u8>)>) -> String {
    let (status, body) = answer.expect("it answers");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

/// Kills a process in the middle of this request, and sends it to the next one. `is_done`: whether what is stored is
/// what the request asks for.
async fn killed(
    action: &str,
    (method, path, body): (&str, impl Fn(&StoredSettings) -> String, &str),
    is_done: impl Fn(&StoredSettings, &[String]) -> bool,
) {
    for when in ["before", "after"] {
        let story = Story::begin().await;
        let old = story.stored().await;
        let (path, case) = (path(&old.0), format!("{action}, {when}"));
        assert!(!is_done(&old.0, &old.1), "{case}");
        let mut process = story.serves(&format!("{when} {SAVE} 1"));
        assert!(story.sends(&process, method, &path, body).await.is_none(), "{case}: {}", process.log());
        assert!(process.end().await.is_killed(), "{case}: {}", process.log());
        let left = story.stored().await;
        if when == "before" {
            assert_eq!(left, old, "{case}");
        } else {
            assert!(is_done(&left.0, &left.1), "{case}: {left:?}");
            assert_eq!(left.2.iter().filter(|it| *it == action).count(), logged(&old.2, action) + 1, "{case}");
        }
        let mut process = story.serves("before TransactWriteItems NOTHING 1");
        let (status, answer) = story.sends(&process, method, &path, body).await.expect("it answers");
        let is_gone = method == "DELETE" && when == "after" && status == 404;
        assert!((200..300).contains(&status) || is_gone, "{case}: {status} {}", String::from_utf8_lossy(&answer));
        process.kill();
        let now = story.stored().await;
        assert!(is_done(&now.0, &now.1), "{case}: {now:?}");
        if method != "PUT" {
            assert_eq!(logged(&now.2, action), logged(&old.2, action) + 1, "{case}: not twice");
        }
    }
}

fn logged(log: &[String], action: &str) -> usize {
    log.iter().filter(|it| *it == action).count()
}

#[tokio::test]
async fn killed_while_a_monitor_is_made() {
    let path = |_: &StoredSettings| "/monitors".to_owned();
    let request = ("POST", path, r#"{"provider": "stripe"}"#);
    killed("monitor.made", request, |settings, watched| {
        settings.monitors.len() == 2 && watched == ["github", "stripe"]
    })
    .await;
}

#[tokio::test]
async fn killed_while_a_group_is_changed() {
    let path = |settings: &StoredSettings| {
        let group = settings.groups.iter().find(|group| group.value.shown_name() == "Old").unwrap();
        format!("/groups/{}", group.value.id)
    };
    let request = ("PUT", path, r#"{"name": "New", "monitors": null, "severities": ["major"]}"#);
    killed("group.changed", request, |settings, _| {
        settings.groups.iter().any(|group| {
            let is_all = group.value.scope == status::monitor::Scope::All && group.value.destinations.is_empty();
            group.value.shown_name() == "New" && is_all
        })
    })
    .await;
}

/// Two rows of its own, and the groups that name it.
#[tokio::test]
async fn killed_while_a_destination_is_removed() {
    let path = |settings: &StoredSettings| format!("/destinations/{}", settings.destinations[0].value.id);
    killed("destination.removed", ("DELETE", path, ""), |settings, _| {
        settings.destinations.is_empty() && settings.groups.iter().all(|group| group.value.destinations.is_empty())
    })
    .await;
}

/// Its row, who watches, and the group that names it.
#[tokio::test]
async fn killed_while_a_monitor_is_removed() {
    let path = |settings: &StoredSettings| format!("/monitors/{}", settings.monitors[0].value.id);
    killed("monitor.removed", ("DELETE", path, ""), |settings, watched| {
        let monitors = |group: &store::Stored<status::monitor::Group>| match &group.value.scope {
            status::monitor::Scope::All => 0,
            status::monitor::Scope::Monitors(monitors) => monitors.len(),
        };
        settings.monitors.is_empty() && watched.is_empty() && settings.groups.iter().all(|group| monitors(group) == 0)
    })
    .await;
}
