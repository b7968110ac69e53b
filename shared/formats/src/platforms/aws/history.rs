//! The events that the list no longer has. It shows those of the last days; the document in which one that left it is
//! looked up has all of them, for years, so one request gives what is wanted. `data.json` has its own archive, of which
//! a read takes all.
//!
//! Rests on what the look-up rests on.
use super::{Content, EVENTS, PAST_EVENTS};
use crate::{
    contract::{Answers, History, HistoryContext, ParsedHistory, Stop},
    text::urls::fixed_url,
};

pub(crate) const HISTORY: History = History { format: super::FORMAT.name, max_requests: 4, read };

fn read(context: &HistoryContext<'_>, answers: &Answers) -> Result<ParsedHistory, Stop> {
    let mut content = Content::default();
    if context.source == EVENTS {
        let answer = answers.require(&fixed_url(PAST_EVENTS))?;
        let is_recent = |at: Option<jiff::Timestamp>| at.is_some_and(|at| at >= context.since);
        content.add_history(context.page, answer, |event| is_recent(event.changed_at()))?;
    }
    Ok(ParsedHistory { incidents: content.incident_set.into_incidents(), problems: content.problems.into_vec() })
}
