//! What an API token may be used for.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::role::Right;

/// The order is that of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    /// Also changes what is watched and who is alerted.
    Write,
    /// Also decides about members and tokens, but about no owner.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Edit => self >= Self::Write,
            Right::Administer => self == Self::Admin,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No scope has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_may_do_what_those_below_it_may() {
        let may = |scope: Scope| [Right::Read, Right::Edit, Right::Administer].map(|right| scope.may(right));
        assert_eq!(may(Scope::Read), [true, false, false]);
        assert_eq!(may(Scope::Write), [true, true, false]);
        assert_eq!(may(Scope::Admin), [true, true, true]);
    }
}
