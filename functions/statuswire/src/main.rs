//! The command line of statuswire.
use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use statuswire::{
    apply, catalogue,
    cli::{CatalogueCommand, Cli, Command, ConfigCommand},
    deliveries, probe, redrive, serve, settings_file, test,
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => serve::run(cli.serve).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Probe(args)) => probe::run(args).await,
        Some(Command::Catalogue(CatalogueCommand::Search(args))) => catalogue::search(&args),
        Some(Command::Catalogue(CatalogueCommand::Check(args))) => catalogue::check(args).await,
        Some(Command::Config(ConfigCommand::Check { file })) => settings_file::check(&file),
        Some(Command::Config(ConfigCommand::Apply { file, site })) => apply::run(&file, &site).await,
        Some(Command::Test(args)) => test::run(args).await,
        Some(Command::Deliveries(args)) => deliveries::run(args).await,
        Some(Command::Redrive(args)) => redrive::run(args).await,
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "statuswire: {error:#}");
        ExitCode::FAILURE
    })
}
