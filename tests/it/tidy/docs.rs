//! The documents: their links lead somewhere, the paths that they name exist, and their lines fit a window, as comments
//! do. Links to other sites are not followed.
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{FILES, refuse, root};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const MOST_COLUMNS: usize = 120;
const MOST_LINES: [(&str, usize); 2] = [(ARCHITECTURE, 150), ("README.md", 200)];

fn documents() -> impl Iterator<Item = &'static (String, String)> {
    FILES.iter().filter(|(path, _)| path.ends_with(".md"))
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let dead = documents().flat_map(|(path, text)| {
        let faults = links(text).into_iter().filter_map(|(line, target)| Some((line, fault(path, &target)?, target)));
        faults.map(move |(line, fault, target)| format!("{path}:{line}: {target}: {fault}"))
    });
    refuse("a link leads nowhere; mend it or the heading that it names:", dead);
}

#[test]
fn every_path_that_a_document_names_exists() {
    let dead = documents().flat_map(|(path, text)| {
        let gone = code_words(text).into_iter().filter(|(_, word)| is_path(word) && !exists(word));
        gone.map(move |(line, word)| format!("{path}:{line}: {word}"))
    });
    refuse("a document names what is not there; name the file that took its place:", dead);
}

#[test]
fn the_first_documents_stay_short() {
    let documents = MOST_LINES.iter().map(|(path, most)| {
        let (_, text) = FILES.iter().find(|(known, _)| known == path).unwrap_or_else(|| panic!("{path} is gone"));
        (path, text.lines().count(), most)
    });
    let long = documents.filter(|(_, lines, most)| lines > most);
    refuse(
        "move what few readers need into a file of docs/:",
        long.map(|(path, lines, most)| format!("{path}: {lines} lines, at most {most}")),
    );
}

#[test]
fn no_line_of_a_document_is_wider_than_120_columns() {
    let wide = documents().flat_map(|(path, text)| {
        // ARCHITECTURE.md is read in a terminal too, its tables included.
        let columns = if path == ARCHITECTURE { all_columns } else { columns_to_break };
        wide_lines(path, text, columns)
    });
    refuse("break the line at a space:", wide);
}

#[test]
fn no_comment_is_wider_than_120_columns() {
    let sources = FILES.iter().filter(|(path, _)| path.ends_with(".rs"));
    let columns = |line: &str| if line.trim_start().starts_with("//") { columns_to_break(line) } else { 0 };
    refuse("break the comment at a space:", sources.flat_map(|(path, text)| wide_lines(path, text, columns)));
}

/// Endings of source files that a document may name without their folder.
const SOURCES: [&str; 3] = [".rs", ".mjs", ".py"];

/// What is wrong with a link of this document to this target.
fn fault(document: &str, target: &str) -> Option<String> {
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let Some(path) = path_from_root(document, file) else {
        return Some("this is outside the repository".to_owned());
    };
    if !root().join(&path).exists() {
        return Some(format!("there is no {path}"));
    }
    let heading = heading?;
    let text = FILES.iter().find(|(known, _)| *known == path).map_or("", |(_, text)| text);
    (!headings(text).iter().any(|known| known == heading)).then(|| format!("{path} has no heading for #{heading}"))
}

/// Where a relative link of this document leads, as a path from the root of the repository; `None` is outside of it. A
/// link without a path leads into the document itself.
fn path_from_root(document: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(document.to_owned());
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The line and the target of each link and picture that is not on another site. HTML in a document has links too.
fn links(markdown: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let targets = match event {
            Event::Start(Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. }) => Vec::new(),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => vec![dest_url.to_string()],
            Event::Html(html) | Event::InlineHtml(html) => html_targets(&html),
            _ => Vec::new(),
        };
        let line = 1 + markdown[..range.start].matches('\n').count();
        let ours = targets.into_iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
        links.extend(ours.map(|target| (line, target)));
    }
    links
}

/// The line and the text of each word in code type, blocks of code left out.
fn code_words(markdown: &str) -> Vec<(usize, String)> {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter();
    let words = events.filter_map(|(event, range)| match event {
        Event::Code(word) => Some((1 + markdown[..range.start].matches('\n').count(), word.to_string())),
        _ => None,
    });
    words.filter(|(_, word)| !word.contains(char::is_whitespace)).collect()
}

/// Whether a word means a file or a folder of the repository: by the folder that it begins with, or as a source file.
fn is_path(word: &str) -> bool {
    let first = word.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| ["functions", "shared", "tests", "docs", ".ci"].contains(&first))
        || SOURCES.iter().any(|ending| word.ends_with(ending))
}

/// A file may be named by the end of its path. Of `src/<name>.rs` the folder must exist.
fn exists(path: &str) -> bool {
    let fixed =
        path.split_once('<').map_or(path, |(before, _)| before.rsplit_once('/').map_or("", |(folder, _)| folder));
    let fixed = fixed.trim_end_matches('/');
    let end = format!("/{fixed}");
    root().join(fixed).exists() || FILES.iter().any(|(known, _)| known.ends_with(&end))
}

fn html_targets(html: &str) -> Vec<String> {
    let attributes = ["href=\"", "src=\"", "srcset=\""].into_iter();
    let values = attributes.flat_map(|attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split_once('"')));
    values.map(|(value, _)| value.to_owned()).collect()
}

/// The anchors of the headings, as GitHub makes them: a repeated heading is numbered.
fn headings(markdown: &str) -> Vec<String> {
    let (mut anchors, mut names, mut open) = (Vec::new(), Vec::new(), None::<String>);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => open = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut open {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let name = anchor(&open.take().unwrap_or_default());
                let before = names.iter().filter(|earlier| **earlier == name).count();
                anchors.push(if before == 0 { name.clone() } else { format!("{name}-{before}") });
                names.push(name);
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn all_columns(line: &str) -> usize {
    line.chars().count()
}

/// Without what cannot be broken: a row of a table, be it in a comment, and words that hold a URL.
fn columns_to_break(line: &str) -> usize {
    if line.trim_start().trim_start_matches(['/', '!']).trim_start().starts_with('|') {
        return 0;
    }
    let urls = line.split_whitespace().filter(|word| word.contains("://"));
    all_columns(line) - urls.map(all_columns).sum::<usize>()
}

fn wide_lines(path: &str, text: &str, columns: impl Fn(&str) -> usize) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| columns(line) > MOST_COLUMNS);
    lines.map(|(index, line)| format!("{path}:{}: {} columns", index + 1, all_columns(line))).collect()
}

#[test]
fn links_are_found_where_a_reader_sees_them() {
    let markdown = "See [one](a.md#b), `[code](c)` and\n![two](d.png) or [three][3].\n\n| a |\n|---|\n| [four](e) |\n\n\
                    ```\n[block](f)\n```\n<img src=\"g.png\">\n\n[five](https://example.com) <ada@example.com>\n\n[3]: h.md\n";
    let found = links(markdown);
    let found: Vec<(usize, &str)> = found.iter().map(|(line, target)| (*line, target.as_str())).collect();
    assert_eq!(found, [(1, "a.md#b"), (2, "d.png"), (2, "h.md"), (6, "e"), (11, "g.png")]);
}

#[test]
fn paths_are_told_from_other_words_in_code_type() {
    for word in ["shared/formats", "shared/formats/src/lib.rs", "it/tidy/docs.rs", "shared/channels/src/<name>.rs"] {
        assert!(is_path(word) && exists(word), "{word}");
    }
    for gone in ["shared/nowhere", "shared/lib.rs", "nowhere.rs", "shared/nowhere/<name>.rs", "docs/nowhere/"] {
        assert!(is_path(gone) && !exists(gone), "{gone}");
    }
    for word in ["Europe/Berlin", "statuswire.toml", ".statuswire/", "/api/docs", "statuspage"] {
        assert!(!is_path(word), "{word}");
    }
    let markdown = "Open `a.rs`\nand `cargo run`.\n\n```\n`b.rs`\n```\n| `c.rs` |\n|---|\n";
    assert_eq!(code_words(markdown), [(1, "a.rs".to_owned()), (7, "c.rs".to_owned())]);
}

#[test]
fn headings_have_the_anchors_that_github_gives_them() {
    let markdown = "# A page's `via`, 1.5 s\n## Twice\n\n```\n# none\n```\n## Twice\nSnake_case - dash\n---\n";
    assert_eq!(headings(markdown), ["a-pages-via-15-s", "twice", "twice-1", "snake_case---dash"]);
}

#[test]
fn links_lead_from_the_folder_of_their_document() {
    assert_eq!(path_from_root("docs/decisions/0001-x.md", "../BENCHMARKS.md").as_deref(), Some("docs/BENCHMARKS.md"));
    assert_eq!(path_from_root("docs/a.md", "./pages/").as_deref(), Some("docs/pages"));
    assert_eq!(path_from_root("docs/a.md", "").as_deref(), Some("docs/a.md"));
    assert_eq!(path_from_root("README.md", "../other/README.md"), None);
    assert_eq!(fault("tests/it/x.md", "../../Cargo.toml"), None);
    assert_eq!(fault("docs/x.md", "Cargo.toml"), Some("there is no docs/Cargo.toml".to_owned()));
    assert!(fault("x.md", "README.md#no-such-heading").is_some());
}

#[test]
fn columns_are_counted_without_what_cannot_be_broken() {
    let long = "x".repeat(121);
    assert_eq!(wide_lines("a.md", &format!("short\n{long}"), columns_to_break), ["a.md:2: 121 columns"]);
    for fine in [format!("| {long} |"), format!("see https://example.com/{long} there"), "é".repeat(120)] {
        assert!(wide_lines("a.md", &fine, columns_to_break).is_empty(), "{fine}");
    }
    assert!(!wide_lines(ARCHITECTURE, &format!("| {long} |"), all_columns).is_empty());
}
