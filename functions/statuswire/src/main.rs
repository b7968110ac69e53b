//! The program `statuswire`: parses the arguments and runs one command.
use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use status::outside_text::shown;
use statuswire::{
    cli::{CatalogueCommand, Cli, Command, ConfigCommand, KeysCommand},
    commands::{catalogue, config, deliveries, export, follow, import, keys, probe, redrive, serve, test},
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match clock_of(&cli) {
        Ok(()) => run(cli).await,
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "statuswire: {}", shown(&format!("{error:#}")));
        ExitCode::FAILURE
    })
}

/// Whether the clock can be worked with. Commands that only read a file need none.
fn clock_of(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Some(
            Command::Catalogue(CatalogueCommand::Search(_) | CatalogueCommand::Apply(_))
            | Command::Config(ConfigCommand::Check { .. }),
        ) => Ok(()),
        _ => startup::clock::check(),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        None => serve::run(cli.serve).await,
        Some(Command::Serve(args)) => serve::run(args).await,
        Some(Command::Probe(args)) => probe::run(args).await,
        Some(Command::Catalogue(CatalogueCommand::Search(args))) => catalogue::search(&args),
        Some(Command::Catalogue(CatalogueCommand::Check(args))) => catalogue::check(args).await,
        Some(Command::Catalogue(CatalogueCommand::Export(args))) => catalogue::export(args).await,
        Some(Command::Catalogue(CatalogueCommand::Apply(args))) => catalogue::apply(&args),
        Some(Command::Config(ConfigCommand::Check { file, instance })) => config::check(&file, &instance).await,
        Some(Command::Config(ConfigCommand::Apply { file, yes, instance })) => {
            config::apply(&file, &instance, yes).await
        }
        Some(Command::Config(ConfigCommand::Diff { file, instance })) => config::diff(&file, &instance).await,
        Some(Command::Config(ConfigCommand::Export { account, secrets, instance })) => {
            config::export(&instance, account.as_deref(), secrets).await
        }
        Some(Command::Test(args)) => test::run(args).await,
        Some(Command::Deliveries(args)) => deliveries::run(args).await,
        Some(Command::Redrive(args)) => redrive::run(args).await,
        Some(Command::Export(args)) => export::run(args).await,
        Some(Command::Import(args)) => import::run(args).await,
        Some(Command::Follow(args)) => follow::run(args).await,
        Some(Command::Keys(KeysCommand::Reseal { instance })) => keys::reseal(&instance).await,
    }
}
