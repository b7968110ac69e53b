//! What a read needs of this process: connections, room for what comes, and turns of the processor.
use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use outbound::{Encoding, FetchError, Fetched, Login, NoRoom, NoTurn, Outbound, Room, Rooms};

use crate::{
    lanes::{Lanes, Undone},
    read::failure::ReadFailure,
};

/// Large reads at the same time. With what each may take they decide how much memory a round takes.
const LARGE_READS: usize = 4;
/// How much larger a text mostly is than its compressed bytes.
const USUAL_RATIO: usize = 8;

/// What all reads of a process share.
pub(crate) struct Resources {
    pub(crate) lanes: Lanes,
    rooms: Arc<Rooms>,
}

impl Default for Resources {
    fn default() -> Self {
        Self { lanes: Lanes::default(), rooms: Arc::new(Rooms::new(LARGE_READS)) }
    }
}

impl Resources {
    /// What the answers of all reads take at present.
    pub(crate) fn bytes(&self) -> usize {
        self.rooms.used()
    }

    /// For one read. `until`: a turn that comes later is of no use.
    pub(crate) fn reader<'a>(&'a self, outbound: &'a Outbound, until: Option<Instant>) -> Reader<'a> {
        Reader { outbound, login: None, lanes: &self.lanes, room: Room::new(self.rooms.clone(), until), until }
    }
}

/// For one read. What the read takes is given back when this is dropped.
pub(crate) struct Reader<'a> {
    pub(crate) outbound: &'a Outbound,
    /// Of the page.
    pub(crate) login: Option<Arc<Login>>,
    lanes: &'a Lanes,
    pub(crate) room: Room,
    until: Option<Instant>,
}

impl Reader<'_> {
    pub(crate) fn with_login(self, login: Option<Arc<Login>>) -> Self {
        Self { login, ..self }
    }

    /// The result of work on about so many bytes.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReadFailure> {
        self.lanes.run(bytes, self.until, work).await.map_err(|undone| match undone {
            Undone::NoTurn => ReadFailure::NoTurn,
            Undone::Fault => ReadFailure::Fault,
        })
    }

    /// The body, which takes the room of the bytes that were sent.
    pub(crate) async fn inflate(&self, fetched: &Fetched) -> Result<Bytes, ReadFailure> {
        if fetched.encoding == Encoding::Identity {
            return Ok(fetched.raw.clone());
        }
        let mut bytes = fetched.raw.len() * USUAL_RATIO;
        loop {
            let (job, cap) = (fetched.clone(), self.outbound.max_body().min(self.room.left()));
            let no_room = match self.work(bytes, move || job.inflate(cap)).await? {
                Ok(body) => match self.room.take(body.len()) {
                    Ok(()) => {
                        self.room.give_back(fetched.raw.len());
                        return Ok(body);
                    }
                    Err(no_room) => no_room,
                },
                Err(FetchError::TooLarge { .. }) if cap < self.outbound.max_body() => NoRoom::Yet,
                Err(error) => return Err(error.into()),
            };
            if no_room == NoRoom::Ever || self.room.has_place() {
                return Err(self.too_large(fetched));
            }
            self.room.wait().await.map_err(|NoTurn| ReadFailure::NoTurn)?;
            bytes = self.outbound.max_body();
        }
    }

    fn too_large(&self, fetched: &Fetched) -> ReadFailure {
        let host = fetched.final_url.host_str().unwrap_or_default().to_owned();
        FetchError::TooLarge { host, cap: Room::max() }.into()
    }
}
