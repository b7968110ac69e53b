//! Formats and channels are found by their lists; a file that is in none would be dead without a word from the compiler.
use std::{collections::BTreeSet, fs};

use super::root;

/// The files of this folder that define this constant, by the name they must be registered under.
fn defined(folder: &str, constant: &str) -> BTreeSet<String> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let defining = sources.filter(|path| fs::read_to_string(path).unwrap().contains(constant));
    defining.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn formats() -> BTreeSet<String> {
    formats::formats().iter().map(|format| format.name.to_owned()).collect()
}

#[test]
fn every_format_is_registered_under_the_name_of_its_file() {
    assert_eq!(formats(), defined("shared/formats/src", "const FORMAT: Format"));
}

#[test]
fn every_channel_is_registered_under_the_name_of_its_file() {
    let registered: BTreeSet<String> = channels::channels().iter().map(|channel| channel.name.to_owned()).collect();
    assert_eq!(registered, defined("shared/channels/src", "const CHANNEL: Channel"));
}

#[test]
fn every_format_has_test_data() {
    let entries = fs::read_dir(root().join("shared/formats/test_data")).unwrap().map(|entry| entry.unwrap().path());
    let with_cases = entries.filter(|path| path.is_dir() && fs::read_dir(path).unwrap().next().is_some());
    let with_cases: BTreeSet<String> =
        with_cases.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(formats(), with_cases, "the formats, and the folders of shared/formats/test_data");
}
