//! What was left out of a read or repaired in it, in words for people. A broken page repeats itself a thousand times,
//! so each sentence is kept once and only the first few.
use status::words::ComponentStatus;

const MAX_PROBLEMS: usize = 20;
const MAX_QUOTED_CHARS: usize = 40;

#[derive(Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub(crate) fn add(&mut self, problem: String) {
        if self.0.len() < MAX_PROBLEMS && !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Notes that the word for a component's state is not known, which leaves the state unknown.
    pub(crate) fn unknown_status(&mut self, id: &str, word: &str) -> ComponentStatus {
        self.add(format!("component {}: unknown status {}", quoted(id), quoted(word)));
        ComponentStatus::Unknown
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// A word of the page as part of a sentence: short, on one line, without control characters.
pub(crate) fn quoted(word: &str) -> String {
    format!("{:?}", word.chars().take(MAX_QUOTED_CHARS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_kept_once_and_no_more_than_twenty() {
        let mut problems = Problems::default();
        (0..50).for_each(|n| problems.add(format!("problem {}", n / 2)));
        let kept = problems.into_vec();
        assert_eq!((kept.len(), kept[0].as_str(), kept[1].as_str()), (20, "problem 0", "problem 1"));
    }

    #[test]
    fn a_quoted_word_is_short_and_on_one_line() {
        assert_eq!(quoted("a\nb\u{7}"), r#""a\nb\u{7}""#);
        assert_eq!(quoted(&"é".repeat(100)).chars().count(), 42);
    }
}
