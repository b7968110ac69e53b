//! Reads the configuration file from disk and prints its diagnostics, one a line, as compilers do.
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use startup::env;

use super::{Config, Diagnostic, check};

/// The configuration, or the errors that make the file unusable. Fails if the file cannot be read.
pub fn read(file: &Path) -> anyhow::Result<Result<Config, Vec<Diagnostic>>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(check(&text, &|name| env::optional(name).ok().flatten()))
}

/// The configuration, with its warnings printed; `None` if the file has errors, which are printed.
pub fn read_or_print(file: &Path) -> anyhow::Result<Option<Config>> {
    match read(file)? {
        Ok(config) => {
            print(file, " (warning)", &config.warnings)?;
            Ok(Some(config))
        }
        Err(errors) => {
            print(file, "", &errors)?;
            Ok(None)
        }
    }
}

/// Prints to standard error; `suffix` ends each line.
pub fn print(file: &Path, suffix: &str, diagnostics: &[Diagnostic]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    diagnostics.iter().try_for_each(|diagnostic| writeln!(stderr, "{}:{diagnostic}{suffix}", file.display()))
}
