//! Redirects of pages: how many are followed, and where they may lead.
use std::time::Duration;

use outbound::{FetchError, Guard, Initiator, Login, Outbound, Refused, Room, Settings, Terms};
use tokio::io::AsyncWriteExt;

use crate::{
    impatient, outbound,
    server::{Server, response},
    settings,
};

#[tokio::test]
async fn time_out_spans_all_redirects() {
    // No hop alone reaches the time-out, the three together do.
    let server = Server::start(|request, mut stream| async move {
        tokio::time::sleep(Duration::from_millis(90)).await;
        let hop = request.split([' ', '/']).nth(2).unwrap().len();
        let bytes = response("302 Found", &[("location", &format!("/{}", "x".repeat(hop + 1)))], b"");
        let _ = stream.write_all(&bytes).await;
    })
    .await;
    let error = impatient().fetch(&server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn permanent_redirects_are_recorded_up_to_the_first_temporary_one() {
    let server = Server::answering(|request| match request.split(' ').nth(1).unwrap() {
        "/old" => response("301 Moved Permanently", &[("location", "/newer")], b"moved"),
        "/newer" => response("308 Permanent Redirect", &[("location", "new#top")], b""),
        "/new" => response("302 Found", &[("location", "/today")], b""),
        _ => response("200 OK", &[], b"page"),
    })
    .await;
    let outbound = outbound();
    let fetched = outbound.fetch(&server.url("/old#part"), None).await.unwrap();
    assert_eq!((fetched.status, &fetched.raw[..]), (200, &b"page"[..]));
    assert_eq!(fetched.final_url, server.url("/today"));
    assert_eq!(fetched.permanent_redirect, Some(server.url("/new")));
    let fetched = outbound.fetch(&server.url("/new"), None).await.unwrap();
    assert_eq!(fetched.permanent_redirect, None);
}

async fn redirects(answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> (FetchError, usize) {
    let server = Server::answering(move |request| {
        let location = answer(request.split(' ').nth(1).unwrap());
        response("302 Found", &[("location", &location)], b"")
    })
    .await;
    let error = outbound().fetch(&server.url("/a"), None).await.unwrap_err();
    (error, server.requests().len())
}

#[tokio::test]
async fn redirects_end_at_a_loop_and_after_three() {
    let host = || "127.0.0.1".to_owned();
    let (error, requests) = redirects(|path| (if path == "/a" { "/b" } else { "/a" }).to_owned()).await;
    assert_eq!((error, requests), (FetchError::Redirects { host: host(), problem: "in a loop" }, 2));
    let (error, requests) = redirects(|path| format!("{path}a")).await;
    assert_eq!((error, requests), (FetchError::Redirects { host: host(), problem: "more than 3 times" }, 4));
    let (error, requests) = redirects(|_| "http://[".to_owned()).await;
    assert_eq!((error, requests), (FetchError::Redirects { host: host(), problem: "to no URL" }, 1));
}

#[tokio::test]
async fn redirects_to_forbidden_addresses_are_refused() {
    for location in
        ["http://169.254.169.254/latest/hidden", "https://[::1]/hidden", "//10.0.0.1/hidden", "file:///hidden"]
    {
        let (error, _) = redirects(move |_| location.to_owned()).await;
        assert!(matches!(error, FetchError::Refused(_)), "{location}: {error}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn refused_redirect_target_is_not_connected_to() {
    // Only the first server is allowed, not loopback as a whole: a request to the second would be a mistake.
    let second = Server::answering(|_| response("200 OK", &[], b"inside")).await;
    let location = second.url("/").to_string();
    let first = Server::answering(move |_| response("302 Found", &[("location", &location)], b"")).await;
    let guard = Guard { allow: Vec::new(), own: vec![first.address] };
    let error = Outbound::new(Settings { guard, ..settings() }).fetch(&first.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(Refused::NotPublic { .. })), "{error}");
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
}

#[tokio::test]
async fn what_a_public_page_names_is_never_in_a_network_that_we_may_reach() {
    let inside = Server::answering(|_| response("200 OK", &[], b"inside")).await;
    let (outbound, room) = (outbound(), Room::alone());
    let mut by_name = inside.url("/");
    by_name.set_host(Some("localhost")).unwrap();
    let mut encrypted = inside.url("/");
    encrypted.set_scheme("https").unwrap();
    for url in [inside.url("/"), by_name, encrypted] {
        let (initiator, limit) = (Initiator::PublicPage, Duration::MAX);
        let terms = Terms { initiator, validators: None, posted: None, login: None, limit, room: &room };
        let error = outbound.fetch_for(&url, terms).await.0.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{url}: {error}");
    }
    assert!(inside.requests().is_empty());
}

#[tokio::test]
async fn what_a_private_page_names_is_reached_as_the_settings_allow() {
    let server = Server::answering(|request| match request.split(' ').nth(1).unwrap() {
        "/" => response("302 Found", &[("location", "/page")], b""),
        _ => response("200 OK", &[], b"page"),
    })
    .await;
    let fetched = outbound().fetch(&server.url("/"), None).await.unwrap();
    assert_eq!((fetched.status, fetched.leads_by), (200, Initiator::Us));
}

const LOGIN: &str = "Bearer hunter2";

/// What each of these servers was asked with by a read of `/` of the first, with its login.
async fn with_login(servers: &[&Server]) -> Vec<Vec<bool>> {
    let (outbound, room) = (outbound(), Room::alone());
    let page = servers[0].url("/");
    let login = Login::new(&page, [("Authorization", LOGIN), ("Cookie", "session=hunter2")]).unwrap();
    assert!(!format!("{login:?}").contains("hunter2"), "{login:?}");
    let (initiator, limit) = (Initiator::Us, Duration::MAX);
    let terms = Terms { initiator, validators: None, posted: None, login: Some(&login), limit, room: &room };
    outbound.fetch_for(&page, terms).await.0.unwrap();
    let has = |request: &String| match request.matches("hunter2").count() {
        0 => false,
        2 => true,
        other => panic!("{other} headers"),
    };
    servers.iter().map(|server| server.requests().iter().map(has).collect()).collect()
}

#[tokio::test]
async fn login_goes_with_the_redirects_of_its_own_origin() {
    let own = Server::answering(|request| match request.split(' ').nth(1).unwrap() {
        "/" => response("302 Found", &[("location", "/page")], b""),
        _ => response("200 OK", &[], b"page"),
    })
    .await;
    assert_eq!(with_login(&[&own]).await, [[true, true]]);
}

#[tokio::test]
async fn login_never_leaves_its_origin_and_is_not_sent_to_where_another_origin_leads_back() {
    let other = Server::answering(|request| {
        let back = request.lines().find_map(|line| line.strip_prefix("GET /from/")).unwrap();
        let port = back.split(' ').next().unwrap();
        response("302 Found", &[("location", &format!("http://127.0.0.1:{port}/back"))], b"")
    })
    .await;
    let elsewhere = other.address;
    let own = Server::answering(move |request| match request.split(' ').nth(1).unwrap() {
        "/" => {
            let host = request.lines().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
            let port = host.unwrap().trim().rsplit(':').next().unwrap().to_owned();
            response("302 Found", &[("location", &format!("http://{elsewhere}/from/{port}"))], b"")
        }
        _ => response("200 OK", &[], b"page"),
    })
    .await;
    assert_eq!(with_login(&[&own, &other]).await, [vec![true, false], vec![false]]);
}
