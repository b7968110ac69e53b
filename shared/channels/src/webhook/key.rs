//! Keys of Standard Webhooks: a secret shared with the receiver (`whsec_`, HMAC-SHA256), or our half of a pair
//! (`whsk_`, ed25519) of which the receiver knows only the public half (`whpk_`). The specification leaves open which
//! form a private key has; its implementations write 32 bytes (the seed) or 64 (seed and public key), so both are read.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::Sha256;
use status::monitor::Settings;

const SHARED: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";
/// Bytes of a shared secret:
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme>.
const SHARED_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of an ed25519 seed: <https://www.rfc-editor.org/rfc/rfc8032#section-5.1.5>.
const SEED_BYTES: usize = 32;

/// What a valid secret looks like, and how to make one.
pub(super) const RIGHT: &str = "must be either `whsec_` and the base64 of 24 to 64 random bytes, as made by \
                                `echo whsec_$(openssl rand -base64 32)`, or `whsk_` and the base64 of an ed25519 \
                                private key (32 bytes, or 64 together with its public key), as made by \
                                `echo whsk_$(openssl rand -base64 32)`";

pub(super) enum Key {
    Shared(Vec<u8>),
    Pair(Ed25519KeyPair),
}

/// For the receivers of a webhook whose `secret` is an ed25519 private key: the public key, as `whpk_` and base64, that
/// its signatures are verified with. It is no secret. `None` for a shared secret, and where there is no usable key.
pub fn public_key(settings: &Settings) -> Option<String> {
    match Key::read(settings.get("secret")?)? {
        Key::Shared(_) => None,
        Key::Pair(pair) => Some(format!("{PUBLIC}{}", STANDARD.encode(pair.public_key()))),
    }
}

/// A shared secret of these bytes.
pub(super) fn shared(random: &[u8; 32]) -> String {
    format!("{SHARED}{}", STANDARD.encode(random))
}

impl Key {
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(encoded) = text.strip_prefix(SHARED) {
            let secret = STANDARD.decode(encoded).ok()?;
            return SHARED_BYTES.contains(&secret.len()).then_some(Self::Shared(secret));
        }
        let private = STANDARD.decode(text.strip_prefix(PRIVATE)?).ok()?;
        let pair = match private.split_at_checked(SEED_BYTES)? {
            (seed, []) => Ed25519KeyPair::from_seed_unchecked(seed),
            // Refused if the halves do not belong together.
            (seed, public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        };
        pair.ok().map(Self::Pair)
    }

    /// As it stands in the header: `v1,...` or `v1a,...`.
    pub(super) fn sign(&self, signed: &[u8]) -> String {
        match self {
            Self::Shared(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
                mac.update(signed);
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            }
            Self::Pair(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(signed))),
        }
    }
}
