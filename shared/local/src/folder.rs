//! The data folder keeps an instance's data between runs. Only its owner can read it; one process uses it at a time.
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// An open data folder. No other process can open it until this value is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder and creates it if it does not exist. It is an error if another process uses it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        create(path).with_context(|| format!("creating the data folder {}", path.display()))?;
        let file = path.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&file);
        let lock = lock.with_context(|| format!("opening {}: make the data folder writable", file.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "the data folder {} is in use by another process: stop that one, or use another folder",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context(format!("locking {}", file.display())),
        }
    }

    /// Whether a process uses the folder now. Creates nothing.
    pub fn is_in_use(path: &Path) -> bool {
        let lock = OpenOptions::new().write(true).open(path.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    pub fn dynamodb_file(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    pub fn queues_file(&self) -> PathBuf {
        self.path.join("queues.sqlite")
    }

    /// The file with the URLs at which the process that uses the folder serves DynamoDB and SQS.
    pub fn endpoints_file(path: &Path) -> PathBuf {
        path.join("endpoints.json")
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_process_cannot_open_the_folder_until_the_first_one_ends() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = DataFolder::open(&path).unwrap();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("in use"), "{error}");
        drop(first);
        DataFolder::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let _folder = DataFolder::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn folder_that_cannot_be_created_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        let error = DataFolder::open(&file).unwrap_err().to_string();
        assert!(error.contains(&file.display().to_string()), "{error}");
    }
}
