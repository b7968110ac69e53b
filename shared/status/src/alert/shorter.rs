//! An alert without what makes it long.
use super::Alert;

impl Alert {
    /// The alert without its lists and texts, for whoever keeps many of them.
    pub fn without_lists(self) -> Self {
        Self {
            updates: Vec::new(),
            components: Vec::new(),
            in_trouble: Vec::new(),
            unmatched: Vec::new(),
            summary: Vec::new(),
            concerned: Vec::new(),
            ..self
        }
    }

    /// Less and less of it, for a row that has no room for all of it; `None`: there is no less. The newest update and
    /// the incidents of a summary stay.
    pub fn shorter(&self, step: usize) -> Option<Self> {
        let mut shorter = self.clone();
        let kept = *[100, 20].get(step)?;
        let newest = shorter.updates.len().saturating_sub(1);
        shorter.updates[..newest].iter_mut().for_each(|update| update.body = None);
        shorter.updates.iter_mut().for_each(|update| update.components.clear());
        shorter.updates.drain(..(newest + 1).min(shorter.updates.len()).saturating_sub(kept));
        shorter.components.truncate(kept);
        shorter.in_trouble.truncate(kept);
        // A filter takes them for unknown.
        shorter.summary.iter_mut().for_each(|item| item.components.clear());
        Some(shorter)
    }
}
