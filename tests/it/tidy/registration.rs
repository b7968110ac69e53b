//! Formats and channels are found by their lists; the compiler says nothing about a file that is in none.
use std::{collections::BTreeSet, fs};

use tests::template::{Deployed, rendered};

use super::{refuse, root};

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
    assert_eq!(formats(), defined("shared/formats/src/platforms", "const FORMAT: Format"));
}

fn channels() -> BTreeSet<String> {
    channels::channels().iter().map(|channel| channel.name.to_owned()).collect()
}

#[test]
fn every_channel_is_registered_under_the_name_of_its_file() {
    assert_eq!(channels(), defined("shared/channels/src", "const CHANNEL: Channel"));
}

#[test]
fn template_serves_every_channel_as_generated() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let rendered = rendered(&template, &Deployed::registered()).unwrap();
    let differing = rendered.lines().zip(template.lines()).position(|(rendered, kept)| rendered != kept);
    refuse(
        "template.yaml differs from its generated parts; run `cargo run -p tests --bin template`:",
        (rendered != template).then(|| format!("from line {}", differing.map_or(1, |index| index + 1))),
    );
}

#[test]
fn readme_has_a_row_for_every_channel_and_no_other() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = readme.split_once("| channel | ").expect("README has a table of channels");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: BTreeSet<String> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(rows, channels(), "the rows of README's table of channels, and the registered channels");
}

#[test]
fn docs_list_every_setting_of_every_channel() {
    let docs = fs::read_to_string(root().join("docs/channels.md")).unwrap();
    let settings = channels::channels().iter().flat_map(|channel| channel.settings.iter().map(move |it| (channel, it)));
    let missing = settings.filter(|(_, setting)| !docs.contains(&format!("\n| `{}` | ", setting.key)));
    refuse(
        "add a row to the channel's table in docs/channels.md:",
        missing.map(|(channel, setting)| format!("{}: {}", channel.name, setting.key)),
    );
}

#[test]
fn every_format_has_test_data() {
    let entries = fs::read_dir(root().join("shared/formats/test_data")).unwrap().map(|entry| entry.unwrap().path());
    let with_cases = entries.filter(|path| path.is_dir() && fs::read_dir(path).unwrap().next().is_some());
    let with_cases: BTreeSet<String> =
        with_cases.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(formats(), with_cases, "the formats, and the folders of shared/formats/test_data");
}
