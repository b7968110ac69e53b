//! Accounts on an instance that is private.
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::serve::Serve;

/// The whole answer.
async fn ask(serve: &Serve, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(&serve.address).await.unwrap();
    let host = &serve.address;
    let request = format!("{line} HTTP/1.1\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The status line and the headers.
async fn head(serve: &Serve, path: &str, header: &str) -> String {
    let answer = ask(serve, &format!("GET {path}"), header, "").await;
    answer.split("\r\n\r\n").next().unwrap().to_lowercase()
}

async fn post(serve: &Serve, path: &str, body: &str) -> String {
    let form = "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
    ask(serve, &format!("POST {path}"), &format!("{form}content-length: {}\r\n", body.len()), body).await
}

/// Where no mail server is configured, the mail that would have been sent is read in the built-in receiver.
#[tokio::test]
async fn link_of_a_sign_in_mail_is_read_in_the_receiver_of_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("statuswire.toml");
    std::fs::write(&config, "[accounts]\nowner = \"jo@example.com\"\n").unwrap();
    let data = folder.path().join("data");
    let arguments = ["--replay", "--config", config.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let serve = Serve::start(&arguments).await;
    let asked = post(&serve, "/account/sign-in", "address=jo%40example.com").await;
    assert!(asked.starts_with("HTTP/1.1 "), "{asked}");
    let received = serve.get("/receiver.json").await;
    let mails = received.as_array().unwrap().iter().filter(|it| it["channel"] == "mail").map(ToString::to_string);
    let mail =
        mails.into_iter().find(|mail| mail.contains("/account/sign-in/")).unwrap_or_else(|| panic!("{received}"));
    assert!(mail.contains("jo@example.com"), "{mail}");
    let (_, rest) = mail.split_once("/account/sign-in/").unwrap();
    let secret: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let path = format!("/account/sign-in/{secret}");
    let entered = post(&serve, &path, "").await.to_lowercase();
    assert!(entered.contains(" 303 ") && entered.contains("set-cookie:"), "{entered}");
    let again = post(&serve, &path, "").await.to_lowercase();
    assert!(!again.contains("set-cookie:"), "it signs in once: {again}");
}

#[tokio::test]
async fn password_of_a_private_instance_is_not_asked_of_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("statuswire.toml");
    let text = "[instance]\npassword = \"correct horse battery\"\n[accounts]\nowner = \"jo@example.com\"\n";
    std::fs::write(&config, text).unwrap();
    let data = folder.path().join("data");
    let serve = Serve::start(&["--config", config.to_str().unwrap(), "--data", data.to_str().unwrap()]).await;
    let dashboard = head(&serve, "/api/v1/providers", "").await;
    assert!(dashboard.contains("401") && dashboard.contains("www-authenticate: basic"), "{dashboard}");
    for header in ["", "authorization: Basic OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==\r\n"] {
        let account = head(&serve, "/api/v1/account/monitors", header).await;
        assert!(account.contains("401") && account.contains("www-authenticate: bearer"), "{account}");
    }
    let wrong = head(&serve, "/api/v1/account/monitors", "authorization: Bearer sw_x\r\n").await;
    assert!(wrong.contains("invalid_token"), "{wrong}");
}
