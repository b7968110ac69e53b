//! What every file of the repository looks like.
use std::fs;

use super::{refuse, root};

/// This file is left out: it must spell what it forbids.
fn files() -> impl Iterator<Item = &'static (String, String)> {
    super::FILES.iter().filter(|(path, _)| path != file!())
}

fn rust_files() -> impl Iterator<Item = &'static (String, String)> {
    files().filter(|(path, _)| path.ends_with(".rs"))
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn holds_any(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| line.contains(word))
}

/// The offending lines, each with its place.
fn lines_with(path: &str, text: &str, offends: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| offends(line));
    lines.map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim())).collect()
}

#[test]
fn every_rust_file_opens_by_saying_what_it_holds() {
    let silent = rust_files().filter(|(_, text)| !text.starts_with("//! "));
    refuse("open with `//!`: what it holds, and the rule that the code does not show:", silent.map(|it| it.0.clone()));
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let sources = rust_files().filter(|(path, _)| !is_test(path));
    let long = sources.map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > 400);
    refuse("split by what changes together:", long.map(|(path, lines)| format!("{path}: {lines} lines")));
}

#[test]
fn nothing_half_done_is_kept() {
    let marks = ["todo!", "unimplemented!", "dbg!", "FIXME", "#[ignore"];
    refuse(
        "finish it, or leave it out:",
        rust_files().flat_map(|(path, text)| lines_with(path, text, |line| holds_any(line, &marks))),
    );
}

#[test]
fn pure_crates_are_given_the_time_and_touch_nothing() {
    let pure = [
        "shared/status/src/",
        "shared/catalogue/src/",
        "shared/formats/src/",
        "shared/channels/src/",
        "shared/settings/src/",
    ];
    // Only tests, fuzz targets and benchmarks have these.
    let for_tests = "shared/formats/src/testing";
    let is_pure =
        |path: &str| pure.iter().any(|it| path.starts_with(it)) && !is_test(path) && !path.starts_with(for_tests);
    let sources: Vec<_> = rust_files().filter(|(path, _)| is_pure(path)).collect();
    assert!(pure.iter().all(|folder| sources.iter().any(|(path, _)| path.starts_with(folder))), "the crates moved");
    let impure = ["::now()", "env::", "fs::", "net::", "process::", "thread::", "random("];
    refuse(
        "pure crates take what they need as arguments:",
        sources.iter().flat_map(|(path, text)| lines_with(path, text, |line| holds_any(line, &impure))),
    );
}

#[test]
fn nothing_refers_outside_the_repository() {
    // .ci/run alone looks next to the repository, for the recorded pages that must not be in it.
    let files = files().filter(|(path, _)| path != ".ci/run");
    refuse(
        "a checkout elsewhere must work the same:",
        files.flat_map(|(path, text)| lines_with(path, text, |line| names_a_machine(line) || leads_out(line))),
    );
}

/// Leads to a folder `shared` that is not ours: what it names there is not here.
fn leads_out(line: &str) -> bool {
    line.split("../shared").skip(1).any(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "/._-+".contains(c))).unwrap_or(rest.len());
        let named = rest[..end].trim_matches(['/', '.']);
        named.is_empty() || !root().join("shared").join(named).exists()
    })
}

/// Holds an absolute path into somebody's folders; the path of a URL is none.
fn names_a_machine(line: &str) -> bool {
    ["/home/", "/Users/", "/root/", "/work/", "/mnt/", "/tmp/"].iter().any(|folder| {
        line.match_indices(folder)
            .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || "./_-}>".contains(before)))
    })
}

#[test]
fn places_outside_are_told_from_urls_and_from_our_own() {
    for outside in [r#""/home/ada/samples""#, "/work/x", "see ../shared.", "../shared/formats/samples"] {
        assert!(names_a_machine(outside) || leads_out(outside), "{outside}");
    }
    for fine in ["https://status.example.com/home/api", "${ROOT}/work/x", r#""../../shared/formats/test_data/""#] {
        assert!(!names_a_machine(fine) && !leads_out(fine), "{fine}");
    }
}

#[test]
fn no_file_is_larger_than_a_mebibyte() {
    let sized = files().filter_map(|(path, _)| Some((path, fs::metadata(root().join(path)).ok()?.len())));
    let large = sized.filter(|(_, bytes)| *bytes > 1 << 20);
    refuse("recordings and binaries stay outside:", large.map(|(path, bytes)| format!("{path}: {bytes} bytes")));
}
