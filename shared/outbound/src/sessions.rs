//! The TLS sessions that are resumed. A full handshake costs twice as much processor time as a resumed one, so there is
//! room for the sessions of all hosts of the catalogue. rustls's own store keeps up to eight tickets of each host, and
//! every ticket a copy of the host's certificates: servers send two at each connection, so eight is what it keeps after
//! a few rounds. With 3.5 KB of certificates that is 30 KB for each host, 150 MB for the 5,065 of the catalogue; with
//! one ticket each it is about 20 MB. Wanted properties:
//! - a host that is called once at a time has one ticket; one that is called several times at once has as many as it
//!   needs, up to [`MAX_TICKETS`];
//! - no more than [`MAX_HOSTS`] hosts are kept; the oldest makes room for a new one.
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use rustls::{
    NamedGroup,
    client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue},
    pki_types::ServerName,
};

const MAX_HOSTS: usize = 8192;
/// Of one host, each for one connection.
const MAX_TICKETS: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Hosts>);

#[derive(Debug, Default)]
struct Hosts {
    by_name: HashMap<ServerName<'static>, Host>,
    /// The oldest is the first.
    names: VecDeque<ServerName<'static>>,
}

#[derive(Debug, Default)]
struct Host {
    kx_hint: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    /// TLS 1.3; the newest is the last.
    tickets: Vec<Tls13ClientSessionValue>,
    /// How many tickets were missed at connections that began while none was left.
    missed: usize,
}

impl Hosts {
    fn entry(&mut self, name: ServerName<'static>) -> &mut Host {
        if !self.by_name.contains_key(&name) {
            if self.names.len() >= MAX_HOSTS
                && let Some(oldest) = self.names.pop_front()
            {
                self.by_name.remove(&oldest);
            }
            self.names.push_back(name.clone());
        }
        self.by_name.entry(name).or_default()
    }
}

impl Sessions {
    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.0.lock().expect("nothing panics while holding the sessions")
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, host: ServerName<'static>, group: NamedGroup) {
        self.hosts().entry(host).kx_hint = Some(group);
    }

    fn kx_hint(&self, host: &ServerName<'_>) -> Option<NamedGroup> {
        self.hosts().by_name.get(host)?.kx_hint
    }

    fn set_tls12_session(&self, host: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.hosts().entry(host).tls12 = Some(session);
    }

    fn tls12_session(&self, host: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.hosts().by_name.get(host)?.tls12.clone()
    }

    fn remove_tls12_session(&self, host: &ServerName<'static>) {
        if let Some(host) = self.hosts().by_name.get_mut(host) {
            host.tls12 = None;
        }
    }

    fn insert_tls13_ticket(&self, host: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        let mut hosts = self.hosts();
        let host = hosts.entry(host);
        let kept = 1 + host.missed.min(MAX_TICKETS - 1);
        host.tickets.drain(..(host.tickets.len() + 1).saturating_sub(kept));
        host.tickets.push(ticket);
    }

    /// Takes the newest, which is valid for the longest time.
    fn take_tls13_ticket(&self, host: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut hosts = self.hosts();
        let host = hosts.by_name.get_mut(host)?;
        let ticket = host.tickets.pop();
        // A host without TLS 1.3 has none, however often it is called.
        if ticket.is_none() && host.tls12.is_none() {
            host.missed += 1;
        }
        ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_host_makes_room_for_a_new_one() {
        let sessions = Sessions::default();
        let name = |number: usize| ServerName::try_from(format!("status.{number}.test")).unwrap();
        for number in 0..=MAX_HOSTS {
            sessions.set_kx_hint(name(number), NamedGroup::X25519);
        }
        assert_eq!(sessions.hosts().by_name.len(), MAX_HOSTS);
        assert_eq!(sessions.kx_hint(&name(0)), None);
        assert_eq!(sessions.kx_hint(&name(MAX_HOSTS)), Some(NamedGroup::X25519));
    }
}
