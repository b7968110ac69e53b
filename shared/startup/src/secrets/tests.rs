//! References to secrets, read from a service on loopback.
use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

const PARAMETER: &str = "arn:aws:ssm:eu-central-1:123456789012:parameter/statuswire/password";
const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:statuswire-AbCdEf";

/// Answers every request with this status and body; returns its URL and the requests.
async fn service(status: u16, body: Value) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            // A body is JSON on one line.
            while !request.ends_with(b"}") {
                let mut part = [0; 4096];
                let Ok(length @ 1..) = stream.read(&mut part).await else { break };
                request.extend_from_slice(&part[..length]);
            }
            seen.lock().unwrap().push(String::from_utf8(request).unwrap());
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    (url, requests)
}

fn settings(url: &str) -> AwsSettings {
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "very secret"),
        ("AWS_SESSION_TOKEN", "session token"),
        ("AWS_ENDPOINT_URL", url),
    ];
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    AwsSettings::from_variables(|name| Ok(value(name))).unwrap()
}

#[tokio::test]
async fn value_that_is_no_reference_is_taken_as_it_is() {
    let settings = settings("http://127.0.0.1:1");
    for value in ["a password", "arn:aws:s3:::bucket", "arn:", "smtps://arn:aws@mail.example", "a#b", ""] {
        assert_eq!(settings.secret("WEB_PASSWORD", value.to_owned()).await.unwrap(), value);
    }
}

#[tokio::test]
async fn parameter_is_read_decrypted_with_a_signed_request() {
    let (url, requests) = service(200, json!({"Parameter": {"Name": "x", "Value": "hunter2hunter2"}})).await;
    let read = settings(&url).secret("WEB_PASSWORD", PARAMETER.to_owned()).await.unwrap();
    assert_eq!(read, "hunter2hunter2");
    let requests = requests.lock().unwrap();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    let lower = request.to_lowercase();
    assert!(lower.contains("x-amz-target: amazonssm.getparameter"), "{request}");
    assert!(lower.contains("/eu-central-1/ssm/aws4_request"), "signed for the parameter's region: {request}");
    assert!(lower.contains("x-amz-security-token: session token"), "{request}");
    assert!(request.contains(PARAMETER) && request.contains(r#""WithDecryption":true"#), "{request}");
}

#[tokio::test]
async fn secret_is_read_whole_or_by_a_key_of_its_json() {
    let text = json!({"url": "smtps://u:p@mail.example", "number": 7}).to_string();
    let (url, requests) = service(200, json!({"ARN": SECRET, "SecretString": text})).await;
    let settings = settings(&url);
    assert_eq!(settings.secret("SMTP_URL", SECRET.to_owned()).await.unwrap(), text);
    assert_eq!(settings.secret("SMTP_URL", format!("{SECRET}#url")).await.unwrap(), "smtps://u:p@mail.example");
    for key in ["number", "missing"] {
        let error = format!("{:#}", settings.secret("SMTP_URL", format!("{SECRET}#{key}")).await.unwrap_err());
        assert!(error.contains("SMTP_URL") && error.contains(key) && !error.contains("mail.example"), "{error}");
    }
    let asked = requests.lock().unwrap()[1].clone();
    assert!(asked.contains(SECRET) && !asked.contains('#'), "the key is ours: {asked}");
}

#[tokio::test]
async fn error_names_the_reference_and_the_way_out() {
    for (status, body, words) in [
        (400, json!({"__type": "AccessDeniedException"}), "allow secretsmanager:GetSecretValue"),
        (400, json!({"__type": "com.amazonaws.secretsmanager#ResourceNotFoundException"}), "create it"),
        (200, json!({"SecretBinary": "aGk="}), "holds no text"),
        (200, json!({"SecretString": "very private"}), "no JSON object"),
    ] {
        let (url, _) = service(status, body).await;
        let error = settings(&url).secret("SMTP_URL", format!("{SECRET}#url")).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(words) && error.contains(SECRET) && error.contains("SMTP_URL"), "{error}");
        assert!(!error.contains("very private"), "{error}");
    }
}

#[tokio::test]
async fn service_that_fails_or_throttles_is_asked_again() {
    let kind = |kind: &str| json!({"__type": kind});
    for (status, body, requests_sent) in [
        (500, json!({}), 3),
        (400, kind("ThrottlingException"), 3),
        (400, kind("com.amazonaws.ssm#ThrottlingException"), 3),
        (400, kind("AccessDeniedException"), 1),
    ] {
        let (url, requests) = service(status, body.clone()).await;
        settings(&url).secret("SMTP_URL", SECRET.to_owned()).await.unwrap_err();
        assert_eq!(requests.lock().unwrap().len(), requests_sent, "{status} {body}");
    }
}

#[test]
fn reference_names_its_own_region_and_partition() {
    let endpoint = |arn| Reference::parse(arn).unwrap().endpoint();
    assert_eq!(endpoint(PARAMETER), "https://ssm.eu-central-1.amazonaws.com");
    assert_eq!(
        endpoint("arn:aws-cn:secretsmanager:cn-north-1:1:secret:x"),
        "https://secretsmanager.cn-north-1.amazonaws.com.cn"
    );
}
