//! Writes the skeleton of a status-page format: the part of the recipe in CONTRIBUTING.md that is the same each time.
use std::{fs, path::Path};

use anyhow::{Context as _, bail, ensure};

use crate::skeleton::{check_name, read, write};

const FORMAT: &str = include_str!("new_format/format.rs.txt");
const SUMMARY: &str = include_str!("new_format/summary.json.txt");

/// Writes the skeleton of the format `name` into the repository at `root`. Returns what its author does next.
///
/// Fails before it writes anything if the name cannot be a module's or is taken.
pub fn new_format(root: &Path, name: &str) -> anyhow::Result<String> {
    check_name(name, "format")?;
    let formats = root.join("shared/formats");
    let source = formats.join(format!("src/platforms/{name}.rs"));
    let folder = formats.join(format!("test_data/{name}"));
    if source.exists() || source.with_extension("").exists() || folder.exists() {
        bail!("the format {name} is there already: {}", source.display());
    }
    let (registry, manifest) = (formats.join("src/platforms.rs"), formats.join("fuzz/Cargo.toml"));
    let registered = register(&read(&registry)?, name).with_context(|| registry.display().to_string())?;
    let fuzzed = add_target(&read(&manifest)?, name).with_context(|| manifest.display().to_string())?;

    let case = folder.join("all_operational");
    fs::create_dir_all(&case).with_context(|| format!("create {}", case.display()))?;
    write(&source, &FORMAT.replace("{name}", name))?;
    write(&case.join("page.txt"), &format!("https://status.{name}.example\n"))?;
    write(&case.join("summary.json"), SUMMARY)?;
    write(&registry, &registered)?;
    write(&manifest, &fuzzed)?;
    Ok(next_steps(name))
}

/// The registry with the module and the format, which is tried last but for the feed.
fn register(registry: &str, name: &str) -> anyhow::Result<String> {
    const FEED: &str = "    feed::FORMAT,\n";
    ensure!(registry.contains(FEED), "the list has no line `feed::FORMAT,`");
    let module = |line: &str| line.strip_suffix(';')?.rsplit_once("mod ").map(|(_, module)| module.to_owned());
    let mut lines: Vec<String> = registry.lines().map(str::to_owned).collect();
    let modules: Vec<usize> = (0..lines.len()).filter(|n| module(&lines[*n]).is_some()).collect();
    let last = modules.last().context("it declares no modules")?;
    let after = |n: &&usize| module(&lines[**n]).is_some_and(|other| *other > *name);
    let at = modules.iter().find(after).copied().unwrap_or(last + 1);
    lines.insert(at, format!("mod {name};"));
    let registry = lines.join("\n") + "\n";
    Ok(registry.replace(FEED, &format!("    {name}::FORMAT,\n{FEED}")))
}

/// The manifest of the fuzz targets with this format's, in the order of their names.
fn add_target(manifest: &str, name: &str) -> anyhow::Result<String> {
    const TARGET: &str = "[[bin]]\nname = \"";
    let starts: Vec<usize> = manifest.match_indices(TARGET).map(|(at, _)| at).collect();
    ensure!(!starts.is_empty(), "it has no target");
    let follows = |at: &&usize| {
        let target = &manifest[**at + TARGET.len()..];
        let other = target.split('"').next().unwrap_or_default();
        target.contains("path = \"parser.rs\"") && other != "corpus" && other > name
    };
    let target = format!("{TARGET}{name}\"\npath = \"parser.rs\"\ntest = false\ndoc = false\n");
    Ok(match starts.iter().find(follows) {
        Some(at) => format!("{}{target}\n{}", &manifest[..*at], &manifest[*at..]),
        None => format!("{}\n\n{target}", manifest.trim_end()),
    })
}

fn next_steps(name: &str) -> String {
    format!(
        "The skeleton of {name} compiles and reads its own example. Now:\n\
         1. shared/formats/src/platforms/{name}.rs: replace every TODO: the module doc, the fingerprint, the URLs, the\n   \
         raw types and the words.\n\
         2. shared/formats/src/platforms.rs: move `{name}::FORMAT` up if its pages imitate another format.\n\
         3. shared/formats/test_data/{name}: the recorded shape in your own words; a case with an open incident and one\n   \
         with components in two states.\n\
         4. README.md, \"Which pages are read\": add `{name}` to a row, and raise the number of formats.\n\
         5. shared/catalogue/providers.csv: the platform of its pages is `{name}`.\n\
         6. Check: STATUSWIRE_FORMAT={name} cargo test -p formats --test it; cargo test -p formats --lib {name};\n   \
         cargo test -p tests --test it tidy\n"
    )
}
