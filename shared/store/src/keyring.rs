//! The keys of an instance, which encrypt what is secret in its table: AES-256 in GCM, with a random nonce for each
//! text. A text is bound to what it belongs to: moved to another row it cannot be read. Each key has a number, which is
//! stored with what it encrypts; the highest one encrypts, and all of them decrypt, so that a key can be replaced. No
//! key appears in an error or in `Debug` output.
use std::{collections::BTreeMap, fmt, sync::Arc};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac::{self, HMAC_SHA256},
    rand::{SecureRandom as _, SystemRandom},
};

/// As many characters has a text that a key is derived from, at least: of letters and digits they hold 190 bits.
const LEAST_LENGTH: usize = 32;

/// What is wrong with the text that holds the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "keys are a JSON object from numbers, of which 1 is the least, to random texts of at least {LEAST_LENGTH} \
     characters, as in {{\"1\": \"...\"}}"
)]
pub struct KeyringError;

/// Why a text cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecryptError {
    /// There is no key of this number.
    UnknownKey(u32),
    /// The key of this number is another one, or the text was changed or moved.
    DoesNotFit(u32),
}

/// Clones share the keys.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<BTreeMap<u32, Key>>,
    current: u32,
}

struct Key {
    cipher: LessSafeKey,
    signer: hmac::Key,
    fingerprint: String,
}

/// A text that a key of this number encrypted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encrypted {
    pub(crate) key: u32,
    /// The nonce, then the text and its tag.
    pub(crate) bytes: Vec<u8>,
}

/// Bytes that nobody can predict.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes
}

impl Keyring {
    /// Reads the form that [`Keyring::generate`] writes.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let texts: BTreeMap<u32, String> = serde_json::from_str(text).map_err(|_| KeyringError)?;
        let is_usable = |(number, text): (&u32, &String)| *number > 0 && text.chars().count() >= LEAST_LENGTH;
        if !texts.iter().all(is_usable) {
            return Err(KeyringError);
        }
        let current = *texts.keys().next_back().ok_or(KeyringError)?;
        let keys = texts.into_iter().map(|(number, text)| (number, Key::derive(&text))).collect();
        Ok(Self { keys: Arc::new(keys), current })
    }

    /// The text of a keyring with one new key.
    pub fn generate() -> String {
        serde_json::json!({"1": hex(&random::<32>())}).to_string()
    }

    /// Of the key that encrypts.
    pub(crate) fn current(&self) -> u32 {
        self.current
    }

    /// Another one for each key that encrypts. It says nothing about the key, and makes a digest of what is secret
    /// useless to those who have no key.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.keys[&self.current].fingerprint
    }

    pub(crate) fn encrypt(&self, text: &[u8], belongs_to: &[u8]) -> Encrypted {
        let nonce: [u8; NONCE_LEN] = random();
        let mut encrypted = text.to_vec();
        let cipher = &self.keys[&self.current].cipher;
        cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(belongs_to), &mut encrypted)
            .expect("settings are shorter than 64 GB");
        Encrypted { key: self.current, bytes: [&nonce[..], &encrypted].concat() }
    }

    /// The number of the key, and the signature in hex: the same for the same text.
    pub(crate) fn sign(&self, text: &[u8]) -> String {
        let tag = hmac::sign(&self.keys[&self.current].signer, text);
        format!("{}-{}", self.current, hex(tag.as_ref()))
    }

    /// By any of the keys; in constant time.
    pub(crate) fn is_signed(&self, text: &[u8], signature: &str) -> bool {
        let Some((number, tag)) = signature.split_once('-') else { return false };
        let key = number.parse().ok().and_then(|number: u32| self.keys.get(&number));
        let Some((key, tag)) = key.zip(bytes_of(tag)) else { return false };
        hmac::verify(&key.signer, text, &tag).is_ok()
    }

    pub(crate) fn decrypt(&self, encrypted: &Encrypted, belongs_to: &[u8]) -> Result<Vec<u8>, DecryptError> {
        let key = self.keys.get(&encrypted.key).ok_or(DecryptError::UnknownKey(encrypted.key))?;
        let wrong = DecryptError::DoesNotFit(encrypted.key);
        let (nonce, bytes) = encrypted.bytes.split_first_chunk().ok_or(wrong)?;
        let mut bytes = bytes.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = key.cipher.open_in_place(nonce, Aad::from(belongs_to), &mut bytes).map_err(|_| wrong)?;
        Ok(text.to_vec())
    }
}

impl Key {
    fn derive(text: &str) -> Self {
        let secret = Salt::new(HKDF_SHA256, b"statuswire").extract(text.as_bytes());
        let cipher = secret.expand(&[b"settings"], &AES_256_GCM).expect("HKDF gives 32 bytes");
        let cipher = LessSafeKey::new(UnboundKey::from(cipher));
        let signer = secret.expand(&[b"links"], HMAC_SHA256).expect("HKDF gives 32 bytes").into();
        let mut fingerprint = [0; 16];
        let derived = secret.expand(&[b"fingerprint"], Length(fingerprint.len())).expect("HKDF gives 16 bytes");
        derived.fill(&mut fingerprint).expect("the length is that of the array");
        Self { cipher, signer, fingerprint: hex(&fingerprint) }
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `None`: it is not hex as it is written here.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair.filter(|pair| pair.len() == 2)?, 16).ok()).collect()
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys.keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(keys: &[(u32, char)]) -> Keyring {
        let texts: BTreeMap<String, String> =
            keys.iter().map(|(number, letter)| (number.to_string(), letter.to_string().repeat(40))).collect();
        Keyring::parse(&serde_json::to_string(&texts).unwrap()).unwrap()
    }

    #[test]
    fn text_comes_back_only_where_it_belongs_and_only_unchanged() {
        let keyring = keyring(&[(1, 'a')]);
        let encrypted = keyring.encrypt(b"hooks.example/secret", b"ours");
        assert_eq!(keyring.decrypt(&encrypted, b"ours").unwrap(), b"hooks.example/secret");
        assert_eq!(keyring.decrypt(&encrypted, b"theirs"), Err(DecryptError::DoesNotFit(1)));
        for at in 0..encrypted.bytes.len() {
            let mut changed = encrypted.clone();
            changed.bytes[at] ^= 1;
            assert_eq!(keyring.decrypt(&changed, b"ours"), Err(DecryptError::DoesNotFit(1)), "byte {at}");
        }
        for length in [0, NONCE_LEN - 1, NONCE_LEN, encrypted.bytes.len() - 1] {
            let cut = Encrypted { key: 1, bytes: encrypted.bytes[..length].to_vec() };
            assert_eq!(keyring.decrypt(&cut, b"ours"), Err(DecryptError::DoesNotFit(1)), "{length} bytes");
        }
    }

    #[test]
    fn signature_fits_its_text_alone_and_outlives_its_key() {
        let (old, both, other) = (keyring(&[(1, 'a')]), keyring(&[(1, 'a'), (2, 'b')]), keyring(&[(1, 'c')]));
        let signature = old.sign(b"a link");
        assert_eq!(signature, old.sign(b"a link"));
        assert!(old.is_signed(b"a link", &signature) && both.is_signed(b"a link", &signature));
        assert!(!old.is_signed(b"another", &signature) && !other.is_signed(b"a link", &signature));
        assert!(both.sign(b"a link").starts_with("2-"));
        let cut = &signature[..signature.len() - 2];
        for forged in ["", "1", "1-", "-", cut, &signature[..signature.len() - 1], &signature.to_uppercase(), "9-00"] {
            assert!(!old.is_signed(b"a link", forged), "{forged}");
        }
    }

    #[test]
    fn no_text_is_encrypted_to_the_same_bytes_twice() {
        let keyring = keyring(&[(1, 'a')]);
        let (one, other) = (keyring.encrypt(b"x", b""), keyring.encrypt(b"x", b""));
        assert_ne!(one.bytes, other.bytes);
    }

    #[test]
    fn highest_key_encrypts_and_all_decrypt() {
        let (old, both, new) = (keyring(&[(9, 'a')]), keyring(&[(9, 'a'), (10, 'b')]), keyring(&[(10, 'b')]));
        let (before, after) = (old.encrypt(b"x", b""), both.encrypt(b"x", b""));
        assert_eq!((before.key, after.key, both.current()), (9, 10, 10));
        assert_eq!(
            (both.decrypt(&before, b"").unwrap(), new.decrypt(&after, b"").unwrap()),
            (b"x".to_vec(), b"x".to_vec())
        );
        assert_eq!(new.decrypt(&before, b""), Err(DecryptError::UnknownKey(9)));
        assert_eq!(keyring(&[(9, 'c')]).decrypt(&before, b""), Err(DecryptError::DoesNotFit(9)));
        assert_ne!(old.fingerprint(), both.fingerprint());
        assert_eq!(new.fingerprint(), both.fingerprint());
    }

    #[test]
    fn keys_that_are_short_or_have_no_number_are_refused_without_being_shown() {
        let short = "x".repeat(LEAST_LENGTH - 1);
        for text in [
            String::new(),
            "{}".to_owned(),
            "a password".to_owned(),
            format!("{{\"1\": \"{short}\"}}"),
            format!("{{\"0\": \"{short}x\"}}"),
            format!("{{\"new\": \"{short}x\"}}"),
            format!("{{\"1\": \"{short}x\", \"2\": \"\"}}"),
        ] {
            let error = Keyring::parse(&text).unwrap_err().to_string();
            assert!(!error.contains(&short), "{error}");
        }
        let generated = Keyring::generate();
        let keyring = Keyring::parse(&generated).unwrap();
        assert_ne!(generated, Keyring::generate());
        let shown = format!("{keyring:?} {:?}", keyring.encrypt(b"a text", b""));
        let key = &generated[generated.len() - 20..generated.len() - 2];
        assert!(!shown.contains(key) && !shown.contains("97, 32"), "{shown}");
    }
}
