//! The configuration file, read and checked; mistakes are printed one per line, as compilers do.
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use startup::env;

use crate::config::{self, Config, Mistake};

/// The file's content, or the mistakes that keep it from being used.
pub fn load(file: &Path) -> anyhow::Result<Result<Config, Vec<Mistake>>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(config::check(&text, &|name| env::optional(name).ok().flatten()))
}

pub fn print(file: &Path, word: &str, mistakes: &[Mistake]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    mistakes.iter().try_for_each(|mistake| writeln!(stderr, "{}:{mistake}{word}", file.display()))
}

/// `statuswire config check`.
pub fn check(file: &Path) -> anyhow::Result<ExitCode> {
    match load(file)? {
        Err(mistakes) => {
            print(file, "", &mistakes)?;
            writeln!(io::stderr(), "{}: {} to correct", file.display(), count(mistakes.len(), "mistake"))?;
            Ok(ExitCode::FAILURE)
        }
        Ok(config) => {
            print(file, " (warning)", &config.warnings)?;
            let Config { settings, .. } = config;
            let declared = [
                count(settings.pages.len(), "page"),
                count(settings.destinations.len(), "destination"),
                count(settings.groups.len(), "group"),
                count(settings.monitors.len(), "monitor"),
            ];
            writeln!(io::stdout(), "{}: good: {}", file.display(), declared.join(", "))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
