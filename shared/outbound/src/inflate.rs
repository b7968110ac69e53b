//! Decompresses bodies that were requested with `Accept-Encoding: gzip, br`: never beyond the size limit, however small
//! a hostile body is compressed, and never in part. A truncated body is an error, not a shorter page.
use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use crate::{
    client::Outbound,
    encoding::Encoding,
    error::{FetchError, host},
    fetch::Fetched,
};

impl Outbound {
    /// The decompressed body, with the same size limit as the body as sent. Separate from `fetch` because it costs more
    /// than the fetch, and a body whose digest is known needs no decompression.
    pub fn inflate(&self, fetched: &Fetched) -> Result<Bytes, FetchError> {
        let (raw, cap) = (&fetched.raw, self.max_body);
        if raw.is_empty() {
            return Ok(Bytes::new());
        }
        let inflated = match &fetched.encoding {
            Encoding::Identity => return Ok(raw.clone()),
            Encoding::Gzip => read_capped(MultiGzDecoder::new(&raw[..]), cap),
            Encoding::Brotli => read_capped(brotli::Decompressor::new(&raw[..], 4096), cap),
            Encoding::Other(name) => {
                let reason = format!("the body is compressed as {name:?}, which was not requested");
                return Err(FetchError::Encoding { host: host(&fetched.final_url), reason });
            }
        };
        match inflated {
            Ok(body) if body.len() > cap => Err(FetchError::TooLarge { host: host(&fetched.final_url), cap }),
            Ok(body) => Ok(body.into()),
            Err(error) => Err(FetchError::Encoding {
                host: host(&fetched.final_url),
                reason: format!("the compressed body is damaged ({error})"),
            }),
        }
    }
}

/// Reads up to one byte beyond the limit, which shows that the body is too large.
fn read_capped(reader: impl Read, cap: usize) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(cap as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}
