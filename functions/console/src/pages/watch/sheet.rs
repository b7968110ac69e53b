//! The form in which somebody chooses what is watched of one provider.
use jiff::Timestamp;
use maud::{Markup, html};
use site::{paths, provider_state::ProviderState};
use status::{
    monitor::{ComponentFilter, Group, Monitor, WhenUnknown},
    page_state::PageState,
    snapshot::Listing,
};
use store::{ManagedBy, Stored};

use super::{
    alert_groups::{AlertGroups, FIELD},
    bars::Bars,
    login, rows,
    selection::Selection,
    tree::tree,
    watched::{Found, States},
};
use crate::{
    fields::{Problems, select},
    posted::token,
    visitor::{Right, SignedIn},
};

/// What is chosen at present, saved or not.
pub(super) struct Draft {
    pub(super) is_all: bool,
    pub(super) selection: Selection,
    pub(super) unknown: WhenUnknown,
    pub(super) alerting: AlertGroups,
    pub(super) zone: String,
}

/// What is known of the provider.
pub(super) struct Subject<'a> {
    pub(super) found: &'a Found,
    pub(super) states: &'a States,
    pub(super) page: Option<&'a PageState>,
    /// A login of it is changed on the pages.
    pub(super) may_have_login: bool,
    /// All of the account that watch it.
    pub(super) monitors: &'a [&'a Stored<Monitor>],
    pub(super) groups: &'a [Stored<Group>],
}

pub(super) struct Sheet<'a> {
    pub(super) subject: Subject<'a>,
    /// `None`: a new one.
    pub(super) monitor: Option<&'a Stored<Monitor>>,
    /// It is to be another one beside those that there are.
    pub(super) is_another: bool,
    pub(super) draft: &'a Draft,
    pub(super) search: &'a str,
    pub(super) problems: &'a Problems,
    /// Since when entries fit nothing on the page.
    pub(super) gone_since: Option<Timestamp>,
    /// `None`: the page was never read.
    pub(super) bars: Option<&'a Bars>,
    /// [`super::past`].
    pub(super) past: &'a Markup,
}

impl Sheet<'_> {
    pub(super) fn markup(&self, by: &SignedIn) -> Markup {
        let Subject { found, states, monitors, .. } = &self.subject;
        let id = &found.provider.id;
        let is_of_file = self.monitor.is_some_and(|monitor| monitor.managed_by == ManagedBy::File);
        html! {
            p.facts-line {
                (rows::state(states, id))
                @if found.is_public() { a href=(paths::provider(id)) { "Components and history" } }
                @if found.is_own { span.soft { (found.provider.page_url) } }
            }
            @if states.state(id) == ProviderState::NoStatusPage {
                p.note {
                    "What answers at its address is no status page that can be read, so that nothing of it can alert you."
                }
            }
            @if let Some(summary) = states.summary(id) { (rows::incidents(found, summary)) }
            @if monitors.len() > 1 || (self.is_another && !monitors.is_empty()) { (self.others()) }
            @if is_of_file || !by.may(Right::Edit) {
                div.two { div { (self.read_only(is_of_file)) } aside { (self.past_alone(by)) } }
            } @else {
                (self.form(by))
            }
        }
    }

    fn form(&self, by: &SignedIn) -> Markup {
        let id = &self.subject.found.provider.id;
        html! {
            (self.problems.summary())
            form.two method="post" action=(paths::watch(id)) {
                div {
                    (self.hidden(by))
                    (self.components())
                    (self.gone())
                    div.field { (unknown(self.draft.unknown)) }
                    p.soft.small {
                        "Many providers post an incident first and name its components later, or never."
                    }
                    (self.draft.alerting.fields(self.subject.groups, self.monitor.map(|monitor| &monitor.value.id)))
                    @if let Some(problem) = self.problems.at(FIELD) { p.problem { (problem) } }
                    p.actions {
                        button.main type="submit" name="submit" value="save" {
                            @if self.monitor.is_some() { "Save" } @else { "Watch " (self.subject.found.provider.name) }
                        }
                        (self.more())
                    }
                }
                aside { (self.past) }
            }
        }
    }

    fn hidden(&self, by: &SignedIn) -> Markup {
        html! {
            (token(by))
            @if let Some(monitor) = self.monitor {
                input type="hidden" name="monitor" value=(monitor.value.id);
                input type="hidden" name="version" value=(monitor.version);
            }
            @if self.is_another { input type="hidden" name="another" value="1"; }
        }
    }

    /// Links to what else can be done.
    fn more(&self) -> Markup {
        let path = paths::watch(&self.subject.found.provider.id);
        html! {
            @if let Some(monitor) = self.monitor {
                a.button href={ (path) "/remove?monitor=" (paths::segment(monitor.value.id.as_str())) } { "Stop watching" }
                a.button href={ (path) "?monitor=new" } { "Add another monitor" }
            } @else if self.subject.found.is_own && self.subject.monitors.is_empty() {
                a.button href={ (path) "/remove" } { "Remove this page" }
            }
            @if self.subject.may_have_login {
                a.button href=(login::path(&self.subject.found.provider.id)) { "Change its login" }
            }
        }
    }

    fn others(&self) -> Markup {
        let path = paths::watch(&self.subject.found.provider.id);
        html! {
            p.soft { "Monitors of this provider, each for the groups that choose it:" }
            ul.links {
                @for monitor in self.subject.monitors {
                    @let is_this = self.monitor.is_some_and(|this| this.value.id == monitor.value.id);
                    li {
                        a href={ (path) "?monitor=" (paths::segment(monitor.value.id.as_str())) }
                            aria-current=[is_this.then_some("page")] { (rows::chosen(&monitor.value.components)) }
                        @if monitor.managed_by == ManagedBy::File { span.soft { " (configuration file)" } }
                    }
                }
                @if self.is_another { li { strong { "New" } } }
            }
        }
    }

    fn components(&self) -> Markup {
        let listed = self.subject.page.filter(|page| !page.components.is_empty());
        let Some((page, bars)) = listed.zip(self.bars) else { return self.without_components() };
        let (total, selection) = (page.components.len(), &self.draft.selection);
        html! {
            fieldset #components {
                legend.hidden { "Components" }
                (which("all", self.draft.is_all, &html! { "All components, also those that are added later" }))
                (which("chosen", !self.draft.is_all, &html! {
                    "Chosen: " span data-count { (selection.count(&page.components)) " of " (total) " selected" }
                }))
                input type="hidden" name="which_before" value=(if self.draft.is_all { "all" } else { "chosen" });
                @for field in ["components", "which"] {
                    @if let Some(problem) = self.problems.at(field) { p.problem #{ (field) "-problem" } { (problem) } }
                }
                @if page.listing == Listing::Partial {
                    p.soft.small {
                        "This status page does not list all of its components. These are the ones it has mentioned."
                    }
                }
                (tree((page, bars), selection, self.search))
            }
        }
    }

    /// Also of a page that was never read.
    fn without_components(&self) -> Markup {
        let which = if self.draft.is_all { "all" } else { "chosen" };
        html! {
            div #components {
                p.note {
                    @if self.subject.page.is_some() {
                        "This status page lists no components: every incident of it alerts."
                    } @else if self.draft.is_all {
                        "Not checked yet. Components appear after the first check, within 15 minutes. All components \
                         are watched meanwhile."
                    } @else {
                        "Not checked yet. Components appear after the first check, within 15 minutes. What is chosen \
                         is kept."
                    }
                }
                input type="hidden" name="which" value=(which);
            }
        }
    }

    /// Chosen entries that fit nothing on the page: kept, until somebody unticks them.
    fn gone(&self) -> Markup {
        let entries = &self.draft.selection.gone;
        let is_whole = self.subject.page.is_some_and(|page| page.listing == Listing::Complete);
        html! {
            @if !entries.is_empty() {
                div.note {
                    p.silent {
                        @match self.subject.page {
                            None => { "Chosen, and not seen yet. " },
                            Some(_) if !is_whole => { "Chosen, and not seen on this status page so far. " },
                            Some(_) => {
                                "No longer listed on the status page"
                                @if let Some(since) = self.gone_since { " since " (site::times::time(since)) }
                                ". "
                            },
                        }
                        "While nothing that is chosen is there, incidents count as ones that name no component. Untick to remove."
                    }
                    @for entry in entries {
                        label.pick { input type="checkbox" name="gone" value=(entry) checked; bdi { (entry) } }
                    }
                }
            }
        }
    }

    fn read_only(&self, is_of_file: bool) -> Markup {
        let path = paths::watch(&self.subject.found.provider.id);
        html! {
            @if let Some(monitor) = self.monitor {
                h2 { (rows::chosen(&monitor.value.components)) }
                @if let ComponentFilter::Chosen(entries) = &monitor.value.components {
                    ul.panel.rows { @for entry in entries { li { bdi { (entry) } } } }
                }
                p.soft {
                    "When the provider names no component: "
                    @match monitor.value.unknown { WhenUnknown::Tell => "alert", WhenUnknown::Drop => "do not alert" } "."
                }
                (self.draft.alerting.in_words(self.subject.groups))
            } @else {
                p { "This account does not watch it." }
            }
            @if is_of_file {
                p.note { "This monitor is declared in the configuration file, and is changed there." }
                p.actions { a.button href={ (path) "?monitor=new" } { "Add another monitor" } }
            } @else {
                p.note { "You may read this account, and not change it." }
            }
        }
    }

    /// The preview of what is saved, in a form of its own: it changes nothing.
    fn past_alone(&self, by: &SignedIn) -> Markup {
        html! {
            form method="post" action=(paths::watch(&self.subject.found.provider.id)) {
                (self.hidden(by))
                (self.past)
            }
        }
    }
}

fn which(value: &str, is_chosen: bool, label: &Markup) -> Markup {
    html! {
        label.pick { input type="radio" name="which" value=(value) checked[is_chosen]; span { (label) } }
    }
}

fn unknown(chosen: WhenUnknown) -> Markup {
    let chosen = match chosen {
        WhenUnknown::Tell => "tell",
        WhenUnknown::Drop => "drop",
    };
    let options = [("tell", "Alert me"), ("drop", "Do not alert me")];
    select("unknown", "When the provider names no component", &options, chosen)
}
