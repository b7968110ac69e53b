//! What is written: order, levels, escapes and bounds, in both formats.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]
use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use serde_json::Value;
use status::outside_text::is_hidden;

use super::{terminal::time_of_day, *};

/// What a page may say: terminal escapes, a line break, every kind of hidden character.
const HOSTILE: &str = "\x1b[2J\u{9b}31mgone\u{202e}txt\u{2066}\u{200f}\u{61c}\u{200b}\u{2028}\nerror: forged\t\"=\\";

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `log` writes to a log made by `subscriber`.
fn logged<S: Subscriber + Send + Sync>(subscriber: impl FnOnce(Memory) -> S, log: impl FnOnce()) -> String {
    let memory = Memory::default();
    ::tracing::subscriber::with_default(subscriber(memory.clone()), log);
    String::from_utf8(memory.0.lock().unwrap().clone()).unwrap()
}

/// Lines of a terminal, without the time of day.
fn written(wanted: &str, colour: bool, log: impl FnOnce()) -> String {
    let filter = targets(wanted).unwrap();
    let text = logged(|memory| lines(move || memory.clone(), colour, filter), log);
    let lines = text.lines().map(|line| line.split_once("Z").expect("a time").1.to_owned() + "\n");
    lines.collect()
}

/// The line in the log of Lambda, as written and as JSON.
fn json_written(log: impl FnOnce()) -> (String, Value) {
    let line = logged(|memory| json_lines(move || memory.clone(), targets("info").unwrap(), None), log);
    let value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    (line, value)
}

#[test]
fn line_has_message_then_fields_then_those_of_its_span() {
    let line = written("info", false, || {
        let _span = ::tracing::info_span!("poll", provider.id = "github").entered();
        ::tracing::warn!(attempt.number = 3, reason = "no answer", "page not read");
    });
    assert_eq!(line, "  warning: page not read attempt.number=3 reason=\"no answer\" provider.id=github\n");
}

#[test]
fn control_characters_cannot_reach_the_terminal() {
    let line = written("info", false, || ::tracing::info!(title = "\x1b[2Jgone", "a\nb"));
    assert_eq!(line, "  a\\nb title=\\u{1b}[2Jgone\n");
}

#[test]
fn colour_is_only_used_when_asked_for() {
    let log = || ::tracing::error!("broken");
    assert!(written("info", true, log).contains("\x1b[31merror: broken\x1b[0m"));
    assert!(!written("info", false, log).contains('\x1b'));
}

#[test]
fn a_level_is_for_our_crates_and_others_stay_at_warn() {
    let log = || {
        ::tracing::debug!("ours");
        ::tracing::info!(target: "hyper", "others");
    };
    assert_eq!(written("debug", false, log), "  ours\n");
    assert_eq!(written("info", false, log), "");
    assert_eq!(written("hyper=info", false, log), "  others\n");
    assert!(targets("outbound=loud").is_err());
}

#[test]
fn every_package_of_the_repository_is_ours() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let packages = |folder: &str| std::fs::read_dir(format!("{root}/{folder}")).unwrap();
    let packages = packages("functions").chain(packages("shared")).map(|entry| entry.unwrap());
    let packages = packages.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let mut packages: Vec<_> = packages.map(|entry| entry.file_name().into_string().unwrap()).collect();
    packages.sort();
    assert_eq!(packages, OUR_CRATES);
}

#[test]
fn time_is_utc() {
    assert_eq!(time_of_day(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 + 3_661)), "01:01:01Z");
    assert_eq!(time_of_day(SystemTime::UNIX_EPOCH - Duration::from_millis(500)), "23:59:59Z");
    assert_eq!(time_of_day(SystemTime::UNIX_EPOCH - Duration::from_secs(86_400)), "00:00:00Z");
}

#[test]
fn json_line_has_its_fields_at_the_top_and_its_span() {
    let (line, value) = json_written(|| {
        let _span = ::tracing::info_span!("poll", request = "r-1").entered();
        ::tracing::warn!(pages = 3_u64, ratio = 0.5, signed = -1, fine = true, why = %"no answer", "page {}", "x");
    });
    assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line}");
    assert_eq!(value["level"], "WARN");
    assert_eq!(value["message"], "page x");
    assert_eq!(value["target"], module_path!());
    let fields = [&value["pages"], &value["ratio"], &value["signed"], &value["fine"], &value["why"]];
    assert_eq!(fields.map(Value::to_string), ["3", "0.5", "-1", "true", "\"no answer\""]);
    assert_eq!(value["span"], serde_json::json!({"name": "poll", "request": "r-1"}));
    assert!(value["timestamp"].as_str().unwrap().ends_with('Z') && value.get("cut").is_none(), "{line}");
}

#[test]
fn hidden_characters_never_reach_a_line() {
    let log = || {
        let _span = ::tracing::info_span!("poll", page = HOSTILE, name = %HOSTILE).entered();
        ::tracing::info!(text = HOSTILE, shown = %HOSTILE, debug = ?HOSTILE, "{HOSTILE}");
    };
    let line = written("info", false, log);
    assert!(!line.trim_end().contains(is_hidden) && line.lines().count() == 1, "{line}");
    let (line, value) = json_written(log);
    assert!(!line.trim_end().contains(is_hidden), "{line}");
    let texts = [&value["text"], &value["shown"], &value["message"], &value["span"]["page"], &value["span"]["name"]];
    assert_eq!(texts[..4], [HOSTILE; 4], "JSON says what the page said");
}

#[test]
fn quoted_value_cannot_look_like_another_field() {
    let line = written("info", false, || ::tracing::info!(title = "a\" provider.id=b", "read"));
    assert_eq!(line, "  read title=\"a\\\" provider.id=b\"\n");
}

#[test]
fn line_stays_short_whatever_it_is_told() {
    for text in ["x", "ä", "\u{202e}", "\0", "\"", "\\"] {
        let long = text.repeat(1 << 20);
        let log = || {
            let _outer = ::tracing::info_span!("outer", a = long, b = long).entered();
            let _inner = ::tracing::info_span!("inner", c = long, d = long, e = long, f = long).entered();
            ::tracing::info!(a = long, b = %long, c = ?long, d = long, e = long, number = u64::MAX, "{long}");
        };
        let line = written("info", true, log);
        assert!(line.len() < 4_096 && line.contains('…') && line.lines().count() == 1, "{}", line.len());
        let (line, value) = json_written(log);
        assert!(line.len() < 4_096, "{}", line.len());
        assert!(value["a"].as_str().unwrap().ends_with('…') && value["cut"] == true, "{line}");
    }
}
