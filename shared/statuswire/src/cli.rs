//! The command line.
use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
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
    /// Checks a configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where the HTTP front listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The folder that keeps everything between runs.
    #[arg(long, value_name = "DIR", default_value = ".statuswire")]
    pub data: PathBuf,
    /// Settings as code: pages, destinations, groups and monitors.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Leave out the replayed incident and its receiver.
    #[arg(long)]
    pub no_replay: bool,
    /// Watch only the pages of the configuration.
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
pub enum ConfigCommand {
    /// Names every mistake at once, each with line, column and the way out.
    Check { file: PathBuf },
}
