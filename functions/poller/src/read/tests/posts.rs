//! Pages that are asked by `POST`.
use formats::Request;
use outbound::Login;
use status::words::ComponentStatus;

use super::*;

const ID: &str = "0b7a4b1e-0000-4000-8000-000000000007";
const OVERVIEW: &str = "/status-page-api/overview/127.0.0.1";
const OF_HOST: &str = "POST /status-page-api/domain";
const BY_ID: &str = "POST /status-page-api/overview/0b7a4b1e-0000-4000-8000-000000000007";

fn overview(state: &str) -> String {
    format!(
        r#"{{"statusPageResources":[{{"monitorId":"m","monitor":{{"currentMonitorStatusId":"s"}}}}],
        "monitorStatuses":[{{"_id":"s","name":"{state}"}}],"activeIncidents":[],"incidentPublicNotes":[],
        "incidentStateTimelines":[],"scheduledMaintenanceEvents":[],"scheduledMaintenanceEventsPublicNotes":[]}}"#
    )
}

/// A server of OneUptime from before 2026.
fn oneuptime() -> Server {
    let server = Server { knows_tags: true, ..Server::default() };
    server.set("/", b"<script src=\"/status-page/env.js\"></script>");
    server.set(OF_HOST, format!(r#"{{"statusPageId":"{ID}"}}"#).as_bytes());
    server.set(BY_ID, overview("Degraded").as_bytes());
    server
}

/// A read of the page by its known source.
async fn read_known(server: &Server, page: &Url, source: &str, first: &FirstResponses) -> Result<Read, ReadFailure> {
    let format = formats::format("oneuptime").unwrap();
    let last = LastResponse { validators: &first.validators, raw_digest: Some(&first.raw_digest), is_moved: false };
    let request = ReadRequest { source: Some(source), last: Some(last), ..request(format) };
    server.asked();
    read(&outbound(), None, page, request, now()).await
}

#[tokio::test]
async fn old_server_is_detected_and_then_asked_once_by_post() {
    let server = oneuptime();
    let (page, outbound) = (server.clone().start().await, outbound());
    let found = detect(&outbound, None, &page, Initiator::Us, None, now()).await.unwrap();
    let by_id = format!("{BY_ID} {{}}");
    let of_host = format!("{OF_HOST} {{\"domain\":\"127.0.0.1\"}}");
    assert_eq!(server.asked(), ["/", OVERVIEW, &of_host, &by_id], "nothing twice, and no POST before the sign");
    assert_eq!((found.format, &*found.parsed.source), ("oneuptime", &*format!("overview post {ID}")));
    let first = found.first.unwrap();
    assert_eq!(first.validators, Validators::default(), "its tag says nothing of a POST");

    // Unchanged: one request, known by its bytes.
    let source = &found.parsed.source;
    let again = read_known(&server, &page, source, &first).await.unwrap();
    assert!(matches!(again, Read::Unchanged(now) if now.raw_digest == first.raw_digest));
    assert_eq!(server.asked(), [by_id.as_str()]);

    server.set(BY_ID, overview("Offline").as_bytes());
    let Read::Full(full) = read_known(&server, &page, source, &first).await.unwrap() else { panic!("it changed") };
    assert_eq!(full.parsed.snapshot.components[0].status, ComponentStatus::MajorOutage);
    assert_ne!(full.first.unwrap().raw_digest, first.raw_digest);
    assert_eq!(server.asked(), [by_id]);
}

#[tokio::test]
async fn login_of_a_page_goes_with_its_post() {
    let server = oneuptime();
    let (page, outbound) = (server.clone().start().await, outbound());
    let login = Arc::new(Login::new(&page, [("Cookie", "session=1")]).unwrap());
    detect(&outbound, Some(login), &page, Initiator::Us, None, now()).await.unwrap();
    let heads = server.heads.lock().unwrap();
    assert!(heads.iter().all(|head| head.contains("cookie: session=1")) && heads.len() == 4, "{heads:?}");
}

#[tokio::test]
async fn post_is_neither_redirected_nor_repeated_when_it_is_refused() {
    let (server, elsewhere) = (oneuptime(), Server::default());
    let (page, to) = (server.clone().start().await, elsewhere.clone().start().await);
    let (source, first) = (format!("overview post {ID}"), FirstResponses::default());
    let moved = format!("307 Temporary Redirect\r\nlocation: {to}x");
    for status in [moved.as_str(), "405 Method Not Allowed", "404 Not Found"] {
        server.set_status(BY_ID, status, b"");
        let Err(failure) = read_known(&server, &page, &source, &first).await else { panic!("{status}: it was read") };
        let is_other = matches!(&failure, ReadFailure::Unusable { error: ReadError::NotThisFormat(_), .. });
        assert!(is_other, "{status}: so that it is detected again after some reads, but {failure}");
        assert_eq!(server.asked(), [format!("{BY_ID} {{}}")]);
    }
    server.set_status(BY_ID, "503 Service Unavailable", b"");
    let failure = read_known(&server, &page, &source, &first).await.err().unwrap();
    assert!(matches!(failure, ReadFailure::Unusable { error: ReadError::Status { status: 503, .. }, .. }));
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

/// Asks the same address by GET, then by POST with one document after the other.
static BOTH: Format = Format {
    name: "both",
    fingerprint: NO_FINGERPRINT,
    read: |context, answers| {
        let url = context.page.join("one").unwrap();
        answers.require(&url)?;
        for number in 0..30 {
            let request = Request { url: url.clone(), posted: Some(number.to_string()) };
            if answers.to(&request).is_none() {
                return Err(Stop::Need(vec![request]));
            }
        }
        unreachable!("a read has fewer requests")
    },
};

#[tokio::test]
async fn posts_count_among_the_requests_of_a_read() {
    let server = Server::default();
    server.set("/one", b"1");
    server.set("POST /one", b"2");
    let page = server.clone().start().await;
    let failure = read(&outbound(), None, &page, request(&BOTH), now()).await.err().unwrap();
    assert_eq!(failure.to_string(), "damaged: reading it takes more than 24 requests");
    let asked = server.asked();
    assert_eq!((asked.len(), &*asked[0], &*asked[1], &*asked[2]), (24, "/one", "POST /one 0", "POST /one 1"));
}

/// Posts to where the page says.
static STRAYS: Format = Format {
    name: "strays",
    fingerprint: NO_FINGERPRINT,
    read: |context, answers| {
        let said = answers.require(context.page)?;
        let url = std::str::from_utf8(&said.body).unwrap().parse().unwrap();
        Err(Stop::Need(vec![Request { url, posted: Some("{}".into()) }]))
    },
};

#[tokio::test]
async fn nothing_is_posted_to_another_origin() {
    let (server, elsewhere) = (Server::default(), Server::default());
    let (page, to) = (server.clone().start().await, elsewhere.clone().start().await);
    server.set("/", to.as_str().as_bytes());
    let failure = read(&outbound(), None, &page, request(&STRAYS), now()).await.err().unwrap();
    let to = to.origin().ascii_serialization();
    assert_eq!(failure.to_string(), format!("damaged: it leads to a POST to {to}, which is not sent"));
    assert_eq!((server.asked().len(), elsewhere.asked().len()), (1, 0));
}
