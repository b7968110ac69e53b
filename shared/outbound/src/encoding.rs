//! The `Content-Encoding` of a body.
use http::HeaderValue;

/// How a body is compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    /// An encoding that was not requested; the first 40 characters of its name.
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
