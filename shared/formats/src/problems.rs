//! What was left out of a read or repaired in it, in words for people. A broken page repeats itself a thousand times,
//! so each sentence is kept once and only the first few.
const KEPT: usize = 20;
const QUOTED: usize = 40;

#[derive(Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub(crate) fn add(&mut self, problem: String) {
        if self.0.len() < KEPT && !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// A vendor's word as part of a sentence: short, on one line, without control characters.
pub(crate) fn quoted(word: &str) -> String {
    format!("{:?}", word.chars().take(QUOTED).collect::<String>())
}
