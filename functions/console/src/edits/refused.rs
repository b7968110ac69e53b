//! Why a change was not made. Nothing was changed.
use http::StatusCode;
use maud::html;
use settings::Problem;
use store::{EditError, StoreError, TeamError};

use crate::{
    fields::Problems,
    respond::{self, Refusal, conflict, forbidden, not_found},
};

#[derive(Debug)]
pub(crate) enum Refused {
    /// The role or the scope does not allow it.
    Forbidden,
    Problems(Vec<Problem>),
    /// It was changed or removed meanwhile: read it again, and show both.
    Conflict,
    ManagedByFile,
    /// Others of the account's settings were changed meanwhile: see [`super::change::change`].
    SettingsChanged,
    /// A monitor watches this page.
    InUse,
    /// The Default group stays.
    DefaultGroup,
    /// The incident.
    Over,
    /// In this account.
    NotFound,
    /// The account has as many of these as it may have.
    Limit {
        what: &'static str,
        most: u32,
    },
    /// Nobody can be invited on this instance.
    NoInvitations,
    /// A token decides about no owner.
    OwnersOnly,
    LastOwner,
    /// The account, or the accounts of the person.
    Full,
    /// A request with the same idempotency key made something before.
    MadeBefore,
    Store(StoreError),
}

impl Refused {
    /// One sentence or two for people and for programs; `None` where there is more to say, or less.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Forbidden => "You may read this account, and not change it.".to_owned(),
            Self::ManagedByFile => "This is declared in the configuration file, and is changed there.".to_owned(),
            Self::InUse => "A monitor watches this page. Remove the monitor first.".to_owned(),
            Self::DefaultGroup => "Every account keeps its Default group. It can be changed.".to_owned(),
            Self::Over => "It is over, or not known: nothing more is told of it.".to_owned(),
            Self::NoInvitations => "Nobody can be invited on this instance.".to_owned(),
            Self::OwnersOnly => "A token decides about no owner. An owner does that on the pages.".to_owned(),
            Self::LastOwner => "An account keeps at least one owner. Make somebody else an owner first.".to_owned(),
            Self::Full => "An account has at most 100 members, and a person at most 20 accounts.".to_owned(),
            Self::Limit { what, most } => {
                format!(
                    "This account has as many {what} as it may have: {most}. Remove one of them first, \
                     or ask whoever runs this instance to allow more."
                )
            }
            Self::Problems(_)
            | Self::Conflict
            | Self::SettingsChanged
            | Self::NotFound
            | Self::MadeBefore
            | Self::Store(_) => return None,
        })
    }
}

impl Refused {
    /// As problems of a form that was sent, so that nothing of it is lost: a limit is one at this field. `Err`: a whole
    /// page says more.
    pub(crate) fn at_form(self, field: &str) -> Result<Problems, Refusal> {
        match self {
            Self::Problems(problems) => Ok(Problems::from(problems)),
            Self::Limit { .. } => Ok(Problems::of(field, self.text().unwrap_or_default())),
            refused => Err(refused.into()),
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<EditError> for Refused {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Conflict => Self::Conflict,
            EditError::SettingsChanged => Self::SettingsChanged,
            EditError::ManagedByFile => Self::ManagedByFile,
            EditError::InUse => Self::InUse,
            EditError::MadeBefore => Self::MadeBefore,
            EditError::Store(error) => Self::Store(error),
        }
    }
}

impl From<TeamError> for Refused {
    fn from(error: TeamError) -> Self {
        match error {
            TeamError::Store(error) => Self::Store(error),
            TeamError::Changed => Self::Conflict,
            TeamError::LastOwner => Self::LastOwner,
            TeamError::Full => Self::Full,
        }
    }
}

/// A whole page, where a form shows nothing better.
impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let text = refused.text().unwrap_or_default();
        Self::from(match refused {
            Refused::Forbidden | Refused::NoInvitations => forbidden(&text),
            Refused::Conflict | Refused::SettingsChanged | Refused::MadeBefore => conflict(),
            Refused::NotFound => not_found(),
            Refused::Store(error) => return error.into(),
            Refused::Problems(problems) => {
                let content = html! { (Problems::from(problems).summary()) p { "Go back and mend it." } };
                respond::page(StatusCode::UNPROCESSABLE_ENTITY, "Not saved", None, content)
            }
            Refused::ManagedByFile
            | Refused::InUse
            | Refused::DefaultGroup
            | Refused::Over
            | Refused::OwnersOnly
            | Refused::LastOwner
            | Refused::Full
            | Refused::Limit { .. } => {
                let content = html! { p role="alert" { (text) } };
                respond::page(StatusCode::CONFLICT, "Not changed", None, content)
            }
        })
    }
}
