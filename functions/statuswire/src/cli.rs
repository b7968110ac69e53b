//! The command line.
use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use jiff::Timestamp;
use url::Url;

/// Watches vendors' status pages and tells the right people.
#[derive(Debug, Parser)]
#[command(name = "statuswire", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs everything on this machine (the default).
    Serve(ServeArgs),
    /// Reads a page once and prints what we would see, as JSON. Exit code 0: readable; 2: not a status page; 3: unreachable.
    Probe(ProbeArgs),
    /// Searches the catalogue of providers, or checks it against the pages themselves.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Checks or applies a configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Sends a test alert to one destination and shows what the platform answers. Exit code 0: it was accepted.
    Test(TestArgs),
    /// Lists deliveries with their attempts, newest incidents first.
    Deliveries(DeliveriesArgs),
    /// Sends deliveries that have ended once more, or moves dead letters back into their queues.
    Redrive(RedriveArgs),
}

/// Which instance a command is about: the one of a data folder, whether it runs or not, or a deployed one.
#[derive(Debug, Args)]
pub struct SiteArgs {
    /// The folder of an instance on this machine.
    #[arg(long, value_name = "DIR", default_value = ".statuswire", conflicts_with = "stack")]
    pub data: PathBuf,
    /// The name of a deployed stack; region and credentials come from the environment.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub stack: Option<String>,
    /// The stack's table, as its outputs name it.
    #[arg(long, value_name = "NAME", requires = "stack")]
    pub table: Option<String>,
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// Its id.
    pub destination: String,
    /// Take the destination from this file instead of from the instance; mail is sent as the file says.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A private network that may be reached, besides those of the file; may be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
    #[command(flatten)]
    pub site: SiteArgs,
}

#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Of one incident, written PROVIDER/INCIDENT.
    #[arg(long, value_name = "PROVIDER/INCIDENT", conflicts_with_all = ["alert", "destination"])]
    pub incident: Option<String>,
    /// Of one alert.
    #[arg(long, value_name = "ID", conflicts_with = "destination")]
    pub alert: Option<String>,
    /// To one destination.
    #[arg(long, value_name = "ID")]
    pub destination: Option<String>,
    /// With --destination: not older than this, as in `2h`, `3d` or 2026-11-24T10:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = since)]
    pub since: Timestamp,
    /// Only those that did not arrive: failed, given up, rejected, disabled, dropped.
    #[arg(long)]
    pub failed: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// One JSON document per line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub site: SiteArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct RedriveArgs {
    /// One delivery, as `deliveries` names it: ALERT/DESTINATION.
    #[arg(group = "what")]
    pub delivery: Option<String>,
    /// Everything to this destination that did not arrive since --since, oldest first.
    #[arg(long, value_name = "ID", group = "what")]
    pub destination: Option<String>,
    /// With --destination: as in `2h`, `3d` or 2026-11-24T10:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = since)]
    pub since: Timestamp,
    /// With --destination: what arrived is sent once more too.
    #[arg(long, requires = "destination")]
    pub delivered_too: bool,
    /// The dead letters of this channel, or of `alerts`.
    #[arg(long, value_name = "CHANNEL", group = "what")]
    pub dead_letters: Option<String>,
    #[command(flatten)]
    pub site: SiteArgs,
}

/// A moment, or how long ago it was.
fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let ago = text.parse::<jiff::SignedDuration>().map_err(|_| wrong_time());
    // Days are not part of a friendly duration without a calendar; here one is 24 hours.
    let ago = match text.strip_suffix('d').map(str::parse::<i64>) {
        Some(days) => Ok(jiff::SignedDuration::from_hours(24 * days.map_err(|_| wrong_time())?)),
        None => ago,
    };
    Timestamp::now().checked_sub(ago?).map_err(|_| wrong_time())
}

fn wrong_time() -> String {
    "must be a time like 2026-11-24T10:00:00Z, or how long ago it was, like 90m, 2h or 3d".to_owned()
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where the HTTP front listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The folder that keeps everything between runs.
    #[arg(long, value_name = "DIR", default_value = ".statuswire", conflicts_with = "no_network")]
    pub data: PathBuf,
    /// Nothing leaves this machine: only the replay is watched, everything sent goes to pretend fakes that are as
    /// strict as the real ones (see /receiver.json), and nothing is kept.
    #[arg(long, conflicts_with_all = ["no_replay", "once"])]
    pub no_network: bool,
    /// Settings as code: pages, destinations, groups and monitors.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Leave out the replayed incident and its receiver.
    #[arg(long)]
    pub no_replay: bool,
    /// ReadContext only the pages of the configuration.
    #[arg(long)]
    pub no_catalogue: bool,
    /// Read every page once, route and deliver everything, then exit; fails if something could not be delivered.
    #[arg(long)]
    pub once: bool,
    /// With --once: print the round's summary as JSON, the last line on standard output.
    #[arg(long, requires = "once")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// A status page.
    pub url: Url,
    /// Read it as this format instead of finding out.
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// A private network that may be reached, also by plain http; may be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
}

#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Lists the providers that fit all words, best first. Exit code 1: none does.
    Search(SearchArgs),
    /// Reads every page of the catalogue once and writes what was found, and a corrected catalogue. A run that was
    /// interrupted goes on where it was. Exit code 0: everything is as listed; 2: not everything; 1: the catalogue has
    /// mistakes, or nothing could be done; 130: interrupted.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Of a name, a domain or a category (also `category:payments`); the beginning is enough.
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A catalogue file instead of the one built in.
    pub file: Option<PathBuf>,
    /// The folder that gets report.csv, the corrected providers.csv, and state.jsonl to go on from.
    #[arg(long, value_name = "DIR", default_value = "catalogue-check")]
    pub out: PathBuf,
    /// Only these entries.
    #[arg(long, value_name = "SLUG", num_args = 1..)]
    pub only: Vec<String>,
    /// Read no more pages than this in this run.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// So many pages at the same time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..=128))]
    pub concurrency: u8,
    /// Between the starts of two reads at one maker of status pages, or at one domain.
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration)]
    pub pause: Duration,
    /// How long one answer may take.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    pub timeout: Duration,
    /// Start over, whatever was found before.
    #[arg(long)]
    pub again: bool,
    /// A private network that may be reached, also by plain http; may be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| "must be a time like 250ms, 15s or 1m".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Names every mistake at once, each with line, column and the way out.
    Check { file: PathBuf },
    /// Makes the settings of an instance what the file declares: what it lists no more is removed. Of [instance],
    /// [network] and [mail], a deployed stack has its own parameters.
    Apply {
        file: PathBuf,
        #[command(flatten)]
        site: SiteArgs,
    },
}
