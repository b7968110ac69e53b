//! Boards: pages for people outside of an account, with the providers that the account chose for them.
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BoardId, ProviderId};

/// A page with chosen providers. It shows of them what every visitor of the instance may see, and nothing of its
/// account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    pub id: BoardId,
    pub account: AccountId,
    /// The heading of the page.
    pub name: String,
    pub address: BoardAddress,
    /// In the order in which they were chosen. None of them is a page that accounts keep to themselves.
    pub providers: Vec<ProviderId>,
}

/// What kind of address a board has: who finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardAddress {
    /// Its address is known to everybody, and stays.
    Public,
    /// Its address is a secret, and can be replaced.
    #[default]
    Secret,
}

impl BoardAddress {
    pub const ALL: [Self; 2] = [Self::Public, Self::Secret];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Secret => "secret",
        }
    }
}

/// Characters of the name that a public address has.
const MAX_SLUG: usize = 40;

/// An address for a public board: `our-vendors-3f9a01bc`. Nobody chooses it whole, so nobody takes the name of
/// somebody else.
pub fn public_address(name: &str, random: [u8; 4]) -> String {
    let mut slug = String::new();
    for char in name.chars().flat_map(char::to_lowercase) {
        if char.is_ascii_alphanumeric() {
            slug.push(char);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(MAX_SLUG);
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "board" } else { slug };
    format!("{slug}-{:08x}", u32::from_be_bytes(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_address_is_a_plain_path_segment_whatever_the_name() {
        for (name, address) in [
            ("Our vendors", "our-vendors-0000002a"),
            ("  A/B <script>?#", "a-b-script-0000002a"),
            ("状態", "board-0000002a"),
            ("", "board-0000002a"),
        ] {
            assert_eq!(public_address(name, [0, 0, 0, 42]), address);
        }
        let long = public_address(&"ab ".repeat(50), [0; 4]);
        assert!(long.len() <= MAX_SLUG + 9 && !long.contains("--"), "{long}");
    }
}
