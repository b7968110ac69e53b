//! Minifies the style sheet, so that its source may have the comments and the blanks that readers need.
use std::{env, error::Error, fs, path::Path};

const SOURCE: &str = "assets/site.css";

#[expect(clippy::disallowed_methods, reason = "Cargo tells a build script by its environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={SOURCE}");
    let style = minifier::css::minify(&fs::read_to_string(SOURCE)?)?.to_string();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("site.css"), style.trim_start())?;
    Ok(())
}
