//! The skeleton that `new-channel` writes, in a copy of the files that it changes.
use std::{fs, path::Path};

use serde_json::Value;
use tests::new_channel::{event, new_channel};

const CHANGED: [&str; 6] = [
    "shared/channels/src/lib.rs",
    "shared/fakes/src/lib.rs",
    "shared/fakes/src/registry.rs",
    "template.yaml",
    "README.md",
    "docs/channels.md",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in CHANGED {
        fs::create_dir_all(copy.path().join(file).parent().unwrap()).unwrap();
        fs::copy(repository().join(file), copy.path().join(file)).unwrap();
    }
    fs::create_dir_all(copy.path().join("tests/events")).unwrap();
    copy
}

/// The lines that a file gained, in order. Nothing else of it may change.
fn gained(copy: &Path, file: &str) -> Vec<String> {
    let before = fs::read_to_string(repository().join(file)).unwrap();
    let after = fs::read_to_string(copy.join(file)).unwrap();
    let mut before = before.lines().peekable();
    let mut gained = Vec::new();
    for line in after.lines() {
        if before.next_if_eq(&line).is_none() {
            gained.push(line.to_owned());
        }
    }
    assert_eq!(before.next(), None, "{file} lost this line");
    gained
}

#[test]
fn the_skeleton_of_a_channel_is_written_and_registered() {
    let copy = copy();
    let next = new_channel(copy.path(), "newcomer").unwrap();
    assert!(next.contains("shared/channels/src/newcomer.rs") && next.contains("cargo test -p channels"), "{next}");

    for (file, part) in [
        ("shared/channels/src/newcomer.rs", "    name: \"newcomer\","),
        ("shared/fakes/src/newcomer.rs", "    pub const NEWCOMER: Self = Self::new(\"newcomer\");"),
    ] {
        let source = fs::read_to_string(copy.path().join(file)).unwrap();
        assert!(source.starts_with("//! Newcomer") && source.contains(part), "{source}");
        assert!(!source.contains("{name}") && !source.contains("{Name}") && !source.contains("{NAME}"), "{source}");
    }
    assert_eq!(gained(copy.path(), CHANGED[0]), ["mod newcomer;", "    newcomer,"]);
    assert_eq!(gained(copy.path(), CHANGED[1]), ["mod newcomer;"]);
    assert_eq!(gained(copy.path(), CHANGED[2]), ["    &crate::newcomer::FAKE,"]);
    let library = fs::read_to_string(copy.path().join(CHANGED[0])).unwrap();
    let (_, list) = library.split_once("\nchannels! {\n").unwrap();
    assert!(list.lines().take_while(|line| *line != "}").is_sorted(), "{list}");
    let fakes = fs::read_to_string(copy.path().join(CHANGED[1])).unwrap();
    let modules = fakes.split("\n\n").find(|paragraph| paragraph.contains("mod newcomer;")).unwrap();
    assert!(modules.contains("mod webhook;") && modules.lines().is_sorted(), "{modules}");

    let template = gained(copy.path(), CHANGED[3]);
    for line in [
        "  ChannelNewcomer:",
        "  HasNewcomer: !Equals [!Ref ChannelNewcomer, \"on\"]",
        "          CHANNEL_QUEUE_URL_NEWCOMER: !If [HasNewcomer, !Ref NewcomerQueue, !Ref AWS::NoValue]",
        "                  - !If [HasNewcomer, !GetAtt NewcomerQueue.Arn, !Ref AWS::NoValue]",
        "          CHANNEL: newcomer",
        "  NewcomerDispatcherRole:",
        "  NewcomerDeadLetterQueueUrl:",
    ] {
        assert!(template.iter().any(|gained| gained == line), "{line}");
    }
    assert!(!template.iter().any(|line| line.contains("MAIL_FROM")), "it sends no mail");
    let readme = fs::read_to_string(copy.path().join(CHANGED[4])).unwrap();
    for part in ["\n| `newcomer` | ", "\nid = \"ops-newcomer\"\nchannel = \"newcomer\"\n", ", \"ops-newcomer\"]\n"] {
        assert!(readme.contains(part), "{readme}");
    }
    assert!(gained(copy.path(), CHANGED[5]).contains(&"## Newcomer".to_owned()));

    let event: Value =
        serde_json::from_slice(&fs::read(copy.path().join("tests/events/dispatcher-newcomer-sqs.json")).unwrap())
            .unwrap();
    let body: Value = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["destination"], "acme-newcomer");
    assert_eq!(body["delivery"], event["Records"][0]["attributes"]["MessageDeduplicationId"]);
}

#[test]
fn events_of_the_registered_channels_are_as_written_for_a_new_one() {
    // What SQS makes up.
    let comparable = |text: &str| {
        let mut event: Value = serde_json::from_str(text).unwrap();
        let record = &mut event["Records"][0];
        for key in ["messageId", "receiptHandle"] {
            record[key].take();
        }
        record["attributes"]["SequenceNumber"].take();
        event
    };
    for channel in channels::channels() {
        let file = repository().join(format!("tests/events/dispatcher-{}-sqs.json", channel.name));
        let kept = fs::read_to_string(file).unwrap();
        assert_eq!(comparable(&kept), comparable(&event(channel.name)), "{}", channel.name);
    }
}

#[test]
fn the_skeleton_is_formatted() {
    let copy = copy();
    new_channel(copy.path(), "newcomer").unwrap();
    let files = ["shared/channels/src/newcomer.rs", "shared/fakes/src/newcomer.rs", "shared/fakes/src/registry.rs"];
    let mut rustfmt = std::process::Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--config-path"]).arg(repository().join("rustfmt.toml"));
    let output = rustfmt.args(files.map(|file| copy.path().join(file))).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_name_that_is_taken_or_wrong_changes_nothing() {
    let copy = copy();
    fs::write(copy.path().join("shared/fakes/src/taken.rs"), "").unwrap();
    for (name, why) in
        [("taken", "there already"), ("New Comer", "lower-case"), ("9x", "a letter first"), ("", "letter")]
    {
        let error = new_channel(copy.path(), name).unwrap_err().to_string();
        assert!(error.contains(why), "{name}: {error}");
    }
    for file in CHANGED {
        assert_eq!(gained(copy.path(), file), Vec::<String>::new());
    }
}
