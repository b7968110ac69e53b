//! The arguments of the command line.
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

/// Watches providers' status pages and sends alerts to the right people.
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
    /// Runs statuswire on this machine (the default command).
    Serve(ServeArgs),
    /// Reads a status page once and prints the result as JSON. Exit code 0: success; 2: not a status page; 3: the page
    /// is unreachable.
    Probe(ProbeArgs),
    /// Searches the catalogue of providers, or checks it against the status pages.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Checks or applies a configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Sends a test alert to one destination and prints the response. Exit code 0: the destination accepted it.
    Test(TestArgs),
    /// Lists deliveries and their attempts, newest incidents first.
    Deliveries(DeliveriesArgs),
    /// Repeats finished deliveries, or returns dead letters to their queue.
    Redrive(RedriveArgs),
    /// Writes everything that an instance has to keep into a file, for `import`: settings with their secrets, consent,
    /// the state and history of all pages, and what was sent to whom. The file is readable by its owner only.
    Export(ExportArgs),
    /// Reads the file of an `export` into an empty instance. An interrupted import continues when it is run again.
    Import(ImportArgs),
    /// Accepts that another page has taken the place of a provider's status page, as its source says. The next read is
    /// of that page.
    Follow(FollowArgs),
    /// Works with the keys that encrypt what is secret in an instance.
    #[command(subcommand)]
    Keys(KeysCommand),
}

/// The instance that a command works on: a data folder, whether `serve` runs on it or not, or a deployed stack.
#[derive(Debug, Args)]
pub struct InstanceArgs {
    /// Data folder of an instance on this machine.
    #[arg(long, value_name = "DIR", default_value = ".statuswire", conflicts_with = "stack")]
    pub data: PathBuf,
    /// Name of a deployed stack. Region and credentials are found as by AWS's own tools: variables, profile, SSO.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub stack: Option<String>,
    /// Table of the stack, as named in its outputs.
    #[arg(long, value_name = "NAME", requires = "stack")]
    pub table: Option<String>,
    /// ARN of the stack's keys, as named in its outputs: for `config`, `test`, `keys`, `export` and
    /// `import`.
    #[arg(long, value_name = "ARN", requires = "stack")]
    pub keys: Option<String>,
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// Destination ID.
    pub destination: String,
    /// Read the destination and the mail settings from this file instead of from the instance.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Allow connections to this private network, in addition to those of the file. May be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
    /// Send although a mail server said that the mailbox does not exist: by now it does. A complaint stays.
    #[arg(long)]
    pub lift_suppression: bool,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Only deliveries about this incident.
    #[arg(long, value_name = "PROVIDER/INCIDENT", conflicts_with_all = ["alert", "destination"])]
    pub incident: Option<String>,
    /// Only deliveries of this alert.
    #[arg(long, value_name = "ID", conflicts_with = "destination")]
    pub alert: Option<String>,
    /// Only deliveries to this destination.
    #[arg(long, value_name = "ID")]
    pub destination: Option<String>,
    /// With --destination: earliest time, as a timestamp or an age (2h, 3d).
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = time_or_age)]
    pub since: Timestamp,
    /// Only deliveries that did not arrive: given up, rejected, disabled, dropped, or still retrying.
    #[arg(long)]
    pub failed: bool,
    /// Maximum number of rows.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Print one JSON document per line.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct RedriveArgs {
    /// One delivery, as printed by `deliveries`: ALERT/DESTINATION.
    #[arg(group = "what")]
    pub delivery: Option<String>,
    /// All deliveries to this destination that did not arrive since --since, oldest first.
    #[arg(long, value_name = "ID", group = "what")]
    pub destination: Option<String>,
    /// With --destination: earliest time, as a timestamp or an age (2h, 3d).
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = time_or_age)]
    pub since: Timestamp,
    /// With --destination: repeat delivered ones too.
    #[arg(long, requires = "destination")]
    pub delivered_too: bool,
    /// The dead letters of this channel, or of `alerts`.
    #[arg(long, value_name = "CHANNEL", group = "what")]
    pub dead_letters: Option<String>,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write; `-` writes to standard output. An existing file is not overwritten.
    pub file: PathBuf,
    /// Export although the poller runs: a copy to keep, not to move to. An instance that imports it may repeat what is
    /// sent meanwhile.
    #[arg(long)]
    pub while_running: bool,
    /// Export although messages wait in the queues or are dead letters. Those that were tried before are sent by the
    /// instance that imports the file; the others stay behind.
    #[arg(long)]
    pub leave_queued: bool,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file that `export` wrote.
    pub file: PathBuf,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
pub struct FollowArgs {
    /// Provider ID: a slug of the catalogue, or the id of a page in the configuration.
    pub provider: String,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

/// A timestamp, or an age such as `2h` or `3d`. A day is 24 hours.
fn time_or_age(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    // Without a calendar, jiff accepts no days.
    let age = match text.strip_suffix('d') {
        Some(days) => days.parse::<i64>().ok().and_then(|days| days.checked_mul(86_400)).map(SignedDuration::from_secs),
        None => text.parse::<SignedDuration>().ok(),
    };
    // A clock after the year 9999 is refused before a command runs.
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    age.and_then(|age| now.checked_sub(age).ok())
        .ok_or_else(|| "write a timestamp such as 2026-11-24T10:00:00Z, or an age such as 90m, 2h or 3d".to_owned())
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address of the HTTP server.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder that keeps all data between runs.
    #[arg(long, value_name = "DIR", default_value = ".statuswire", conflicts_with = "no_network")]
    pub data: PathBuf,
    /// Make no connection to the outside. Only the demo is watched, messages go to built-in fakes that are as strict as
    /// the real services (see /receiver.json), and no data is kept.
    #[arg(long, conflicts_with_all = ["no_replay", "once"])]
    pub no_network: bool,
    /// Configuration file: pages, destinations, groups and monitors.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run without the demo incident and its receiver.
    #[arg(long)]
    pub no_replay: bool,
    /// Run the demo incident also where others can reach this instance: with a password, or where --listen is not an
    /// address of this machine alone. Without this option it is off there.
    #[arg(long, conflicts_with_all = ["no_replay", "once"])]
    pub replay: bool,
    /// Watch only the pages of the configuration file.
    #[arg(long)]
    pub no_catalogue: bool,
    /// Read every page once, deliver all alerts, then exit. Exit code 1: a delivery failed.
    #[arg(long)]
    pub once: bool,
    /// With --once: print the summary as JSON, in the last line of standard output.
    #[arg(long, requires = "once")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// URL of the status page. With --config: the id of a page that the file declares.
    #[arg(value_name = "URL")]
    pub page: String,
    /// Read a page of this configuration file, with its login.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["headers", "user", "password"])]
    pub config: Option<PathBuf>,
    /// Send this header to the page's own scheme, host and port; an environment variable holds its text:
    /// 'Authorization: env:TOKEN'. May be repeated.
    #[arg(long = "header", value_name = "NAME: env:VAR")]
    pub headers: Vec<String>,
    /// Sign in with this user name (HTTP basic authentication).
    #[arg(long, value_name = "NAME", requires = "password")]
    pub user: Option<String>,
    /// The environment variable that holds the password: env:PASSWORD.
    #[arg(long, value_name = "env:VAR", requires = "user")]
    pub password: Option<String>,
    /// Read the page as this format instead of detecting it.
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Allow connections to this private network, also over plain http. May be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
}

#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Lists the providers that match all words, best match first. Exit code 1: no match.
    Search(SearchArgs),
    /// Reads every page of the catalogue once and writes a report and a corrected catalogue. An interrupted check
    /// continues when it is run again. Exit code 0: all entries are correct; 2: some are not; 1: the catalogue has
    /// errors, or the check failed; 130: interrupted.
    Check(CheckArgs),
    /// Writes what an instance has found of the catalogue while polling it: other platforms, new addresses, dead pages.
    /// It is a patch for `catalogue apply`.
    Export(ExportPatchArgs),
    /// Applies such a patch to a catalogue file. Rows that say otherwise by now stay, and so does what people judge.
    Apply(ApplyPatchArgs),
}

#[derive(Debug, Args)]
pub struct ExportPatchArgs {
    /// File to write. Default: standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub instance: InstanceArgs,
}

#[derive(Debug, Args)]
pub struct ApplyPatchArgs {
    /// The patch, as `catalogue export` writes it.
    pub patch: PathBuf,
    /// The catalogue file to change.
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// The beginning of a name, a domain or a category; `category:payments` searches categories only.
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
    /// Maximum number of rows.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Catalogue file. Default: the built-in catalogue.
    pub file: Option<PathBuf>,
    /// Folder for report.csv, the corrected providers.csv, and state.jsonl, from which an interrupted check continues.
    #[arg(long, value_name = "DIR", default_value = "catalogue-check")]
    pub out: PathBuf,
    /// Check only these entries.
    #[arg(long, value_name = "SLUG", num_args = 1..)]
    pub only: Vec<String>,
    /// Maximum number of pages to read in this run.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Number of pages to read at the same time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..=128))]
    pub concurrency: u8,
    /// Time between the starts of two reads on one platform or domain.
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration)]
    pub pause: Duration,
    /// Time limit of one response.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    pub timeout: Duration,
    /// Start over and discard earlier results.
    #[arg(long)]
    pub again: bool,
    /// Allow connections to this private network, also over plain http. May be repeated.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| "write a duration such as 250ms, 15s or 1m".to_owned())
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Lists all errors of the file, each with line, column and a hint. If there is an instance, component filters are
    /// compared with the pages it has read.
    Check {
        file: PathBuf,
        #[command(flatten)]
        instance: InstanceArgs,
    },
    /// Prints what applying the file would change: `+` a new setting, `~` a changed one with the fields that differ,
    /// `-` one that would be removed. Exit code 0: nothing; 2: something; 1: an error.
    Diff {
        file: PathBuf,
        #[command(flatten)]
        instance: InstanceArgs,
    },
    /// Prints the stored settings as a configuration file, those included that were made on the pages.
    Export {
        /// ID of another account than that of the file, or the mail address of its member.
        #[arg(long)]
        account: Option<String>,
        /// Writes secrets in clear, in place of the names of environment variables.
        #[arg(long)]
        secrets: bool,
        #[command(flatten)]
        instance: InstanceArgs,
    },
    /// Prints what applying the file would change, asks, and then makes the settings of an instance equal to the file:
    /// what it no longer declares is removed. A deployed stack ignores [instance], [network] and [mail]: it has its own
    /// parameters for them. Exit code 1: nothing was changed.
    Apply {
        file: PathBuf,
        /// Apply the plan without asking, as where nobody can be asked.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        instance: InstanceArgs,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Encrypts anew, with the newest key, whatever an older one encrypted, of all accounts: settings of destinations,
    /// logins of pages, secret addresses of boards and feeds. Exit code 0: no older key is needed any more; 2: it is.
    Reseal {
        #[command(flatten)]
        instance: InstanceArgs,
    },
}

impl ServeArgs {
    /// Whether the demo runs. `private`: the instance has a password.
    pub fn has_demo(&self, private: bool) -> bool {
        let asked = self.replay || self.no_network;
        asked || !(self.no_replay || private || !self.listen.ip().to_canonical().is_loopback())
    }
}
