//! The registry: a `mod` line and a line of the list for each format. Every platform is a file or a folder here, and
//! nothing else is.
mod adobe;
mod algolia;
mod apple;
mod auth0;
mod aws;
mod azure;
mod azuredevops;
mod betterstack;
mod cachet;
mod checkly;
mod cstate;
mod feed;
mod firehydrant;
mod flashduty;
mod freshstatus;
mod google;
mod heroku;
mod hetzner;
mod hund;
mod ibmcloud;
pub(crate) mod incidentio;
mod instatus;
mod kener;
mod lambstatus;
mod microsoft365;
mod microsoft365graph;
mod oci;
mod okta;
mod oneuptime;
mod onlineornot;
mod openstatus;
mod pagerduty;
mod paypal;
mod pingdom;
mod rootly;
mod salesforce;
mod site24x7;
mod slack;
mod sorry;
mod statuscast;
mod statushub;
mod statusio;
pub(crate) mod statuspage;
mod statuspal;
mod upptime;
mod uptimecom;
mod uptimekuma;
mod uptimerobot;
mod vultr;
mod wedos;
pub(crate) mod yandex;
mod zendesk;

use crate::contract::{Format, History};

/// In the order of detection. incident.io comes before Statuspage because it imitates Statuspage's API; the feed comes
/// last because a page of any other format has one too.
static FORMATS: &[Format] = &[
    azure::FORMAT,
    azuredevops::FORMAT,
    microsoft365::FORMAT,
    microsoft365graph::FORMAT,
    salesforce::FORMAT,
    incidentio::FORMAT,
    adobe::FORMAT,
    auth0::FORMAT,
    okta::FORMAT,
    pagerduty::FORMAT,
    statuscast::FORMAT,
    statuspage::FORMAT,
    instatus::FORMAT,
    statusio::FORMAT,
    betterstack::FORMAT,
    hund::FORMAT,
    google::FORMAT,
    slack::FORMAT,
    heroku::FORMAT,
    apple::FORMAT,
    zendesk::FORMAT,
    wedos::FORMAT,
    algolia::FORMAT,
    upptime::FORMAT,
    uptimerobot::FORMAT,
    statushub::FORMAT,
    site24x7::FORMAT,
    sorry::FORMAT,
    openstatus::FORMAT,
    aws::FORMAT,
    freshstatus::FORMAT,
    cachet::FORMAT,
    statuspal::FORMAT,
    yandex::FORMAT,
    cstate::FORMAT,
    uptimekuma::FORMAT,
    firehydrant::FORMAT,
    onlineornot::FORMAT,
    uptimecom::FORMAT,
    rootly::FORMAT,
    oci::FORMAT,
    vultr::FORMAT,
    paypal::FORMAT,
    hetzner::FORMAT,
    ibmcloud::FORMAT,
    checkly::FORMAT,
    flashduty::FORMAT,
    kener::FORMAT,
    lambstatus::FORMAT,
    oneuptime::FORMAT,
    pingdom::FORMAT,
    feed::FORMAT,
];

/// For formats whose pages keep more of the last 90 days than a read takes.
static HISTORIES: &[History] = &[statuspage::HISTORY, aws::HISTORY, incidentio::HISTORY];

/// Every format, in the order in which detection tries them.
pub fn formats() -> &'static [Format] {
    FORMATS
}

/// The format of this name.
pub fn format(name: &str) -> Option<&'static Format> {
    formats().iter().find(|format| format.name == name)
}

/// Every reader of histories.
pub fn histories() -> &'static [History] {
    HISTORIES
}

/// What reads the history of the pages of this format; `None`: nothing but what a read takes.
pub fn history(format: &str) -> Option<&'static History> {
    histories().iter().find(|history| history.format == format)
}

/// The format that reads this platform of the catalogue, if there is one.
pub fn of_platform(platform: &str) -> Option<&'static Format> {
    format(if platform == "rss" { "feed" } else { platform })
}

/// What the catalogue is to call the platform of a page that it lists with `listed`, where the format of this name read
/// it; `None`: as it is listed.
pub fn found_platform(listed: &str, format: &str) -> Option<&'static str> {
    let format = self::format(format)?;
    let found = if format.name == "feed" { "rss" } else { format.name };
    match of_platform(listed) {
        Some(known) if known.name == format.name => None,
        // A page of a platform without a format of ours usually has a feed too. The listed platform stays.
        None if !matches!(listed, "" | "custom") && format.name == "feed" => None,
        _ => Some(found),
    }
}
