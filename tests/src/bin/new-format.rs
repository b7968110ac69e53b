//! `cargo run -p tests --bin new-format NAME` writes the skeleton of a status-page format and prints the next steps.
use std::path::Path;

use clap::Parser;

/// Writes the skeleton of a status-page format
#[derive(Parser)]
struct Args {
    /// Name of the platform: lower-case letters and digits
    name: String,
}

#[expect(clippy::print_stdout, reason = "the next steps are what it says")]
fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is a folder of the workspace");
    print!("{}", tests::new_format::new_format(root, &Args::parse().name)?);
    Ok(())
}
