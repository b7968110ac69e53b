//! What every registered format must hold to. The tests read the cases of `test_data`, damage every document in turn,
//! and read again. Nothing panics. No open incident ends or disappears because of damage: the read still has it, says
//! that its list is partial, or is unusable. A component state that is unknown never reads as operational.
//!
//! `STATUSWIRE_FORMAT=instatus cargo test -p formats --test it` runs all of them for one format. Formats are found in
//! the registry at run time, so that a new one needs no line here; so a variable selects, not the name of a test.
mod announced;
mod case;
mod damage;
pub(crate) mod failures;
mod quiet;
mod registered;
mod unknown_words;

use formats::Format;

use crate::recordings::variable;

/// All formats, or the one that `STATUSWIRE_FORMAT` names.
pub(crate) fn selected() -> Vec<&'static Format> {
    let Some(name) = variable("STATUSWIRE_FORMAT") else { return formats::formats().iter().collect() };
    let selected: Vec<_> = formats::formats().iter().filter(|format| format.name == name).collect();
    assert!(!selected.is_empty(), "STATUSWIRE_FORMAT: no format is called {name:?}; see src/platforms.rs");
    selected
}
