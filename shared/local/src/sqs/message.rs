//! Message attributes, and the digests with which a client checks what it sent and received.
use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

pub(super) type MessageAttributes = BTreeMap<String, MessageAttribute>;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageAttribute {
    data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

pub(super) fn md5_of_body(body: &str) -> String {
    hex(&Md5::digest(body))
}

/// The digest covers name, type and value of all attributes, sorted by name, each after its length. One byte before the
/// value says whether it is text or binary. `None` without attributes.
pub(super) fn md5_of_attributes(attributes: &MessageAttributes) -> Option<String> {
    let mut digest = Md5::new();
    let mut add = |bytes: &[u8], kind: Option<u8>| {
        digest.update(kind.as_slice());
        digest.update((bytes.len() as u32).to_be_bytes());
        digest.update(bytes);
    };
    for (name, attribute) in attributes {
        add(name.as_bytes(), None);
        add(attribute.data_type.as_bytes(), None);
        match &attribute.binary_value {
            Some(base64) => add(&BASE64_STANDARD.decode(base64).unwrap_or_default(), Some(2)),
            None => add(attribute.string_value.as_deref().unwrap_or_default().as_bytes(), Some(1)),
        }
    }
    (!attributes.is_empty()).then(|| hex(&digest.finalize()))
}

/// Size of a message in bytes, as SQS counts it against the limit.
pub(super) fn size(body: &str, attributes: &MessageAttributes) -> usize {
    let length = |value: &Option<String>| value.as_ref().map_or(0, String::len);
    let attribute = |(name, it): (&String, &MessageAttribute)| {
        name.len() + it.data_type.len() + length(&it.string_value) + length(&it.binary_value)
    };
    body.len() + attributes.iter().map(attribute).sum::<usize>()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sqs() {
        assert_eq!(md5_of_body("This is a test message"), "fafb00f5732ab283681e124bf8747ed1");
        let attributes: MessageAttributes = serde_json::from_value(serde_json::json!({
            "timestamp": {"DataType": "Number", "StringValue": "1493147359900"},
        }))
        .unwrap();
        assert_eq!(md5_of_attributes(&attributes).unwrap(), "235c5c510d26fb653d073faed50ae77c");
        assert_eq!(md5_of_attributes(&MessageAttributes::new()), None);
    }
}
