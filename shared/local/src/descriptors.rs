//! How many files and sockets this process may have open.

/// More than one instance needs. Some systems have no limit, and some programs are slow with a huge one.
const ENOUGH: u64 = 65_536;

/// Raises the limit of open files as far as the system allows without rights, and returns what holds now.
#[cfg(unix)]
pub fn raise_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (now, most) = (current.unwrap_or(ENOUGH), maximum.unwrap_or(ENOUGH).min(ENOUGH));
    if now >= most {
        return now;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum }) {
        Ok(()) => most,
        Err(error) => {
            tracing::warn!(%error, limit = now, "the limit of open files was not raised");
            now
        }
    }
}

#[cfg(not(unix))]
pub fn raise_limit() -> u64 {
    ENOUGH
}

/// Whether an error says that this process, or this machine, has no descriptors left: never the other side's fault.
#[cfg(unix)]
pub fn are_exhausted(error: &std::io::Error) -> bool {
    use rustix::io::Errno;

    let code = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| code == Some(errno.raw_os_error()))
}

#[cfg(not(unix))]
pub fn are_exhausted(_: &std::io::Error) -> bool {
    false
}
