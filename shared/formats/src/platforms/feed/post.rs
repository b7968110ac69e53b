//! What the body of an entry says: Statuspage writes all its updates, newest first, as `<small>time</small>` and
//! `<strong>Phase</strong> - text`; incident.io writes the current phase, text and components; the others just text.
use jiff::Timestamp;
use status::{
    ids::ComponentId,
    snapshot::{Affected, Window},
    words::Phase,
};

use super::words::{is_status_label, is_update};
use crate::text::{
    dates::{BlockTime, block_times, block_window},
    html::{Token, Tokens, decode, to_text},
    words::{component_status, phase},
};

/// One posted message.
pub(super) struct Post {
    pub(super) at: Option<Timestamp>,
    /// The provider's word for the phase; empty where there is none.
    pub(super) word: String,
    /// What the word means on its own.
    pub(super) phase: Option<Phase>,
    pub(super) body: Option<String>,
    pub(super) components: Vec<Affected>,
}

impl Post {
    pub(super) fn new(at: Option<Timestamp>, word: &str, html: &str) -> Self {
        Self {
            at,
            word: word.trim().to_owned(),
            phase: phase(word),
            body: Some(to_text(html)).filter(|body| !body.is_empty()),
            components: vec![],
        }
    }
}

/// The blocks of a Statuspage body.
#[derive(Default)]
pub(super) struct Blocks {
    /// Newest first.
    pub(super) posts: Vec<Post>,
    /// It opens with the notice of a scheduled event, as it does until the event begins.
    pub(super) is_scheduled: bool,
    pub(super) window: Option<Window>,
}

/// `anchors`: the times the entry itself carries.
pub(super) fn blocks(html: &str, anchors: &[Timestamp]) -> Blocks {
    let mut read = Blocks::default();
    let mut times = Vec::new();
    // The start and text of the open `<small>` or `<strong>`, the time that waits for its phase, and the open block.
    let mut marked: Option<(usize, String)> = None;
    let mut time: Option<(usize, BlockTime)> = None;
    let mut block: Option<(String, usize)> = None;
    let mut tokens = Tokens::new(html);
    loop {
        let start = tokens.position();
        match tokens.next() {
            None => break,
            Some(Token::Open { name: "small" | "strong", .. }) => marked = Some((start, String::new())),
            Some(Token::Text(text)) => {
                if let Some((_, marked)) = &mut marked {
                    marked.push_str(&decode(text));
                }
            }
            Some(Token::Close("small")) => {
                let parsed = marked.take().and_then(|(start, text)| Some((start, BlockTime::parse(&text)?)));
                time = parsed.or(time);
            }
            Some(Token::Close("strong")) => {
                let Some((start, word)) = marked.take() else { continue };
                let rest = html[tokens.position()..].trim_start();
                if let Some(when) = word.trim_start().strip_prefix(SCHEDULED_NOTICE) {
                    read.is_scheduled = true;
                    read.window = window(when, anchors);
                } else if let Some(text) = rest.strip_prefix(['-', '–'])
                    && (time.is_some() || phase(&word).is_some() || is_update(&word))
                {
                    let start = time.as_ref().map_or(start, |(start, _)| *start);
                    if let Some((word, body)) = block.replace((word, html.len() - text.len())) {
                        read.posts.push(Post::new(None, &word, &html[body..start]));
                    }
                    times.push(time.take().map(|(_, time)| time));
                }
            }
            Some(_) => {}
        }
    }
    if let Some((word, body)) = block {
        read.posts.push(Post::new(None, &word, &html[body..]));
    }
    for (post, at) in read.posts.iter_mut().zip(block_times(&times, anchors)) {
        post.at = at;
    }
    read
}

const SCHEDULED_NOTICE: &str = "THIS IS A SCHEDULED EVENT";

/// `May 28, 16:30 UTC - May 29, 16:30 UTC`, or `May 28, 16:30 - 18:00 UTC` within a day.
fn window(text: &str, anchors: &[Timestamp]) -> Option<Window> {
    let is_digit = |c: char| c.is_ascii_digit();
    let (start, end) = text.split_once(" - ")?;
    let (start, end) = (start.trim(), end.trim());
    let (_, zone) = end.rsplit_once(' ')?;
    let day = start.rsplit_once(',')?.0;
    let end = if end.starts_with(is_digit) { format!("{day}, {end}") } else { end.to_owned() };
    let start = if start.ends_with(is_digit) { format!("{start} {zone}") } else { start.to_owned() };
    let (starts_at, ends_at) = block_window(&BlockTime::parse(&start)?, &BlockTime::parse(&end)?, anchors);
    Some(Window { starts_at, ends_at })
}

/// incident.io's body: `<b>Status: Monitoring</b>`, the text, and `<li>Name (State)</li>` of what it affects. Any
/// other body that opens with a line like the first is read the same way.
pub(super) fn current(html: &str, at: Option<Timestamp>) -> Option<Post> {
    let text = to_text(html);
    let (label, word) = text.lines().next()?.split_once(':')?;
    if !is_status_label(label) {
        return None;
    }
    let mut post = Post::new(at, word, "");
    let (list_start, components) = component_list(html);
    let intro = to_text(&html[..list_start]);
    let intro = intro.split_once('\n').map_or("", |(_, rest)| rest).trim();
    post.body = Some(intro.to_owned()).filter(|body| !body.is_empty());
    post.components = components;
    Some(post)
}

/// Where the heading of the last list starts, and what the list names; the end of the text if it is no such list.
fn component_list(html: &str) -> (usize, Vec<Affected>) {
    let mut found = (html.len(), Vec::new());
    let mut heading = None;
    let mut list: Option<(usize, Vec<String>)> = None;
    let mut item: Option<String> = None;
    let mut tokens = Tokens::new(html);
    loop {
        let start = tokens.position();
        match tokens.next() {
            None => return found,
            Some(Token::Open { name: "b" | "strong", .. }) => heading = Some(start),
            Some(Token::Open { name: "ul", .. }) => list = Some((heading.take().unwrap_or(start), vec![])),
            Some(Token::Open { name: "li", .. }) => item = Some(String::new()),
            Some(Token::Text(text)) => {
                if let Some(item) = &mut item {
                    item.push_str(&decode(text));
                }
            }
            Some(Token::Close("li")) => {
                if let (Some((_, items)), Some(item)) = (&mut list, item.take()) {
                    items.push(item);
                }
            }
            Some(Token::Close("ul")) => {
                if let Some((start, items)) = list.take()
                    && let Some(components) = items.iter().map(|item| affected(item)).collect()
                {
                    found = (start, components);
                }
            }
            Some(_) => {}
        }
    }
}

/// `Name (State)`; the name may hold brackets of its own.
fn affected(item: &str) -> Option<Affected> {
    let (name, state) = item.trim().strip_suffix(')')?.rsplit_once('(')?;
    Some(Affected { id: ComponentId::new(name.trim()), status: component_status(state) })
}

/// The phase that a text opens with, set off by punctuation: "Resolved - all is well", never "Resolved issues are".
pub(super) fn opening_word(text: &str) -> Option<&str> {
    let end = text.find([':', '-', '–', '—', '.', '\n']).unwrap_or(text.len());
    Some(&text[..end]).filter(|word| phase(word).is_some())
}
