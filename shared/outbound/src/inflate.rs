//! Inflating a body that was asked for with `Accept-Encoding: gzip, br`. Never beyond the cap, however well a hostile
//! body is packed, and never in part: a truncated body is an error, not a shorter page.
use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::HeaderValue;

use crate::{FetchError, Fetched, Outbound, error::host};

/// How a body is packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    /// One that was not asked for: its beginning, for people.
    Other(String),
}

impl Encoding {
    pub(crate) fn of(header: Option<&HeaderValue>) -> Self {
        let name = String::from_utf8_lossy(header.map_or(b"", HeaderValue::as_bytes)).trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Self::Identity,
            "gzip" | "x-gzip" => Self::Gzip,
            "br" => Self::Brotli,
            other => Self::Other(other.chars().take(40).collect()),
        }
    }
}

impl Outbound {
    /// The body as its author wrote it, capped like the body as sent. Apart from `fetch`, because it costs more than
    /// the fetch: a body whose digest is known need not be inflated.
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
                let reason = format!("the body is packed as {name:?}, which was not asked for");
                return Err(FetchError::Encoding { host: host(&fetched.final_url), reason });
            }
        };
        match inflated {
            Ok(body) if body.len() > cap => Err(FetchError::TooLarge { host: host(&fetched.final_url), cap }),
            Ok(body) => Ok(body.into()),
            Err(error) => Err(FetchError::Encoding {
                host: host(&fetched.final_url),
                reason: format!("the packed body is damaged ({error})"),
            }),
        }
    }
}

/// Reads at most one byte beyond the cap, by which excess is seen.
fn read_capped(reader: impl Read, cap: usize) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(cap as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}
