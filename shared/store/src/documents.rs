//! Whole documents: deflated JSON in one binary attribute, with a limit well under the 400 KB that an item may take,
//! and one of the JSON: a few hundred KB may hold hundreds of MB.
use std::{
    cell::Cell,
    io::{BufReader, BufWriter, Read, Write},
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::StoreError,
    items::Item,
    records::{DOCUMENT_LIMIT, INFLATED_LIMIT, READ_LIMIT, ROW_INFLATED_LIMIT},
};

/// A document of its own, such as the state of a page.
pub(crate) fn document(value: &impl Serialize, what: impl ToString) -> Result<Vec<u8>, StoreError> {
    deflate(value, INFLATED_LIMIT).map_err(|bytes| StoreError::TooLarge { what: what.to_string(), bytes })
}

/// A document that lists load by the hundred. What is too long is stored as far as there is room: `shorter` gives less
/// and less of it.
pub(crate) fn row_document<T: Serialize>(
    value: &T,
    shorter: impl Fn(&T, usize) -> Option<T>,
    what: impl ToString,
) -> Result<Vec<u8>, StoreError> {
    let mut written = deflate(value, ROW_INFLATED_LIMIT);
    for step in 0.. {
        let (Err(_), Some(less)) = (&written, shorter(value, step)) else { break };
        written = deflate(&less, ROW_INFLATED_LIMIT);
    }
    written.map_err(|bytes| StoreError::TooLarge { what: what.to_string(), bytes })
}

/// A document of this JSON, which has to be short enough. It takes somewhat more room than one that is compressed with
/// care, and a quarter of the time.
pub(crate) fn quick_document(json: &[u8]) -> Vec<u8> {
    quickly(json)
}

/// Fails with the bytes that were too many as soon as there are.
fn deflate(value: &impl Serialize, limit: usize) -> Result<Vec<u8>, usize> {
    let mut writer = BufWriter::with_capacity(BUFFER, Limited { compressed: None, left: limit });
    let written = serde_json::to_writer(&mut writer, value).map_err(std::io::Error::from);
    let is_whole = written.is_ok() && writer.get_ref().compressed.is_none();
    if is_whole && writer.buffer().len() <= QUICK_LIMIT.min(limit) {
        // Taken apart: dropped, the writer would compress what it holds.
        let (_, json) = writer.into_parts();
        let json = json.expect("a write to memory does not panic");
        return Ok(if json.len() <= STORED_LIMIT { stored(&json) } else { quickly(&json) });
    }
    let written = written.and_then(|()| writer.flush());
    let Limited { compressed, left } = writer.into_parts().0;
    let mut compressed = compressed.unwrap_or_else(encoder);
    let bytes = compressed.reset(Vec::new()).expect("memory takes all that is written");
    ENCODER.set(Some(compressed));
    match (written, bytes.len()) {
        (Err(_), bytes) if left == 0 => Err(bytes.max(limit + 1)),
        (Err(_), bytes) => Err(bytes),
        (Ok(()), too_many) if too_many > DOCUMENT_LIMIT => Err(too_many),
        (Ok(()), _) => Ok(bytes),
    }
}

/// Whether a document of its own has room. Most are so short that they need not be compressed to know it.
pub(crate) fn fits(value: &impl Serialize) -> bool {
    let mut counted = Counted(0);
    let is_short = serde_json::to_writer(&mut counted, value).is_ok();
    is_short || deflate(value, INFLATED_LIMIT).is_ok()
}

const BUFFER: usize = 32 * 1024;

/// Bytes of JSON that are stored as they are: with them an item is within its first KB, for which a write costs the
/// same, and setting up a compressor costs more than all else.
const STORED_LIMIT: usize = 700;

/// Bytes of JSON that are compressed quickly, with the codes that deflate fixes: to make codes of its own takes longer
/// than all else, and saves some hundred bytes of what is this short.
const QUICK_LIMIT: usize = 4 * 1024;

/// A deflate stream of one block that is not compressed (RFC 1951, 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("it is short");
    let mut stream = vec![1];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend_from_slice(bytes);
    stream
}

type Encoder = DeflateEncoder<Vec<u8>>;

thread_local! {
    /// One that was used before: its tables of some hundred KB need not be made again.
    static ENCODER: Cell<Option<Encoder>> = const { Cell::new(None) };
    static QUICK_ENCODER: Cell<Option<Encoder>> = const { Cell::new(None) };
}

/// A deflate stream of something short.
fn quickly(json: &[u8]) -> Vec<u8> {
    let mut encoder = QUICK_ENCODER.take().unwrap_or_else(|| DeflateEncoder::new(Vec::new(), Compression::fast()));
    let written = encoder.write_all(json).and_then(|()| encoder.reset(Vec::new()));
    QUICK_ENCODER.set(Some(encoder));
    written.expect("memory takes all that is written")
}

/// The default level takes a third more time, and saves a thirtieth of the bytes.
const LEVEL: u32 = 4;

fn encoder() -> Encoder {
    ENCODER.take().unwrap_or_else(|| DeflateEncoder::new(Vec::new(), Compression::new(LEVEL)))
}

/// Counts bytes, and fails when they may not fit although they are compressed.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        // What cannot be compressed grows by less than a thousandth.
        if self.0 + self.0 / 1_000 + 64 > DOCUMENT_LIMIT {
            Err(std::io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Refuses to compress more than a document may have.
struct Limited {
    compressed: Option<Encoder>,
    /// Bytes that may still come.
    left: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let compressed = self.compressed.get_or_insert_with(encoder);
        if bytes.len() > self.left {
            self.left = 0;
        } else if compressed.get_ref().len() <= DOCUMENT_LIMIT {
            self.left -= bytes.len();
            return compressed.write_all(bytes).map(|()| bytes.len());
        }
        Err(std::io::ErrorKind::FileTooLarge.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads a document that may be of an earlier version, which had no bound in bytes of JSON.
pub(crate) fn read_document<T: DeserializeOwned>(bytes: &[u8], what: impl ToString) -> Result<T, StoreError> {
    let unreadable = || StoreError::Unreadable { what: what.to_string() };
    let inflated = inflated_bytes(bytes);
    if inflated > READ_LIMIT {
        return Err(StoreError::Oversized { what: what.to_string() });
    }
    let inflate = DeflateDecoder::new(bytes).take(inflated as u64);
    if inflated > INFLATED_LIMIT {
        return serde_json::from_reader(BufReader::with_capacity(BUFFER, inflate)).map_err(|_| unreadable());
    }
    let mut json = Vec::with_capacity(inflated);
    { inflate }.read_to_end(&mut json).map_err(|_| unreadable())?;
    serde_json::from_slice(&json).map_err(|_| unreadable())
}

/// How long a document is as JSON, at most one more than [`READ_LIMIT`]. Of a damaged one, no matter.
fn inflated_bytes(bytes: &[u8]) -> usize {
    let mut inflate = DeflateDecoder::new(bytes).take(READ_LIMIT as u64 + 1);
    std::io::copy(&mut inflate, &mut std::io::sink()).map_or_else(|_| bytes.len(), |length| length as usize)
}

/// How much the documents of one list may have together, as JSON.
const LIST_LIMIT: usize = 16 * 1024 * 1024;

/// Counts what a list loads.
pub(crate) struct ListRoom(usize);

impl ListRoom {
    pub(crate) fn new() -> Self {
        Self(LIST_LIMIT)
    }

    /// Whether there is room for the documents of one more item. There always is for the first.
    pub(crate) fn takes(&mut self, item: &Item) -> bool {
        let documents = item.values().filter_map(|value| value.as_b().ok());
        let bytes: usize = documents.map(|document| inflated_bytes(document.as_ref())).sum();
        let is_first = self.0 == LIST_LIMIT;
        let takes = is_first || bytes <= self.0;
        self.0 = if takes { self.0.saturating_sub(bytes.max(1)) } else { 0 };
        takes
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use status::page_state::PageState;

    use super::*;

    /// A page state whose JSON has about so many bytes, as an earlier version may have stored it.
    fn old_state(bytes: usize) -> (Vec<u8>, usize) {
        let at = Timestamp::UNIX_EPOCH;
        let update = |n: usize| {
            json!({"id": format!("u{n}"), "phase": "investigating", "posted_at": at,
            "body": "said ".repeat(2_000), "components": []})
        };
        let updates: Vec<Value> = (0..bytes / 10_100).map(update).collect();
        let incident = json!({"id": "i1", "kind": "incident", "title": "Errors", "phase": "investigating",
            "impact": null, "url": null, "started_at": null, "resolved_at": null, "window": null, "components": [],
            "updates": updates, "origin": "vendor", "severity": "minor", "first_seen_at": at, "backfilled": false,
            "episode": 1, "revision": 0, "missing_reads": 0, "ended": null, "newest": null, "blamed": [],
            "edited": {}});
        let state = json!({"page": {"name": null, "url": null}, "components": [], "recovering": {},
            "incidents": [incident], "baseline_at": at});
        let json = serde_json::to_vec(&state).unwrap();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&json).unwrap();
        (encoder.finish().unwrap(), json.len())
    }

    #[test]
    fn old_state_of_any_size_is_read_up_to_a_cap_and_cut_to_the_bounds() {
        for megabytes in [1, 6, 12] {
            let (stored, bytes) = old_state(megabytes << 20);
            assert!(stored.len() < DOCUMENT_LIMIT && bytes > (megabytes << 20) * 9 / 10);
            let mut state: PageState = read_document(&stored, "state of page acme").unwrap();
            assert!(document(&state, "it").is_ok() == (bytes <= INFLATED_LIMIT));
            state.bound_stored();
            assert!(serde_json::to_vec(&state).unwrap().len() < INFLATED_LIMIT / 4, "it is cut");
            assert!(state.incidents[0].incident.updates.last().unwrap().body.is_some());
            assert!(document(&state, "it").is_ok());
        }
        let (stored, _) = old_state(20 << 20);
        let refused = read_document::<PageState>(&stored, "state of page acme").unwrap_err();
        assert!(matches!(&refused, StoreError::Oversized { what } if what == "state of page acme"), "{refused}");
    }

    #[test]
    fn short_document_is_stored_and_read_like_any_other() {
        for bytes in [2, 100, STORED_LIMIT, STORED_LIMIT + 1, QUICK_LIMIT, QUICK_LIMIT + 1, 100_000] {
            let value = json!("x".repeat(bytes - 2));
            let written = document(&value, "it").unwrap();
            assert_eq!(written.len() > bytes, bytes <= STORED_LIMIT, "{bytes} bytes: {}", written.len());
            assert_eq!(read_document::<Value>(&written, "it").unwrap(), value);
            assert_eq!(inflated_bytes(&written), bytes);
        }
        for limit in [500, STORED_LIMIT + 1] {
            let bytes = deflate(&json!("x".repeat(limit)), limit).unwrap_err();
            assert!(bytes > limit, "the limit holds for short documents too");
        }
    }

    #[test]
    fn short_document_leaves_the_compressor_of_long_ones_for_the_next() {
        document(&json!("x".repeat(100_000)), "it").unwrap();
        for bytes in [100, STORED_LIMIT + 1] {
            document(&json!("x".repeat(bytes)), "it").unwrap();
            let kept = ENCODER.take();
            assert!(kept.is_some(), "{bytes} bytes");
            ENCODER.set(kept);
        }
    }

    #[test]
    fn document_fits_as_it_is_written() {
        let mixed = |bytes: usize| {
            let mut state = 7_u64;
            let mut letter = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + (state >> 57) as u8 % 90)
            };
            json!((0..bytes).map(|_| letter()).collect::<String>())
        };
        let values = [100, 299_000, 306_000, 307_500, 400_000].map(mixed);
        for value in
            values.into_iter().chain([json!("x".repeat(INFLATED_LIMIT - 2)), json!("x".repeat(INFLATED_LIMIT))])
        {
            assert_eq!(fits(&value), document(&value, "it").is_ok());
        }
    }

    #[test]
    fn bomb_is_inflated_no_further_than_the_cap() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        (0..200).for_each(|_| encoder.write_all(&vec![b' '; 1 << 20]).unwrap());
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < DOCUMENT_LIMIT);
        assert_eq!(inflated_bytes(&bomb), READ_LIMIT + 1);
        assert!(matches!(read_document::<Value>(&bomb, "it"), Err(StoreError::Oversized { .. })));
        assert!(!ListRoom(1).takes(&Item::from([("it".to_owned(), AttributeValue::B(bomb.into()))])));
    }

    #[test]
    fn damaged_document_is_unreadable_and_not_oversized() {
        let whole = document(&json!({"a": "b".repeat(100_000)}), "it").unwrap();
        for damaged in [&whole[..whole.len() / 2], b"no deflate", b""] {
            assert!(matches!(read_document::<Value>(damaged, "it"), Err(StoreError::Unreadable { .. })));
        }
    }

    #[test]
    fn what_compresses_well_is_bounded_as_it_is_read() {
        let text = |bytes: usize| json!("x".repeat(bytes));
        assert!(document(&text(INFLATED_LIMIT - 2), "it").is_ok());
        let Err(StoreError::TooLarge { what, bytes }) = document(&text(INFLATED_LIMIT), "it") else { panic!() };
        assert_eq!((what.as_str(), bytes > INFLATED_LIMIT), ("it", true));
        let shorter = |_: &Value, step: usize| (step < 3).then(|| text(ROW_INFLATED_LIMIT >> step));
        let row = row_document(&text(ROW_INFLATED_LIMIT), shorter, "it").unwrap();
        assert_eq!(inflated_bytes(&row), ROW_INFLATED_LIMIT / 2 + 2);
        assert!(row_document(&text(INFLATED_LIMIT), |_, _| None, "it").is_err());
    }
}
