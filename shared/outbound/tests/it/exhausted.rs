//! A process without a free descriptor. It is a child, because all tests of one process share its descriptors.
use std::{fs::File, process::Command};

use outbound::FetchError;

use crate::{
    outbound,
    server::{Server, response},
};

/// Set where a test may use up all descriptors.
const IN_A_PROCESS_OF_ITS_OWN: &str = "STATUSWIRE_TEST_WITHOUT_DESCRIPTORS";

#[cfg(target_os = "linux")]
#[test]
fn host_is_not_at_fault_when_this_machine_is_out_of_descriptors() {
    let script = "ulimit -n 40; exec \"$0\" --exact exhausted::without_a_free_descriptor --nocapture";
    let mut child = Command::new("sh");
    child.args(["-c", script]).arg(std::env::current_exe().unwrap()).env(IN_A_PROCESS_OF_ITS_OWN, "1");
    let output = child.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test has no `startup`")]
async fn without_a_free_descriptor() {
    if std::env::var_os(IN_A_PROCESS_OF_ITS_OWN).is_none() {
        return;
    }
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
