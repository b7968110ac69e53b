//! The class names that hold the states of rows and components.

/// What follows `start` in the first class that begins with it.
pub(super) fn class_after<'a>(classes: &'a str, start: &str) -> Option<&'a str> {
    classes.split_whitespace().find_map(|class| class.strip_prefix(start))
}
