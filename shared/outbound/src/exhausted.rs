//! What this machine may run out of while it calls others. None of it says anything of the host that was called.
use std::{
    io,
    net::{Ipv4Addr, UdpSocket},
};

/// Resolving a name takes a few descriptors at once: files of the resolver's settings, a socket for each name server.
const DESCRIPTORS_TO_RESOLVE: usize = 4;

/// What this machine is out of, by the error of a system call.
pub(crate) fn exhausted(error: &io::Error) -> Option<&'static str> {
    // The numbers are those of <errno.h> and of <winsock.h>: the kinds of the standard library do not tell them.
    match error.raw_os_error() {
        Some(23 | 24) if cfg!(unix) => Some("file descriptors"),
        Some(10024) if cfg!(windows) => Some("sockets"),
        Some(105) if cfg!(target_os = "linux") => Some("memory for connections"),
        Some(55) if cfg!(all(unix, not(target_os = "linux"))) => Some("memory for connections"),
        Some(10055) if cfg!(windows) => Some("memory for connections"),
        _ if error.kind() == io::ErrorKind::OutOfMemory => Some("memory"),
        // So fails a connection over IPv6 where there is none, too.
        _ if error.kind() == io::ErrorKind::AddrNotAvailable && is_without_ports() => Some("free ports"),
        _ => None,
    }
}

/// The error that a system call meets now because this machine is out of something. A resolver says of its own failure
/// only that the name could not be resolved.
pub(crate) fn exhaustion_of_now() -> Option<io::Error> {
    let mut held = Vec::new();
    (0..DESCRIPTORS_TO_RESOLVE).find_map(|_| match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(socket) => {
            held.push(socket);
            None
        }
        Err(error) => Some(error).filter(|error| exhausted(error).is_some()),
    })
}

/// What this machine is out of now, for errors of connections that were not made here. In words for people.
pub fn out_of() -> Option<&'static str> {
    exhaustion_of_now().as_ref().and_then(exhausted)
}

fn is_without_ports() -> bool {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_our_fault_is_told_from_what_a_host_does() {
        let of = |number| exhausted(&io::Error::from_raw_os_error(number));
        for (number, what) in
            [(24, "file descriptors"), (23, "file descriptors"), (12, "memory"), (105, "memory for connections")]
        {
            assert_eq!(of(number), Some(what));
        }
        // Not permitted, refused, reset, no route, timed out, no such address on this machine.
        for number in [1, 111, 104, 113, 101, 110, 99] {
            assert_eq!(of(number), None, "{number}");
        }
        assert!(exhaustion_of_now().is_none());
    }
}
