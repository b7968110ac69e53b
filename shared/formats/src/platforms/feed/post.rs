//! What the body of an entry says: Statuspage writes all its updates, newest first, as `<small>time</small>` and
//! `<strong>Phase</strong> - text`; Instatus does so in any order, with a full stop behind every text and labels in
//! front; incident.io writes the current phase, text and components; the others just text.
use jiff::Timestamp;
use status::{
    ids::ComponentId,
    snapshot::{Affected, Window},
    words::Phase,
};

use super::{
    planned::range,
    words::{feed_phase, is_cancelled, is_status_label, is_update},
};
use crate::text::{
    dates::{BlockTime, block_times},
    html::{Token, Tokens, decode, to_text},
    words::component_status,
};

/// One posted message.
#[derive(Clone)]
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
        Self { at, ..Self::plain(word, &to_text(html)) }
    }

    /// Of a text that is no HTML.
    pub(super) fn plain(word: &str, text: &str) -> Self {
        Self {
            at: None,
            word: word.trim().to_owned(),
            phase: feed_phase(word),
            body: Some(text.to_owned()).filter(|body| !body.is_empty()),
            components: vec![],
        }
    }

    fn is_over(&self) -> bool {
        self.phase.is_some_and(Phase::is_over)
    }
}

/// The order of the posts in a document.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// Newest first, whatever the times say.
    NewestFirst,
    /// Mostly newest first; the times may say otherwise.
    Either,
    /// None: the times decide.
    ByTime,
}

/// The posts of one body, given in the order of the document, newest first and with their times.
pub(super) fn in_time(mut written: Vec<(Option<BlockTime>, Post)>, anchors: &[Timestamp], order: Order) -> Vec<Post> {
    let near = |(time, _): &(Option<BlockTime>, Post)| time.as_ref().and_then(|time| time.nearest_to(anchors));
    match order {
        Order::NewestFirst => {}
        Order::ByTime => written.sort_by_key(|block| std::cmp::Reverse((near(block), block.1.is_over()))),
        Order::Either => {
            let times: Vec<_> = written.iter().map(near).collect();
            if is_oldest_first(&written, &times) {
                written.reverse();
            }
        }
    }
    let (times, mut posts): (Vec<_>, Vec<_>) = written.into_iter().unzip();
    for (post, at) in posts.iter_mut().zip(block_times(&times, anchors)) {
        post.at = at;
    }
    posts
}

/// Times that all rise say so, unless only the first post ends the incident: then they are wrong. Times that rise and
/// fall say nothing. Without any, the phases say so.
fn is_oldest_first(written: &[(Option<BlockTime>, Post)], times: &[Option<Timestamp>]) -> bool {
    let [(_, first), .., (_, last)] = written else { return false };
    let known: Vec<_> = times.iter().flatten().collect();
    match &known[..] {
        [] => last.is_over() && !first.is_over(),
        [earliest, .., latest] => known.is_sorted() && earliest < latest && (last.is_over() || !first.is_over()),
        _ => false,
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
    /// The text in front of the first block.
    pub(super) intro: String,
}

/// `anchors`: the times the entry itself carries.
pub(super) fn blocks(html: &str, anchors: &[Timestamp]) -> Blocks {
    let mut read = Blocks::default();
    let mut written: Vec<(Option<BlockTime>, Post)> = Vec::new();
    // The start and text of the open `<small>` or `<strong>`, the time that waits for its phase, and the open block.
    let mut marked: Option<(usize, String)> = None;
    let mut time: Option<(usize, BlockTime)> = None;
    let mut block: Option<(Option<BlockTime>, String, usize)> = None;
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
                    read.window = range(when, anchors);
                } else if let Some(text) = rest.strip_prefix(['-', '–'])
                    && (time.is_some() || feed_phase(&word).is_some() || is_update(&word))
                {
                    let start = time.as_ref().map_or(start, |(start, _)| *start);
                    let opened = (time.take().map(|(_, time)| time), word, html.len() - text.len());
                    match block.replace(opened) {
                        Some((time, word, body)) => written.push((time, Post::new(None, &word, &html[body..start]))),
                        None => read.intro = to_text(&html[..start]),
                    }
                }
            }
            Some(_) => {}
        }
    }
    if let Some((time, word, body)) = block {
        written.push((time, Post::new(None, &word, &html[body..])));
    }
    let is_of_instatus = read.intro.starts_with("Type:");
    if is_of_instatus {
        written.iter_mut().filter_map(|(_, post)| post.body.as_mut()).for_each(|body| {
            // One of the two full stops is the page's.
            if body.ends_with("..") && !body.ends_with("...") {
                body.pop();
            }
        });
    }
    read.posts = in_time(written, anchors, if is_of_instatus { Order::ByTime } else { Order::NewestFirst });
    read
}

const SCHEDULED_NOTICE: &str = "THIS IS A SCHEDULED EVENT";

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
    let text = text.trim_start_matches(['[', '(', '*', ' ']);
    let end = text.find([':', '-', '–', '—', '.', '!', ']', ')', '\n']).unwrap_or(text.len());
    Some(text[..end].trim_end_matches('*')).filter(|word| feed_phase(word).is_some() || is_cancelled(word))
}
