//! A process without a free descriptor. It is a child, because all tests of one process share its descriptors.
use std::{fs::File, process::Command};

use outbound::FetchError;

use crate::{
    outbound,
    server::{Server, response},
};

#[cfg(target_os = "linux")]
#[test]
fn host_is_not_at_fault_when_this_machine_is_out_of_descriptors() {
    let script = "ulimit -n 40; exec \"$0\" --exact exhausted::without_a_free_descriptor --ignored --nocapture";
    let output = Command::new("sh").args(["-c", script]).arg(std::env::current_exe().unwrap()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

#[tokio::test]
#[ignore = "uses up all descriptors of the process: the test above runs it in one of its own"]
async fn without_a_free_descriptor() {
    let server = Server::answering(|_| response("200 OK", &[], b"page")).await;
    let outbound = outbound();
    assert_eq!(outbound.fetch(&server.url("/"), None).await.unwrap().status, 200);
    assert_eq!(outbound::out_of(), None);

    let held: Vec<File> = (0..200).map_while(|_| File::open("/dev/null").ok()).collect();
    let mut by_name = server.url("/");
    by_name.set_host(Some("localhost")).unwrap();
    for url in [server.url("/"), by_name] {
        let error = outbound.fetch(&url, None).await.unwrap_err();
        assert!(matches!(&error, FetchError::OutOf { what: "file descriptors", .. }), "{url}: {error:?}");
        assert!(error.is_ours() && !error.is_offline_sign());
    }
    assert_eq!(outbound::out_of(), Some("file descriptors"));

    drop(held);
    assert_eq!(outbound.fetch(&server.url("/"), None).await.unwrap().status, 200);
}
