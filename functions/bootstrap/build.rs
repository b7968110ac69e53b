//! Links the functions to fixed addresses: see decision 69.

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its target in no other way")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg=-no-pie");
    }
}
