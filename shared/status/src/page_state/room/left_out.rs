//! What is left out of a page, counted and for people.
use crate::bounds::Cut;

/// What of a page is not kept although the page has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Left out, and all that the page has.
    pub components: (usize, usize),
    pub incidents: usize,
    pub updates: usize,
    /// Components that incidents name.
    pub affected: usize,
    pub texts: usize,
}

impl LeftOut {
    /// What a state leaves out of one read: by the gate, and by its own bounds.
    pub fn of(cut: &Cut, state: Self) -> Self {
        Self {
            components: cut.components,
            incidents: cut.incidents.0 + state.incidents,
            updates: cut.updates + state.updates,
            affected: cut.affected + state.affected,
            texts: cut.texts + state.texts,
        }
    }

    /// For people; `None`: everything is kept.
    pub fn problem(self) -> Option<String> {
        let of = |number: usize, what: &str| (number > 0).then(|| format!("{} {what}", grouped(number)));
        let (components, all) = self.components;
        let parts: Vec<String> = [
            of(components, &format!("of {} components", grouped(all))),
            of(self.incidents, "incidents"),
            of(self.updates, "updates"),
            of(self.affected, "components of incidents"),
            of(self.texts, "texts"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let (last, others) = parts.split_last()?;
        let list = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
        Some(format!("the page has more than there is room for: {list} are not kept"))
    }
}

/// `280,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let with_commas = digits.char_indices().flat_map(|(at, digit)| {
        let is_third = at > 0 && (digits.len() - at).is_multiple_of(3);
        is_third.then_some(',').into_iter().chain([digit])
    });
    with_commas.collect()
}
