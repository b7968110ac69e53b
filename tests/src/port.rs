//! A port at which other programs reach the store and the queues: the functions that the Runtime Interface Emulator
//! runs as AWS does. `statuswire` opens none. It is open to whoever has the credentials of this run, which sign every
//! request; web pages have no access at all.
mod signature;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response as HttpResponse,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use local::{
    http_server::{self, Limits},
    service::{Response, Service},
};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::{net::TcpListener, task::JoinSet};

/// DynamoDB's limit, the larger of the two.
const MAX_BODY_BYTES: usize = 16 << 20;

/// An open port. It is closed when dropped.
pub struct Port {
    pub url: String,
    pub credentials: Credentials,
    _task: JoinSet<()>,
}

/// Made anew in each run.
#[derive(Clone)]
pub struct Credentials {
    pub access_key: String,
    pub secret: String,
}

struct Wall {
    address: SocketAddr,
    credentials: Credentials,
    service: Arc<dyn Service>,
}

impl Port {
    /// Opens a free port of 127.0.0.1.
    pub async fn open(service: Arc<dyn Service>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port for the store and the queues")?;
        let address = listener.local_addr()?;
        let credentials = Credentials::random()?;
        let wall = Arc::new(Wall { address, credentials: credentials.clone(), service });
        let router = Router::new().fallback(respond).with_state(wall);
        let mut task = JoinSet::new();
        task.spawn(async move {
            http_server::serve(listener, router, Limits::for_descriptors(1024), std::future::pending()).await;
        });
        Ok(Self { url: format!("http://{address}"), credentials, _task: task })
    }
}

impl Credentials {
    fn random() -> anyhow::Result<Self> {
        let text = || {
            let mut bytes = [0; 32];
            let filled = SystemRandom::new().fill(&mut bytes);
            filled
                .map(|()| BASE64_STANDARD.encode(bytes))
                .map_err(|_| anyhow::anyhow!("the system has no random numbers"))
        };
        // A slash would end the key in the header that names it.
        Ok(Self { access_key: text()?.replace(['/', '+', '='], ""), secret: text()? })
    }
}

async fn respond(State(wall): State<Arc<Wall>>, request: Request) -> HttpResponse {
    let response = wall.answer(request, Timestamp::now()).await.unwrap_or_else(|refused| refused);
    let mut http = HttpResponse::builder()
        .status(StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.0");
    if let Some(error) = response.query_error {
        http = http.header("x-amzn-query-error", error);
    }
    http.body(Body::from(response.body)).expect("the headers are valid")
}

impl Wall {
    async fn answer(&self, request: Request, now: Timestamp) -> Result<Response, Response> {
        let (parts, body) = request.into_parts();
        self.check_sender(&parts.method, &parts.uri, &parts.headers)?;
        let signed = signature::Signed::read(&parts.headers, &self.credentials.access_key).map_err(unsigned)?;
        let body = to_bytes(body, MAX_BODY_BYTES)
            .await
            .map_err(|_| refuse(413, "RequestEntityTooLarge", "The request is larger than 16 MiB."))?;
        signed.verify(&parts.headers, &body, &self.credentials.secret, now).map_err(unsigned)?;
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        Ok(self.service.perform(target, &body).await)
    }

    /// What a browser sends for a web page is refused before anything of it is read.
    fn check_sender(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Response> {
        let port = self.address.port();
        let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let hosts: Vec<_> = headers.get_all(header::HOST).iter().collect();
        if hosts.len() != 1 || !own.iter().any(|own| hosts[0] == own.as_str()) || uri.authority().is_some() {
            return Err(refuse(403, "AccessDeniedException", "The request is addressed to another host."));
        }
        if headers.contains_key(header::ORIGIN) {
            return Err(refuse(403, "AccessDeniedException", "Web pages have no access."));
        }
        if method != Method::POST || uri.path() != "/" || uri.query().is_some() {
            return Err(refuse(405, "UnknownOperationException", "Requests are a POST to the path /."));
        }
        Ok(())
    }
}

fn unsigned(reason: &'static str) -> Response {
    refuse(403, "InvalidSignatureException", reason)
}

fn refuse(status: u16, kind: &str, message: &str) -> Response {
    Response::error(status, &format!("com.amazon.coral.service#{kind}"), message)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_sdk_sqs::{
        config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
        error::BoxError,
    };
    use local::stack::{Stack, StackOptions};
    use startup::aws::AwsSettings;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    async fn open() -> (Stack, Port) {
        let stack = Stack::start(StackOptions { folder: None, channels: &["slack"] }).await.unwrap();
        let port = Port::open(stack.services()).await.unwrap();
        (stack, port)
    }

    fn settings(port: &Port, credentials: &Credentials) -> AwsSettings {
        let variables = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", &*credentials.access_key),
            ("AWS_SECRET_ACCESS_KEY", &*credentials.secret),
            ("AWS_ENDPOINT_URL", &*port.url),
        ];
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        AwsSettings::from_variables(|name| Ok(find(name))).unwrap()
    }

    /// Keeps the headers of a signed request.
    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<(String, String)>>>);

    impl Intercept for Recorder {
        fn name(&self) -> &'static str {
            "recorder"
        }

        fn read_before_transmit(
            &self,
            context: &BeforeTransmitInterceptorContextRef<'_>,
            _: &RuntimeComponents,
            _: &mut ConfigBag,
        ) -> Result<(), BoxError> {
            let headers = context.request().headers().iter();
            *self.0.lock().unwrap() = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Ok(())
        }
    }

    const BODY: &str = "{}";

    /// The headers of a request that lists the queues, signed by the SDK.
    async fn signed(port: &Port) -> Vec<(String, String)> {
        let recorder = Recorder::default();
        let sqs = settings(port, &port.credentials).sqs();
        let sqs = aws_sdk_sqs::Client::from_conf(sqs.config().to_builder().interceptor(recorder.clone()).build());
        sqs.list_queues().send().await.unwrap();
        let headers = recorder.0.lock().unwrap().clone();
        headers.into_iter().filter(|(name, _)| name != "content-length" && name != "host").collect()
    }

    fn with(headers: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
        let others = headers.iter().filter(|(known, _)| known != name).cloned();
        others.chain([(name.to_owned(), value.to_owned())]).collect()
    }

    /// The status and all of the response.
    async fn send(port: &Port, line: &str, host: &str, headers: &[(String, String)], body: &str) -> (u16, String) {
        let address = port.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let host = host.replace("OWN", address.split_once(':').unwrap().1);
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        (response[9..12].parse().unwrap(), response.to_ascii_lowercase())
    }

    const OWN: &str = "127.0.0.1:OWN";

    #[tokio::test]
    async fn holder_of_the_credentials_works_with_both_services() {
        let (stack, port) = open().await;
        let settings = settings(&port, &port.credentials);
        store::table::create_if_absent(&settings.dynamodb(), "table").await.unwrap();
        let urls = settings.sqs().list_queues().send().await.unwrap().queue_urls.unwrap();
        assert!(urls.contains(&stack.queues.alerts), "{urls:?}");
        let headers = signed(&port).await;
        for host in [OWN, "localhost:OWN"] {
            // The host is signed too, and the SDK signed the first.
            let (status, response) = send(&port, "POST /", host, &headers, BODY).await;
            assert_eq!(status, if host == OWN { 200 } else { 403 }, "{response}");
        }
    }

    #[tokio::test]
    async fn stranger_is_refused_in_the_words_of_the_service() {
        let (_stack, port) = open().await;
        let strangers = [
            Credentials { access_key: "AKIAEXAMPLE".to_owned(), ..port.credentials.clone() },
            Credentials { secret: "guess".to_owned(), ..port.credentials.clone() },
            Credentials { access_key: "local".to_owned(), secret: "local".to_owned() },
        ];
        for stranger in strangers {
            let settings = settings(&port, &stranger);
            let error = settings.dynamodb().list_tables().send().await.unwrap_err();
            assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
            let error = settings.sqs().list_queues().send().await.unwrap_err();
            assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
            assert_eq!(aws_sdk_sqs::error::ProvideErrorMetadata::code(&error), Some("InvalidSignatureException"));
        }
        let other = Port::open(_stack.services()).await.unwrap();
        assert_ne!(other.credentials.access_key, port.credentials.access_key);
        assert_ne!(other.credentials.secret, port.credentials.secret);
    }

    #[tokio::test]
    async fn signature_covers_what_it_must() {
        let (_stack, port) = open().await;
        let headers = signed(&port).await;
        let value = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let authorization = value("authorization");
        let (start, signature) = authorization.rsplit_once('=').unwrap();
        let flipped: String = signature.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
        let changed = [
            ("another body", headers.clone(), r#"{ }"#),
            ("another operation", with(&headers, "x-amz-target", "AmazonSQS.PurgeQueue"), BODY),
            ("another date", with(&headers, "x-amz-date", "20200101T000000Z"), BODY),
            ("no date", headers.iter().filter(|(name, _)| name != "x-amz-date").cloned().collect(), BODY),
            ("no signature", headers.iter().filter(|(name, _)| name != "authorization").cloned().collect(), BODY),
            ("a made-up signature", with(&headers, "authorization", &format!("{start}={flipped}")), BODY),
            ("half a signature", with(&headers, "authorization", &format!("{start}={}", &signature[..32])), BODY),
            ("an empty signature", with(&headers, "authorization", &format!("{start}=")), BODY),
            ("no hexadecimal", with(&headers, "authorization", &format!("{start}={}", "é".repeat(32))), BODY),
            ("less covered", with(&headers, "authorization", &authorization.replace(";x-amz-target", "")), BODY),
            ("another scheme", with(&headers, "authorization", "Basic bG9jYWw6bG9jYWw="), BODY),
            ("a second target", [&*headers, &with(&[], "x-amz-target", "AmazonSQS.PurgeQueue")].concat(), BODY),
        ];
        for (what, headers, body) in changed {
            let (status, response) = send(&port, "POST /", OWN, &headers, body).await;
            assert_eq!(status, 403, "{what}: {response}");
            assert!(response.contains("invalidsignatureexception"), "{what}: {response}");
            assert!(!response.contains("queueurls"), "{what}: {response}");
        }
    }

    #[tokio::test]
    async fn web_page_foreign_host_and_other_methods_are_refused_even_if_signed() {
        let (_stack, port) = open().await;
        let headers = signed(&port).await;
        assert_eq!(send(&port, "POST /", OWN, &headers, BODY).await.0, 200);
        for origin in ["https://evil.test", "null", &port.url, ""] {
            let headers = with(&headers, "origin", origin);
            for line in ["POST /", "GET /", "OPTIONS /"] {
                let (status, response) = send(&port, line, OWN, &headers, BODY).await;
                assert_eq!(status, 403, "{origin} {line}: {response}");
                assert!(!response.contains("access-control"), "{origin} {line}: {response}");
            }
        }
        for host in
            ["evil.test:OWN", "127.0.0.1", "localhost", "127.0.0.1:1", "127.1:OWN", "sqs.local", "", "[::1]:OWN"]
        {
            let (status, response) = send(&port, "POST /", host, &headers, BODY).await;
            assert!(matches!(status, 400 | 403), "{host}: {response}");
        }
        let twice = with(&headers, "host", "evil.test");
        let (status, response) = send(&port, "POST /", OWN, &twice, BODY).await;
        assert!(matches!(status, 400 | 403), "{response}");
        for line in ["GET /", "OPTIONS /", "PUT /", "DELETE /", "POST /shell", "POST /?a=b", "OPTIONS *"] {
            let (status, response) = send(&port, line, OWN, &headers, BODY).await;
            assert_eq!(status, 405, "{line}: {response}");
            assert!(!response.contains("access-control"), "{line}: {response}");
        }
    }

    #[tokio::test]
    async fn signature_outlives_its_request_by_five_minutes() {
        let (stack, port) = open().await;
        let headers = signed(&port).await;
        let wall = Wall {
            address: port.url.strip_prefix("http://").unwrap().parse().unwrap(),
            credentials: port.credentials.clone(),
            service: stack.services(),
        };
        for (seconds, accepted) in [(-310, false), (-290, true), (0, true), (290, true), (310, false)] {
            let mut request = http::Request::post("/")
                .header("host", &port.url["http://".len()..])
                .header("content-length", BODY.len());
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            let now = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            let answered = wall.answer(request.body(Body::from(BODY)).unwrap(), now).await;
            assert_eq!(answered.is_ok(), accepted, "{seconds}: {answered:?}");
        }
    }
}
