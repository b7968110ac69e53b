//! How much of a long alert is shown. All channels shrink by the same ladder, each from its own upper bound.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeBudget {
    /// Characters of each update.
    pub(crate) body: usize,
    /// Newest updates.
    pub(crate) updates: usize,
    /// Components of each state.
    pub(crate) names: usize,
}

/// Names in a list: what people still read.
pub(crate) const MAX_NAMES: usize = 12;

/// From generous to small enough for every channel, whatever the provider wrote.
#[rustfmt::skip]
const LADDER: [SizeBudget; 6] = [
    SizeBudget { body: 5_000, updates: 20, names: MAX_NAMES },
    SizeBudget { body: 3_000, updates: 10, names: MAX_NAMES },
    SizeBudget { body: 1_500, updates: 5, names: MAX_NAMES },
    SizeBudget { body: 800, updates: 3, names: 8 },
    SizeBudget { body: 500, updates: 2, names: 4 },
    SizeBudget { body: 300, updates: 1, names: 2 },
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
            names: self.names.min(most.names),
        }
    }
}
