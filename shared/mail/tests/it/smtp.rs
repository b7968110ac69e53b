//! The operator's mail server: trust, encryption, credentials and replies.
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use fakes::{Fakes, Fault, MailServer, Service};
use mail::{Mailer, Reply, Smtp};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::{RECIPIENT, message};

const USER: &str = "us@er";
const PASSWORD: &str = "p/ass word";
/// The same in a URL.
const LOGIN: &str = "us%40er:p%2Fass%20word";

/// A self-signed certificate for this name in DER, and a server side that presents it.
fn certificate(name: &str) -> (Vec<u8>, TlsAcceptor) {
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    (own.cert.der().to_vec(), Arc::new(config).into())
}

async fn serve(fakes: &Fakes, server: MailServer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let fakes = fakes.clone();
    tokio::spawn(async move { fakes.serve_mail(listener, server).await });
    address
}

fn mailer(url: &str, roots: &[Vec<u8>]) -> Mailer {
    Mailer::Smtp(Smtp::new(url.parse().unwrap(), roots).unwrap())
}

/// A server that offers to log in without encryption, answers everything else with `answer` and records every line.
async fn insecure_server(answer: fn(&str) -> String) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lines_received = Arc::new(Mutex::new(Vec::new()));
    let recorded = lines_received.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 mx.example\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let offer = || "250-mx.example\r\n250 AUTH PLAIN".to_owned();
                let answer = if line.starts_with("EHLO ") { offer() } else { answer(&line) };
                recorded.lock().unwrap().push(line);
                if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, lines_received)
}

#[tokio::test]
async fn trusted_server_gets_mail_encrypted_and_after_login() {
    for (scheme, implicit_tls) in [("smtp", false), ("smtps", true)] {
        let fakes = Fakes::unlimited();
        let (root, tls) = certificate("127.0.0.1");
        let login = Some((USER.to_owned(), PASSWORD.to_owned()));
        let address = serve(&fakes, MailServer { tls: Some(tls), implicit_tls, login }).await;
        let mailer = mailer(&format!("{scheme}://{LOGIN}@{address}"), &[root]);
        let accepted = mailer.send(&message()).await.unwrap();
        assert_eq!((accepted.code, accepted.text.as_str()), (250, "2.0.0 Accepted"));
        let [mail] = &fakes.mails_to(RECIPIENT)[..] else { panic!("one mail") };
        assert_eq!((mail.through, mail.encrypted, mail.login.as_deref()), (Service::SMTP, true, Some(USER)));
        assert_eq!(mail.from, "alerts@example.com");
        // Only an empty line may be added before the last dot.
        assert_eq!(mail.message.trim_ascii_end(), message().content.trim_ascii_end());
    }
}

#[tokio::test]
async fn server_with_an_untrusted_certificate_gets_nothing() {
    for (scheme, implicit_tls) in [("smtp", false), ("smtps", true)] {
        let fakes = Fakes::unlimited();
        let ((_, unknown), (other, _)) = (certificate("127.0.0.1"), certificate("127.0.0.1"));
        let (known, of_another_name) = certificate("mail.example");
        for (roots, tls) in [(vec![], unknown.clone()), (vec![other], unknown), (vec![known], of_another_name)] {
            let login = Some((USER.to_owned(), PASSWORD.to_owned()));
            let address = serve(&fakes, MailServer { tls: Some(tls), implicit_tls, login }).await;
            let refused = mailer(&format!("{scheme}://{LOGIN}@{address}"), &roots).send(&message()).await;
            let error = refused.unwrap_err();
            assert!(error.starts_with("127.0.0.1: ") && error.contains("certificate"), "{error}");
        }
        assert!(fakes.received().is_empty() && fakes.mails().is_empty());
    }
}

#[tokio::test]
async fn server_without_starttls_gets_neither_password_nor_mail() {
    let (address, heard) = insecure_server(|_| "250 fine".to_owned()).await;
    for query in ["", "?tls=required"] {
        let refused = mailer(&format!("smtp://{LOGIN}@{address}/{query}"), &[]).send(&message()).await;
        assert!(refused.unwrap_err().starts_with("127.0.0.1: "));
    }
    let heard = heard.lock().unwrap();
    assert!(heard.iter().any(|line| line.starts_with("EHLO ")), "{heard:?}");
    let harmless = |line: &String| line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT";
    assert!(heard.iter().all(harmless), "{heard:?}");
}

#[tokio::test]
async fn mail_is_sent_unencrypted_only_with_tls_none() {
    let fakes = Fakes::unlimited();
    let smtp = fakes.listen().await.unwrap().smtp;
    let accepted = mailer(&format!("smtp://{smtp}?tls=none"), &[]).send(&message()).await.unwrap();
    assert_eq!(accepted.code, 250);
    let [mail] = &fakes.mails_to(RECIPIENT)[..] else { panic!("one mail") };
    assert_eq!((mail.encrypted, &mail.login), (false, &None));
}

#[tokio::test]
async fn wrong_password_is_a_reply_and_is_never_shown() {
    let fakes = Fakes::unlimited();
    let (root, tls) = certificate("127.0.0.1");
    let login = Some((USER.to_owned(), "another".to_owned()));
    let address = serve(&fakes, MailServer { tls: Some(tls), implicit_tls: false, login }).await;
    let refused = mailer(&format!("smtp://{LOGIN}@{address}"), &[root]).send(&message()).await.unwrap();
    assert_eq!((refused.code, refused.text.as_str()), (535, "5.7.8 Authentication failed"));
    assert!(fakes.mails().is_empty());
}

/// Some servers repeat the credentials in a reply, in clear or as they were sent.
#[tokio::test]
async fn password_that_a_server_repeats_is_hidden() {
    let echoes: [fn(&str) -> String; 3] = [
        |line| format!("535 5.7.8 cannot do {line}"),
        |_| format!("535 5.7.8 {PASSWORD} is not the password of {USER}"),
        |line| format!("454 4.7.0 {line}: not now"),
    ];
    for echo in echoes {
        let (address, _) = insecure_server(echo).await;
        let mailer = mailer(&format!("smtp://{LOGIN}@{address}?tls=none"), &[]);
        let refused = mailer.send(&message()).await.unwrap();
        assert!(matches!(refused.code, 454 | 535), "{refused:?}");
        for secret in [PASSWORD, "AHVzQGVyAHAvYXNzIHdvcmQ="] {
            assert!(!refused.text.contains(secret), "{}", refused.text);
        }
    }
}

#[tokio::test]
async fn refusals_are_replies_with_code_and_text() {
    let fakes = Fakes::unlimited();
    let smtp = fakes.listen().await.unwrap().smtp;
    let mailer = mailer(&format!("smtp://{smtp}?tls=none"), &[]);
    for (code, text) in [
        (550, "5.1.1 The recipient does not exist"),
        (450, "4.2.1 The mailbox is busy"),
        (452, "4.2.2 The mailbox is full"),
        (554, "5.7.1 Not in this house"),
    ] {
        let reply = || Fault::from(fakes::Reply::text(code, text));
        // The recipient is refused, then the message.
        fakes.set_faults_at(RECIPIENT, [reply()]);
        let refused = mailer.send(&message()).await.unwrap();
        assert_eq!(refused, Reply { code, text: text.to_owned(), to_recipient: true });
        fakes.set_faults([reply()]);
        let refused = mailer.send(&message()).await.unwrap();
        assert_eq!(refused, Reply { code, text: text.to_owned(), to_recipient: false });
    }
    assert!(fakes.mails().is_empty());
    assert_eq!(mailer.send(&message()).await.unwrap().code, 250, "and the next one is taken");
}

#[tokio::test]
async fn no_reply_is_an_error_that_names_the_server_only() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = mailer(&format!("smtps://{LOGIN}@{closed}"), &[]).send(&message()).await.unwrap_err();
    assert!(error.starts_with("127.0.0.1: "), "{error}");
    assert!(!error.contains(PASSWORD) && !error.contains(USER) && !error.contains(RECIPIENT), "{error}");

    let fakes = Fakes::unlimited();
    let smtp = fakes.listen().await.unwrap().smtp;
    fakes.set_faults([Fault::Cut]);
    mailer(&format!("smtp://{smtp}?tls=none"), &[]).send(&message()).await.unwrap_err();
}

#[tokio::test]
async fn address_that_smtp_cannot_carry_is_refused_here() {
    let fakes = Fakes::unlimited();
    let smtp = fakes.listen().await.unwrap().smtp;
    let mut message = message();
    message.to = "ada@example.org>\r\nRCPT TO:<eve@example.org".to_owned();
    let refused = mailer(&format!("smtp://{smtp}?tls=none"), &[]).send(&message).await.unwrap();
    assert_eq!(refused.code, 553);
    assert!(fakes.received().is_empty());
}

#[tokio::test]
async fn burst_of_mails_arrives_whole_over_a_few_connections() {
    let fakes = Fakes::unlimited();
    let smtp = fakes.listen().await.unwrap().smtp;
    let mailer = mailer(&format!("smtp://{smtp}?tls=none"), &[]);
    let sending: Vec<_> = (0..40)
        .map(|_| {
            let mailer = mailer.clone();
            tokio::spawn(async move { mailer.send(&message()).await.unwrap().code })
        })
        .collect();
    for sent in sending {
        assert_eq!(sent.await.unwrap(), 250);
    }
    assert_eq!(fakes.mails_to(RECIPIENT).len(), 40);
}
