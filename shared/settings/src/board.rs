//! A draft of a board: a page for people outside of the account, with providers that the account chose for them.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::{
    board::{Board, BoardAddress},
    ids::{BoardId, ProviderId},
    provider::may_be_private,
};

use crate::{
    Context,
    problem::{Code, Problem, Problems},
    words::{at, check_id, entries, name, quoted, suggest},
};

/// A feed of a board reads the history of each.
const MAX_PROVIDERS: usize = 50;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoardDraft {
    pub id: String,
    /// The heading of its page.
    pub name: String,
    /// `public`: its address is known to everybody; `secret`: to whom it was given. `None`: secret. With another word
    /// it gets a new address.
    pub address: Option<String>,
    /// IDs of providers of the catalogue, and of pages that the configuration file declares.
    pub providers: Vec<String>,
}

impl BoardDraft {
    pub fn validate(&self, context: &Context<'_>) -> Result<Board, Vec<Problem>> {
        let mut problems = Problems::default();
        check_id(&self.id, &mut problems);
        let name = name("name", Some(&self.name), &mut problems);
        if name.is_none() {
            problems.add("name", Code::Missing, "is missing", "write the heading of the page");
        }
        let address = match self.address.as_deref() {
            None => Some(BoardAddress::default()),
            Some(word) => BoardAddress::ALL.into_iter().find(|it| it.as_str() == word),
        };
        if address.is_none() {
            let word = quoted(self.address.as_deref().unwrap_or_default());
            problems.add("address", Code::Unknown, format!("unknown word {word}"), "write \"public\" or \"secret\"");
        }
        let mut providers = Vec::new();
        for (index, id) in
            entries("providers", &self.providers, MAX_PROVIDERS, "choose at least one provider", &mut problems)
        {
            let provider = ProviderId::new(id);
            let is_own = context.known.pages.contains(id);
            let field = at("providers", index);
            if is_own && may_be_private(&provider) {
                let hint = "leave it out: a board shows what every visitor may see";
                problems.add(field, Code::Refused, "is a page that only your account sees", hint);
            } else if !is_own && catalogue::find(id).is_none() {
                let slugs = catalogue::entries().iter().map(|entry| entry.slug);
                let hint = suggest(id, "providers", slugs);
                problems.add(field, Code::Unknown, format!("unknown provider {}", quoted(id)), hint);
            }
            providers.push(provider);
        }
        let made = name.zip(address).map(|(name, address)| Board {
            id: BoardId::new(&self.id),
            account: context.account.clone(),
            name,
            address,
            providers,
        });
        problems.or(made)
    }

    pub fn of(board: &Board) -> Self {
        Self {
            id: board.id.to_string(),
            name: board.name.clone(),
            address: Some(board.address.as_str().to_owned()),
            providers: board.providers.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use outbound::Guard;
    use status::ids::AccountId;

    use super::*;
    use crate::Known;

    fn problems(draft: &BoardDraft) -> Vec<(String, Code)> {
        let private = crate::page_id(&"https://status.example.com".parse().unwrap()).to_string();
        let known = Known { pages: ["ours".to_owned(), private].into(), ..Known::default() };
        let (account, guard) = (AccountId::new("a"), Guard::default());
        let context = Context { account: &account, guard: &guard, known: &known, of_file: false };
        let found = draft.validate(&context).err().unwrap_or_default();
        found.into_iter().map(|problem| (problem.field, problem.code)).collect()
    }

    fn draft(providers: &[&str]) -> BoardDraft {
        let providers = providers.iter().map(|id| (*id).to_owned()).collect();
        BoardDraft { id: "board_1".to_owned(), name: "Ours".to_owned(), address: None, providers }
    }

    #[test]
    fn board_shows_the_catalogue_and_pages_of_the_file_and_nothing_private() {
        assert_eq!(problems(&draft(&["github", "ours"])), []);
        let private = crate::page_id(&"https://status.example.com".parse().unwrap()).to_string();
        assert_eq!(problems(&draft(&["github", &private])), [("providers[1]".to_owned(), Code::Refused)]);
        assert_eq!(problems(&draft(&["page_of_somebody"])), [("providers[0]".to_owned(), Code::Unknown)]);
        assert_eq!(problems(&draft(&["github", "github"])), [("providers[1]".to_owned(), Code::Duplicate)]);
    }

    #[test]
    fn all_problems_of_a_draft_are_told_at_once() {
        let blank = BoardDraft { address: Some("open".to_owned()), name: " ".to_owned(), ..draft(&[]) };
        let fields: Vec<String> = problems(&blank).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["name", "address", "providers"]);
    }
}
