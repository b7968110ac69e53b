//! What one entry says: which incident it is of, its updates, and whether that incident is planned work.
use jiff::{SignedDuration, Timestamp};
use status::{
    snapshot::{Affected, Window},
    words::{Impact, Phase},
};

use super::{
    document::Entry,
    identity::{Homes, Key, key},
    labels::{Labels, status_word},
    log,
    planned::window,
    post::{Blocks, Post, blocks, current, opening_word},
    prose::says_over,
    reading::Reading,
    title::{Monitor, Title},
    words::{all_is_well, announces_maintenance, feed_phase, is_cancelled, is_planned_kind, is_update},
};
use crate::{
    read::incident_reader::NO_TITLE,
    text::{html::to_text, urls::http_url, words::is_planned},
};

/// An entry that is dated this far ahead is about planned work whatever its title says. Less may be the time of another
/// zone, of which none is more than 14 hours ahead of UTC.
const SURELY_AHEAD: SignedDuration = SignedDuration::from_hours(15);
/// Nothing is announced so early; the date is wrong.
const TOO_FAR_AHEAD: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The facts of one entry.
#[derive(Clone)]
pub(super) struct EntryFacts {
    pub(super) title: String,
    pub(super) url: Option<String>,
    /// The newest time the entry carries.
    pub(super) at: Option<Timestamp>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) window: Option<Window>,
    pub(super) is_maintenance: bool,
    pub(super) impact: Option<Impact>,
    pub(super) monitor: Option<Monitor>,
    /// The newest post says that the incident is over.
    pub(super) is_over: bool,
    /// It is planned work that does not take place.
    pub(super) is_cancelled: bool,
    /// It says that all is well and not what was wrong.
    pub(super) says_well: bool,
    /// Those that a label names; posts may name more.
    pub(super) components: Vec<Affected>,
    /// Newest first, never empty.
    pub(super) posts: Vec<Post>,
}

/// With the key of its incident; `None` for an entry that reports no trouble.
pub(super) fn entry_facts(reading: &Reading<'_>, homes: &Homes, entry: &Entry) -> Option<(Key, EntryFacts)> {
    let title = Title::read(&to_text(&entry.title).replace('\n', " "));
    let key = key(reading, homes, entry, &title);
    let url = entry.link.as_deref().or(entry.id.as_deref());
    let at = entry.updated.or(entry.published);
    let mut facts = EntryFacts {
        url: url.and_then(|link| http_url(reading.page, link)),
        at,
        started_at: None,
        window: None,
        is_maintenance: false,
        impact: title.impact,
        monitor: title.monitor.clone(),
        is_over: false,
        is_cancelled: false,
        says_well: title.monitor.as_ref().is_some_and(|monitor| monitor.is_up),
        components: Vec::new(),
        posts: Vec::new(),
        title: if title.text.is_empty() { NO_TITLE.into() } else { title.text.clone() },
    };
    if all_is_well(&title.text, entry.state.as_deref()) {
        // It was in trouble before, or its neighbours of the same series were.
        let is_end = match &key {
            Key::Own(id) | Key::Title(id) => reading.is_open(id),
            Key::Series { .. } => true,
        };
        facts.posts.push(Post::new(at, "Resolved", &entry.body));
        (facts.is_over, facts.says_well) = (true, true);
        return is_end.then_some((key, facts));
    }
    facts.read_body(reading, entry, &title);
    Some((key, facts))
}

impl EntryFacts {
    fn read_body(&mut self, reading: &Reading<'_>, entry: &Entry, title: &Title) {
        let anchors: Vec<Timestamp> = entry.published.into_iter().chain(entry.updated).collect();
        let text = to_text(&entry.body);
        let body = Body::read(entry, &text, &anchors, self.at);
        self.posts = body.posts;
        self.started_at = body.started_at;
        let labels = Labels::read(&body.intro);
        self.components = labels.components.into_iter().map(|id| Affected { id, status: None }).collect();
        if let Some(newest) = self.posts.first_mut() {
            Evidence { entry, title, form: body.form, intro: &body.intro }.judge(newest);
            self.is_over = newest.phase.is_some_and(Phase::is_over);
        }

        let is_dated_ahead = self.is_dated_ahead(reading, title, entry);
        self.is_maintenance = labels.is_maintenance.unwrap_or(false)
            || body.planned.is_some()
            || self.posts.iter().filter_map(|post| post.phase).any(is_planned)
            || self.url.as_deref().is_some_and(|url| url.contains("/maintenances/"))
            || (labels.is_maintenance.is_none() && announces_maintenance(&title.text))
            || entry.categories.iter().any(|category| is_planned_kind(category))
            || is_dated_ahead;
        if self.is_maintenance {
            let may_be_ahead = self.posts.iter().all(|post| matches!(post.phase, None | Some(Phase::Scheduled)));
            self.window = body.planned.unwrap_or_else(|| window(&text, &anchors)).or_else(|| {
                let ahead = |at: &Timestamp| may_be_ahead && reading.now.is_some_and(|now| *at > now);
                let starts_at = entry.published.filter(ahead)?;
                Some(Window { starts_at: Some(starts_at), ends_at: None })
            });
            let starts_at = self.window.and_then(|window| window.starts_at).or(entry.published);
            self.posts
                .iter_mut()
                .for_each(|post| post.phase = post.phase.map(|phase| of_maintenance(phase, post.at, starts_at)));
            if let Some(newest) = self.posts.first_mut()
                && (is_cancelled(&newest.word) || title.word.as_deref().is_some_and(is_cancelled))
            {
                newest.phase = Some(Phase::Completed);
                (self.is_over, self.is_cancelled) = (true, true);
            }
        }
    }

    /// Some feeds date an entry by the planned start.
    fn is_dated_ahead(&self, reading: &Reading<'_>, title: &Title, entry: &Entry) -> bool {
        let ahead = reading.now.zip(entry.published).map(|(now, at)| at.duration_since(now));
        let says_nothing = self.posts.iter().all(|post| post.phase.is_none()) && title.impact.is_none();
        says_nothing
            && title.monitor.is_none()
            && ahead.is_some_and(|ahead| ahead > SURELY_AHEAD && ahead < TOO_FAR_AHEAD)
    }
}

/// What says where the incident is, besides the words of the posts themselves.
struct Evidence<'a> {
    entry: &'a Entry,
    title: &'a Title,
    form: Form,
    intro: &'a str,
}

impl Evidence<'_> {
    /// The phase of the newest post. An older one tells nothing of now, whatever words are in it.
    fn judge(&self, newest: &mut Post) {
        let is_over = |word: &str| feed_phase(word).is_some_and(Phase::is_over);
        let (is_plain, is_worded) = (self.form == Form::Plain, newest.phase.is_some());
        let said = newest.body.clone().unwrap_or_default();
        let label = status_word(self.intro).or_else(|| status_word(&said));
        // Where posts have words of their own, a label is believed only about the end; it may be that word.
        let may_end = |label: &str| self.form != Form::Current && is_over(label);
        let label = label.filter(|label| is_plain || !is_worded || may_end(label));
        let title = self.title.word.as_deref();
        let own = Some(newest.word.as_str()).filter(|_| is_worded);
        // Statuspage has a word for every phase, so that nothing else counts.
        let may_be_told =
            !is_worded && self.form != Form::Blocks && (newest.word.is_empty() || is_update(&newest.word));
        let elsewhere = title
            .into_iter()
            .chain(self.entry.state.as_deref())
            .chain(self.entry.categories.iter().map(String::as_str));
        let words = label.into_iter().chain(title.filter(|_| is_plain)).chain(own);
        let word = words.chain(elsewhere.filter(|_| may_be_told)).find(|word| feed_phase(word).is_some());
        match word.map(str::to_owned) {
            Some(word) => {
                newest.phase = feed_phase(&word);
                newest.word = word;
            }
            None if may_be_told => {
                if newest.word.is_empty() {
                    newest.word = title.unwrap_or_default().to_owned();
                }
                let recovered = self.title.monitor.as_ref().is_some_and(|monitor| monitor.is_up);
                newest.phase = (recovered || says_over(&said)).then_some(Phase::Resolved);
            }
            None => {}
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Statuspage's and Instatus's.
    Blocks,
    /// incident.io's.
    Current,
    Log,
    Plain,
}

/// The body of an entry in the form it has.
struct Body {
    form: Form,
    posts: Vec<Post>,
    /// What stands in front of the posts, or the whole text where they are not set apart.
    intro: String,
    /// Of a notice that says it is of a scheduled event.
    planned: Option<Option<Window>>,
    started_at: Option<Timestamp>,
}

impl Body {
    fn read(entry: &Entry, text: &str, anchors: &[Timestamp], at: Option<Timestamp>) -> Self {
        let Blocks { posts, is_scheduled, window, intro } = blocks(&entry.body, anchors);
        let planned = is_scheduled.then_some(window);
        let of_posts = |form: Form, posts: Vec<Post>, intro: String| {
            let started_at = posts.iter().filter_map(|post| post.at).min();
            Self { form, posts, intro, planned, started_at }
        };
        if !posts.is_empty() {
            return of_posts(Form::Blocks, posts, intro);
        }
        if let Some((posts, intro)) = log::posts(text, anchors) {
            return of_posts(Form::Log, posts, intro);
        }
        if let Some(post) = current(&entry.body, at) {
            return Self { form: Form::Current, posts: vec![post], intro: String::new(), planned, started_at: None };
        }
        let posts = vec![Post::new(at, opening_word(text).unwrap_or_default(), &entry.body)];
        Self { form: Form::Plain, posts, intro: text.to_owned(), planned, started_at: entry.published }
    }
}

/// Words of incidents, as some pages use them for maintenance too.
fn of_maintenance(phase: Phase, at: Option<Timestamp>, starts_at: Option<Timestamp>) -> Phase {
    match phase {
        Phase::Investigating | Phase::Identified if at.zip(starts_at).is_some_and(|(at, starts_at)| at < starts_at) => {
            Phase::Scheduled
        }
        Phase::Investigating | Phase::Identified => Phase::InProgress,
        Phase::Monitoring => Phase::Verifying,
        Phase::Resolved => Phase::Completed,
        phase => phase,
    }
}
