//! The skeleton that `new-format` writes, in a copy of the files that it changes.
use std::{fs, path::Path};

use tests::new_format::new_format;

const CHANGED: [&str; 2] = ["shared/formats/src/platforms.rs", "shared/formats/fuzz/Cargo.toml"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in CHANGED {
        fs::create_dir_all(copy.path().join(file).parent().unwrap()).unwrap();
        fs::copy(repository().join(file), copy.path().join(file)).unwrap();
    }
    fs::create_dir_all(copy.path().join("shared/formats/src/platforms")).unwrap();
    copy
}

/// The lines that a file gained, in order. Nothing else of it may change.
fn gained(copy: &Path, file: &str) -> String {
    let before = fs::read_to_string(repository().join(file)).unwrap();
    let after = fs::read_to_string(copy.join(file)).unwrap();
    let mut before = before.lines().peekable();
    let mut gained = Vec::new();
    for line in after.lines() {
        if before.next_if_eq(&line).is_none() {
            gained.push(line);
        }
    }
    assert_eq!(before.next(), None, "{file} lost this line");
    gained.join("\n")
}

#[test]
fn the_skeleton_of_a_format_is_written_and_registered() {
    let copy = copy();
    let next = new_format(copy.path(), "datadog").unwrap();
    assert!(next.contains("STATUSWIRE_FORMAT=datadog") && next.contains("README.md"), "{next}");

    let source = fs::read_to_string(copy.path().join("shared/formats/src/platforms/datadog.rs")).unwrap();
    assert!(source.starts_with("//! TODO") && source.contains("name: \"datadog\""), "{source}");
    assert!(!source.contains("{name}"), "{source}");
    let case = copy.path().join("shared/formats/test_data/datadog/all_operational");
    assert_eq!(fs::read_to_string(case.join("page.txt")).unwrap().trim(), "https://status.datadog.example");
    let document = fs::read(case.join("summary.json")).unwrap();
    serde_json::from_slice::<serde_json::Value>(&document).unwrap();

    let registered = "mod datadog;\n    datadog::FORMAT,";
    assert_eq!(gained(copy.path(), CHANGED[0]), registered);
    let registry = fs::read_to_string(copy.path().join(CHANGED[0])).unwrap();
    assert!(registry.contains("mod cstate;\nmod datadog;\nmod feed;"), "in the order of names");
    assert!(registry.contains("    datadog::FORMAT,\n    feed::FORMAT,"), "before the feed");
    let manifest = fs::read_to_string(copy.path().join(CHANGED[1])).unwrap();
    let target = |name| format!("[[bin]]\nname = \"{name}\"\npath = \"parser.rs\"\ntest = false\ndoc = false\n");
    assert!(manifest.contains(&format!("{}\n{}", target("datadog"), target("feed"))), "{manifest}");
}

#[test]
fn the_last_name_comes_last() {
    let copy = copy();
    new_format(copy.path(), "zzz").unwrap();
    let registry = fs::read_to_string(copy.path().join(CHANGED[0])).unwrap();
    assert!(registry.contains("mod zendesk;\nmod zzz;\n"), "{registry}");
    let manifest = fs::read_to_string(copy.path().join(CHANGED[1])).unwrap();
    assert!(manifest.ends_with("\n\n[[bin]]\nname = \"zzz\"\npath = \"parser.rs\"\ntest = false\ndoc = false\n"));
}

#[test]
fn a_name_that_is_taken_or_wrong_changes_nothing() {
    let copy = copy();
    let taken = copy.path().join("shared/formats/src/platforms/hund.rs");
    fs::write(&taken, "").unwrap();
    for (name, why) in [("hund", "there already"), ("Data Dog", "lower-case"), ("9x", "a letter first"), ("", "letter")]
    {
        let error = new_format(copy.path(), name).unwrap_err().to_string();
        assert!(error.contains(why), "{name}: {error}");
    }
    for file in CHANGED {
        assert_eq!(gained(copy.path(), file), "");
    }
}
