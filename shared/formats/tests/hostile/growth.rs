//! Documents that a hostile page may send: those of the cases of `test_data`, grown in every place to a size, with more
//! of what they hold already or with what is hard to parse.
use serde_json::Value;

/// What is hard on a reader of markup, again and again.
const MARKUP: &[(&str, &str)] = &[
    ("nested elements", "<div>"),
    ("nested elements with attributes", "<div class='a' id=\"b\">"),
    ("closing tags", "</p>"),
    ("open links", "<a href=\"https://example.com/x\">"),
    ("links", "<a href=\"/status\">status</a>"),
    ("open tags without end", "<a href=\"x\" "),
    ("open quotes", "<p a='"),
    ("comments", "<!-- "),
    ("half comments", "<!--->"),
    ("scripts", "<script>{</script>"),
    ("open scripts", "<script "),
    ("character data", "<![CDATA["),
    ("less than", "<"),
    ("ampersands", "&"),
    ("entities", "&amp;#x41;"),
    ("escaped markup", "&lt;p&gt;"),
    ("list items", "<li>"),
    ("breaks", "<br>\n"),
    ("rows", "<tr><td>"),
    ("spaces", " "),
    ("line ends", "\n"),
    ("letters", "x"),
    ("wide letters", "\u{1F329}"),
    ("turned letters", "\u{202E}a"),
    ("quotes", "\\\""),
    ("braces", "{\"a\":"),
    ("brackets", "["),
    ("times", "Jan 1, 10:00 UTC - "),
    ("bold words", "**Resolved** - "),
    ("strong words", "<strong>Resolved</strong> - "),
];

/// Marks behind which an id stands.
const BEFORE_IDS: &[&str] = &[
    "\"id\":\"",
    "\"id\": \"",
    "\\\"id\\\":\\\"",
    "<guid>",
    "<id>",
    "guid isPermaLink=\"false\">",
    "<link>",
    "href=\"",
    "name\":\"",
    "name\": \"",
    "<title>",
    "data-id=\"",
];

pub(crate) struct Grown {
    pub(crate) how: String,
    pub(crate) text: Vec<u8>,
}

/// Some of the ways to grow a document: the first of the `step` at `start`, and so on. Only those are made.
#[derive(Default)]
pub(crate) struct Picked {
    /// All ways so far, also those that are not picked.
    pub(crate) seen: usize,
    start: usize,
    /// 0: none is picked.
    step: usize,
    grown: Vec<Grown>,
}

impl Picked {
    fn add(&mut self, how: impl FnOnce() -> String, text: impl FnOnce() -> String) {
        let is_picked = self.step > 0 && self.seen % self.step == self.start % self.step;
        self.seen += 1;
        if is_picked {
            self.grown.push(Grown { how: how(), text: text().into_bytes() });
        }
    }
}

/// The document, grown to about `size` bytes in as many ways as `number`, of which `seed` chooses.
pub(crate) fn grown(document: &[u8], size: usize, number: usize, seed: usize) -> Vec<Grown> {
    let Ok(text) = std::str::from_utf8(document) else { return Vec::new() };
    let mut all = Picked::default();
    grow(text, size, &mut all);
    let mut picked = Picked { step: all.seen.div_ceil(number).max(1), start: seed, ..Picked::default() };
    grow(text, size, &mut picked);
    picked.grown
}

fn grow(text: &str, size: usize, picked: &mut Picked) {
    repeated(text, size, picked);
    match serde_json::from_str::<Value>(text) {
        Ok(value) => of_json(&value, size, picked),
        Err(_) => of_markup(text, size, picked),
    }
    picked.add(|| "deep lists".into(), || "[".repeat(size));
    picked.add(|| "deep objects".into(), || "{\"a\":".repeat(size / 5));
}

/// Every list with more elements, and every text longer.
fn of_json(value: &Value, size: usize, picked: &mut Picked) {
    let mut places = Vec::new();
    find_places(value, &mut String::new(), &mut places);
    for place in places {
        let at = value.pointer(&place).expect("it was found there");
        let mut with = |how: &str, new: &dyn Fn() -> Value| {
            let make = || {
                let mut value = value.clone();
                *value.pointer_mut(&place).expect("it was found there") = new();
                value.to_string()
            };
            picked.add(|| format!("{how} at {place}"), make);
        };
        match at {
            Value::Array(list) if !list.is_empty() => {
                let room = size / (list[0].to_string().len() + 8).max(1);
                with("more of the same", &|| Value::Array(list.iter().cycle().take(room).cloned().collect()));
                with("more", &|| Value::Array((0..room).map(|n| numbered(&list[n % list.len()], n)).collect()));
            }
            Value::String(text) => {
                with("a longer text", &|| Value::String(text.repeat(size / text.len().max(1))));
                for (how, piece) in MARKUP {
                    with(how, &|| Value::String(piece.repeat(size / piece.len())));
                }
            }
            Value::Object(_) => {
                let keys = || (0..size / 24).map(|n| (format!("key{n}"), Value::from(n)));
                with("more keys", &|| Value::Object(keys().collect()));
            }
            _ => {}
        }
    }
}

/// Lists and texts, by their pointers; of alike ones the first.
fn find_places(value: &Value, at: &mut String, places: &mut Vec<String>) {
    let length = at.len();
    match value {
        Value::Array(list) => {
            places.push(at.clone());
            if let Some(first) = list.first() {
                at.push_str("/0");
                find_places(first, at, places);
            }
        }
        Value::Object(map) => {
            places.push(at.clone());
            for (key, value) in map {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                find_places(value, at, places);
                at.truncate(length);
            }
        }
        Value::String(_) => places.push(at.clone()),
        _ => {}
    }
    at.truncate(length);
}

/// The same with other ids.
fn numbered(value: &Value, n: usize) -> Value {
    match value {
        Value::Object(map) => {
            let numbered_key = |(key, value): (&String, &Value)| {
                let is_id =
                    ["id", "name", "guid", "key", "url", "title"].iter().any(|id| key.to_lowercase().ends_with(id));
                let value = match value {
                    Value::String(text) if is_id => Value::String(format!("{text}{n}")),
                    Value::Number(_) if is_id => Value::from(n),
                    other => numbered(other, n),
                };
                (key.clone(), value)
            };
            Value::Object(map.iter().map(numbered_key).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| numbered(value, n)).collect()),
        Value::String(text) => Value::String(text.clone()),
        other => other.clone(),
    }
}

/// Something hard at each of a few places.
fn of_markup(text: &str, size: usize, picked: &mut Picked) {
    let places: Vec<usize> = text.match_indices('>').map(|(at, _)| at + 1).collect();
    let every = places.len().div_ceil(12).max(1);
    for at in places.into_iter().step_by(every) {
        for (how, piece) in MARKUP {
            let make = || format!("{}{}{}", &text[..at], piece.repeat(size / piece.len()), &text[at..]);
            picked.add(|| format!("{how} at {at}"), make);
        }
    }
}

/// Each element of markup, and each object in braces, repeated.
fn repeated(text: &str, size: usize, picked: &mut Picked) {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut open = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push(at),
            b'}' => parts.extend(open.pop().map(|start| (start, at + 1))),
            _ => {}
        }
    }
    for (at, _) in text.match_indices('<') {
        let name: String = text[at + 1..].chars().take_while(|c| c.is_alphanumeric() || *c == ':').collect();
        let end = text[at..].find(&format!("</{name}>")).filter(|_| !name.is_empty());
        parts.extend(end.map(|end| (at, at + end + name.len() + 3)));
    }
    parts.retain(|(start, end)| end - start > 12);
    parts.sort_by_key(|(start, end)| (end - start, *start));
    let every = parts.len().div_ceil(24).max(1);
    for (start, end) in parts.into_iter().step_by(every) {
        let part = &text[start..end];
        let comma = if part.starts_with('{') { "," } else { "" };
        let more = |copy: &dyn Fn(usize) -> String| {
            let copies: String = (0..size / (part.len() + 8)).map(|n| copy(n) + comma).collect();
            format!("{}{copies}{}", &text[..start], &text[start..])
        };
        let other =
            |n| BEFORE_IDS.iter().fold(part.to_owned(), |part, mark| part.replace(mark, &format!("{mark}n{n}-")));
        picked.add(|| format!("the same {start}..{end} again"), || more(&|_| part.to_owned()));
        picked.add(|| format!("others like {start}..{end}"), || more(&other));
    }
}
