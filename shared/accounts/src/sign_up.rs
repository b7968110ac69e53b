//! Who may get an account on an instance.
use std::{fmt, str::FromStr};

/// The settings of `sign_up`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Whoever reads their mail.
    Open,
    /// Who is invited by an owner.
    Invitation,
    /// Nobody new.
    Closed,
}

impl SignUp {
    pub const ALL: [Self; 3] = [Self::Open, Self::Invitation, Self::Closed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// It is none of [`SignUp::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSignUp;

impl FromStr for SignUp {
    type Err = UnknownSignUp;

    fn from_str(text: &str) -> Result<Self, UnknownSignUp> {
        Self::ALL.into_iter().find(|sign_up| sign_up.as_str() == text).ok_or(UnknownSignUp)
    }
}
