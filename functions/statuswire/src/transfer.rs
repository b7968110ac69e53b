//! The file of an export, as JSON Lines: a header, a line for each item with a digest of its text, and an end with the
//! numbers of items. A file without its end is an export that was interrupted.
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use status::ids::digest;
use store::PortableItem;
use uuid::Uuid;

/// Format of the files that this release writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// In bytes. An item takes up to 400 KB in DynamoDB, and about twice that here.
const MAX_LINE: u64 = 4 << 20;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Format of the file.
    pub(crate) statuswire_export: u32,
    /// Identifies this export.
    pub(crate) id: String,
    /// The release that wrote it.
    pub(crate) release: String,
    /// The data folder or the stack, for people.
    pub(crate) instance: String,
    pub(crate) at: Timestamp,
}

/// The last line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) items: u64,
    /// By the type of the item.
    pub(crate) by_type: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
struct ItemLine<'a> {
    sum: String,
    #[serde(borrow)]
    item: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    end: End,
}

/// Writes a file line by line.
pub(crate) struct Writer<W> {
    out: W,
    end: End,
}

impl<W: Write> Writer<W> {
    pub(crate) fn start(mut out: W, instance: String, at: Timestamp) -> anyhow::Result<Self> {
        let id = Uuid::new_v4().simple().to_string();
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let header = Header { statuswire_export: FORMAT, id, release, instance, at };
        write_line(&mut out, &header)?;
        Ok(Self { out, end: End::default() })
    }

    pub(crate) fn item(&mut self, item: &PortableItem) -> anyhow::Result<()> {
        let text = serde_json::to_string(item)?;
        let item_line = ItemLine { sum: digest(&[&text]), item: serde_json::from_str(&text)? };
        write_line(&mut self.out, &item_line)?;
        self.end.items += 1;
        *self.end.by_type.entry(item.kind().to_owned()).or_default() += 1;
        Ok(())
    }

    /// Writes the end. What was written is in the file system's hands.
    pub(crate) fn end(mut self) -> anyhow::Result<(W, End)> {
        write_line(&mut self.out, &EndLine { end: self.end.clone() })?;
        self.out.flush().context(WRITING)?;
        Ok((self.out, self.end))
    }
}

const WRITING: &str = "writing the export";

fn write_line(out: &mut impl Write, line: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    out.write_all(text.as_bytes()).context(WRITING)
}

/// Reads a file line by line: one line is in memory.
pub(crate) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    /// The number of the line that was read last.
    line: u64,
    end: End,
    is_over: bool,
    pub(crate) header: Header,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let mut input = BufReader::new(file);
        let first = read_line(&mut input).with_context(|| format!("reading {}", path.display()))?;
        let header: Header = serde_json::from_str(&first).ok().with_context(|| {
            format!("{} is not an export of statuswire: its first line is no header", path.display())
        })?;
        ensure!(
            header.statuswire_export <= FORMAT,
            "{} has format {}, written by release {}; this release reads up to {FORMAT}: import it with that release or \
             a newer one",
            path.display(),
            header.statuswire_export,
            header.release
        );
        Ok(Self { path: path.to_owned(), input, line: 1, end: End::default(), is_over: false, header })
    }

    /// Reads the whole file. Fails at the first thing that is not as it was written.
    pub(crate) fn check(path: &Path) -> anyhow::Result<(Header, End)> {
        let mut reader = Self::open(path)?;
        while reader.next()?.is_some() {}
        Ok((reader.header, reader.end))
    }

    /// The next item; `None` after the last one, if the file is whole.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<PortableItem>> {
        if self.is_over {
            return Ok(None);
        }
        self.line += 1;
        let text = read_line(&mut self.input).with_context(|| format!("reading {}", self.path.display()))?;
        if text.is_empty() {
            bail!("{} has no end: the export was interrupted; run it again", self.path.display());
        }
        if let Ok(EndLine { end }) = serde_json::from_str(&text) {
            self.is_over = end == self.end;
            return if self.is_over { Ok(None) } else { Err(self.damaged("lines before it are missing")) };
        }
        let line: ItemLine<'_> = serde_json::from_str(&text).map_err(|_| self.damaged("it is not an item"))?;
        if line.sum != digest(&[line.item.get()]) {
            return Err(self.damaged("its digest does not fit"));
        }
        let item: PortableItem =
            serde_json::from_str(line.item.get()).map_err(|_| self.damaged("it has an unknown kind of attribute"))?;
        self.end.items += 1;
        *self.end.by_type.entry(item.kind().to_owned()).or_default() += 1;
        Ok(Some(item))
    }

    fn damaged(&self, why: &str) -> anyhow::Error {
        let (line, file) = (self.line, self.path.display());
        anyhow::anyhow!("line {line} of {file} is damaged ({why}): copy the file again, or export again")
    }
}

/// With its end of line; empty at the end of the file.
fn read_line(input: &mut BufReader<File>) -> io::Result<String> {
    let mut text = String::new();
    let mut limited = input.take(MAX_LINE);
    match limited.read_line(&mut text) {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error),
        // Text that is none is damage, which the caller names.
        Err(_) => Ok("?".to_owned()),
        Ok(_) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(items: usize) -> (tempfile::TempDir, PathBuf, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.jsonl");
        let mut writer = Writer::start(Vec::new(), "here".into(), Timestamp::UNIX_EPOCH).unwrap();
        for number in 0..items {
            let item = json!({"pk": {"S": format!("A#{number}")}, "type": {"S": "alert"}, "n": {"N": "1"}});
            writer.item(&serde_json::from_value(item).unwrap()).unwrap();
        }
        let (written, end) = writer.end().unwrap();
        assert_eq!((end.items, end.by_type["alert"]), (items as u64, items as u64));
        let text = String::from_utf8(written).unwrap();
        std::fs::write(&path, &text).unwrap();
        (folder, path, text.lines().map(str::to_owned).collect())
    }

    fn refused(path: &Path, lines: &[String]) -> String {
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
        Reader::check(path).unwrap_err().to_string()
    }

    #[test]
    fn file_is_read_as_it_was_written() {
        let (_folder, path, _) = file(3);
        let (header, end) = Reader::check(&path).unwrap();
        assert_eq!((header.instance.as_str(), end.items), ("here", 3));
        let mut reader = Reader::open(&path).unwrap();
        let first = reader.next().unwrap().unwrap();
        assert_eq!(serde_json::to_value(first).unwrap()["pk"], json!({"S": "A#0"}));
        for is_item in [true, true, false, false] {
            assert_eq!(reader.next().unwrap().is_some(), is_item);
        }
    }

    #[test]
    fn damaged_line_is_named_by_its_number_with_the_way_out() {
        let (_folder, path, lines) = file(3);
        let changed = |line: usize, to: String| {
            let mut lines = lines.clone();
            lines[line - 1] = to;
            lines
        };
        let flipped = changed(3, lines[2].replace("A#1", "A#7"));
        let errors = [
            (refused(&path, &flipped), "line 3"),
            (refused(&path, &changed(2, lines[1][..20].to_owned())), "line 2"),
            (refused(&path, &changed(4, "{}".to_owned())), "line 4"),
            (refused(&path, &[&lines[..2], &lines[3..]].concat()), "line 4"),
        ];
        for (error, line) in errors {
            assert!(error.contains(line) && error.contains("export again"), "{error}");
        }
        let error = refused(&path, &lines[..4]);
        assert!(error.contains("has no end") && error.contains("run it again"), "{error}");
        let error = refused(&path, &changed(1, "hello".to_owned()));
        assert!(error.contains("not an export"), "{error}");
    }

    #[test]
    fn newer_format_is_refused_with_the_release_that_wrote_it() {
        let (_folder, path, mut lines) = file(1);
        lines[0] = lines[0].replace("\"statuswire_export\":1", "\"statuswire_export\":2");
        let error = refused(&path, &lines);
        assert!(error.contains("format 2") && error.contains(env!("CARGO_PKG_VERSION")), "{error}");
    }
}
