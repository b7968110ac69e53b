//! Bodies that are made piece by piece.
use std::{io, iter};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress, read::GzDecoder, write::GzEncoder};

/// The pieces of a body, in order.
pub type Chunks = Box<dyn Iterator<Item = Bytes> + Send>;

/// Items of one piece.
const BATCH: usize = 512;
const MEGABYTE: usize = 1 << 20;

pub(super) fn text(text: impl Into<Bytes>) -> Chunks {
    Box::new(iter::once(text.into()))
}

pub(super) fn chain(parts: Vec<Chunks>) -> Chunks {
    Box::new(parts.into_iter().flatten())
}

/// The items with a comma between them.
pub(super) fn list(count: usize, item: impl Fn(usize) -> String + Send + 'static) -> Chunks {
    repeated(count, move |number| if number == 0 { item(0) } else { format!(",{}", item(number)) })
}

/// The items, one after the other.
pub(super) fn repeated(count: usize, item: impl Fn(usize) -> String + Send + 'static) -> Chunks {
    let batches = (0..count).step_by(BATCH);
    Box::new(batches.map(move |first| {
        let batch: String = (first..count.min(first + BATCH)).map(&item).collect();
        batch.into()
    }))
}

/// This many bytes of a text that is repeated.
pub(super) fn filler(piece: impl Into<String>, bytes: usize) -> Chunks {
    let piece = piece.into();
    let times = bytes / piece.len().max(1);
    repeated(times, move |_| piece.clone())
}

/// Gzip of megabytes of spaces without an end of their own: a flushed block does not depend on what stands before it.
pub(super) fn gzip_bomb(megabytes: usize) -> Chunks {
    let head = GzEncoder::new(Vec::new(), Compression::best()).finish().expect("memory takes everything");
    let (spaces, mut block) = (vec![b' '; MEGABYTE], Vec::with_capacity(MEGABYTE));
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(&spaces, &mut block, FlushCompress::Full).expect("it fits");
    let block = Bytes::from(block);
    // The ten bytes of a gzip header.
    let head = Bytes::from(head).slice(..10);
    Box::new(iter::once(head).chain(iter::repeat_n(block, megabytes)))
}

/// Brotli of two gigabytes of spaces, itself as gzip in base64. Made once, since it takes a while.
const BROTLI_BOMB: &str = "H4sIAAAAAAACAzv//389g4rDo40ORe////z/n7+BxUFGrOHdX/v///8zTmDoOMx0Ye//5///2zMIMRRGMOz6/v/P///sDkwKfNwO3//NB6pi8GA4ksj44t7/z///yzNwNljoMNz9Xf/v/39mBUaBdtYF1f/Pgy1heLSBoWTUklFLRi0ZtWTUkuFpiT0A9HE5ElEGAAA=";

pub(super) fn brotli_bomb() -> Chunks {
    let packed = STANDARD.decode(BROTLI_BOMB).expect("base64");
    let mut bomb = Vec::new();
    io::copy(&mut GzDecoder::new(&packed[..]), &mut bomb).expect("gzip");
    text(bomb)
}
