//! No files of a crate import each other in a circle, so that each can be read and changed after what it imports. A
//! module hands on what its children offer: an import of such a name is one of the child. What a module takes from its
//! own children is no arrow; it is made of them.
mod paths;

use std::collections::{BTreeMap, BTreeSet};

use paths::{Written, written};

use super::{FILES, refuse};

/// Crates that still have circles. A crate whose circles are gone must leave this list.
const NOT_YET: [&str; 0] = [];

/// The source files of a crate, by their modules.
type Modules<'a> = BTreeMap<Vec<String>, Module<'a>>;

struct Module<'a> {
    path: &'a str,
    written: Vec<Written>,
}

/// Which file imports which, and by which names.
type Arrows<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<String>>;

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

/// Each crate with its modules. Binaries besides the crate's main target are crates of their own.
fn crates<'a>(files: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> BTreeMap<&'a str, Modules<'a>> {
    let sources = files.filter(|(path, _)| path.ends_with(".rs") && path.contains("/src/") && !is_test(path));
    let root = |path: &'a str| {
        let name = path.strip_suffix("/lib.rs").or_else(|| path.strip_suffix("/main.rs"));
        name.filter(|folder| folder.ends_with("/src") || folder.contains("/src/bin/"))
    };
    let mut roots: Vec<&str> = sources.clone().filter_map(|(path, _)| root(path)).collect();
    // The innermost root of a file is its crate's.
    roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
    let mut crates = BTreeMap::<&str, Modules<'_>>::new();
    for (path, source) in sources {
        let within = |root: &&&str| path.strip_prefix(**root).is_some_and(|rest| rest.starts_with('/'));
        let Some(root) = roots.iter().find(within) else { continue };
        let module = path[root.len() + 1..].trim_end_matches(".rs");
        let mut module: Vec<String> = module.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("lib" | "main" | "mod")) {
            module.pop();
        }
        let written = written(source, &module);
        crates.entry(root).or_default().insert(module, Module { path, written });
    }
    crates
}

/// The file that defines what a path names; `None` is another crate.
fn defining<'a>(modules: &Modules<'a>, path: &[String], is_ours: bool, steps: usize) -> Option<(Vec<String>, &'a str)> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(length);
    let file = &modules[module];
    let handed_on = rest.first().and_then(|first| file.written.iter().find(|it| it.name.as_ref() == Some(first)));
    match handed_on.filter(|it| steps > 0 && it.path != path) {
        Some(it) => {
            let is_ours = it.is_ours || leads_to_child(modules, it, module);
            let whole = [&it.path, &rest[1..]].concat();
            is_ours.then(|| defining(modules, &whole, true, steps - 1))?
        }
        None => is_ours.then(|| (module.to_vec(), file.path)),
    }
}

/// A path without `crate`, `self` or `super` begins with a child of the module that writes it.
fn leads_to_child(modules: &Modules<'_>, it: &Written, module: &[String]) -> bool {
    it.path.len() > module.len() && modules.contains_key(&it.path[..=module.len()])
}

fn arrows<'a>(modules: &Modules<'a>) -> Arrows<'a> {
    let mut arrows = Arrows::new();
    for (module, file) in modules {
        for it in &file.written {
            let is_ours = it.is_ours || leads_to_child(modules, it, module);
            let Some((target, path)) = defining(modules, &it.path, is_ours, 8) else { continue };
            if !target.starts_with(module) {
                let name = it.path.last().cloned().unwrap_or_else(|| "the root".to_owned());
                arrows.entry((file.path, path)).or_default().insert(name);
            }
        }
    }
    arrows
}

/// The files that can be reached from this one.
fn reached<'a>(arrows: &Arrows<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(file) = waiting.pop() {
        let next = arrows.keys().filter(|(importing, _)| *importing == file).map(|(_, imported)| *imported);
        waiting.extend(next.filter(|file| reached.insert(*file)));
    }
    reached
}

/// The arrows of the circles.
fn circles<'a>(arrows: &'a Arrows<'a>) -> Vec<String> {
    let files: BTreeSet<&str> = arrows.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = files.iter().map(|file| (*file, reached(arrows, file))).collect();
    let in_circle = arrows.iter().filter(|((from, to), _)| reached[to].contains(from));
    let shown = |((from, to), names): (&(&str, &str), &BTreeSet<String>)| {
        format!("{from} imports {} from {to}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    in_circle.map(shown).collect()
}

#[test]
fn files_of_a_crate_never_import_each_other_in_a_circle() {
    let crates = crates(FILES.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    assert!(crates.len() > 15, "the crates are not where they were: {:?}", crates.keys());
    let found: BTreeMap<&str, Vec<String>> =
        crates.iter().map(|(root, modules)| (*root, circles(&arrows(modules)))).collect();
    let is_excused = |root: &str| NOT_YET.iter().any(|known| root == format!("{known}/src"));
    let new = found.iter().filter(|(root, _)| !is_excused(root)).flat_map(|(_, arrows)| arrows.clone());
    refuse("move what two files share into a third, below both:", new);
    let healed = found.iter().filter(|(root, arrows)| is_excused(root) && arrows.is_empty());
    refuse("no circle is left; take it off NOT_YET:", healed.map(|(root, _)| (*root).to_owned()));
}

#[test]
fn circles_are_found_through_names_that_are_handed_on() {
    let files = [
        ("x/src/lib.rs", "mod a; mod b; mod c; pub use a::A; pub struct Own;"),
        // Takes B from b.rs through the name that c.rs hands on.
        ("x/src/a.rs", "use crate::c::B; use crate::Own; use std::fs; pub struct A;"),
        ("x/src/b.rs", "pub struct B(crate::A);"),
        ("x/src/c.rs", "mod part; pub(crate) use crate::b::B; use part::Part; fn f() { part::run(std::fs::read()) }"),
        ("x/src/c/part.rs", "use super::f; pub struct Part;"),
        ("x/src/bin/tool.rs", "use x::A; mod a {}"),
        ("x/src/tests.rs", "use crate::a::A;"),
    ];
    let crates = crates(files.into_iter());
    assert_eq!(crates.keys().collect::<Vec<_>>(), [&"x/src"]);
    let arrows = arrows(&crates["x/src"]);
    let pairs: Vec<_> = arrows.keys().copied().collect();
    assert_eq!(
        pairs,
        [
            ("x/src/a.rs", "x/src/b.rs"),
            ("x/src/a.rs", "x/src/lib.rs"),
            ("x/src/b.rs", "x/src/a.rs"),
            ("x/src/c.rs", "x/src/b.rs"),
            ("x/src/c/part.rs", "x/src/c.rs"),
        ]
    );
    assert_eq!(circles(&arrows), ["x/src/a.rs imports B from x/src/b.rs", "x/src/b.rs imports A from x/src/a.rs"]);
}
