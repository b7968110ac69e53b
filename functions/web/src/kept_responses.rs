//! Responses that are kept for some seconds, with their compressed bodies: see [`crate::middleware::kept`].
use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Extensions, HeaderMap, HeaderValue, header};

/// As long as the overview is kept from which they are made: see [`crate::model::overview`].
const KEPT_FOR: Duration = Duration::from_secs(5);
/// Of all bodies together, compressed and not.
const MAX_BYTES: usize = 8 << 20;

/// The kept responses of this process by host and path.
#[derive(Default)]
pub(crate) struct KeptResponses(Mutex<HashMap<String, Entry>>);

/// Whoever makes the response holds the lock.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<Arc<KeptResponse>>>>;

struct Entry {
    slot: Slot,
    since: Instant,
    bytes: usize,
}

/// How a body can be compressed, the shortest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    pub(crate) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// As HTTP names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

pub(crate) struct KeptResponse {
    at: Instant,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
    /// Each is made for the first who takes it.
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl KeptResponse {
    pub(crate) fn new(headers: HeaderMap, extensions: Extensions, body: Bytes) -> Self {
        let (brotli, gzip) = (OnceLock::new(), OnceLock::new());
        Self { at: Instant::now(), headers, extensions, body, brotli, gzip }
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.at.elapsed() < KEPT_FOR
    }

    /// `coding`: the shortest one that whoever asks takes.
    pub(crate) fn response(&self, coding: Option<Coding>) -> Response {
        let is_picture = self.headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "image/png");
        let coding = coding.filter(|_| !is_picture);
        let body = match coding {
            None => &self.body,
            Some(Coding::Brotli) => self.brotli.get_or_init(|| brotli(&self.body)),
            Some(Coding::Gzip) => self.gzip.get_or_init(|| gzip(&self.body)),
        };
        let mut response = Response::new(Body::from(body.clone()));
        *response.headers_mut() = self.headers.clone();
        *response.extensions_mut() = self.extensions.clone();
        if let Some(coding) = coding {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }

    /// At most: a compressed body may still be made.
    fn bytes(&self) -> usize {
        2 * self.body.len()
    }
}

impl KeptResponses {
    pub(crate) fn slot(&self, key: &str) -> Slot {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is being made is held by its maker.
        entries.retain(|_, entry| entry.since.elapsed() < KEPT_FOR || Arc::strong_count(&entry.slot) > 1);
        let entry = entries.entry(key.to_owned());
        entry.or_insert_with(|| Entry { slot: Slot::default(), since: Instant::now(), bytes: 0 }).slot.clone()
    }

    /// Of a response that is not kept: visitors choose paths, and none of them may stay.
    pub(crate) fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Counts what was made, and lets the oldest go where there is no room.
    pub(crate) fn count(&self, key: &str, made: &KeptResponse) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(key) {
            (entry.since, entry.bytes) = (made.at, made.bytes());
        }
        while entries.values().map(|entry| entry.bytes).sum::<usize>() > MAX_BYTES {
            let oldest = entries.iter().filter(|(_, it)| it.bytes > 0).min_by_key(|(_, it)| it.since);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
            entries.remove(&oldest);
        }
    }
}

/// A sixth shorter than gzip makes it, and worth its time where many get it.
fn brotli(body: &[u8]) -> Bytes {
    const QUALITY: u32 = 5;
    /// Of the bytes between the encoder and its target.
    const BUFFER: usize = 4 << 10;
    /// Logarithm: as far back as our pages are long.
    const WINDOW: u32 = 20;
    let target = Vec::with_capacity(body.len() / 4);
    let mut encoder = CompressorWriter::new(target, BUFFER, QUALITY, WINDOW);
    encoder.write_all(body).expect("writing to memory does not fail");
    encoder.into_inner().into()
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(bytes: usize) -> KeptResponse {
        KeptResponse::new(HeaderMap::new(), Extensions::new(), Bytes::from(vec![0; bytes / 2]))
    }

    #[test]
    fn oldest_responses_go_where_there_is_no_room() {
        let kept = KeptResponses::default();
        for number in 0..5 {
            let key = number.to_string();
            kept.slot(&key);
            kept.count(&key, &body_of(MAX_BYTES / 3));
        }
        let entries = kept.0.lock().unwrap();
        assert!(entries.len() == 3 && entries.contains_key("4") && !entries.contains_key("0"), "{:?}", entries.keys());
    }
}
