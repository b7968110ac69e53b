//! Signature Version 4 of AWS, from the side of the service:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
use std::collections::BTreeSet;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use ring::{
    digest::{SHA256, digest},
    hmac,
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// AWS's own limit.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// What a signature must cover besides the body, so that no part of a request can be used for another.
const COVERED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// What the header `Authorization` says.
pub(super) struct Signed {
    /// `<day>/<region>/<service>/aws4_request`.
    scope: String,
    /// Names of the signed headers, sorted.
    headers: BTreeSet<String>,
    signature: Vec<u8>,
}

impl Signed {
    /// Whether it is right is not known before [`Signed::verify`].
    pub(super) fn read(headers: &HeaderMap, access_key: &str) -> Result<Self, &'static str> {
        let header = single(headers, "authorization").ok_or("The request is not signed.")?;
        let fields = header.strip_prefix(ALGORITHM).ok_or("The request is not signed with Signature Version 4.")?;
        let field = |name: &str| {
            let mut values = fields.split(',').filter_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
            values.next().ok_or("The header Authorization is incomplete.")
        };
        let (key, scope) = field("Credential")?.split_once('/').ok_or("The credential is incomplete.")?;
        if key != access_key {
            return Err("The access key is not known.");
        }
        let signed: BTreeSet<String> = field("SignedHeaders")?.split(';').map(str::to_owned).collect();
        if !COVERED.iter().all(|name| signed.contains(*name)) {
            return Err("The signature covers too little.");
        }
        let signature = from_hex(field("Signature")?).ok_or("The signature is not hexadecimal.")?;
        Ok(Self { scope: scope.to_owned(), headers: signed, signature })
    }

    pub(super) fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        secret: &str,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let date = single(headers, "x-amz-date").ok_or("The request has no date.")?;
        let at = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
        let at = at.and_then(|at| TimeZone::UTC.to_timestamp(at).ok()).ok_or("The date cannot be read.")?;
        if at.duration_since(now).abs() > TOLERANCE {
            return Err("The signature is too old, or of the future.");
        }
        let scope: Vec<&str> = self.scope.split('/').collect();
        let [day, region, service, "aws4_request"] = scope[..] else { return Err("The scope is incomplete.") };
        if !date.starts_with(day) || day.len() != 8 {
            return Err("The scope is of another day.");
        }
        let request = self.canonical_request(headers, body)?;
        let text = format!("{ALGORITHM}\n{date}\n{}\n{}", self.scope, hex_digest(request.as_bytes()));
        let mut key = sign(format!("AWS4{secret}").as_bytes(), day);
        for part in [region, service, "aws4_request"] {
            key = sign(&key, part);
        }
        // Compares in constant time.
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes(), &self.signature)
            .map_err(|_| "The signature does not match.")
    }

    /// Of a POST to `/`, the only request that is taken.
    fn canonical_request(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, &'static str> {
        let mut request = "POST\n/\n\n".to_owned();
        for name in &self.headers {
            let value = single(headers, name).ok_or("A signed header is missing, or is there twice.")?;
            let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            request += &format!("{name}:{value}\n");
        }
        let names: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        Ok(request + &format!("\n{}\n{}", names.join(";"), hex_digest(body)))
    }
}

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex_digest(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    is_hex.then(|| (0..text.len()).step_by(2).map(pair).collect::<Option<_>>())?
}
