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

/// `text` with the line `pattern` for `name`, where it has this line for each of `siblings`: before the first that
/// comes later by name, else after the last. In a pattern, `{name}` is the name.
///
/// Fails if no sibling has the line.
pub fn with_line(text: &str, pattern: &str, name: &str, siblings: &[&str]) -> anyhow::Result<String> {
    let line_of = |name: &str| pattern.replace("{name}", name);
    let sibling = |line: &str| siblings.iter().find(|sibling| line == line_of(sibling));
    let mut lines: Vec<&str> = text.lines().collect();
    let listed: Vec<usize> = (0..lines.len()).filter(|at| sibling(lines[*at]).is_some()).collect();
    let last = listed.last().with_context(|| format!("there is no line like `{}`", pattern.trim()))?;
    let later = listed.iter().find(|at| sibling(lines[**at]).is_some_and(|sibling| **sibling > *name));
    let line = line_of(name);
    lines.insert(later.copied().unwrap_or(last + 1), &line);
    Ok(lines.join("\n") + "\n")
}
