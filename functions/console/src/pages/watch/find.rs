//! Finding providers to watch: by a search, among the best known, or in what somebody pasted. Each has a box; one
//! button watches all that are ticked.
use maud::{Markup, html};
use site::paths;
use status::ids::ProviderId;
use store::StoredSettings;

use super::{
    paste::Pasted,
    rows,
    watched::{Found, States},
};
use crate::{posted::token, visitor::SignedIn};

const MAX_HITS: usize = 40;
const POPULAR: usize = 24;
/// Of the unmatched ones.
const MAX_UNMATCHED: usize = 100;
pub(super) const MAX_QUERY: usize = 100;

/// Custom pages first, then the catalogue's.
pub(super) fn search(settings: &StoredSettings, with_catalogue: bool, query: &str) -> Vec<Found> {
    let lower = query.to_lowercase();
    let own = settings.pages.iter().map(|page| &page.value.0);
    let own = own.filter(|page| page.name.to_lowercase().contains(&lower) || page.page_url.contains(&lower));
    let own: Vec<Found> = own.map(|page| Found { provider: page.clone(), is_own: true }).collect();
    let is_own = |slug: &str| own.iter().any(|found| found.provider.id.as_str() == slug);
    let entries = if with_catalogue { catalogue::search(query, MAX_HITS) } else { Vec::new() };
    let hits = entries.into_iter().filter(|entry| !is_own(entry.slug));
    let hits: Vec<Found> = hits.map(|entry| Found { provider: entry.provider(), is_own: false }).collect();
    own.into_iter().take(MAX_HITS).chain(hits).collect()
}

pub(super) fn search_form(query: &str) -> Markup {
    html! {
        form.controls role="search" action=(paths::WATCH) {
            div.grow {
                label for="q" { "Search providers" }
                input #q type="search" name="q" value=(query) maxlength=(MAX_QUERY) autocomplete="off"
                    spellcheck="false" placeholder="e.g. GitHub, aws, stripe.com";
            }
            button type="submit" { "Search" }
        }
    }
}

/// Providers that were found, with how each is.
pub(super) struct Hits<'a> {
    pub(super) settings: &'a StoredSettings,
    pub(super) found: &'a [Found],
    pub(super) states: &'a States,
    pub(super) are_ticked: bool,
    /// What was searched for.
    pub(super) search: &'a str,
}

pub(super) fn hits(by: &SignedIn, hits: &Hits<'_>) -> Markup {
    let Hits { settings, found, .. } = *hits;
    let any_new = found.iter().any(|hit| !settings.watched.contains(&hit.provider.id));
    html! {
        form method="post" action=(paths::WATCH) {
            (token(by))
            @if !hits.search.is_empty() { input type="hidden" name="q" value=(hits.search); }
            div.panel {
                ul.rows aria-label="Matching providers" {
                    @for hit in found { li { (row(hits, hit)) } }
                }
            }
            @if any_new { p.pages { button.main type="submit" { "Watch the ticked providers" } } }
        }
    }
}

fn row(hits: &Hits<'_>, hit: &Found) -> Markup {
    let id = &hit.provider.id;
    html! {
        div.row {
            @if hits.settings.watched.contains(id) {
                span {
                    a.who href=(paths::watch(id)) { (hit.provider.name) } " " span.tag { "Watched" }
                }
            } @else {
                (tick(id, &hit.provider.name, hits.are_ticked))
            }
            span { (rows::state(hits.states, id)) }
        }
    }
}

fn tick(id: &ProviderId, name: &str, is_ticked: bool) -> Markup {
    html! {
        label.pick { input type="checkbox" name="provider" value=(id) checked[is_ticked]; bdi { (name) } }
    }
}

/// The best known that are not watched yet.
pub(super) fn popular(by: &SignedIn, settings: &StoredSettings) -> Markup {
    let is_new = |entry: &&catalogue::Entry| !settings.watched.iter().any(|watched| watched.as_str() == entry.slug);
    html! {
        h2 { "Popular providers" }
        form method="post" action=(paths::WATCH) {
            (token(by))
            div.picks {
                @for entry in catalogue::entries().iter().filter(is_new).take(POPULAR) {
                    (tick(&ProviderId::new(entry.slug), entry.name, false))
                }
            }
            p.pages { button.main type="submit" { "Watch the ticked providers" } }
        }
    }
}

pub(super) fn paste_box(by: &SignedIn, text: &str) -> Markup {
    html! {
        h2 #paste { "Paste a list" }
        form method="post" action="/watch/from/list" {
            (token(by))
            div.field {
                label for="list" { "A package.json, or names, domains and URLs, one in a line" }
                textarea #list name="list" rows="5" spellcheck="false" { (text) }
            }
            button type="submit" { "Find their providers" }
        }
    }
}

/// What was found in a pasted text: everything that is matched and not watched yet is ticked.
pub(super) fn pasted(by: &SignedIn, settings: &StoredSettings, pasted: &Pasted) -> Markup {
    let watched = |slug: &str| settings.watched.iter().any(|watched| watched.as_str() == slug);
    let new = pasted.matched.iter().filter(|(entry, _)| !watched(entry.slug)).count();
    html! {
        p role="status" {
            (pasted.matched.len()) @if pasted.matched.len() == 1 { " provider" } @else { " providers" } " found"
            @if pasted.matched.len() > new { ", " (pasted.matched.len() - new) " of them watched already" }
            "."
            @if pasted.left_out > 0 { " The last " (pasted.left_out) " entries were not looked at." }
        }
        @if !pasted.matched.is_empty() {
            form method="post" action=(paths::WATCH) {
                (token(by))
                div.panel {
                    ul.rows aria-label="Found providers" {
                        @for (entry, by_word) in &pasted.matched {
                            li {
                                div.row {
                                    @if watched(entry.slug) {
                                        span { strong { (entry.name) } " " span.tag { "Watched" } }
                                    } @else {
                                        (tick(&ProviderId::new(entry.slug), entry.name, true))
                                    }
                                    span.small.soft { bdi { (by_word) } }
                                }
                            }
                        }
                    }
                }
                @if new > 0 {
                    p.pages { button.main type="submit" { "Watch " (new) @if new == 1 { " provider" } @else { " providers" } } }
                }
            }
        }
        (unmatched(pasted))
    }
}

fn unmatched(pasted: &Pasted) -> Markup {
    let more = pasted.unmatched.len().saturating_sub(MAX_UNMATCHED);
    html! {
        @if !pasted.unmatched.is_empty() {
            details.folded open[!pasted.is_package] {
                summary { (pasted.unmatched.len()) " not found" }
                p.soft.small {
                    @if pasted.is_package { "Most packages are of no service that has a status page." }
                    @else { "Search for what they are called, or add the address of their status page." }
                }
                ul.links {
                    @for word in pasted.unmatched.iter().take(MAX_UNMATCHED) {
                        li { a href={ (paths::WATCH) "?q=" (paths::segment(word)) } { bdi { (word) } } }
                    }
                    @if more > 0 { li.soft { "and " (more) " more" } }
                }
            }
        }
    }
}
