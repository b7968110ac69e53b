//! What the programs that write skeletons share: names, files, and lines of a registry.
use std::{fs, path::Path};

use anyhow::{Context as _, ensure};

/// Fails unless `name` can name a module, a queue and a variable of the environment.
pub fn check_name(name: &str, what: &str) -> anyhow::Result<()> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    ensure!(is_name, "{name:?} cannot name a {what}: use lower-case letters and digits, a letter first");
    Ok(())
}

pub fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

/// `text` with the line `pattern` for `name`, sorted into the lines of this pattern among which the one for `sibling`
/// stands. In a pattern, `{name}` is the name.
///
/// Fails if the sibling has no such line.
pub fn with_line(text: &str, pattern: &str, name: &str, sibling: &str) -> anyhow::Result<String> {
    let (before, after) = pattern.split_once("{name}").context("the pattern has no name")?;
    let name_of = |line: &str| line.strip_prefix(before)?.strip_suffix(after).map(str::to_owned);
    let lines: Vec<&str> = text.lines().collect();
    let known = lines.iter().position(|line| name_of(line).is_some_and(|name| name == sibling));
    let known = known.with_context(|| format!("there is no line `{}`", pattern.replace("{name}", sibling).trim()))?;
    let start = known - lines[..known].iter().rev().take_while(|line| name_of(line).is_some()).count();
    let run = lines[start..].iter().map_while(|line| name_of(line));
    let at = start + run.take_while(|other| **other < *name).count();
    let line = pattern.replace("{name}", name);
    let lines = lines[..at].iter().copied().chain([line.as_str()]).chain(lines[at..].iter().copied());
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}
