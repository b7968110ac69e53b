//! The paths that a Rust file writes, read from its tokens: those of `use`, and those in the code. What is under
//! `#[cfg(test)]` is left out.

/// A path, from the root of the crate.
#[derive(Debug, PartialEq)]
pub(super) struct Written {
    pub(super) path: Vec<String>,
    /// It begins with `crate`, `self` or `super`. Any other leads into another crate, unless its first segment is a
    /// module.
    pub(super) is_ours: bool,
    /// The name that a `use` of the whole file gives it.
    pub(super) name: Option<String>,
}

/// The paths of a file that is the module at `module`.
pub(super) fn written(source: &str, module: &[String]) -> Vec<Written> {
    let tokens = without_tests(&tokens(source));
    let mut reader = Reader { tokens: &tokens, at: 0, module: module.to_vec(), braces: Vec::new(), found: Vec::new() };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: &'a [String],
    at: usize,
    /// Where the reader is, modules within the file included.
    module: Vec<String>,
    /// The open braces: whether each opens a module.
    braces: Vec<bool>,
    found: Vec<Written>,
}

impl Reader<'_> {
    fn token(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    fn before(&self, back: usize) -> &str {
        self.at.checked_sub(back).map_or("", |at| self.tokens[at].as_str())
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.token(0) {
                "mod" if is_name(self.token(1)) && self.token(2) == "{" => {
                    self.module.push(self.token(1).to_owned());
                    self.braces.push(true);
                    self.at += 3;
                }
                "{" => {
                    self.braces.push(false);
                    self.at += 1;
                }
                "}" => {
                    if self.braces.pop() == Some(true) {
                        self.module.pop();
                    }
                    self.at += 1;
                }
                "use" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                name if is_name(name) && self.token(1) == "::" => self.path_in_code(),
                _ => self.at += 1,
            }
        }
    }

    fn path_in_code(&mut self) {
        let continues = matches!(self.before(1), "::" | "." | "$");
        // `pub(in crate::pages)` imports nothing.
        let is_visibility = self.before(1) == "in" && self.before(2) == "(";
        let path = self.segments();
        if !continues && !is_visibility {
            self.keep(&path, None);
        }
    }

    fn segments(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        while is_name(self.token(0)) {
            path.push(self.token(0).to_owned());
            self.at += 1;
            if self.token(0) != "::" {
                break;
            }
            self.at += 1;
        }
        path
    }

    /// One `use` tree, up to what ends it.
    fn tree(&mut self, before: &[String]) {
        if self.token(0) == "::" {
            self.at += 1;
        }
        let mut path = [before, &self.segments()].concat();
        match self.token(0) {
            "{" => {
                self.at += 1;
                while !matches!(self.token(0), "}" | "") {
                    self.tree(&path);
                    if self.token(0) == "," {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            "*" => {
                self.at += 1;
                self.keep(&path, None);
            }
            _ => {
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                let mut name = path.last().cloned();
                if self.token(0) == "as" {
                    name = Some(self.token(1).to_owned());
                    self.at += 2;
                }
                self.keep(&path, name);
                // Whatever this is, it is passed.
                if !matches!(self.token(0), "," | "}" | ";" | "") {
                    self.at += 1;
                }
            }
        }
    }

    fn keep(&mut self, path: &[String], name: Option<String>) {
        let Some(first) = path.first() else { return };
        let mut whole = if first == "crate" { Vec::new() } else { self.module.clone() };
        let is_ours = matches!(first.as_str(), "crate" | "self" | "super");
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => {
                    whole.pop();
                }
                name => whole.push(name.to_owned()),
            }
        }
        let name = name.filter(|_| self.braces.is_empty());
        self.found.push(Written { path: whole, is_ours, name });
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::`, and every other character by itself; without comments, texts, characters and lifetimes.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = text(rest) {
            length
        } else if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the text, character or lifetime that this begins with.
fn text(rest: &str) -> Option<usize> {
    let prefix = ["br", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|it| it.starts_with(['"', '\'']) || (prefix.ends_with('r') && it.starts_with("#")))
    })?;
    let opened = &rest[prefix.len()..];
    let hashes = opened.len() - opened.trim_start_matches('#').len();
    if prefix.ends_with('r') {
        let start = opened[hashes..].strip_prefix('"')?;
        let end = start.find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some(prefix.len() + hashes + 1 + end + 1 + hashes);
    }
    let mut chars = opened.chars();
    let quote = chars.next()?;
    if quote == '\'' && chars.next() != Some('\\') && chars.next() != Some(quote) {
        // A lifetime.
        return Some(prefix.len() + 1);
    }
    let mut escaped = false;
    for (at, c) in opened.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// Without the items under `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at..].iter().take(MARK.len()).eq(MARK.iter()) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth <= 0 && matches!(tokens[at - 1].as_str(), "}" | ";") {
                break;
            }
        }
    }
    kept
}

#[test]
fn paths_are_read_from_use_and_from_code() {
    let source = r##"
        //! use crate::comment::No;
        mod child;
        pub use child::{Name, deep::Other as Renamed};
        use super::{self, *, sibling::Thing};
        use std::fs;
        fn f<'a>(x: &'a str) -> crate::far::Type { let c = 'x'; "crate::text::No"; r#"crate::"raw::No"#; child::run() }
        mod inner { use super::up; fn g() { self::h(); x.collect::<Vec<_>>() } }
        pub(in crate::no) struct S;
        #[cfg(test)]
        mod tests { use crate::no::No; }
        #[cfg(test)]
        use crate::no::No;
        fn last() { crate::last() }
    "##;
    let found = written(source, &["a".to_owned(), "b".to_owned()]);
    let shown = |it: &Written| {
        let ours = if it.is_ours { "" } else { "?" };
        let name = it.name.as_ref().map_or(String::new(), |name| format!(" as {name}"));
        format!("{}{ours}{name}", it.path.join("::"))
    };
    let found: Vec<String> = found.iter().map(shown).collect();
    let expected = [
        "a::b::child::Name? as Name",
        "a::b::child::deep::Other? as Renamed",
        "a as super",
        "a",
        "a::sibling::Thing as Thing",
        "a::b::std::fs? as fs",
        "far::Type",
        "a::b::child::run?",
        "a::b::up",
        "a::b::inner::h",
        "last",
    ];
    assert_eq!(found, expected);
}
