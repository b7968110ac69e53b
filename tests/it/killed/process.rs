//! A statuswire process that a test can kill and wait for. The end of the test kills it too.
use std::{
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tempfile::NamedTempFile;

const TIMEOUT: Duration = Duration::from_secs(60);
const SIGKILL: i32 = 9;

pub(super) struct Process {
    child: Child,
    log: NamedTempFile,
}

pub(super) struct End(ExitStatus);

impl Process {
    /// Starts `crashing` with the data and the settings in this folder.
    pub(super) fn start(folder: &Path, args: &[&str]) -> Self {
        let log = NamedTempFile::new_in(folder).unwrap();
        let output = log.as_file();
        let child = Command::new(env!("CARGO_BIN_EXE_crashing"))
            .args(args)
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--config")
            .arg(folder.join("statuswire.toml"))
            .env_remove("STATUSWIRE_LOG")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output.try_clone().unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Waits until it ends.
    pub(super) async fn end(&mut self) -> End {
        let mut status = None;
        until("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        End(status.unwrap())
    }

    /// Sends SIGKILL to the running process.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert!(End(status).is_killed(), "it had ended before: {}", self.log());
    }

    /// Its output so far.
    pub(super) fn log(&self) -> String {
        let mut text = String::new();
        self.log.reopen().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl End {
    pub(super) fn is_killed(&self) -> bool {
        self.0.signal() == Some(SIGKILL)
    }

    pub(super) fn is_success(&self) -> bool {
        self.0.success()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "shown with the failure of its test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the condition holds, and fails after a time-out.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < TIMEOUT, "timed out waiting until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
