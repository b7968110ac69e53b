//! The parts of [`crate::text`] that read whatever a page says, for fuzz targets.
use jiff::Timestamp;

use crate::text::{charset, dates, html};

/// The text of a document; damaged bytes are replaced.
pub fn decoded(body: &[u8], content_type: &str) -> String {
    match charset::decode(body, Some(content_type)) {
        Some(Ok(text)) => text,
        Some(Err(_)) | None => String::from_utf8_lossy(body).into_owned(),
    }
}

pub fn of_html(text: &str) -> String {
    html::to_text(text)
}

/// A time as feeds write it, or as people write it above an update.
pub fn time(text: &str) -> Option<Timestamp> {
    let block = dates::BlockTime::parse(text);
    let blocks = [block.clone(), block];
    _ = dates::block_times(&blocks, &[Timestamp::UNIX_EPOCH, Timestamp::MAX]);
    dates::feed_time(text)
}
