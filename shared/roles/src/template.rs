//! The roles of the template, as far as they are about its table.
use std::{collections::BTreeMap, sync::LazyLock};

use crate::access::Access;

static ROLES: LazyLock<BTreeMap<&str, Role>> = LazyLock::new(|| roles(include_str!("../../../template.yaml")));

pub(crate) struct Role {
    pub(crate) name: &'static str,
    statements: Vec<Statement>,
}

/// Allows all of its actions on all that it names.
#[derive(Debug)]
struct Statement {
    actions: Vec<&'static str>,
    of_table: bool,
    of_index: bool,
    /// Patterns of partitions; `None`: all of them.
    partitions: Option<Vec<&'static str>>,
}

impl Role {
    pub(crate) fn named(name: &str) -> &'static Self {
        ROLES.get(name).unwrap_or_else(|| panic!("template.yaml has no role {name}"))
    }

    pub(crate) fn allows(&self, access: &Access<'_>) -> bool {
        self.statements.iter().any(|statement| {
            let partitions = statement.partitions.as_ref();
            statement.actions.contains(&access.action)
                && if access.of_index { statement.of_index } else { statement.of_table }
                && partitions.is_none_or(|patterns| patterns.iter().any(|pattern| fits(pattern, access.partition)))
        })
    }
}

fn fits(pattern: &str, partition: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => partition.starts_with(start),
        None => partition == pattern,
    }
}

/// Resources are indented by two, and a role says its type in its first line.
fn roles(template: &'static str) -> BTreeMap<&'static str, Role> {
    let lines: Vec<&str> = template.lines().collect();
    let mut roles = BTreeMap::new();
    for (number, pair) in lines.windows(2).enumerate() {
        let name = pair[0].strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        if let Some(name) = name.filter(|_| pair[1].trim() == "Type: AWS::IAM::Role") {
            let of_it = |line: &&&str| line.starts_with("   ") || line.is_empty();
            let block: Vec<&str> = lines[number + 1..].iter().take_while(of_it).copied().collect();
            let statements = block.split(|line| line.trim_start().starts_with("- Effect: Allow")).skip(2);
            roles.insert(name, Role { name, statements: statements.map(statement).collect() });
        }
    }
    roles
}

/// Of these lines, as the template writes statements.
fn statement(lines: &[&'static str]) -> Statement {
    const LEADING_KEYS: &str = "dynamodb:LeadingKeys:";
    let lines = || lines.iter().copied().filter(|line| !line.trim_start().starts_with('#'));
    let words = |line: &'static str| line.split([' ', ',', '[', ']', '"']).filter(|word| !word.is_empty());
    let actions = lines().flat_map(words).filter_map(|word| word.strip_prefix("dynamodb:"));
    let keys: Vec<&str> = lines().skip_while(|line| !line.contains(LEADING_KEYS)).collect();
    let partitions = keys.split_first().map(|(first, further)| {
        let in_line = first.split_once(LEADING_KEYS).map_or("", |(_, rest)| rest);
        let items = further.iter().map_while(|line| line.trim_start().strip_prefix("- "));
        words(in_line).chain(items.filter(|item| !item.starts_with('!')).flat_map(words)).collect()
    });
    Statement {
        actions: actions.filter(|action| !action.starts_with("LeadingKeys")).collect(),
        of_table: lines().any(|line| line.contains("!GetAtt Table.Arn")),
        of_index: lines().any(|line| line.contains("/index/")),
        partitions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(role: &str, action: &str, partition: &str) -> bool {
        Role::named(role).allows(&Access { action, of_index: false, partition })
    }

    #[test]
    fn roles_of_the_template_are_told_apart() {
        assert!(allows("PollerRole", "BatchWriteItem", "PAGE#acme") && !allows("PollerRole", "Scan", ""));
        assert!(allows("WebRole", "GetItem", "PAGE#acme") && !allows("WebRole", "PutItem", "PAGE#acme"));
        assert!(allows("WebRole", "GetItem", "ROUNDS") && !allows("WebRole", "GetItem", "ROUNDS#"));
        assert!(allows("WebRole", "UpdateItem", "RECIPIENT#a") && !allows("WebRole", "UpdateItem", "PAGE#a"));
        assert!(!allows("WebRole", "GetItem", "SESSIONS#jo@example.com"));
    }

    #[test]
    fn index_and_table_are_told_apart() {
        let query = |of_index| Access { action: "Query", of_index, partition: "DELIVERIES#hook" };
        assert!(Role::named("ConsoleRole").allows(&query(true)) && !Role::named("ConsoleRole").allows(&query(false)));
        assert!(Role::named("SlackDispatcherRole").allows(&query(true)));
        assert!(!Role::named("SlackDispatcherRole").allows(&query(false)));
    }

    #[test]
    fn every_function_of_the_table_has_statements() {
        for (name, role) in &*ROLES {
            let about_table = role.statements.iter().filter(|statement| !statement.actions.is_empty());
            assert!(about_table.clone().count() > 0, "{name}");
            let named = |statement: &Statement| statement.of_table || statement.of_index;
            assert!(about_table.clone().all(named), "{name}: {:?}", role.statements);
        }
        assert!(ROLES.len() >= 10, "{:?}", ROLES.keys());
    }
}
