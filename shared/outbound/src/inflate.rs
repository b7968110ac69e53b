//! Decompresses bodies that were requested with `Accept-Encoding: gzip, br`: never beyond the size limit, however small
//! a hostile body is compressed, and never in part. A truncated body is an error, not a shorter page.
use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;

use crate::{
    client::Outbound,
    encoding::Encoding,
    error::{FetchError, host},
    fetch::Fetched,
};

/// Of one gzip body. Each costs as much as 40 KB of text, however little it holds.
const MAX_MEMBERS: usize = 256;

impl Outbound {
    /// The decompressed body, with the same size limit as the body as sent. Separate from `fetch` because it costs more
    /// than the fetch, and a body whose digest is known needs no decompression.
    pub fn inflate(&self, fetched: &Fetched) -> Result<Bytes, FetchError> {
        fetched.inflate(self.max_body)
    }

    /// The most bytes of a body.
    pub fn max_body(&self) -> usize {
        self.max_body
    }
}

impl Fetched {
    /// The decompressed body, if it has no more than `cap` bytes. Work for the processor alone.
    pub fn inflate(&self, cap: usize) -> Result<Bytes, FetchError> {
        let raw = &self.raw;
        let too_large = || FetchError::TooLarge { host: host(&self.final_url), cap };
        if raw.is_empty() {
            return Ok(Bytes::new());
        }
        let inflated = match &self.encoding {
            Encoding::Identity if raw.len() > cap => return Err(too_large()),
            Encoding::Identity => return Ok(raw.clone()),
            Encoding::Gzip => gunzip(raw, cap),
            Encoding::Brotli => read_capped(brotli::Decompressor::new(&raw[..], 4096), cap),
            Encoding::Other(name) => {
                let reason = format!("the body is compressed as {name:?}, which was not requested");
                return Err(FetchError::Encoding { host: host(&self.final_url), reason });
            }
        };
        match inflated {
            Ok(body) if body.len() > cap => Err(too_large()),
            Ok(body) => Ok(body.into()),
            Err(error) => Err(FetchError::Encoding {
                host: host(&self.final_url),
                reason: format!("the compressed body is damaged ({error})"),
            }),
        }
    }
}

/// All members of a gzip body, one after the other.
fn gunzip(mut raw: &[u8], cap: usize) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    for _ in 0..MAX_MEMBERS {
        let mut member = GzDecoder::new(raw);
        (&mut member).take((cap + 1 - body.len()) as u64).read_to_end(&mut body)?;
        if body.len() > cap {
            return Ok(body);
        }
        raw = member.into_inner();
        if raw.is_empty() {
            return Ok(body);
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("more than {MAX_MEMBERS} members")))
}

/// Reads up to one byte beyond the limit, which shows that the body is too large.
fn read_capped(reader: impl Read, cap: usize) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(cap as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}
