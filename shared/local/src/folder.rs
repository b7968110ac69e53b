//! The data folder keeps an instance's data between runs. Only its owner can read it; one process uses it at a time.
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::private;

const LOCK: &str = "lock";
const ITEMS: &str = "dynamodb.sqlite";
const QUEUES: &str = "queues.sqlite";
const SOCKET: &str = "socket";
/// The keys that encrypt what is secret in the store. Whoever copies the store needs them too.
const KEYS: &str = "destination-keys.json";
/// They are written here first.
const NEW_KEYS: &str = "destination-keys.json.new";
/// Earlier versions wrote the URLs there at which they served other programs.
const ENDPOINTS: &str = "endpoints.json";
/// All files that may be there. SQLite makes the ones with a hyphen, with the permissions of the file before it.
const FILES: [&str; 13] = [
    LOCK,
    ITEMS,
    "dynamodb.sqlite-wal",
    "dynamodb.sqlite-shm",
    "dynamodb.sqlite-journal",
    QUEUES,
    "queues.sqlite-wal",
    "queues.sqlite-shm",
    "queues.sqlite-journal",
    SOCKET,
    KEYS,
    NEW_KEYS,
    ENDPOINTS,
];

/// An open data folder. No other process can open it until this value is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder and creates it if it does not exist. It is an error if another process uses it, or if it cannot
    /// be made private.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        private::create_folder(path).with_context(|| format!("creating the data folder {}", path.display()))?;
        private::tighten(path, &FILES)?;
        let lock = create(&path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "the data folder {} is in use by another process: stop that one, or use another folder",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).context(format!("locking {}", path.join(LOCK).display()));
            }
        }
        for name in [ITEMS, QUEUES] {
            create(&path.join(name))?;
        }
        // A process that was killed leaves them.
        for name in [ENDPOINTS, SOCKET] {
            remove(&path.join(name))?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Whether a process uses the folder now. Creates nothing, but makes the folder private, since what is in it will
    /// be trusted.
    pub fn is_in_use(path: &Path) -> anyhow::Result<bool> {
        if !path.exists() {
            return Ok(false);
        }
        private::tighten(path, &FILES)?;
        let lock = private::open(&path.join(LOCK));
        Ok(lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock))))
    }

    pub fn dynamodb_file(&self) -> PathBuf {
        self.path.join(ITEMS)
    }

    pub fn queues_file(&self) -> PathBuf {
        self.path.join(QUEUES)
    }

    /// The keys of the folder; `generate` makes them if it has none yet.
    pub(crate) fn keys(&self, generate: impl FnOnce() -> String) -> anyhow::Result<String> {
        let (file, new) = (self.path.join(KEYS), self.path.join(NEW_KEYS));
        if !file.exists() {
            let make = || {
                remove(&new)?;
                let mut written = create(&new)?;
                written.write_all(generate().as_bytes())?;
                written.sync_all()?;
                fs::rename(&new, &file)?;
                File::open(&self.path)?.sync_all()?;
                anyhow::Ok(())
            };
            make().with_context(|| format!("making the keys {}", file.display()))?;
        }
        Self::keys_of(&self.path)
    }

    /// The keys of a folder that another process may have opened.
    pub fn keys_of(path: &Path) -> anyhow::Result<String> {
        private::tighten(path, &FILES)?;
        let file = path.join(KEYS);
        fs::read_to_string(&file).with_context(|| format!("reading the keys {}", file.display()))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the process that uses a folder takes requests of other programs.
    pub(crate) fn socket(path: &Path) -> PathBuf {
        path.join(SOCKET)
    }
}

/// An empty file is a new database to SQLite, which would create one that others can read.
fn create(file: &Path) -> anyhow::Result<File> {
    private::open_or_create(file).with_context(|| format!("opening {}: make the data folder writable", file.display()))
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).context(format!("removing {}: make the data folder writable", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};

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

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_the_owner_can_read_a_new_folder() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let _folder = DataFolder::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        for name in [LOCK, ITEMS, QUEUES] {
            assert_eq!(mode(&path.join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn keys_are_made_once_and_only_the_owner_can_read_them() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let folder = DataFolder::open(&path).unwrap();
        // Of a process that was killed while it made them.
        fs::write(path.join(NEW_KEYS), "half of th").unwrap();
        assert_eq!(folder.keys(|| "the keys".to_owned()).unwrap(), "the keys");
        assert_eq!((mode(&path.join(KEYS)), path.join(NEW_KEYS).exists()), (0o600, false));
        drop(folder);
        let folder = DataFolder::open(&path).unwrap();
        assert_eq!(folder.keys(|| panic!("there are keys")).unwrap(), "the keys");
        assert_eq!(DataFolder::keys_of(&path).unwrap(), "the keys", "also beside another process");
    }

    #[test]
    fn folder_and_files_that_others_could_read_are_tightened() {
        for modes in [(0o755, 0o644), (0o777, 0o666), (0o750, 0o640), (0o711, 0o600), (0o700, 0o604)] {
            let parent = tempfile::tempdir().unwrap();
            let path = parent.path().join("data");
            fs::create_dir(&path).unwrap();
            for name in FILES {
                fs::write(path.join(name), "").unwrap();
                set_mode(&path.join(name), modes.1);
            }
            fs::write(path.join("notes"), "not ours").unwrap();
            set_mode(&path.join("notes"), 0o644);
            set_mode(&path, modes.0);
            let _folder = DataFolder::open(&path).unwrap();
            assert_eq!(mode(&path), 0o700, "{modes:?}");
            for name in FILES.iter().filter(|name| path.join(name).exists()) {
                assert_eq!(mode(&path.join(name)), 0o600, "{modes:?} {name}");
            }
            assert_eq!(mode(&path.join("notes")), 0o644);
        }
    }

    #[test]
    fn symbolic_link_in_the_folder_is_refused_and_its_target_untouched() {
        for name in FILES {
            for exists in [true, false] {
                let parent = tempfile::tempdir().unwrap();
                let (path, target) = (parent.path().join("data"), parent.path().join("target"));
                fs::create_dir(&path).unwrap();
                if exists {
                    fs::write(&target, "precious").unwrap();
                    set_mode(&target, 0o644);
                }
                symlink(&target, path.join(name)).unwrap();
                for error in [DataFolder::open(&path).unwrap_err(), DataFolder::is_in_use(&path).unwrap_err()] {
                    let error = error.to_string();
                    assert!(error.contains(&path.join(name).display().to_string()), "{error}");
                    assert!(error.contains("symbolic link") && error.contains("--data"), "{error}");
                }
                assert_eq!(target.exists(), exists);
                if exists {
                    assert_eq!((fs::read_to_string(&target).unwrap().as_str(), mode(&target)), ("precious", 0o644));
                }
            }
        }
    }

    #[test]
    fn pipe_or_folder_in_place_of_a_file_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        fs::create_dir_all(path.join(ITEMS)).unwrap();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains(ITEMS) && error.contains("not a file"), "{error}");
    }

    #[test]
    fn own_link_to_a_folder_is_followed() {
        let parent = tempfile::tempdir().unwrap();
        let (path, target) = (parent.path().join("data"), parent.path().join("target"));
        fs::create_dir(&target).unwrap();
        set_mode(&target, 0o755);
        symlink(&target, &path).unwrap();
        let _folder = DataFolder::open(&path).unwrap();
        assert_eq!(mode(&target), 0o700);
    }

    /// Only root can give a file away.
    #[test]
    fn folder_or_file_of_another_user_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        fs::create_dir(&path).unwrap();
        fs::write(path.join(ITEMS), "").unwrap();
        if chown(path.join(ITEMS), Some(65534), None).is_err() {
            return;
        }
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains(ITEMS) && error.contains("another user (uid 65534)"), "{error}");
        chown(path.join(ITEMS), Some(0), None).unwrap();
        chown(&path, Some(65534), None).unwrap();
        for error in [DataFolder::open(&path).unwrap_err(), DataFolder::is_in_use(&path).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert!(error.contains("another user (uid 65534)") && error.contains("--data"), "{error}");
        }
        chown(&path, Some(0), None).unwrap();
        let link = parent.path().join("link");
        symlink(&path, &link).unwrap();
        lchown(&link, Some(65534), None).unwrap();
        let error = DataFolder::open(&link).unwrap_err().to_string();
        assert!(error.contains("symbolic link that another user made"), "{error}");
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
