//! Another user of the machine, and web pages in its browser, against a running `statuswire serve`: neither reads nor
//! changes what is in its data folder, nor reaches its store and queues.
use std::{
    collections::HashSet,
    env, fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::{fs::PermissionsExt, net::UnixStream, process::CommandExt as _},
    path::Path,
    process::Command,
    time::Duration,
};

use rustix::process::geteuid;
use startup::env::optional;

use super::serving::Serving;

/// `nobody`, who owns nothing.
const NEIGHBOUR: u32 = 65534;
/// The program of the other user is this test program again, told where to look.
const FOLDER: &str = "STATUSWIRE_TEST_FOLDER";
const PORTS: &str = "STATUSWIRE_TEST_PORTS";
const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

const SETTINGS: &str = "
[[destination]]
id = 'hook'
channel = 'webhook'
url = 'https://hooks.example.com/secret-path'
secret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
";

/// A folder that everybody may enter, with a data folder in it that earlier versions left open to everybody.
fn open_folder() -> tempfile::TempDir {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    fs::create_dir(&data).unwrap();
    for name in ["lock", "dynamodb.sqlite", "queues.sqlite", "endpoints.json"] {
        fs::write(data.join(name), "").unwrap();
        fs::set_permissions(data.join(name), PermissionsExt::from_mode(0o666)).unwrap();
    }
    for folder in [parent.path(), &data] {
        fs::set_permissions(folder, PermissionsExt::from_mode(0o777)).unwrap();
    }
    parent
}

/// Ports on which a process listens.
fn listeners(process: u32) -> Vec<u16> {
    let process = Path::new("/proc").join(process.to_string());
    let links = fs::read_dir(process.join("fd")).unwrap().filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
    let own: HashSet<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let mut ports = Vec::new();
    for table in ["net/tcp", "net/tcp6"] {
        for line in fs::read_to_string(process.join(table)).unwrap_or_default().lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let is_listening = columns[3] == "0A";
            if is_listening && own.contains(&format!("socket:[{}]", columns[9])) {
                let (_, port) = columns[1].rsplit_once(':').unwrap();
                ports.push(u16::from_str_radix(port, 16).unwrap());
            }
        }
    }
    ports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "a part that is left out is said")]
async fn another_user_gets_nothing() {
    let parent = open_folder();
    let data = parent.path().join("data");
    let serving = Serving::start(SETTINGS, &["--no-replay", "--data", data.to_str().unwrap()], None);
    let ports = listeners(serving.process());
    let (_, own) = serving.address.rsplit_once(':').unwrap();
    assert_eq!(ports, [own.parse::<u16>().unwrap()], "the dashboard is all that listens");
    let mode = |path: &Path| path.symlink_metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let stored = fs::read_dir(&data).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap_or_default());
    let stored: Vec<u8> = stored.flatten().collect();
    let holds = |words: &str| stored.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(holds("hook"), "the settings are in the files that were searched");

    // The owner's own commands get through.
    let aws = local::socket::of_running(&data).unwrap().expect("it runs");
    assert_eq!(aws.dynamodb().list_tables().send().await.unwrap().table_names(), ["statuswire"]);

    let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let report = if geteuid().is_root() {
        // Where the other user can start it.
        let program = parent.path().join("program");
        fs::copy(env::current_exe().unwrap(), &program).unwrap();
        let mut command = Command::new(&program);
        command.args(["--exact", "hostile::neighbour::tries", "--nocapture", "--test-threads=1"]);
        command.env(FOLDER, &data).env(PORTS, &ports).current_dir("/").uid(NEIGHBOUR).gid(NEIGHBOUR);
        let output = command.output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    } else {
        println!("SKIPPED: the files, which only another user cannot read (run as root)");
        attack_ports(&ports).join("\n") + "\ntried everything"
    };
    assert!(report.contains("tried everything"), "{report}");
    assert!(!report.contains("SUCCEEDED"), "{report}");
    assert!(!report.contains(SECRET) && !report.contains("secret-path"), "{report}");
}

/// What the other user runs: prints what succeeded. Nobody else has the variables.
#[test]
#[expect(clippy::print_stdout, reason = "its parent reads it")]
fn tries() {
    let (Some(folder), Some(ports)) = (optional(FOLDER).unwrap(), optional(PORTS).unwrap()) else { return };
    assert_eq!(geteuid().as_raw(), NEIGHBOUR);
    let attempts = [attack_files(Path::new(&folder)), attack_ports(&ports)].concat();
    println!("{}\ntried everything", attempts.join("\n"));
}

fn attack_files(folder: &Path) -> Vec<String> {
    let mut succeeded = Vec::new();
    let mut note = |what: &str, is_open: bool| {
        if is_open {
            succeeded.push(format!("SUCCEEDED: {what} in {}", folder.display()));
        }
    };
    note("listing", fs::read_dir(folder).is_ok());
    note("creating a file", fs::write(folder.join("mine"), "").is_ok());
    note("opening it to everybody", fs::set_permissions(folder, PermissionsExt::from_mode(0o777)).is_ok());
    for suffix in ["", "-wal", "-shm", "-journal"] {
        for name in ["dynamodb.sqlite", "queues.sqlite"] {
            let file = folder.join(format!("{name}{suffix}"));
            note(&format!("reading {name}{suffix}"), fs::read(&file).is_ok());
            note(&format!("appending to {name}{suffix}"), fs::OpenOptions::new().append(true).open(&file).is_ok());
        }
    }
    for name in ["lock", "endpoints.json", "socket"] {
        let file = folder.join(name);
        note(&format!("reading {name}"), fs::read(&file).is_ok());
        note(&format!("removing {name}"), fs::remove_file(&file).is_ok());
        note(&format!("connecting to {name}"), UnixStream::connect(&file).is_ok());
    }
    succeeded
}

fn attack_ports(ports: &str) -> Vec<String> {
    let signature = "authorization: AWS4-HMAC-SHA256 Credential=local/20261201/us-east-1/dynamodb/aws4_request, \
                     SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\nx-amz-date: 20261201T000000Z\r\n";
    let mut succeeded = Vec::new();
    for port in ports.split(',') {
        let own = format!("127.0.0.1:{port}");
        for (target, body) in [
            ("DynamoDB_20120810.Scan", r#"{"TableName":"statuswire"}"#),
            ("DynamoDB_20120810.ListTables", "{}"),
            ("AmazonSQS.ListQueues", "{}"),
        ] {
            for (host, extra) in [
                (&*own, ""),
                (&*own, signature),
                (&*own, "origin: https://evil.test\r\n"),
                (&*own, "origin: null\r\n"),
                ("evil.test", ""),
                ("evil.test", "origin: https://evil.test\r\n"),
            ] {
                let preflight = "access-control-request-method: POST\r\n\
                                 access-control-request-headers: x-amz-target,content-type\r\n";
                let posted = format!("x-amz-target: {target}\r\ncontent-type: application/x-amz-json-1.0\r\n{extra}");
                for (method, headers) in [("POST", &posted), ("OPTIONS", &format!("{preflight}{extra}"))] {
                    let answer = send(&own, &format!("{method} / HTTP/1.1\r\nhost: {host}\r\n{headers}"), body);
                    let status = answer.split(' ').nth(1).unwrap_or_default();
                    let is_open =
                        status.starts_with('2') || answer.contains("TableNames") || answer.contains("QueueUrls");
                    if is_open || answer.to_ascii_lowercase().contains("access-control-allow") {
                        succeeded.push(format!("SUCCEEDED: {method} {target} as {host} {extra}: {answer}"));
                    }
                }
            }
        }
    }
    succeeded
}

fn send(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let rest = format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let mut answer = Vec::new();
    // A refused request may be cut off.
    let _ = stream.write_all(format!("{head}{rest}").as_bytes());
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn folder_that_cannot_be_trusted_is_refused_by_name() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let victim = parent.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink(&victim, data.join("endpoints.json")).unwrap();
    let serve = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crashing"));
        command.args(["never", "serve", "--no-catalogue", "--once", "--data"]).arg(&data);
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (success, said) = serve();
    assert!(!success && said.contains("endpoints.json is a symbolic link") && said.contains("--data"), "{said}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    fs::remove_file(data.join("endpoints.json")).unwrap();
    if geteuid().is_root() {
        std::os::unix::fs::chown(&data, Some(NEIGHBOUR), None).unwrap();
        let (success, said) = serve();
        assert!(!success && said.contains("belongs to another user (uid 65534)"), "{said}");
        std::os::unix::fs::chown(&data, Some(0), None).unwrap();
    }
    let (success, said) = serve();
    assert!(success, "{said}");
    assert!(!said.contains("socket"), "{said}");
}
