//! Sends the message on standard input through a mail server: `send URL FROM TO [CERTIFICATE.pem]`. Prints code and
//! text of the reply.
use std::io::{Read as _, Write as _};

use mail::{Mailer, Message, Smtp};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, from, to, roots @ ..] = &arguments[..] else {
        return Err("usage: send URL FROM TO [CERTIFICATE.pem]".into());
    };
    let roots: Vec<Vec<u8>> = roots
        .iter()
        .map(|file| Ok(CertificateDer::from_pem_file(file)?.to_vec()))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let mut content = Vec::new();
    std::io::stdin().read_to_end(&mut content)?;
    let mailer = Mailer::Smtp(Smtp::new(url.parse()?, &roots)?);
    let message = Message { from: from.clone(), to: to.clone(), content: content.into(), destination: String::new() };
    let reply = mailer.send(&message).await?;
    writeln!(std::io::stdout(), "{} {}", reply.code, reply.text)?;
    Ok(())
}
