//! Accounts on an instance that is private.
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::serve::Serve;

/// The status line and the headers.
async fn head(serve: &Serve, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(&serve.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{header}connection: close\r\n\r\n", serve.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split("\r\n\r\n").next().unwrap().to_lowercase()
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
