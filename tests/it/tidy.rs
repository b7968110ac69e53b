//! The rules of the house: which crate may import which, what must stay out of the Lambda artefact, what every file
//! looks like, and that nothing is registered by half. A rule that gets in the way is changed here, with its reason.
mod cycles;
mod dependencies;
mod docs;
mod documented;
mod files;
mod registration;

use std::{fs, path::Path, process::Command, sync::LazyLock};

/// Path from the root and content of every file of the repository, those that git does not know yet included.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let listed = output_of("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    // A file that was just deleted is still listed.
    let read = |path: &str| Some((path.to_owned(), fs::read(root().join(path)).ok()?));
    let files: Vec<_> = listed.split_terminator('\0').filter_map(read).collect();
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned())).collect()
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is a folder of the workspace")
}

/// What a program says at the root of the repository.
fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|err| panic!("{program} cannot be started: {err}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Shows every offence at once, and what would be right.
#[track_caller]
fn refuse(rule: &str, offences: impl IntoIterator<Item = String>) {
    let offences: Vec<String> = offences.into_iter().collect();
    assert!(offences.is_empty(), "{rule}\n  {}\n", offences.join("\n  "));
}
