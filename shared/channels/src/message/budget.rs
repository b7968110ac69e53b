//! How much of a long alert is shown. All channels shrink by the same ladder, each from its own upper bound.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeBudget {
    /// Characters of each update.
    pub(crate) body: usize,
    /// Newest updates.
    pub(crate) updates: usize,
    pub(crate) components: usize,
}

/// From generous to small enough for every channel, whatever the provider wrote.
#[rustfmt::skip]
const LADDER: [SizeBudget; 6] = [
    SizeBudget { body: 5_000, updates: 20, components: 40 },
    SizeBudget { body: 3_000, updates: 10, components: 30 },
    SizeBudget { body: 1_500, updates: 5, components: 20 },
    SizeBudget { body: 800, updates: 3, components: 10 },
    SizeBudget { body: 500, updates: 2, components: 5 },
    SizeBudget { body: 300, updates: 1, components: 2 },
];

impl SizeBudget {
    /// What is rendered with the first step of the ladder that fits, and with the last if none does. No step exceeds
    /// `self`.
    pub(crate) fn shrink<T>(self, render: impl Fn(&Self) -> T, fits: impl Fn(&T) -> bool) -> T {
        let [steps @ .., last] = LADDER;
        let mut rendered = steps.into_iter().map(|step| render(&step.within(self)));
        rendered.find(fits).unwrap_or_else(|| render(&last.within(self)))
    }

    fn within(self, most: Self) -> Self {
        Self {
            body: self.body.min(most.body),
            updates: self.updates.min(most.updates),
            components: self.components.min(most.components),
        }
    }
}
