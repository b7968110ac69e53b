//! `[[board]]`: pages with chosen providers for people outside. Their addresses are made when they are applied.
use settings::{BoardDraft, Code, Context};
use status::board::Board;

use super::{
    diagnostics::Diagnostics,
    drafts::{Strings, report},
    tables::{Table, Tables},
};

pub(super) fn read(tables: &Tables<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Vec<Board> {
    tables.boards.iter().filter_map(|table| board(table, context, diagnostics)).collect()
}

fn board(table: &Table<'_>, context: &Context<'_>, diagnostics: &mut Diagnostics<'_>) -> Option<Board> {
    table.reject_unknown_keys(&["id", "name", "address", "providers"], diagnostics);
    let id = table.id(diagnostics);
    let name = table.require("name", "name = \"Our vendors\"", diagnostics);
    let example = "providers = [\"github\"]";
    let providers = table.require("providers", example, diagnostics);
    let providers = providers.map(|entry| Strings::read(&entry, example, diagnostics));
    let draft = BoardDraft {
        id: id.unwrap_or_default().to_owned(),
        name: name.and_then(|entry| entry.string(diagnostics)).unwrap_or_default().to_owned(),
        address: table.string("address", diagnostics).map(str::to_owned),
        providers: providers.as_ref().map(|list| list.texts.clone()).unwrap_or_default(),
    };
    let problems = match draft.validate(context) {
        Ok(board) => return Some(board),
        Err(problems) => problems,
    };
    let named = |field: &str| draft.providers.iter().enumerate().find(|(at, _)| field == format!("providers[{at}]"));
    report(
        table,
        &[("providers", providers.as_ref())],
        problems,
        |problem, diagnostics| {
            let id = named(&problem.field).map(|(_, id)| id);
            problem.code == Code::Unknown && id.is_some_and(|id| diagnostics.may_be_unparsed(id))
        },
        diagnostics,
    );
    None
}

#[cfg(test)]
mod tests {
    use status::board::BoardAddress;

    use super::super::{check, write};

    #[test]
    fn board_of_the_catalogue_and_of_own_pages_is_read_and_written_again() {
        let text = "[[page]]\nid = \"acme\"\nname = \"Acme\"\nurl = \"https://status.acme.test\"\n\n\
                    [[board]]\nid = \"vendors\"\nname = \"Our vendors\"\naddress = \"public\"\n\
                    providers = [\"github\", \"acme\"]\n";
        let settings = check(text, &|_| None).unwrap().settings;
        let board = &settings.boards[0];
        assert_eq!((board.name.as_str(), board.address), ("Our vendors", BoardAddress::Public));
        assert_eq!(board.providers, ["github".into(), "acme".into()]);
        assert_eq!(write::write(&settings, write::Secrets::Named), text);
        let secret = check(&text.replace("address = \"public\"\n", ""), &|_| None).unwrap().settings;
        assert_eq!(secret.boards[0].address, BoardAddress::Secret);
    }

    #[test]
    fn what_is_wrong_with_a_board_is_told_where_it_stands() {
        for (line, wrong) in [
            ("providers = [\"gihtub\"]", "4:14: board \"a\": providers: unknown provider \"gihtub\"; did you mean"),
            ("providers = []", "4:13: board \"a\": providers: is an empty list"),
            ("providers = [\"github\"]\naddress = \"open\"", "5:11: board \"a\": address: unknown word \"open\""),
            ("providers = [\"github\"]\ncolour = 1", "5:1: board \"a\": unknown key \"colour\""),
        ] {
            let errors = check(&format!("[[board]]\nid = \"a\"\nname = \"A\"\n{line}\n"), &|_| None).unwrap_err();
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(errors.len() == 1 && errors[0].starts_with(wrong), "{errors:?}");
        }
        let unnamed = check("[[board]]\nid = \"a\"\n", &|_| None).unwrap_err();
        assert_eq!(unnamed.len(), 2, "{unnamed:?}");
    }
}
