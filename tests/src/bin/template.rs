//! `cargo run -p tests --bin template` writes the generated parts of template.yaml, after a channel was added or its
//! pattern in tests/src/template was changed.
use std::{fs, path::Path};

use anyhow::Context as _;
use tests::template::{Deployed, rendered};

fn main() -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("template.yaml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let text = rendered(&text, &Deployed::registered())?;
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}
