//! What only the user of this process may read or replace: the data folder and the files in it. The folder is made
//! private first, so that nobody can exchange a file between its check and its use.
use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt},
    path::Path,
};

use anyhow::{Context as _, ensure};
use rustix::{fs::OFlags, process::geteuid};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// The permissions of group and others.
const OTHERS: u32 = 0o077;

/// Creates the folder if it does not exist.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).recursive(true).create(path)
}

/// Opens the file for writing, and creates it if it does not exist. A symbolic link is an error.
pub(crate) fn open_or_create(file: &Path) -> io::Result<File> {
    options().create(true).truncate(false).mode(FILE_MODE).open(file)
}

/// Opens the file for writing. A symbolic link is an error.
pub(crate) fn open(file: &Path) -> io::Result<File> {
    options().open(file)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

/// Takes the permissions of others away from the folder and from those of `names` that exist in it. It is an error if
/// one of them belongs to another user, or is a symbolic link.
pub(crate) fn tighten(folder: &Path, names: &[&str]) -> anyhow::Result<()> {
    tighten_folder(folder)?;
    names.iter().try_for_each(|name| tighten_file(&folder.join(name)))
}

fn tighten_folder(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    let read = || format!("reading the data folder {shown}");
    let itself = fs::symlink_metadata(folder).with_context(read)?;
    ensure!(
        !itself.is_symlink() || is_ours(&itself) || itself.uid() == 0,
        "the data folder {shown} is a symbolic link that another user made (uid {}): choose another one with --data",
        itself.uid()
    );
    let metadata = fs::metadata(folder).with_context(read)?;
    ensure!(metadata.is_dir(), "the data folder {shown} is not a folder: choose another one with --data");
    ensure!(
        is_ours(&metadata),
        "the data folder {shown} belongs to another user (uid {}): run statuswire as that user, or choose another \
         folder with --data; a new folder inside this one will do",
        metadata.uid()
    );
    restrict(folder, &metadata, FOLDER_MODE)
}

fn tighten_file(file: &Path) -> anyhow::Result<()> {
    let shown = file.display();
    let metadata = match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.with_context(|| format!("reading {shown}"))?,
    };
    ensure!(
        !metadata.is_symlink(),
        "{shown} is a symbolic link, and a data folder holds only files of its own: put the file itself there, or \
         choose another data folder with --data"
    );
    ensure!(
        metadata.is_file() || metadata.file_type().is_socket(),
        "{shown} is not a file: remove it, or choose another data folder with --data"
    );
    ensure!(
        is_ours(&metadata),
        "{shown} belongs to another user (uid {}): give it to the user who runs statuswire, or choose another data \
         folder with --data",
        metadata.uid()
    );
    restrict(file, &metadata, FILE_MODE)
}

fn is_ours(metadata: &Metadata) -> bool {
    metadata.uid() == geteuid().as_raw()
}

fn restrict(path: &Path, metadata: &Metadata, mode: u32) -> anyhow::Result<()> {
    if metadata.mode() & OTHERS == 0 {
        return Ok(());
    }
    let shown = path.display();
    let context = || format!("other users may read or write {shown}, and that cannot be changed");
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).with_context(context)?;
    let left = fs::metadata(path).with_context(context)?.mode() & OTHERS;
    ensure!(left == 0, "{}: its file system knows no permissions; choose another data folder with --data", context());
    tracing::warn!(path = %shown, "other users could read or write this: now only its owner can");
    Ok(())
}
