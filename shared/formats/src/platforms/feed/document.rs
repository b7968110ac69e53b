//! The XML of a feed as plain entries. A document type is refused, so no entity is ever expanded; names are known by
//! their customary prefixes, because many feeds use those without declaring them.
use jiff::Timestamp;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::{
    contract::{Answer, ReadError},
    read::answers::what_came,
    text::{
        dates::feed_time,
        html::{entity, to_text},
    },
};

/// Feeds hold up to a hundred entries.
pub(super) const MAX_ENTRIES: usize = 500;
/// An item of Azure names a service or region in each.
const MAX_CATEGORIES: usize = 40;
/// XHTML inside an entry is the deepest that is met.
const MAX_DEPTH: usize = 64;

#[derive(Default)]
pub(crate) struct Document {
    pub(crate) generator: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) entries: Vec<Entry>,
    /// It had more than [`MAX_ENTRIES`]: these are the newest.
    pub(crate) is_cut: bool,
}

/// An item or entry; texts are HTML, whatever the feed declared.
#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) title: String,
    pub(crate) id: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) published: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    pub(crate) body: String,
    /// `status` of any namespace: where the incident, or the service that the item stands for, is.
    pub(crate) state: Option<String>,
    /// In the order of the feed, at most [`MAX_CATEGORIES`].
    pub(crate) categories: Vec<String>,
    body_rank: u8,
}

impl Document {
    pub(crate) fn read(answer: &Answer) -> Result<Self, ReadError> {
        Self::parse(answer.url.path(), &answer.decoded()?)
    }

    pub(super) fn parse(path: &str, text: &str) -> Result<Self, ReadError> {
        Parser::new(path, text).run()
    }
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    /// `rss` and `rdf:RDF`, which hold nothing but a channel and items.
    Root,
    /// `channel`, and Atom's `feed`.
    Feed,
    Entry,
    Field(Field),
    /// Markup inside a field.
    Inside,
    Other,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Field {
    Generator,
    Title,
    Link,
    Id,
    Published,
    Updated,
    /// The higher rank wins where an entry has both a summary and its whole text, or several forms of it.
    Body(u8),
    State,
    Category,
}

struct Parser<'a> {
    path: &'a str,
    text: &'a str,
    open: Vec<Element>,
    document: Document,
    entry: Entry,
    /// Text of the open field.
    field: String,
    /// It is plain text, to be escaped so that it can be handled like all others.
    is_plain: bool,
}

impl<'a> Parser<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        Self {
            path,
            text,
            open: Vec::new(),
            document: Document::default(),
            entry: Entry::default(),
            field: String::new(),
            is_plain: false,
        }
    }

    fn run(mut self) -> Result<Document, ReadError> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().expand_empty_elements = true;
        // `AT&T`, as software writes that puts texts into a template.
        reader.config_mut().allow_dangling_amp = true;
        loop {
            let event = reader.read_event();
            match event {
                Ok(Event::Start(tag)) => self.start(&tag)?,
                Ok(Event::End(tag)) => {
                    self.end(tag.name().0);
                    if self.open.is_empty() {
                        self.document.keep_newest(MAX_ENTRIES);
                        return Ok(self.document);
                    }
                }
                Ok(Event::Text(text)) => self.push(&text),
                Ok(Event::CData(text)) => self.push(&text),
                Ok(Event::GeneralRef(name)) => match entity(&name) {
                    Some(character) => self.push(character.encode_utf8(&mut [0; 4])),
                    None => self.push(&format!("&{};", &*name)),
                },
                Ok(Event::DocType(kind)) if !is_html(&kind) => {
                    return Err(self.malformed("has a document type, which feeds have no use for"));
                }
                Ok(Event::Eof) if !self.open.is_empty() => {
                    return Err(self.malformed(&format!("is cut off after {} bytes", self.text.len())));
                }
                Err(_) if !self.open.is_empty() => {
                    let at = reader.error_position();
                    return Err(self.malformed(&format!("is not well-formed at byte {at} of {}", self.text.len())));
                }
                Ok(Event::DocType(_) | Event::Eof) | Err(_) => return Err(self.no_feed()),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_)) => {}
            }
        }
    }

    fn malformed(&self, what: &str) -> ReadError {
        ReadError::Malformed(format!("{} {what}", self.path))
    }

    fn no_feed(&self) -> ReadError {
        let came = what_came(self.text);
        ReadError::NotThisFormat(format!("expected a feed at {}, got {came}", self.path))
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), ReadError> {
        let name = customary(tag.name().0);
        let element = match (self.open.last(), name) {
            (None, "rss" | "rdf:RDF") => Element::Root,
            (None, "feed") => Element::Feed,
            (None, _) => return Err(self.no_feed()),
            (Some(Element::Root), "channel") => Element::Feed,
            (Some(Element::Root | Element::Feed), "item" | "entry") => Element::Entry,
            (Some(Element::Feed), "title" | "link" | "generator") | (Some(Element::Entry), _) => {
                field(name).map_or(Element::Other, Element::Field)
            }
            (Some(Element::Field(_) | Element::Inside), name) => {
                self.field.push_str(&format!("<{name}{}>", tag.attributes_raw()));
                Element::Inside
            }
            _ => Element::Other,
        };
        if let Element::Field(field) = element {
            self.field.clear();
            let kind = attribute(tag, "type");
            // Atom's texts are plain unless they say otherwise; RSS has no types, and its texts are HTML in fact.
            let is_atom_text = name == "title" || name == "summary" || name == "content";
            self.is_plain = match kind.as_deref() {
                None => is_atom_text && self.open[0] == Element::Feed,
                Some(kind) => is_atom_text && kind != "html" && kind != "text/html",
            };
            if field == Field::Link && attribute(tag, "rel").is_none_or(|rel| rel == "alternate") {
                self.field.extend(attribute(tag, "href"));
            }
            if field == Field::Category {
                self.field.extend(attribute(tag, "term"));
            }
        }
        self.open.push(element);
        if self.open.len() > MAX_DEPTH {
            return Err(self.malformed(&format!("is nested deeper than {MAX_DEPTH} elements")));
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        match self.open.last() {
            Some(Element::Field(_) | Element::Inside) if self.is_plain => {
                self.field.push_str(&quick_xml::escape::partial_escape(text));
            }
            Some(Element::Field(_) | Element::Inside) => self.field.push_str(text),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match self.open.pop() {
            Some(Element::Inside) => self.field.push_str(&format!("</{}>", customary(name))),
            Some(Element::Field(field)) => {
                let text = std::mem::take(&mut self.field);
                match self.open.last() {
                    Some(Element::Entry) => self.entry.set(field, text),
                    _ => self.document.set(field, &text),
                }
            }
            Some(Element::Entry) => {
                let entry = std::mem::take(&mut self.entry);
                self.document.push(entry);
            }
            _ => {}
        }
    }
}

impl Document {
    /// Adds an entry, and forgets the oldest ones once there are far too many.
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        if self.entries.len() >= 2 * MAX_ENTRIES {
            self.keep_newest(MAX_ENTRIES);
        }
    }

    /// Without a time, the first of a feed are the newest.
    pub(super) fn keep_newest(&mut self, number: usize) {
        if self.entries.len() <= number {
            return;
        }
        self.is_cut = true;
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.entries[*at].updated.or(self.entries[*at].published)));
        order.truncate(number);
        order.sort_unstable();
        let mut kept = order.into_iter().peekable();
        let mut at = 0;
        self.entries.retain(|_| {
            let is_kept = kept.next_if_eq(&at).is_some();
            at += 1;
            is_kept
        });
    }

    pub(super) fn set(&mut self, field: Field, html: &str) {
        let target = match field {
            Field::Title => &mut self.title,
            Field::Link => &mut self.link,
            Field::Generator => &mut self.generator,
            _ => return,
        };
        let text = to_text(html);
        if !text.is_empty() {
            target.get_or_insert(text);
        }
    }
}

impl Entry {
    pub(super) fn set(&mut self, field: Field, html: String) {
        let html = match field {
            Field::Body(_) => html,
            _ => cut(html),
        };
        let text = html.trim();
        if text.is_empty() {
            return;
        }
        let text = || text.to_owned();
        match field {
            Field::Title if self.title.is_empty() => self.title = html,
            Field::Link => _ = self.link.get_or_insert_with(text),
            Field::Id => _ = self.id.get_or_insert_with(text),
            Field::Published => self.published = self.published.or(feed_time(&html)),
            Field::Updated => self.updated = self.updated.or(feed_time(&html)),
            Field::State => _ = self.state.get_or_insert_with(text),
            Field::Category if self.categories.len() < MAX_CATEGORIES => self.categories.push(to_text(&html)),
            Field::Body(rank) if rank > self.body_rank => {
                self.body_rank = rank;
                self.body = html;
            }
            Field::Title | Field::Body(_) | Field::Generator | Field::Category => {}
        }
    }
}

/// A text that is one line, and read in many ways: no longer than any real one.
fn cut(mut html: String) -> String {
    const MAX_BYTES: usize = 4_000;
    html.truncate(html.floor_char_boundary(MAX_BYTES));
    html
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "title" => Field::Title,
        "link" => Field::Link,
        "guid" | "id" => Field::Id,
        "pubDate" | "published" | "issued" | "dc:date" => Field::Published,
        "updated" | "modified" => Field::Updated,
        "description" | "summary" => Field::Body(1),
        "content" | "content:encoded" => Field::Body(2),
        "generator" => Field::Generator,
        "category" => Field::Category,
        _ if name.rsplit(':').next() == Some("status") => Field::State,
        _ => return None,
    })
}

/// The name without the prefix of a namespace that is a feed's own.
fn customary(name: &str) -> &str {
    ["atom:", "a10:", "rss:"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    crate::text::html::attribute(tag.attributes_raw(), name).map(Into::into)
}

fn is_html(doctype: &str) -> bool {
    doctype.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("html"))
}
