//! `statuswire serve` as a process, asked over plain sockets as a stranger would.
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir};

const TIMEOUT: Duration = Duration::from_secs(60);

/// The running process; it ends with the test.
pub(super) struct Serving {
    child: Child,
    log: NamedTempFile,
    /// Host and port.
    pub(super) address: String,
    _folder: TempDir,
}

/// A response of the server.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.head, self.body))
    }

    pub(super) fn has_header(&self, name: &str) -> bool {
        self.head.to_ascii_lowercase().contains(&format!("\r\n{name}: "))
    }
}

impl Serving {
    /// With these settings and arguments; `descriptors` limits its open files.
    pub(super) fn start(settings: &str, arguments: &[&str], descriptors: Option<u32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("statuswire.toml");
        fs::write(&config, settings).unwrap();
        let log = NamedTempFile::new_in(&folder).unwrap();
        let limit = descriptors.map(|limit| format!("ulimit -n {limit}; ")).unwrap_or_default();
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{limit}exec \"$0\" never serve --no-catalogue \"$@\""));
        command.arg(env!("CARGO_BIN_EXE_crashing")).arg("--config").arg(&config).args(arguments);
        if !arguments.contains(&"--no-network") && !arguments.contains(&"--data") {
            command.arg("--data").arg(folder.path().join("data"));
        }
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = log.as_file();
        let child = command
            .env_remove("STATUSWIRE_LOG")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut serving = Self { child, log, address: String::new(), _folder: folder };
        until("it listens", || {
            let log = serving.log();
            let base = log.split_whitespace().find_map(|word| word.strip_prefix("http://").map(str::to_owned));
            serving.address = base.unwrap_or_default();
            // The address is printed before the server accepts.
            !serving.address.is_empty() && log.contains("Watching")
        });
        serving
    }

    /// Its output so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// `headers`: lines that end with a line break.
    pub(super) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        ask(&self.address, method, path, headers)
    }

    /// The most memory it has used so far, in bytes.
    pub(super) fn peak_memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    pub(super) fn open_files(&self) -> usize {
        fs::read_dir(Path::new("/proc").join(self.child.id().to_string()).join("fd")).unwrap().count()
    }
}

pub(super) fn ask(address: &str, method: &str, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {read:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

impl Drop for Serving {
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
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < TIMEOUT, "timed out waiting until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
