//! Roles of members, and what each may do. This is the one place that says so.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a member is in an account. The order is that of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Reader,
    /// Also changes what is watched and who is alerted.
    Editor,
    /// Also decides about members, tokens and the account itself.
    Owner,
}

/// What somebody wants to do in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See monitors, groups, destinations, members and deliveries.
    Read,
    /// Change monitors, groups, destinations and pages, and send tests.
    Edit,
    /// Invite and remove members, make tokens, read the audit log, export, rename and delete the account.
    Administer,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Owner, Self::Editor, Self::Reader];

    pub fn may(self, right: Right) -> bool {
        let least = match right {
            Right::Read => Self::Reader,
            Right::Edit => Self::Editor,
            Right::Administer => Self::Owner,
        };
        self >= least
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Editor => "editor",
            Self::Reader => "reader",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No role has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_do_what_those_below_it_may() {
        let rights = [Right::Read, Right::Edit, Right::Administer];
        let may = |role: Role| rights.map(|right| role.may(right));
        assert_eq!(may(Role::Reader), [true, false, false]);
        assert_eq!(may(Role::Editor), [true, true, false]);
        assert_eq!(may(Role::Owner), [true, true, true]);
    }

    #[test]
    fn role_is_read_from_its_name_alone() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for other in ["", "Owner", "admin", "owner "] {
            assert_eq!(other.parse::<Role>(), Err(UnknownRole), "{other:?}");
        }
    }
}
