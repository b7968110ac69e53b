//! `catalogue search` and `catalogue check`, the latter against a fake internet.
use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse as _, Response},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{process::Command, sync::Notify, time::timeout};

use crate::command::{Ran, statuswire};

#[tokio::test]
async fn search_lists_what_fits_best_first() {
    let ran = statuswire(&["catalogue", "search", "google", "clod", "--limit", "3"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["slug", "name", "url", "category", "format"]);
    assert!(lines[1].starts_with("google-cloud "), "{}", ran.stdout);
    assert!(
        lines[1].contains("  Google Cloud  ") && lines[1].contains("https://status.cloud.google.com"),
        "{}",
        lines[1]
    );

    let none = statuswire(&["catalogue", "search", "qqqqqqqqqqqqqqq"]).await;
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.contains("qqqqqqqqqqqqqqq"), "{}", none.stderr);
}

#[tokio::test]
async fn catalogue_with_errors_is_not_checked() {
    let check = Check::new(&["a,A,http://status.example.com,,,", "a,B,https://status.example.com/x/,,,"]);
    let ran = statuswire(&["catalogue", "check", &check.file(), "--out", &check.out()]).await;
    assert_eq!(ran.code, 1);
    for line in ["providers.csv:2: ", "providers.csv:3: ", ": 3 errors"] {
        assert!(ran.stderr.contains(line), "{line} is missing in {}", ran.stderr);
    }
    assert!(!Path::new(&check.out()).exists());
}

#[tokio::test]
async fn what_is_not_as_listed_is_reported_and_corrected() {
    let internet = Internet::start().await;
    for page in ["fine", "found", "other", "new"] {
        internet.show(page);
    }
    internet.set("/shop", Reply::Html("<!doctype html><html><title>Shoes</title></html>"));
    internet.move_for_good("old");
    internet.move_for_good("older");
    internet.move_for_good("sold");
    internet
        .set("/lent/api/v2/summary.json", Reply::Redirect(StatusCode::FOUND, internet.at_new("/api/v2/summary.json")));
    internet.set(
        "/lent/api/v2/incidents.json",
        Reply::Redirect(StatusCode::FOUND, internet.at_new("/api/v2/incidents.json")),
    );
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let at = internet.address;
    let rows = [
        format!("fine,Fine,http://{at}/fine,statuspage,devtools,hand,Good|Well"),
        format!("found,\"Found, Inc.\",http://{at}/found,,,hand,"),
        format!("other,Other,http://{at}/other,custom,,hand,"),
        format!("old,New,http://{at}/old,statuspage,,hand,"),
        format!("older,New Status,http://{at}/older,statuspage,,hand,"),
        format!("sold,Sold,http://{at}/sold,custom,,hand,"),
        format!("lent,Lent,http://{at}/lent,,,hand,"),
        format!("shop,Shop,http://{at}/shop,statuspage,,hand,"),
        format!("gone,Gone,http://{closed}/gone,statuspage,,hand,"),
    ];
    let check = Check::new(&rows.each_ref().map(String::as_str));
    let ran = check.run(&[]).await;
    assert_eq!(ran.code, 2, "{} {}", ran.stdout, ran.stderr);
    let summary = "9 of 9 checked: 1 as listed, 1 format found, 1 another format, 2 moved, 2 leads to somebody else, \
                   1 not a status page, 1 unreachable; 3 corrected";
    assert!(ran.stdout.starts_with(summary), "{}", ran.stdout);

    let report = fs::read_to_string(check.folder.path().join("out/report.csv")).unwrap();
    let line = |slug: &str| report.lines().find(|line| line.starts_with(&format!("{slug},"))).unwrap();
    assert!(line("fine").contains(",as listed,,"), "{report}");
    assert!(line("fine").contains(",statuspage,statuspage,'=fine,1,1,"), "{report}");
    assert!(line("found").contains(",format found,statuspage,"), "{report}");
    assert!(line("other").contains(",another format,statuspage instead of custom,"), "{report}");
    let new = internet.at_new("");
    assert!(line("sold").contains(&format!(",leads to somebody else,to {new}: permanent redirect,")), "{report}");
    assert!(line("lent").contains(&format!(",leads to somebody else,to {new}: it redirects there,")), "{report}");
    assert!(line("old").contains(&format!(",moved,to {new}: permanent redirect,")), "{report}");
    assert!(line("older").contains("which is the URL of another entry"), "{report}");
    assert!(line("shop").contains(",not a status page,"), "{report}");
    assert!(line("gone").contains(",unreachable,"), "{report}");

    let mut corrected = rows.clone();
    corrected[1] = corrected[1].replace(",,,hand", ",statuspage,,hand");
    corrected[2] = corrected[2].replace("custom", "statuspage");
    corrected[3] = corrected[3].replace(&format!("http://{at}/old"), &new);
    assert_eq!(fs::read_to_string(check.folder.path().join("out/providers.csv")).unwrap(), csv(&corrected));
}

#[tokio::test]
async fn only_what_moved_for_good_is_corrected() {
    let internet = Internet::start().await;
    let at = internet.address;
    let there = |page: &str| format!("http://localhost:{}/{page}", at.port());
    for (page, target, status) in
        [("a", "new-a", StatusCode::PERMANENT_REDIRECT), ("b", "new-b", StatusCode::TEMPORARY_REDIRECT)]
    {
        // The root alone redirects: what is below it is not there any more.
        internet.set(&format!("/{page}"), Reply::Redirect(status, there(target)));
        internet.set(&format!("/{target}"), Reply::Html("<html><footer>Powered by statuspage.io</footer></html>"));
        internet.show(target);
    }
    let rows = [format!("a,A,http://{at}/a,,,hand,New-A"), format!("b,B,http://{at}/b,,,hand,New-B")];
    let check = Check::new(&rows.each_ref().map(String::as_str));
    let ran = check.run(&[]).await;
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("2 of 2 checked: 2 moved; 1 corrected\n"), "{}", ran.stdout);
    let corrected = [format!("a,A,{},statuspage,,hand,New-A", there("new-a")), rows[1].clone()];
    assert_eq!(fs::read_to_string(check.folder.path().join("out/providers.csv")).unwrap(), csv(&corrected));
    let report = fs::read_to_string(check.folder.path().join("out/report.csv")).unwrap();
    assert!(report.contains(&format!("to {}: it redirects there,", there("new-b"))), "{report}");
}

#[tokio::test]
async fn run_that_is_interrupted_goes_on_where_it_was() {
    let internet = Internet::start().await;
    internet.show("fine");
    internet.set("/slow/api/v2/summary.json", Reply::Hang);
    let at = internet.address;
    let check = Check::new(&[
        &format!("fine,Fine,http://{at}/fine,statuspage,,hand,"),
        &format!("slow,Slow,http://{at}/slow,statuspage,,hand,"),
    ]);
    let child = Command::new(env!("CARGO_BIN_EXE_statuswire"))
        .args(check.arguments())
        .args(["--concurrency", "1"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    timeout(Duration::from_secs(30), internet.shown.hung.notified()).await.expect("the second page is asked for");
    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let output = timeout(Duration::from_secs(30), child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("1 of 2 checked: 1 as listed; 0 corrected\n"), "{said}");

    let asked = internet.asked("/fine/");
    assert!(asked > 0);
    internet.show("slow");
    let ran = check.run(&[]).await;
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("2 of 2 checked: 2 as listed; 0 corrected\n"), "{}", ran.stdout);
    assert_eq!(internet.asked("/fine/"), asked, "what was known is not asked again");

    let nothing = internet.asked("/");
    assert_eq!(check.run(&[]).await.code, 0);
    assert_eq!(internet.asked("/"), nothing);
    assert_eq!(check.run(&["--again", "--only", "fine"]).await.code, 0);
    assert_eq!(internet.asked("/fine/"), 2 * asked);
}

#[tokio::test]
async fn page_that_refuses_us_is_unreachable_and_is_read_again() {
    let internet = Internet::start().await;
    internet.set("/a", Reply::Status(StatusCode::SERVICE_UNAVAILABLE));
    internet.set("/a/api/v2/summary.json", Reply::Status(StatusCode::SERVICE_UNAVAILABLE));
    let check = Check::new(&[&format!("a,A,http://{}/a,statuspage,,hand,", internet.address)]);
    let ran = check.run(&[]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.starts_with("1 of 1 checked: 1 unreachable; 0 corrected\n"), "{}", ran.stdout);
    internet.show("a");
    let ran = check.run(&[]).await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("1 of 1 checked: 1 as listed"), "{}", ran.stdout);
}

#[tokio::test]
async fn slug_that_is_not_there_is_answered_with_the_one_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = statuswire(&["catalogue", "check", "--only", "githb", "--out", out.to_str().unwrap()]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the catalogue has no entry githb; did you mean github?"), "{}", ran.stderr);
}

fn csv(rows: &[impl AsRef<str>]) -> String {
    let rows: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
    format!("slug,name,url,platform,category,source,aliases\n{}\n", rows.join("\n"))
}

/// A catalogue file and the folder of its check.
struct Check {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Check {
    /// Rows without the last column belong to a file without it.
    fn new(rows: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("providers.csv");
        let has_aliases = rows[0].replace(|c| c != ',', "").len() == 6;
        let text = csv(rows);
        fs::write(&file, if has_aliases { text } else { text.replacen(",aliases", "", 1) }).unwrap();
        Self { folder, file }
    }

    fn file(&self) -> String {
        self.file.to_str().unwrap().to_owned()
    }

    fn out(&self) -> String {
        self.folder.path().join("out").to_str().unwrap().to_owned()
    }

    fn arguments(&self) -> Vec<String> {
        let words =
            ["catalogue", "check", &self.file(), "--out", &self.out(), "--allow", "127.0.0.0/8", "--pause", "0s"];
        words.map(str::to_owned).to_vec()
    }

    async fn run(&self, more: &[&str]) -> Ran {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        statuswire(&arguments).await
    }
}

#[derive(Clone)]
enum Reply {
    Json(Value),
    Html(&'static str),
    Status(StatusCode),
    /// With this status, to there.
    Redirect(StatusCode, String),
    Hang,
}

/// Pages by path, at `127.0.0.1` and `localhost`.
struct Internet {
    address: SocketAddr,
    shown: Arc<Shown>,
}

#[derive(Default)]
struct Shown {
    replies: Mutex<HashMap<String, Reply>>,
    /// First parts of paths, and where each page is now.
    moved: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    /// Somebody waits for an answer that does not come.
    hung: Notify,
}

impl Internet {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shown = Arc::new(Shown::default());
        let app = Router::new().fallback(answer).with_state(shown.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shown }
    }

    fn set(&self, path: &str, reply: Reply) {
        self.shown.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// A Statuspage with an incident, below this path.
    fn show(&self, page: &str) {
        let at = "2026-05-04T15:00:00.000Z";
        let update =
            json!({"id": "u1", "status": "identified", "body": "As it is.", "display_at": at, "created_at": at});
        let incident = json!({
            "id": "i1", "name": "Slow", "status": "identified", "impact": "minor", "started_at": at, "updated_at": at,
            "resolved_at": null, "incident_updates": [update], "components": [],
        });
        let summary = json!({
            "page": {"id": "tw1xs08pd4j7", "name": format!("={page}"), "url": "https://status.acme.test", "time_zone": "Etc/UTC"},
            "status": {"indicator": "none", "description": "fine"},
            "components": [{"id": "c1", "name": "API", "status": "operational", "group": false, "group_id": null}],
            "incidents": [incident],
            "scheduled_maintenances": [],
        });
        self.set(&format!("/{page}/api/v2/summary.json"), Reply::Json(summary));
        self.set(&format!("/{page}/api/v2/incidents.json"), Reply::Json(json!({"incidents": [incident]})));
    }

    /// A path below the page `new`, which is at a host of its own.
    fn at_new(&self, path: &str) -> String {
        format!("http://localhost:{}/new{path}", self.address.port())
    }

    fn move_for_good(&self, page: &str) {
        let to = self.at_new("");
        self.shown.moved.lock().unwrap().insert(page.to_owned(), to);
    }

    /// Requests for what is below this path.
    fn asked(&self, start: &str) -> usize {
        self.shown.asked.lock().unwrap().iter().filter(|path| path.starts_with(start)).count()
    }
}

async fn answer(State(shown): State<Arc<Shown>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    shown.asked.lock().unwrap().push(path.clone());
    let page = path.split('/').nth(1).unwrap_or_default();
    if let Some(to) = shown.moved.lock().unwrap().get(page) {
        let location = format!("{to}{}", &path[page.len() + 1..]);
        return (StatusCode::MOVED_PERMANENTLY, [(LOCATION, location)]).into_response();
    }
    let reply = shown.replies.lock().unwrap().get(&path).cloned();
    match reply {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Reply::Json(document)) => axum::Json(document).into_response(),
        Some(Reply::Html(text)) => axum::response::Html(text).into_response(),
        Some(Reply::Status(status)) => status.into_response(),
        Some(Reply::Redirect(status, to)) => (status, [(LOCATION, to)]).into_response(),
        Some(Reply::Hang) => {
            shown.hung.notify_one();
            std::future::pending().await
        }
    }
}
