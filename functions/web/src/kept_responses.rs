//! Responses that are kept for some seconds, with their compressed bodies: see [`crate::middleware::kept`].
use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Extensions, HeaderMap, HeaderValue, header};

/// As long as the overview is kept from which they are made: see [`crate::model::overview`].
const KEPT_FOR: Duration = Duration::from_secs(5);
/// Of all bodies together, compressed and not.
const MAX_BYTES: usize = 8 << 20;
/// Shorter bodies, and pictures, gain nothing.
const MIN_COMPRESSED: usize = 1_024;

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

pub(crate) struct KeptResponse {
    at: Instant,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
    compressed: Option<Bytes>,
}

impl KeptResponse {
    pub(crate) fn new(headers: HeaderMap, extensions: Extensions, body: Bytes) -> Self {
        let is_picture = headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "image/png");
        let compressed = (body.len() >= MIN_COMPRESSED && !is_picture).then(|| gzip(&body));
        Self { at: Instant::now(), headers, extensions, body, compressed }
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.at.elapsed() < KEPT_FOR
    }

    pub(crate) fn response(&self, takes_gzip: bool) -> Response {
        let (body, is_compressed) = match &self.compressed {
            Some(compressed) if takes_gzip => (compressed, true),
            _ => (&self.body, false),
        };
        let mut response = Response::new(Body::from(body.clone()));
        *response.headers_mut() = self.headers.clone();
        *response.extensions_mut() = self.extensions.clone();
        if is_compressed {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.compressed.as_ref().map_or(0, Bytes::len)
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

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(bytes: usize) -> KeptResponse {
        let (headers, extensions) = (HeaderMap::new(), Extensions::new());
        KeptResponse { at: Instant::now(), headers, extensions, body: Bytes::from(vec![0; bytes]), compressed: None }
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
