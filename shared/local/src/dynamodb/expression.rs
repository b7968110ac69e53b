//! Update and condition expressions of the kinds that this project sends often: `SET` of values and of
//! `if_not_exists`, `ADD` of numbers, `REMOVE`, comparisons and `attribute_exists`. Whatever else there is is left to
//! the library, which also judges every expression when it is sent for the first time: here it is known to be valid.
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::value::{Item, Value};

/// Values of a request by their names, such as `:now`.
pub(super) type Values<'a> = HashMap<&'a str, &'a RawValue>;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Update {
    set: Vec<(String, Source)>,
    /// Attributes, and the values that are added to them.
    add: Vec<(String, String)>,
    remove: Vec<String>,
}

/// Numbers after they were added to, by their attributes.
pub(super) type Sums<'u> = Vec<(&'u str, Box<RawValue>)>;

#[derive(Debug, PartialEq, Eq)]
enum Source {
    Value(String),
    /// The attribute as it is, else the value.
    IfMissing(String, String),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Exists(Vec<String>),
    Missing(Vec<String>),
    Compare(Operand, Comparison, Operand),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Path(Vec<String>),
    Value(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    AtMost,
}

impl Update {
    /// `None`: it is of another kind. `names` resolves placeholders such as `#ttl`.
    pub(super) fn parse(text: &str, names: &HashMap<&str, &str>) -> Option<Self> {
        let mut parser = Parser::new(text, names)?;
        let mut update = Self { set: Vec::new(), add: Vec::new(), remove: Vec::new() };
        while let Some(clause) = parser.next() {
            match clause {
                "SET" => update.set.extend(parser.list(Parser::assignment)?),
                "ADD" => update.add.extend(parser.list(Parser::addition)?),
                "REMOVE" => update.remove.extend(parser.list(Parser::name)?),
                _ => return None,
            }
        }
        Some(update)
    }

    /// Whether it writes this attribute, or reads it.
    pub(super) fn touches(&self, attribute: &str) -> bool {
        let sources = self.set.iter().filter_map(|(_, source)| match source {
            Source::Value(_) => None,
            Source::IfMissing(attribute, _) => Some(attribute),
        });
        let set = self.set.iter().map(|(name, _)| name).chain(self.add.iter().map(|(name, _)| name));
        set.chain(&self.remove).chain(sources).any(|name| name == attribute)
    }

    /// `None`: what is added to, or what is added, is no whole number, or the sum is too large.
    pub(super) fn sums(&self, item: &Item<'_>, values: &Values<'_>) -> Option<Sums<'_>> {
        let sum = |(name, value): &'_ (String, String)| {
            let Value::N(more) = Value::read(values.get(value.as_str())?)? else { return None };
            let sum = match item.get(name.as_str()).map(|raw| Value::read(raw)) {
                None => more,
                Some(Some(Value::N(before))) => before.plus(more)?,
                Some(_) => return None,
            };
            Some(sum.to_json())
        };
        self.add.iter().map(|addition| Some((addition.0.as_str(), sum(addition)?))).collect()
    }

    /// The item after the update. Sources see it as it was before.
    pub(super) fn apply<'a>(&'a self, item: &Item<'a>, values: &Values<'a>, sums: &'a Sums<'_>) -> Option<Item<'a>> {
        let mut updated = item.clone();
        for (name, source) in &self.set {
            let value = match source {
                Source::Value(value) => *values.get(value.as_str())?,
                Source::IfMissing(attribute, value) => match item.get(attribute.as_str()) {
                    Some(value) => value,
                    None => *values.get(value.as_str())?,
                },
            };
            updated.insert(name, value);
        }
        updated.extend(sums.iter().map(|(name, sum)| (*name, &**sum)));
        for name in &self.remove {
            updated.remove(name.as_str());
        }
        Some(updated)
    }
}

impl Condition {
    pub(super) fn parse(text: &str, names: &HashMap<&str, &str>) -> Option<Self> {
        let mut parser = Parser::new(text, names)?;
        let condition = parser.alternatives()?;
        parser.next().is_none().then_some(condition)
    }

    /// `None`: it depends on a value that the library has to look at.
    pub(super) fn holds(&self, item: &Item<'_>, values: &Values<'_>) -> Option<bool> {
        match self {
            Self::Or(left, right) => Some(left.holds(item, values)? || right.holds(item, values)?),
            Self::And(left, right) => Some(left.holds(item, values)? && right.holds(item, values)?),
            Self::Exists(path) => exists(item, path),
            Self::Missing(path) => exists(item, path).map(|exists| !exists),
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.value(item, values)?, right.value(item, values)?);
                let (Some(left), Some(right)) = (left, right) else {
                    return Some(*comparison == Comparison::Unequal);
                };
                Some(match (comparison, left, right) {
                    (Comparison::Equal, left, right) => left == right,
                    (Comparison::Unequal, left, right) => left != right,
                    (Comparison::AtMost, Value::N(left), Value::N(right)) => left <= right,
                    (Comparison::AtMost, Value::S(left), Value::S(right)) => left <= right,
                    (Comparison::AtMost, Value::B(_), _) | (Comparison::AtMost, _, Value::B(_)) => return None,
                    (Comparison::AtMost, ..) => false,
                })
            }
        }
    }
}

impl Operand {
    fn value<'a>(&self, item: &Item<'a>, values: &Values<'a>) -> Option<Option<Value<'a>>> {
        match self {
            Self::Value(name) => Value::read(values.get(name.as_str())?).map(Some),
            Self::Path(path) => at(item, path),
        }
    }
}

fn exists(item: &Item<'_>, path: &[String]) -> Option<bool> {
    match path {
        [name] => Some(item.contains_key(name.as_str())),
        _ => at(item, path).map(|value| value.is_some()),
    }
}

/// The value at the path, if there is one.
fn at<'a>(item: &Item<'a>, path: &[String]) -> Option<Option<Value<'a>>> {
    let (first, rest) = path.split_first()?;
    let Some(raw) = item.get(first.as_str()) else { return Some(None) };
    let mut value = Value::read(raw)?;
    for name in rest {
        let Value::M(mut members) = value else { return Some(None) };
        let Some(member) = members.remove(name.as_str()) else { return Some(None) };
        value = member;
    }
    Some(Some(value))
}

/// Every function returns `None` at what it does not know.
struct Parser<'a> {
    /// Reversed.
    tokens: Vec<&'a str>,
    names: &'a HashMap<&'a str, &'a str>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, names: &'a HashMap<&'a str, &'a str>) -> Option<Self> {
        let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
        while let Some(first) = rest.chars().next() {
            let is_word = |character: char| character.is_ascii_alphanumeric() || "_#:".contains(character);
            let length = match first {
                _ if is_word(first) => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
                '<' if rest.starts_with("<=") || rest.starts_with("<>") => 2,
                '(' | ')' | ',' | '.' | '=' => 1,
                _ => return None,
            };
            tokens.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
        tokens.reverse();
        Some(Self { tokens, names })
    }

    fn next(&mut self) -> Option<&'a str> {
        self.tokens.pop()
    }

    fn eat(&mut self, token: &str) -> Option<()> {
        (self.tokens.last() == Some(&token)).then(|| self.tokens.pop()).map(drop)
    }

    fn list<T>(&mut self, element: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut list = vec![element(self)?];
        while self.eat(",").is_some() {
            list.push(element(self)?);
        }
        Some(list)
    }

    fn name(&mut self) -> Option<String> {
        let word = self.next()?;
        match word.as_bytes()[0] {
            b'#' => self.names.get(word).map(|name| name.to_string()),
            first if first.is_ascii_alphabetic() || first == b'_' => Some(word.to_owned()),
            _ => None,
        }
    }

    fn value(&mut self) -> Option<String> {
        self.next().filter(|word| word.starts_with(':')).map(str::to_owned)
    }

    fn assignment(&mut self) -> Option<(String, Source)> {
        let name = self.name()?;
        self.eat("=")?;
        if self.eat("if_not_exists").is_none() {
            return Some((name, Source::Value(self.value()?)));
        }
        self.eat("(")?;
        let attribute = self.name()?;
        self.eat(",")?;
        let value = self.value()?;
        self.eat(")")?;
        Some((name, Source::IfMissing(attribute, value)))
    }

    fn addition(&mut self) -> Option<(String, String)> {
        Some((self.name()?, self.value()?))
    }

    fn alternatives(&mut self) -> Option<Condition> {
        let first = self.requirements()?;
        if self.eat("OR").is_none() {
            return Some(first);
        }
        Some(Condition::Or(first.into(), self.alternatives()?.into()))
    }

    fn requirements(&mut self) -> Option<Condition> {
        let first = self.requirement()?;
        if self.eat("AND").is_none() {
            return Some(first);
        }
        Some(Condition::And(first.into(), self.requirements()?.into()))
    }

    fn requirement(&mut self) -> Option<Condition> {
        if self.eat("(").is_some() {
            let inner = self.alternatives()?;
            self.eat(")")?;
            return Some(inner);
        }
        for (function, condition) in
            [("attribute_exists", Condition::Exists as fn(_) -> _), ("attribute_not_exists", Condition::Missing)]
        {
            if self.eat(function).is_some() {
                self.eat("(")?;
                let path = self.path()?;
                self.eat(")")?;
                return Some(condition(path));
            }
        }
        let left = self.operand()?;
        let comparison = match self.next()? {
            "=" => Comparison::Equal,
            "<>" => Comparison::Unequal,
            "<=" => Comparison::AtMost,
            _ => return None,
        };
        Some(Condition::Compare(left, comparison, self.operand()?))
    }

    fn operand(&mut self) -> Option<Operand> {
        match self.tokens.last()?.starts_with(':') {
            true => self.value().map(Operand::Value),
            false => self.path().map(Operand::Path),
        }
    }

    fn path(&mut self) -> Option<Vec<String>> {
        let mut path = vec![self.name()?];
        while self.eat(".").is_some() {
            path.push(self.name()?);
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_of_expressions_are_left_to_the_library() {
        let names = HashMap::from([("#a", "a")]);
        for text in
            ["SET a = b + :c", "SET a.b = :c", "ADD a.b :c", "SET a[0] = :c", "SET #b = :c", "set a = :c", "SET"]
        {
            assert_eq!(Update::parse(text, &names), None, "{text}");
        }
        for text in ["NOT a = :b", "a < :b", "a IN (:b)", "begins_with(a, :b)", "a = :b c", "(a = :b", "a BETWEEN :b"] {
            assert_eq!(Condition::parse(text, &names), None, "{text}");
        }
        let update = Update::parse("SET #a = :b, c = if_not_exists(d, :e) ADD h :i REMOVE f, g", &names).unwrap();
        let touched = ["a", "c", "d", "f", "g", "h", "b"].map(|name| update.touches(name));
        assert_eq!(touched, [true, true, true, true, true, true, false]);
    }

    #[test]
    fn and_binds_closer_than_or() {
        let names = HashMap::new();
        let condition = Condition::parse("attribute_exists(a) OR attribute_exists(b) AND attribute_exists(c)", &names);
        let [a, b, c] = ["a", "b", "c"].map(|name| Condition::Exists(vec![name.to_owned()]));
        assert_eq!(condition, Some(Condition::Or(a.into(), Condition::And(b.into(), c.into()).into())));
    }
}
