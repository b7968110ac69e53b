//! Lists of names: components, providers, entries of a filter.
use super::Tone;

/// Names under one heading.
pub(crate) struct NameList {
    /// `Still degraded (1 of 8)`: our own words.
    pub(crate) label: String,
    /// In the order of showing.
    pub(crate) names: Vec<Name>,
    pub(crate) tone: Tone,
}

/// A name with its group. Foreign text on one line.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) group: Option<String>,
    pub(crate) name: String,
    /// The state before, if it was another trouble.
    pub(crate) was: Option<&'static str>,
}

impl Name {
    /// `Europe / API`
    pub(crate) fn full(&self) -> String {
        match &self.group {
            Some(group) => format!("{group} / {}", self.name),
            None => self.name.clone(),
        }
    }

    /// `API (was degraded)`
    pub(crate) fn own(&self) -> String {
        self.with_was(self.name.clone())
    }

    fn with_was(&self, name: String) -> String {
        match self.was {
            Some(was) => format!("{name} (was {was})"),
            None => name,
        }
    }
}

impl NameList {
    /// `Europe / API, Web, +3 more`, with at most this many names.
    pub(crate) fn names(&self, most: usize) -> String {
        let shown = self.names.iter().take(most).map(|name| name.with_was(name.full()));
        shown.chain(self.more(most)).collect::<Vec<_>>().join(", ")
    }

    /// `Still degraded (1 of 8): API`
    pub(crate) fn line(&self, most: usize) -> String {
        format!("{}: {}", self.label, self.names(most))
    }

    /// The names of each group in one line, in the order of the groups; those without one come first.
    pub(crate) fn by_group(&self, most: usize) -> Vec<(Option<&str>, String)> {
        let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        let mut shown: Vec<&Name> = self.names.iter().take(most).collect();
        shown.sort_by_key(|name| name.group.is_some());
        for name in shown {
            match groups.iter_mut().find(|(group, _)| *group == name.group.as_deref()) {
                Some((_, names)) => names.push(name.own()),
                None => groups.push((name.group.as_deref(), vec![name.own()])),
            }
        }
        groups.into_iter().map(|(group, names)| (group, names.join(", "))).collect()
    }

    /// `+3 more`
    pub(crate) fn more(&self, most: usize) -> Option<String> {
        let more = self.names.len().saturating_sub(most);
        (more > 0).then(|| format!("+{more} more"))
    }
}
