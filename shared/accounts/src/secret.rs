//! Secrets that are given out once: in a link, a cookie or an API token. 256 random bits; only the SHA-256 digest is
//! stored, so whoever reads the table can use none of them. No secret is in `Debug` output.
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const BYTES: usize = 32;

/// A secret as it is given out: 64 hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is stored of a secret: 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(String);

impl Secret {
    /// The bytes must come from a cryptographic generator.
    pub fn new(random: [u8; BYTES]) -> Self {
        Self(hex(&random))
    }

    /// `None` if it has not the form of a secret.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 2 * BYTES && is_hex).then(|| Self(text.to_owned()))
    }

    /// To be given out, and to be neither stored nor logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn digest(&self) -> SecretDigest {
        SecretDigest(hex(&Sha256::digest(&self.0)))
    }
}

impl SecretDigest {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In constant time.
    pub fn is_of(&self, secret: &Secret) -> bool {
        self.0.as_bytes().ct_eq(secret.digest().0.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_fits_its_secret_alone_and_does_not_hold_it() {
        let (one, other) = (Secret::new([1; BYTES]), Secret::new([2; BYTES]));
        assert!(one.digest().is_of(&one) && !one.digest().is_of(&other));
        assert!(!one.digest().as_str().contains(&one.reveal()[..8]));
        assert!(!format!("{one:?}").contains("01"));
    }

    #[test]
    fn only_64_hex_digits_are_a_secret() {
        let secret = Secret::new([0xab; BYTES]);
        assert_eq!(Secret::parse(secret.reveal()), Some(secret.clone()));
        let upper = secret.reveal().to_uppercase();
        for other in ["", "ab", &upper, &format!("{}0", secret.reveal()), &"é".repeat(32)] {
            assert_eq!(Secret::parse(other), None, "{other}");
        }
    }
}
