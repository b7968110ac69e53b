//! The names of services.

/// The name of a service; each fake declares its own as an associated constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service(&'static str);

impl Service {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// As it stands in `/pretend/<name>/` and in `/receiver.json`.
    pub fn name(self) -> &'static str {
        self.0
    }
}
