//! An instance with a configuration file, a page to watch, and fakes of the messaging services.
use std::path::Path;

use fakes::Fakes;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    command::{Ran, statuswire},
    fake_page::FakePage,
};

/// The path of the hook's URL. It is a secret: no output may show it.
pub(crate) const PATH: &str = "/hooks/s3cretPathOfTheHook";
/// No output may show any of these.
const SECRETS: [&str; 3] = ["s3cretPathOfTheHook", "MDEyMzQ1Njc4OTAx", "s3cretWebhookToken"];

pub(crate) struct Instance {
    pub(crate) page: FakePage,
    pub(crate) fakes: Fakes,
    folder: TempDir,
}

impl Instance {
    /// `more` is TOML for the end of the file; the fakes' address is in it as `FAKES`, their mail server's as
    /// `SMTP`.
    pub(crate) async fn new(more: &str) -> Self {
        let (page, address) = FakePage::start().await;
        let fakes = Fakes::unlimited();
        let ports = fakes.listen().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"
            network.allow = ["127.0.0.0/8"]
            [[page]]
            id = "acme"
            name = "Acme"
            url = "http://{address}/page"
            format = "statuspage"
            [[monitor]]
            id = "acme"
            page = "acme"
            [[destination]]
            id = "hook"
            channel = "webhook"
            url = "http://FAKES{PATH}"
            secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
            {more}
            "#
        );
        let text = text.replace("FAKES", &ports.http.to_string()).replace("SMTP", &ports.smtp.to_string());
        std::fs::write(folder.path().join("statuswire.toml"), text).unwrap();
        Self { page, fakes, folder }
    }

    /// With a hook that receives all alerts.
    pub(crate) async fn with_hook() -> Self {
        Self::new("[[group]]\nid = 'all'\ndestinations = ['hook']\nevents = ['opened', 'updated', 'resolved']").await
    }

    pub(crate) fn data(&self) -> String {
        path(&self.folder.path().join("data"))
    }

    pub(crate) fn config(&self) -> String {
        path(&self.folder.path().join("statuswire.toml"))
    }

    /// `serve --once`: its exit code.
    pub(crate) async fn round(&self) -> i32 {
        let arguments = ["serve", "--once", "--no-catalogue", "--config", &self.config(), "--data", &self.data()];
        statuswire(&arguments).await.code
    }

    /// Runs a command on this instance. Fails if its output shows a secret.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.data();
        let ran = statuswire(&[arguments, &["--data", &data]].concat()).await;
        for secret in SECRETS {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{} {}", ran.stdout, ran.stderr);
        }
        ran
    }

    /// The delivery log, or a part of it.
    pub(crate) async fn deliveries(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(&[&["deliveries", "--json"], arguments].concat()).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The ids of the messages to the hook, with the status of each response.
    pub(crate) fn hooked(&self) -> Vec<(String, u16)> {
        let received = self.fakes.received_at(PATH);
        let id = |headers: &http::HeaderMap| headers["webhook-id"].to_str().unwrap().to_owned();
        received.iter().map(|request| (id(&request.headers), request.answered)).collect()
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
