//! `cargo run -p tests --bin new-channel NAME` writes the skeleton of a channel and prints the next steps.
use std::path::Path;

use clap::Parser;

/// Writes the skeleton of a channel
#[derive(Parser)]
struct Args {
    /// Name of the service: lower-case letters and digits
    name: String,
}

#[expect(clippy::print_stdout, reason = "the next steps are what it says")]
fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is a folder of the workspace");
    print!("{}", tests::new_channel::new_channel(root, &Args::parse().name)?);
    Ok(())
}
