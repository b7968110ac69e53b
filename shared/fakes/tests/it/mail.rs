//! The mail server, spoken to line by line.
use std::{net::SocketAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fakes::{Fakes, Fault, MailServer, Reply, Service};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls};

struct Client<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// The last line of the next answer.
    async fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
    async fn say(&mut self, line: &str) -> String {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.hear().await
    }
    /// The code of each answer.
    async fn talk(&mut self, lines: &[&str]) -> Vec<String> {
        let mut codes = Vec::new();
        for line in lines {
            codes.push(self.say(line).await.split(' ').next().unwrap().to_owned());
        }
        codes
    }
}

async fn connect(address: SocketAddr) -> Client<TcpStream> {
    let mut client = Client { stream: BufReader::new(TcpStream::connect(address).await.unwrap()) };
    assert!(client.hear().await.starts_with("220 "));
    client
}

async fn server(fakes: &Fakes, server: MailServer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let fakes = fakes.clone();
    tokio::spawn(async move { fakes.serve_mail(listener, server).await });
    address
}

const MESSAGE: &str = "Subject: =?utf-8?q?Caf=C3=A9?=\r\nX-A: one\r\n two\r\n\r\n..a dot\r\nend\r\n.";

#[tokio::test]
async fn mail_is_kept_for_each_recipient_without_the_stuffed_dot() {
    let fakes = Fakes::unlimited();
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    let codes = client
        .talk(&[
            "EHLO me",
            "MAIL FROM:<status@example.com> SIZE=100",
            "RCPT TO:<ada@example.org>",
            "RCPT TO:<grace@example.org>",
            "DATA",
            MESSAGE,
            "QUIT",
        ])
        .await;
    assert_eq!(codes, ["250", "250", "250", "250", "354", "250", "221"]);
    assert_eq!(fakes.mails().len(), 2);
    let [mail] = &fakes.mails_to("grace@example.org")[..] else { panic!("one mail") };
    assert_eq!((mail.through, &*mail.from, mail.encrypted), (Service::SMTP, "status@example.com", false));
    assert_eq!((mail.subject().unwrap(), mail.header("X-A").unwrap()), ("Café".to_owned(), "one two".to_owned()));
    assert_eq!(mail.text().unwrap(), ".a dot\r\nend\r\n");
    assert!(mail.message.ends_with(b"\r\n.a dot\r\nend\r\n"));
}

#[tokio::test]
async fn commands_may_be_sent_all_at_once() {
    let fakes = Fakes::unlimited();
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    let all = format!(
        "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n{MESSAGE}\r\nMAIL FROM:<>\r\n\
         RCPT TO:<b@example.org>\r\nRSET\r\nNOOP\r\nQUIT"
    );
    client.say(&all).await;
    let mut rest = String::new();
    client.stream.read_to_string(&mut rest).await.unwrap();
    let codes: Vec<&str> = rest.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "354", "250", "250", "250", "250", "250", "221"]);
    assert_eq!(fakes.mails().len(), 1);
}

#[tokio::test]
async fn unknown_recipient_is_refused_and_the_others_get_their_mail() {
    let fakes = Fakes::unlimited();
    fakes.delete("ada@example.org");
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    client.talk(&["EHLO me", "MAIL FROM:<status@example.com>"]).await;
    assert!(client.say("RCPT TO:<ada@example.org>").await.starts_with("550 5.1.1 "));
    assert_eq!(client.talk(&["DATA", "RCPT TO:<b@example.org>", "DATA", MESSAGE]).await, ["503", "250", "354", "250"]);
    assert_eq!(fakes.mails().len(), 1);
    let received = fakes.received_at("ada@example.org");
    assert_eq!((received.len(), received[0].method.as_str(), received[0].answered), (1, "RCPT", 550));
}

#[tokio::test]
async fn greylisted_recipient_is_taken_the_next_time() {
    let fakes = Fakes::unlimited();
    fakes.set_faults_at("ada@example.org", [Reply::text(451, "4.7.1 Greylisted, come again").into()]);
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    client.talk(&["EHLO me", "MAIL FROM:<status@example.com>"]).await;
    assert_eq!(client.say("RCPT TO:<ada@example.org>").await, "451 4.7.1 Greylisted, come again");
    assert_eq!(client.talk(&["RCPT TO:<ada@example.org>", "DATA", MESSAGE]).await, ["250", "354", "250"]);
    assert_eq!(fakes.mails_to("ada@example.org").len(), 1);
}

#[tokio::test]
async fn message_may_be_refused_as_a_whole_or_taken_without_an_answer() {
    let fakes = Fakes::unlimited();
    let address = fakes.listen().await.unwrap().smtp;
    fakes.set_faults([Reply::text(550, "5.7.26 Not authenticated").into(), Fault::Cut]);
    let start = ["EHLO me", "MAIL FROM:<status@example.com>", "RCPT TO:<ada@example.org>", "DATA"];
    let mut client = connect(address).await;
    client.talk(&start).await;
    assert_eq!(client.say(MESSAGE).await, "550 5.7.26 Not authenticated");
    assert!(fakes.mails().is_empty());
    client.talk(&start).await;
    client.stream.get_mut().write_all(format!("{MESSAGE}\r\n").as_bytes()).await.unwrap();
    let mut rest = String::new();
    client.stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "250 2.");
    assert_eq!(fakes.mails().len(), 1);

    fakes.set_faults_at("ada@example.org", [Fault::Hang]);
    let mut client = connect(address).await;
    client.talk(&start).await;
    client.stream.get_mut().write_all(format!("{MESSAGE}\r\n").as_bytes()).await.unwrap();
    fakes.until(|fakes| fakes.mails().len() == 2).await;
    assert_eq!(fakes.received().last().unwrap().answered, 0);
}

#[tokio::test]
async fn more_than_ten_megabytes_is_too_large() {
    let fakes = Fakes::unlimited();
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    client.say("EHLO me").await;
    assert!(client.say("MAIL FROM:<a@example.com> SIZE=10000001").await.starts_with("552 5.3.4 "));
    client.talk(&["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA"]).await;
    let line = format!("{}\r\n", "x".repeat(998));
    let large = format!("Subject: s\r\n\r\n{}.", line.repeat(10_001));
    assert!(client.say(&large).await.starts_with("552 5.3.4 "));
    assert!(fakes.mails().is_empty());
    assert_eq!(client.talk(&["MAIL FROM:<a@example.com>"]).await, ["250"], "it goes on");
}

#[tokio::test]
async fn order_and_syntax_of_commands_are_checked() {
    let fakes = Fakes::unlimited();
    let mut client = connect(fakes.listen().await.unwrap().smtp).await;
    let lines = ["MAIL FROM:<a@example.com>", "HELO me", "RCPT TO:<b@example.org>", "DATA", "MAIL FROM:a", "HOWDY"];
    assert_eq!(client.talk(&lines).await, ["503", "250", "503", "503", "501", "500"]);
    assert_eq!(client.talk(&["STARTTLS", "AUTH PLAIN", "NOOP"]).await, ["502", "502", "250"]);
}

#[tokio::test]
async fn login_is_demanded_where_there_is_one() {
    let fakes = Fakes::unlimited();
    let login = Some(("me".to_owned(), "sesame".to_owned()));
    let address = server(&fakes, MailServer { login, ..MailServer::default() }).await;
    let plain = |password: &str| format!("AUTH PLAIN {}", STANDARD.encode(format!("\0me\0{password}")));
    let mut client = connect(address).await;
    client.say("EHLO me").await;
    assert!(client.say("MAIL FROM:<a@example.com>").await.starts_with("530 5.7.0 "));
    assert!(client.say(&plain("wrong")).await.starts_with("535 5.7.8 "));
    assert!(client.say(&plain("sesame")).await.starts_with("235 "));
    let rest = ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA", MESSAGE];
    assert_eq!(client.talk(&rest).await, ["250", "250", "354", "250"]);
    assert_eq!(fakes.mails()[0].login.as_deref(), Some("me"));

    let mut client = connect(address).await;
    client.say("EHLO me").await;
    assert_eq!(client.say("AUTH LOGIN").await, format!("334 {}", STANDARD.encode("Username:")));
    assert_eq!(client.say(&STANDARD.encode("me")).await, format!("334 {}", STANDARD.encode("Password:")));
    assert!(client.say(&STANDARD.encode("sesame")).await.starts_with("235 "));
}

/// A server with a certificate of its own, and a client that trusts it.
fn tls() -> (TlsAcceptor, TlsConnector) {
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let server = server.unwrap().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
    (Arc::new(server).into(), Arc::new(client).into())
}

#[tokio::test]
async fn starttls_encrypts_and_forgets_what_came_before() {
    let fakes = Fakes::unlimited();
    let (acceptor, connector) = tls();
    let login = Some(("me".to_owned(), "sesame".to_owned()));
    let address = server(&fakes, MailServer { tls: Some(acceptor), login, ..MailServer::default() }).await;
    let mut client = connect(address).await;
    assert_eq!(client.talk(&["EHLO me", "AUTH LOGIN"]).await, ["250", "502"], "no password without encryption");
    assert!(client.say("STARTTLS\r\nMAIL FROM:<evil@example.com>").await.starts_with("220 "));

    let stream = connector.connect("localhost".try_into().unwrap(), client.stream.into_inner()).await.unwrap();
    let mut client = Client { stream: BufReader::new(stream) };
    assert_eq!(client.talk(&["MAIL FROM:<a@example.com>", "EHLO me", "STARTTLS"]).await, ["503", "250", "502"]);
    let plain = format!("AUTH PLAIN {}", STANDARD.encode("\0me\0sesame"));
    let lines = [&plain, "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA", MESSAGE];
    assert_eq!(client.talk(&lines).await, ["235", "250", "250", "354", "250"]);
    assert!(fakes.mails()[0].encrypted);
}

#[tokio::test]
async fn connection_may_begin_with_tls() {
    let fakes = Fakes::unlimited();
    let (acceptor, connector) = tls();
    let of_port_465 = MailServer { tls: Some(acceptor), implicit_tls: true, login: None };
    let stream = TcpStream::connect(server(&fakes, of_port_465).await).await.unwrap();
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let mut client = Client { stream: BufReader::new(stream) };
    assert!(client.hear().await.starts_with("220 "));
    let lines = ["EHLO me", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA", MESSAGE];
    assert_eq!(client.talk(&lines).await, ["250", "250", "250", "354", "250"]);
    assert!(fakes.mails()[0].encrypted);
}
