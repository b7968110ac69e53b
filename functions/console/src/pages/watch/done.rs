//! What was done to what is watched of a provider, on the page to which a form leads, and how it is taken back.
use maud::{Markup, html};
use site::paths;
use status::{
    monitor::{Group, Monitor},
    provider::Provider,
};
use store::{Stored, StoredSettings};

use crate::{
    posted::token,
    visitor::{Right, SignedIn},
};

pub(super) const WATCHING: &str = "watching";
pub(super) const SAVED: &str = "saved";

pub(super) struct Done<'a> {
    pub(super) provider: &'a Provider,
    pub(super) settings: &'a StoredSettings,
    pub(super) monitor: &'a Stored<Monitor>,
}

impl Done<'_> {
    /// The words are ours, whatever the query says.
    pub(super) fn in_words(&self, done: &str) -> Option<String> {
        let name = &self.provider.name;
        let begins = match done {
            WATCHING => format!("Watching {name}."),
            SAVED => "Saved.".to_owned(),
            "added" => "Added. The page is checked at the next round, within 15 minutes.".to_owned(),
            "known" => return Some(format!("{name} is known here already.")),
            _ => return None,
        };
        Some(format!("{begins} {}", self.who_is_told()))
    }

    /// `Alerts go to Default.`
    fn who_is_told(&self) -> String {
        let tells = |group: &&Group| group.tells_of(&self.monitor.value.id);
        let groups = self.settings.groups.iter().map(|it| &it.value).filter(tells);
        let groups: Vec<&str> = groups.map(Group::shown_name).collect();
        match groups[..] {
            [] => "Nobody is alerted yet: no group with a destination covers it.".to_owned(),
            _ => format!("Alerts go to {}.", groups.join(", ")),
        }
    }

    /// Stops to watch what began to be watched just now, unless somebody changed it since.
    pub(super) fn undo(&self, done: &str, by: &SignedIn) -> Markup {
        if done != WATCHING || !by.may(Right::Edit) {
            return html! {};
        }
        html! {
            form method="post" action={ (paths::watch(&self.provider.id)) "/remove" } {
                (token(by))
                input type="hidden" name="monitor" value=(self.monitor.value.id);
                input type="hidden" name="version" value=(self.monitor.version);
                p.actions { button type="submit" { "Undo" } }
            }
        }
    }
}
