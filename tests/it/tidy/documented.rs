//! Every format is in README's list of formats, every platform of the catalogue is one that we know about, and every
//! alarm is in the runbook.
use std::{collections::BTreeSet, fs};

use super::{refuse, root};

/// Platforms of the catalogue without a format: not known, and the provider's own.
const NO_FORMAT: [&str; 2] = ["", "custom"];

/// The section "Which pages are read" of README.
fn section() -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("Which pages are read"));
    section.expect("README has a section \"Which pages are read\"").to_owned()
}

/// The words in code type in the table of formats.
fn documented() -> BTreeSet<String> {
    let section = section();
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("| kind"));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn readme_lists_every_format_and_no_other() {
    let documented = documented();
    let formats: BTreeSet<String> = formats::formats().iter().map(|format| format.name.to_owned()).collect();
    refuse("README, \"Which pages are read\", lacks these formats:", formats.difference(&documented).cloned());
    let known = |word: &String| formats::of_platform(word).is_some();
    refuse("README lists formats that are not registered:", documented.iter().filter(|word| !known(word)).cloned());
}

#[test]
fn readme_says_how_many_formats_there_are() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let sentence = format!("{} formats", formats::formats().len());
    assert!(readme.contains(&sentence), "README does not say \"{sentence}\"");
}

#[test]
fn every_platform_of_the_catalogue_has_a_documented_format() {
    let documented = documented();
    let platforms: BTreeSet<&str> = catalogue::entries().iter().map(|entry| entry.platform).collect();
    let named = platforms.into_iter().filter(|platform| !NO_FORMAT.contains(platform));
    let offences = named.filter_map(|platform| match formats::of_platform(platform) {
        None => Some(format!("{platform}: no format reads it; see of_platform in shared/formats/src/lib.rs")),
        Some(_) if !documented.contains(platform) => Some(format!("{platform}: README does not name it")),
        Some(_) => None,
    });
    refuse("the column `platform` of shared/catalogue/providers.csv:", offences);
}

/// The alarms of template.yaml; those of a channel as `ChannelAgeAlarm`.
fn alarms() -> BTreeSet<String> {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let lines: Vec<&str> = template.lines().collect();
    let alarms = lines.windows(2).filter(|pair| {
        ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"].iter().any(|kind| pair[1].ends_with(kind))
    });
    let channels: Vec<String> = channels::channels().iter().map(|channel| channel.name.replace('_', "")).collect();
    let of_any_channel = |name: &str| {
        let channel = channels.iter().find(|channel| name.to_lowercase().starts_with(*channel));
        channel.map_or(name.to_owned(), |channel| format!("Channel{}", &name[channel.len()..]))
    };
    alarms.map(|pair| of_any_channel(pair[0].trim().trim_end_matches(':'))).collect()
}

#[test]
fn runbook_has_a_row_for_every_alarm_and_no_other() {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let section = runbook.split("\n## ").find(|section| section.starts_with("Alarms\n"));
    let rows = section.expect("the runbook has a section \"Alarms\"").lines().filter(|line| line.starts_with("| `"));
    let rows: BTreeSet<String> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(rows, alarms(), "the rows of \"Alarms\" in docs/runbook.md, and the alarms of template.yaml");
}
